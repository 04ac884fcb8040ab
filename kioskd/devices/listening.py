"""The scan test while the station runs: keyboards that may be scanners, until one types a barcode of this library.

Nothing is grabbed before that, and nothing kept but the keys of a burst that no person types. A key that types its
password as fast is no scanner: only what the configured patterns know counts.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence

from drivers.identity import Found, Verdict
from drivers.input_device import EventType, open_input, read_timed_events
from drivers.scan_test import ScanTest, Typed

Heard = Callable[[Found, Typed, str], None]
"""What is told: the device, what it typed, and the layout by which that is a barcode."""


class Listening:
    """Candidates that are listened to, in the loop."""

    def __init__(self, believed: Callable[[str], bool], heard: Heard) -> None:
        self._believed = believed
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._open: dict[str, int] = {}

    def follow(self, found: Sequence[Found]) -> None:
        """Listen to the candidates among these, and to nothing else."""
        wanted = {one.path: one for one in found if (one.driver, one.verdict) == ("evdev", Verdict.CANDIDATE)}
        for path in self._open.keys() - wanted.keys():
            self._stop(path)
        for path in wanted.keys() - self._open.keys():
            with contextlib.suppress(OSError):  # gone since it was found, or grabbed by somebody
                fd = open_input(path, grab=False)
                self._open[path] = fd
                self._loop.add_reader(fd, self._readable, wanted[path], fd, ScanTest(), bytearray())

    def close(self) -> None:
        """Listen to nothing any more."""
        for path in list(self._open):
            self._stop(path)

    def _stop(self, path: str) -> None:
        fd = self._open.pop(path)
        self._loop.remove_reader(fd)
        os.close(fd)

    def _readable(self, found: Found, fd: int, test: ScanTest, rest: bytearray) -> None:
        try:
            events = read_timed_events(fd, rest)
        except BlockingIOError:
            return
        except OSError:
            self._stop(found.path)
            return
        if not events:
            self._stop(found.path)
        for at_s, event in events:
            typed = test.feed(event.code, event.value, at_s) if event.type == EventType.KEY else None
            layouts = typed.layouts(self._believed) if typed is not None else []
            if typed is not None and layouts:
                self.close()
                self._heard(found, typed, layouts[0])
                return
