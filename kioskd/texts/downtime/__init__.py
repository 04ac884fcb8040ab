"""What staff read in an outage and after it: a file a language beside that language's own, found by the same name."""
