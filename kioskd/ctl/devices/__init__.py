"""Devices as a technician meets them: the tree of what the kernel sees, the scanner's test, the printer's test."""
