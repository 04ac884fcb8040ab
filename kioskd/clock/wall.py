"""The station's clocks, read once for each input at the edge of the house."""

import asyncio
import time
from typing import Protocol

from kioskd.clock import kernel
from kioskd.model.time import Clock, ClockSource, Instant


class Clocks(Protocol):
    """Where moments come from; for simulated time, something else than the kernel."""

    def now(self) -> Instant:
        """Read all clocks."""
        ...

    def trust(self) -> Clock:
        """Say what is known of the wall clock."""
        ...


class WallClock:
    """The kernel's clocks. Costs about a microsecond a reading."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._boot_id = kernel.boot_id()

    def now(self) -> Instant:
        """Read the loop's clock, CLOCK_REALTIME and CLOCK_BOOTTIME."""
        return Instant(self._loop.time(), time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))

    def trust(self) -> Clock:
        """Ask the kernel whether its time is synchronised; in a virtual or real machine alike, NTP says so."""
        return clock_of(kernel.synchronised(), self._boot_id)


def clock_of(synchronised: bool, boot_id: str) -> Clock:
    """Return what the kernel's answer means."""
    return Clock(trusted=synchronised, source=ClockSource.NTP if synchronised else ClockSource.NONE, boot_id=boot_id)
