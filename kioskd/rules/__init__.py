"""Decisions: pure functions of a state and an input. No I/O, no clock, no asyncio, no logging."""
