"""Simulated peripherals that speak the real wire formats; nothing here is shared with what it faces."""
