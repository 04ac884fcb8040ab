"""HID-POS scanners: `/dev/hidraw*`, which no desktop takes for keyboards."""

import contextlib
import os
from collections.abc import Callable
from functools import partial
from typing import Self

from drivers.base import CannotOpen, DeviceGone, ScanEvent, WhyNot
from drivers.hid_pos import MAX_CODE_BYTES, SIGNALS, ReportAssembler, ScannerLayout, Signal, layout
from drivers.hidraw_device import LONGEST_REPORT, QUEUE, open_hidraw, read_descriptor, send_report
from drivers.opening import cannot_open
from drivers.scan_loop import ScanLoop, read_some


class HidrawScanner:
    """A scanner whose report descriptor says that it is one, and where its codes stand."""

    def __init__(
        self,
        fd: int,
        device: str,
        assembler: ReportAssembler,
        *,
        character_gap_s: float,
        signals: dict[bool, Signal],
    ) -> None:
        self._fd: int | None = fd
        self._device = device
        self._assembler = assembler
        self._loop = ScanLoop(device, self._take, assembler, gap_s=character_gap_s)
        self._signals = signals
        self._without_pause = 0

    @classmethod
    def open(
        cls,
        *,
        device: str,
        terminator: str = "any",
        prefix: bytes = b"",
        suffix: bytes = b"",
        encoding: str = "utf-8",
        character_gap_s: float = 0.5,
        max_bytes: int = MAX_CODE_BYTES,
        accepted: str = "",
        refused: str = "error_beep",
    ) -> Self:
        """Open the hidraw node at the path `device`; links are followed.

        `terminator`, `prefix`, `suffix`: what the scanner adds is taken off where it stands; the first is a name in
        `drivers.hid_pos.TRAILERS`. `character_gap_s`: a code whose next report takes longer is lost. `accepted`,
        `refused`: what `signal` lets it do, names in `drivers.hid_pos.SIGNALS`, or empty; nothing where its descriptor
        has no such thing. Raises CannotOpen (busy: another program has its lock); ValueError for a bad setting.
        """
        for name in (accepted, refused):
            if name and name not in SIGNALS:
                raise ValueError(f"signal {name!r}: one of {', '.join(SIGNALS)}")
        assembled = partial(
            ReportAssembler,
            terminator=terminator,
            prefix=prefix,
            suffix=suffix,
            encoding=encoding,
            max_bytes=max_bytes,
        )
        assembled(ScannerLayout({}, {}))  # a bad setting is said before the device is touched
        try:
            fd = open_hidraw(device)
        except OSError as error:
            raise cannot_open(device, error) from error
        try:
            found = layout(read_descriptor(fd))
        except (OSError, ValueError) as error:
            os.close(fd)
            if isinstance(error, OSError):
                raise cannot_open(device, error) from error
            raise CannotOpen(device, WhyNot.UNSUITABLE, str(error)) from error
        wanted = {True: accepted, False: refused}
        signals = {good: found.signals[name] for good, name in wanted.items() if name in found.signals}
        return cls(fd, device, assembled(found), character_gap_s=character_gap_s, signals=signals)

    def fileno(self) -> int:
        """Return the node's descriptor. Raises DeviceGone when it is closed."""
        if self._fd is None:
            raise DeviceGone(f"{self._device}: closed")
        return self._fd

    def read(self, now_s: float) -> list[ScanEvent]:
        """Take what is queued. Raises DeviceGone (EIO) at unplug, but only once all codes are out."""
        return self._loop.read(now_s)

    def deadline(self) -> float | None:
        """Return when the half code here is given up."""
        return self._loop.deadline_s

    def expire(self, now_s: float) -> list[ScanEvent]:
        """Give up a half code whose next report did not come in time."""
        return self._loop.expire(now_s)

    def _take(self) -> list[ScanEvent]:
        try:
            report = read_some(self.fileno(), LONGEST_REPORT)
        except BlockingIOError:
            self._without_pause = 0
            raise
        scans = self._assembler.feed(report)
        self._without_pause += 1
        if self._without_pause == QUEUE:
            # The kernel's queue was full, so what came meanwhile is gone, and nobody says so.
            scans += self._assembler.overflow()
            self._without_pause = 0
        return scans

    def signal(self, *, accepted: bool) -> Callable[[], None] | None:
        """Return what lets it beep or shine, for a thread: a report waits until the device takes it."""
        signal = self._signals.get(accepted)
        if signal is None or self._fd is None:
            return None
        # A descriptor of its own: the scanner may be closed meanwhile, and its number be somebody else's.
        return partial(_send, os.dup(self._fd), signal)

    def close(self) -> None:
        """Close the device, and with it the lock."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _send(fd: int, signal: Signal) -> None:
    # A scanner that does not beep is no worse for it, and its unplugging is noticed by who reads.
    try:
        with contextlib.suppress(OSError):
            send_report(fd, signal.kind, signal.report)
    finally:
        os.close(fd)
