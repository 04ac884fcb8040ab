"""What things are: typed values without behaviour beyond their own consistency. Imports nothing of ours."""
