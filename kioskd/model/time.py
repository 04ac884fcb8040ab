"""A moment, read once at the edge of the house and carried inward with the input."""

from enum import StrEnum

from kioskd.model.written_late import dataclass


@dataclass(frozen=True, slots=True)
class Instant:
    """One reading of all three clocks.

    `mono_s`: the event loop's clock, for deadlines. `wall_s`: seconds since 1970 UTC, perhaps wrong (CLOCK_REALTIME).
    `boot_s`: seconds since this boot, suspend included (CLOCK_BOOTTIME), which orders entries of one boot.
    """

    mono_s: float
    wall_s: float
    boot_s: float


class ClockTrust(StrEnum):
    """How far an entry's time can be believed."""

    TRUSTED = "trusted"
    CORRECTED = "corrected"
    UNSURE = "unsure"


class ClockSource(StrEnum):
    """Who says that the wall clock is right."""

    NTP = "ntp"
    """The kernel says it is synchronised (adjtimex without STA_UNSYNC)."""
    ILS = "ils"
    """The library system's 98 carried the same time of day within a minute."""
    STAFF = "staff"
    """Staff said what time it is; the computer's own clock was not touched."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known of the wall clock now."""

    trusted: bool
    source: ClockSource
    boot_id: str
