"""Whole stations through years in minutes: deterministic, in virtual time, each life from one seed."""
