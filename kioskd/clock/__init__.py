"""Trust in the clock. A Raspberry Pi has none of its own: after a power cut it begins where it ended."""

from kioskd.clock.wall import Clocks, WallClock, clock_of

__all__ = ["Clocks", "WallClock", "clock_of"]
