"""What every scanner's driver does with its descriptor: read what is queued, in bounds, and give up what broke off."""

import errno
import os
from collections.abc import Callable
from typing import Final, Protocol

from drivers.base import DeviceGone, ScanEvent
from drivers.opening import GONE

READS_AT_ONCE: Final = 16
"""A scanner gone mad shall not keep the loop: what is left is read at the next turn."""


class Assembler(Protocol):
    """What makes codes of keys, reports or bytes."""

    @property
    def pending(self) -> bool:
        """Whether a code is half here."""

    def break_off(self) -> list[ScanEvent]:
        """Say that the time within a code has passed."""


class ScanLoop:
    """The reading side of one open scanner."""

    def __init__(self, device: str, take: Callable[[], list[ScanEvent]], assembler: Assembler, *, gap_s: float) -> None:
        """`take` reads once and returns the scans that this made whole; OSError as `read_some` raises it."""
        self._device = device
        self._take = take
        self._assembler = assembler
        self._gap_s = gap_s
        self.deadline_s: float | None = None
        """When the half code here is given up."""

    def read(self, now_s: float) -> list[ScanEvent]:
        """Take what is queued. Raises DeviceGone at unplug, OSError; but only once all scans are out."""
        scans: list[ScanEvent] = []
        for _ in range(READS_AT_ONCE):
            try:
                scans += self._take()
            except BlockingIOError:
                break
            except OSError as error:
                if scans:
                    break  # it will be there again at the next read
                if error.errno not in GONE:
                    raise
                raise DeviceGone(f"{self._device}: {error.strerror}") from error
            self.deadline_s = now_s + self._gap_s
        if not self._assembler.pending:
            self.deadline_s = None
        return scans

    def expire(self, now_s: float) -> list[ScanEvent]:
        """Read first, so that a late caller loses nothing; then give up a half code whose next part did not come."""
        scans = self.read(now_s)
        if self.deadline_s is not None and now_s >= self.deadline_s:
            self.deadline_s = None
            scans += self._assembler.break_off()
        return scans


def read_some(fd: int, most: int) -> bytes:
    """Return what is queued. Raises BlockingIOError when nothing is; OSError, of `GONE` at unplug.

    Some devices answer an unplug by an empty read (a tty's hang-up); here that is an error like the others.
    """
    chunk = os.read(fd, most)
    if not chunk:
        raise OSError(errno.EIO, "hung up")
    return chunk
