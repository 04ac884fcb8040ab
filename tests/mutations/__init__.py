"""Whether the proofs notice what they should: faults seeded one at a time."""
