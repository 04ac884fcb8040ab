"""Whole stations through years in minutes: deterministic, in virtual time, from one seed. See `python -m tests.simulation --help`."""
