"""What reached the rules lately, without anybody's number: enough to play a fault again on a desk."""
