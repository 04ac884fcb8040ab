"""Listening to every device that could be a scanner at once, raw: key events, reports and bytes with their times."""

import os
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Final

from drivers.base import CannotOpen
from drivers.identity import Found, Verdict
from drivers.input_device import EventType, open_input, read_timed_events
from drivers.scan_test import ScanTest
from drivers.serial_line import close_tty, open_tty
from kioskd.ctl.devices.scan_test import Raw, Scan, of_bytes, of_keys

PAUSE_S: Final = 0.25
"""After so much silence a serial scanner's code is over."""
SHOWN_AT_MOST: Final = 4096
PRESSES: Final = {0: "up", 1: "down", 2: "repeat"}
READ_BYTES: Final = 4096


@dataclass(slots=True)
class Ear:
    """One open device. `record`: a line a raw event, as `kiosk-sim scanner --play` reads it."""

    found: Found
    fd: int
    keys: ScanTest | None
    rest: bytearray = field(default_factory=bytearray)
    raw: list[Raw] = field(default_factory=list)
    record: list[str] = field(default_factory=list)
    chunk: bytearray = field(default_factory=bytearray)
    last_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Deaf:
    """A device that could not be listened to, and why."""

    path: str
    why: str


class Listener:
    """Opens what could be a scanner, without taking keyboards away from anybody. Use it as a context."""

    def __init__(self, devices: Sequence[Found], *, baud: int = 9600) -> None:
        self._stack = ExitStack()
        self.ears: dict[int, Ear] = {}
        self.deaf: list[Deaf] = []
        for found in devices:
            if found.verdict is Verdict.DENIED:
                self.deaf.append(Deaf(found.path, "this user may not read it: use sudo"))
            elif found.verdict in (Verdict.TAKE, Verdict.CANDIDATE):
                self._open(found, baud)

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def scans(self, wait_s: float) -> Iterator[tuple[Scan, list[str]]]:
        """Yield each scan and its recording, until nothing has come for `wait_s`."""
        until_s = time.monotonic() + wait_s
        while self.ears:
            now_s = time.monotonic()
            half = [ear for ear in self.ears.values() if ear.chunk]
            due_s = min((ear.last_s + PAUSE_S for ear in half), default=until_s)
            if now_s >= until_s and not half:
                return
            ready = select.select(list(self.ears), [], [], max(0.0, min(due_s, until_s) - now_s))[0]
            for fd in ready:
                for scan in self._read(self.ears[fd]):
                    until_s = time.monotonic() + wait_s
                    yield scan
            for ear in half:
                if time.monotonic() >= ear.last_s + PAUSE_S and ear.chunk:
                    until_s = time.monotonic() + wait_s
                    yield self._over(ear)

    def _open(self, found: Found, baud: int) -> None:
        try:
            if found.driver == "evdev":
                fd = open_input(found.path, grab=False)
                self._stack.callback(os.close, fd)
                self.ears[fd] = Ear(found, fd, ScanTest())
            elif found.driver == "serial":
                line = open_tty(found.path, baud=baud, bits=8, parity="none", stop_bits=1, flow="none")
                self._stack.callback(close_tty, line)
                self.ears[int(line.fileno())] = Ear(found, int(line.fileno()), None)
        except CannotOpen as problem:
            self.deaf.append(Deaf(found.path, problem.detail))
        except OSError as problem:
            self.deaf.append(Deaf(found.path, problem.strerror or str(problem)))

    def _read(self, ear: Ear) -> Iterator[tuple[Scan, list[str]]]:
        try:
            if ear.keys is not None:
                yield from self._events(ear, ear.keys)
                return
            came = os.read(ear.fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            came = b""
        if not came:
            del self.ears[ear.fd]
            return
        now_s = time.monotonic()
        if ear.chunk and now_s - ear.last_s > PAUSE_S:
            yield self._over(ear)
        ear.last_s = now_s
        ear.chunk += came
        ear.raw += [Raw(now_s, f"{byte:02x} {_printed(byte)}") for byte in came]
        ear.record.append(f"B: {now_s:.6f} {came.hex()}")

    def _events(self, ear: Ear, keys: ScanTest) -> Iterator[tuple[Scan, list[str]]]:
        for at_s, event in read_timed_events(ear.fd, ear.rest):
            ear.record.append(f"E: {at_s:.6f} {event.type:04x} {event.code:04x} {event.value:04d}")
            if event.type != EventType.KEY:
                continue
            if ear.raw and at_s - ear.raw[-1].at_s > PAUSE_S:
                del ear.raw[:], ear.record[:-1]
            ear.raw.append(Raw(at_s, f"key {event.code} {PRESSES.get(event.value, event.value)}"))
            typed = keys.feed(event.code, event.value, at_s)
            if typed is not None:
                scan = of_keys(ear.found.path, typed, tuple(ear.raw))
                record = list(ear.record)
                ear.raw, ear.record = [], []
                yield scan, record
            elif len(ear.raw) > SHOWN_AT_MOST:
                ear.raw, ear.record = [], []

    def _over(self, ear: Ear) -> tuple[Scan, list[str]]:
        scan, record = of_bytes(ear.found.path, bytes(ear.chunk), tuple(ear.raw)), list(ear.record)
        ear.chunk, ear.raw, ear.record = bytearray(), [], []
        return scan, record


def recording(scan: Scan, lines: Sequence[str]) -> str:
    """Return a recording as a file; times count from its first event."""
    first_s = float(lines[0].split()[1])
    told = []
    for line in lines:
        kind, at, rest = line.split(" ", 2)
        told.append(f"{kind} {float(at) - first_s:.6f} {rest}")
    head = (f"# {scan.driver} {scan.path}", "# recorded by kioskctl scan-test: it holds the code that was scanned")
    return "\n".join([*head, *told]) + "\n"


def _printed(byte: int) -> str:
    with suppress(ValueError):
        return f"'{chr(byte)}'" if chr(byte).isprintable() and byte < 127 else ""
    return ""
