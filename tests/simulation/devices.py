"""The peripherals of a simulated station: a scanner on a serial line, a printer with a roll and a buffer.

Both keep the shape that drivers give them (`drivers.base`), so the station's own life cycles (`kioskd.devices`) open,
watch, lose and reopen them. The scanner's bytes go through the driver's own line assembler, in pieces. Not simulated:
USB, udev, the printer's pictures (Chinese slips), a cover, a cutter.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.base import CannotOpen, DeviceGone, Paper, PrinterGone, PrinterStatus, ScanEvent, WhyNot
from drivers.line_assembler import LineAssembler
from kioskd.devices.printer import PrinterThread
from kioskd.devices.printer_life import LOOK_S, PrinterLife, Reports
from kioskd.model.settings import PrinterDriver, PrinterSettings
from tests.simulation.loop import VirtualLoop

PRINTER = PrinterSettings(PrinterDriver.NETWORK, url="127.0.0.1:9100")
CHARACTER_GAP_S = 1.0
NUMBERS = re.compile(rb"\d{14}")


class SimulatedScanner:
    """An open serial scanner, around the real driver's assembler."""

    def __init__(self, cable: "Cable") -> None:
        self._cable = cable
        self._assembler = LineAssembler()
        self._deadline_s: float | None = None

    def fileno(self) -> int:
        return self._cable.fd

    def read(self, now_s: float) -> list[ScanEvent]:
        if not self._cable.plugged:
            raise DeviceGone(f"{self._cable.path}: hung up")
        came = b"".join(self._cable.sent)
        self._cable.sent.clear()
        if not came:
            return []
        events = self._assembler.feed(came)
        self._deadline_s = now_s + CHARACTER_GAP_S if self._assembler.pending else None
        return events

    def deadline(self) -> float | None:
        return self._deadline_s

    def expire(self, now_s: float) -> list[ScanEvent]:
        events = self.read(now_s)
        if self._deadline_s is not None and now_s >= self._deadline_s:
            self._deadline_s = None
            events += self._assembler.break_off()
        return events

    def signal(self, *, accepted: bool) -> None:
        return None

    def close(self) -> None:
        return


@dataclass
class Cable:
    """The scanner's end of its cable. `path` exists while it is plugged in."""

    path: str
    loop: VirtualLoop
    fd: int
    plugged: bool = True
    sent: deque[bytes] = field(default_factory=deque)

    def open(self, _path: str) -> SimulatedScanner:
        if not self.plugged:
            raise CannotOpen(self.path, WhyNot.ABSENT, "no such device")
        self.sent.clear()
        return SimulatedScanner(self)

    def set_plugged(self, plugged: bool) -> None:
        self.plugged = plugged
        if plugged:
            Path(self.path).touch()
        else:
            Path(self.path).unlink(missing_ok=True)
            self.loop.readable(self.fd)

    def scan(self, code: str, pieces: int) -> None:
        """Send a code's bytes in so many pieces, a few milliseconds apart."""
        line = code.encode() + b"\r"
        size = max(1, len(line) // pieces)
        for number, start in enumerate(range(0, len(line), size)):
            self.loop.call_later(number * 0.004, self._send, line[start : start + size])

    def _send(self, part: bytes) -> None:
        if self.plugged:
            self.sent.append(part)
            self.loop.readable(self.fd)


@dataclass
class Roll:
    """The printer itself: what it holds, what came out, and how many lines of paper are left."""

    on_paper: Callable[[list[str]], None]
    """Told of the numbers in each line that comes out."""
    lines_left: int = 100_000
    plugged: bool = True
    held: bytes = b""
    lines_out: int = 0
    on_change: Callable[[], None] = lambda: None
    """Told when a look at the printer would show something new."""

    def load(self) -> None:
        """Put a new roll in: what the printer still holds comes out."""
        self.lines_left = 100_000
        self._print()
        self.on_change()

    def run_short(self, lines: int) -> None:
        """Let the paper end after so many lines."""
        self.lines_left = lines
        self.on_change()

    def set_plugged(self, plugged: bool) -> None:
        """Plug it in, or out: what it held is gone."""
        self.plugged = plugged
        self.held = b""
        self.on_change()

    def take(self, payload: bytes) -> None:
        self.held += payload
        self._print()

    def _print(self) -> None:
        while self.lines_left > 0:
            line, end, rest = self.held.partition(b"\n")
            if not end:
                return
            self.held = rest
            self.lines_left -= 1
            self.lines_out += 1
            found = NUMBERS.findall(line)
            if found:
                self.on_paper([number.decode() for number in found])


class SimulatedPrinter:
    """An open printer that answers at once."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll

    def _gone(self) -> None:
        if not self._roll.plugged:
            raise PrinterGone("unplugged", sent=0)

    def write(self, slip: bytes) -> None:
        self._gone()
        self._roll.take(slip)

    def status(self) -> PrinterStatus:
        self._gone()
        paper = Paper.OUT if self._roll.lines_left <= 0 else Paper.OK
        return PrinterStatus(paper, online=True, cover_open=False, faults=frozenset(), answers=True)

    def cancel(self) -> None:
        self._gone()
        self._roll.held = b""

    def close(self) -> None:
        return


class PrinterTurns(PrinterThread):
    """The printer's life in the loop's virtual time: its turns come when they are due, or when the bell rings."""

    def __init__(self, roll: Roll, deliver: Callable[[Any], None], now_rfc3339: Callable[[], str]) -> None:
        def opened(**_settings: object) -> SimulatedPrinter:
            if not roll.plugged:
                raise CannotOpen("127.0.0.1:9100", WhyNot.ABSENT, "no route to it")
            return SimulatedPrinter(roll)

        super().__init__(PRINTER, deliver, now_rfc3339, drivers={"network": opened})
        self._due: asyncio.TimerHandle | None = None
        self._resting_s: float | None = None
        roll.on_change = self._news
        reports = Reports(known=self._soon(self._known), ended=self._soon(self._ended), sent=lambda payload: None)
        self._life = PrinterLife(self._place, self._spool, reports, self._drivers, self._loop.time)

    def _soon(self, call: Callable[..., None]) -> Callable[..., None]:
        return lambda *arguments: self._loop.call_soon(call, *arguments) and None

    def start(self) -> None:
        self._turn()

    def _ring(self) -> None:
        if self._due is not None:
            self._due.cancel()
        self._due = self._loop.call_later(0.001, self._turn)

    def _turn(self) -> None:
        if self._over:
            return
        if self._due is not None:
            self._due.cancel()
        pause_s = self._life.turn()
        self._resting_s = pause_s if pause_s is not None and pause_s >= LOOK_S else None
        if pause_s is None or self._resting_s is not None:
            # A look that would show nothing new is left out: there are thousands a day.
            self._due = None
        else:
            self._due = self._loop.call_later(max(pause_s, 0.001), self._turn)

    def _news(self) -> None:
        if self._resting_s is not None and self._due is None:
            self._due = self._loop.call_later(self._resting_s * 0.7, self._turn)

    def close(self) -> None:
        super().close()
        if self._due is not None:
            self._due.cancel()
