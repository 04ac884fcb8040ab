"""A keyboard made of events: the plainest way into the kernel's input layer.

Source: Linux, include/uapi/linux/uinput.h.
"""

import fcntl
import os
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .keys import LEFT_SHIFT_KEY, STROKES
from .nodes import await_path

UI_DEV_CREATE: Final = 0x5501
UI_DEV_DESTROY: Final = 0x5502
UI_DEV_SETUP: Final = 0x405C5503
UI_SET_EVBIT: Final = 0x40045564
UI_SET_KEYBIT: Final = 0x40045565
UI_SET_PHYS: Final = 0x4008556C
NAME_BYTES: Final = 64
UI_GET_SYSNAME: Final = 0x80000000 | NAME_BYTES << 16 | 0x552C
SETUP: Final = struct.Struct("=HHHH80sI")
EVENT: Final = struct.Struct("@LLHHi")
EV_SYN, EV_KEY = 0, 1
BUS_USB: Final = 3


class UinputKeyboard:
    """A keyboard that types what it is told. As a context manager it is plugged in and, at the end, unplugged."""

    def __init__(self, name: str = "Barcode Scanner", *, vendor: int = 0x0C2E, product: int = 0x0B61) -> None:
        self.name = name
        self._identity = (BUS_USB, vendor, product, 0x0111)
        self._fd = -1
        self.path = ""
        """The event device; the last one after unplugging."""

    def plug(self) -> None:
        """Make the device and wait for its node. Raises OSError (no uinput, no permission), TimeoutError."""
        fd = os.open("/dev/uinput", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._fd = fd
        fcntl.ioctl(fd, UI_SET_EVBIT, EV_KEY)
        for key in (*(stroke.key for stroke in STROKES.values()), LEFT_SHIFT_KEY):
            fcntl.ioctl(fd, UI_SET_KEYBIT, key)
        fcntl.ioctl(fd, UI_DEV_SETUP, SETUP.pack(*self._identity, self.name.encode(), 0))
        fcntl.ioctl(fd, UI_DEV_CREATE)
        answer = bytearray(NAME_BYTES)
        fcntl.ioctl(fd, UI_GET_SYSNAME, answer)
        folder = Path("/sys/devices/virtual/input", answer.rstrip(b"\0").decode())
        event = await_path(folder, "event*")
        self.path = f"/dev/input/{event.name}"
        await_path(Path("/dev/input"), event.name)

    def unplug(self) -> None:
        """Take the device away; a second call does nothing."""
        if self._fd >= 0:
            fcntl.ioctl(self._fd, UI_DEV_DESTROY)
            os.close(self._fd)
            self._fd = -1

    def send(self, events: Iterable[tuple[int, int, int]]) -> None:
        """Put events in as they are: type, code, value."""
        for kind, code, value in events:
            os.write(self._fd, EVENT.pack(0, 0, kind, code, value))

    def type_text(self, text: str, *, gap_s: float = 0.0) -> None:
        """Type `text`, with a pause after each character. KeyError: it has no key for one."""
        for character in text:
            stroke = STROKES[character]
            if stroke.shift:
                self.send([(EV_KEY, LEFT_SHIFT_KEY, 1), (EV_SYN, 0, 0)])
            for value in (1, 0):
                self.send([(EV_KEY, stroke.key, value), (EV_SYN, 0, 0)])
            if stroke.shift:
                self.send([(EV_KEY, LEFT_SHIFT_KEY, 0), (EV_SYN, 0, 0)])
            if gap_s:
                time.sleep(gap_s)

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()
