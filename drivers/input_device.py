"""The kernel's evdev interface, as far as a scanner needs it: who is it, what can it, grab, read.

Source: Linux, include/uapi/linux/input.h and Documentation/input/. `fcntl` and `struct` suffice; the `evdev` package
has no wheels for ARM and costs a compiler there.
"""

import array
import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple


class EventType(IntEnum):
    """The event types that are looked at."""

    SYN = 0x00
    KEY = 0x01
    REL = 0x02
    LED = 0x11
    SND = 0x12


SYN_REPORT: Final = 0
SYN_DROPPED: Final = 3
LED_NUM_LOCK, LED_CAPS_LOCK, LED_SCROLL_LOCK = 0, 1, 2
SND_BELL: Final = 1
KEY_MAX: Final = 0x2FF
WORD: Final = 8
"""Bytes asked for where the answer is one machine word of bits: event types, lamps."""

EVENT: Final = struct.Struct("@LLHHi")
"""struct input_event: two machine words of time, type, code, value."""
IDENTITY: Final = struct.Struct("=HHHH")
"""struct input_id: bus, vendor, product, version."""

BUS_USB: Final = 0x03
BUS_BLUETOOTH: Final = 0x05
BUS_VIRTUAL: Final = 0x06


def _ioc(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("E") << 8 | number


EVIOCGRAB: Final = _ioc(1, 0x90, 4)
EVIOCGID: Final = _ioc(2, 0x02, IDENTITY.size)


class InputEvent(NamedTuple):
    """One event without its time, for a scan's time is when it is read."""

    type: int
    code: int
    value: int


@dataclass(frozen=True, slots=True)
class Description:
    """What a device says of itself."""

    path: str
    name: str
    bus: int
    vendor: int
    product: int
    port: str
    """`phys` without the interface: where it is plugged in, as `usb-0000:00:14.0-2`."""
    serial_number: str
    """`uniq`: empty on most scanners."""
    keys: frozenset[int]
    moves: bool
    """Whether it is a pointer as well."""


def open_input(path: str, *, grab: bool, write: bool = False) -> int:
    """Open an event device without waiting and return its descriptor. Raises OSError (ENOTTY: not an event device).

    `write`: for lamps and sounds as well, where that is permitted.
    """
    flags = os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(path, (os.O_RDWR if write else os.O_RDONLY) | flags)
    except PermissionError:
        if not write:
            raise
        fd = os.open(path, os.O_RDONLY | flags)
    try:
        fcntl.ioctl(fd, EVIOCGID, bytearray(IDENTITY.size))
        if grab:
            fcntl.ioctl(fd, EVIOCGRAB, 1)
    except OSError:
        os.close(fd)
        raise
    return fd


def read_events(fd: int, rest: bytearray, limit: int = 64) -> list[InputEvent]:
    """Return what is queued, up to `limit`. Raises BlockingIOError when nothing is; OSError (ENODEV) at unplug.

    `rest` keeps the beginning of an event between calls: the kernel gives whole events, a recorded device's stream may
    be cut anywhere, and one byte out of step would make other keys of all that follow.
    """
    return [InputEvent(kind, code, value) for _, _, kind, code, value in _unpacked(fd, rest, limit)]


def read_timed_events(fd: int, rest: bytearray, limit: int = 64) -> list[tuple[float, InputEvent]]:
    """Return what is queued with the kernel's own times, in seconds; else as `read_events`."""
    return [
        (seconds + micros / 1e6, InputEvent(kind, code, value))
        for seconds, micros, kind, code, value in _unpacked(fd, rest, limit)
    ]


def _unpacked(fd: int, rest: bytearray, limit: int) -> list[tuple[int, int, int, int, int]]:
    rest += os.read(fd, EVENT.size * limit)
    whole = len(rest) - len(rest) % EVENT.size
    events = list(EVENT.iter_unpack(rest[:whole]))
    del rest[:whole]
    return events


def describe(fd: int, path: str) -> Description:
    """Ask the device who it is and what it can. Raises OSError."""
    bus, vendor, product, _version = IDENTITY.unpack(_ask(fd, 0x02, IDENTITY.size))
    types = _bits(_ask(fd, 0x20, WORD))
    return Description(
        path=path,
        name=_text(fd, 0x06),
        bus=bus,
        vendor=vendor,
        product=product,
        port=_text(fd, 0x07).rpartition("/")[0] or _text(fd, 0x07),
        serial_number=_text(fd, 0x08),
        keys=frozenset(_bits(_ask(fd, 0x20 + EventType.KEY, KEY_MAX // 8 + 1)))
        if EventType.KEY in types
        else frozenset(),
        moves=EventType.REL in types,
    )


def capabilities(fd: int, kind: EventType) -> frozenset[int]:
    """Return which lamps or sounds the device has. Raises OSError."""
    if kind not in _bits(_ask(fd, 0x20, WORD)):
        return frozenset()
    return frozenset(_bits(_ask(fd, 0x20 + kind, WORD)))


def lit(fd: int) -> frozenset[int]:
    """Return the lamps that are on (`EVIOCGLED`). Raises OSError."""
    return frozenset(_bits(_ask(fd, 0x19, WORD)))


def send_event(fd: int, kind: EventType, code: int, value: int) -> None:
    """Switch a lamp or a sound. Raises OSError."""
    os.write(fd, EVENT.pack(0, 0, kind, code, value) + EVENT.pack(0, 0, EventType.SYN, SYN_REPORT, 0))


def keys_down(fd: int) -> frozenset[int]:
    """Return the keys that are down now (`EVIOCGKEY`); key events queued so far are thus dropped by the kernel."""
    return frozenset(_bits(_ask(fd, 0x18, KEY_MAX // 8 + 1)))


def caps_lock_lit(fd: int) -> bool:
    """Whether the device's caps-lock lamp is on (`EVIOCGLED`)."""
    return LED_CAPS_LOCK in lit(fd)


def _ask(fd: int, number: int, size: int) -> bytes:
    answer = array.array("B", bytes(size))
    fcntl.ioctl(fd, _ioc(2, number, size), answer)
    return answer.tobytes()


def _text(fd: int, number: int) -> str:
    with contextlib.suppress(OSError):  # ENOENT: the driver gives no phys, or no uniq
        return _ask(fd, number, 256).partition(b"\0")[0].decode("utf-8", "replace")
    return ""


def _bits(answer: bytes) -> set[int]:
    return set(_set_bits(answer))


def _set_bits(answer: bytes) -> Iterator[int]:
    for at, byte in enumerate(answer):
        for bit in range(8):
            if byte >> bit & 1:
                yield at * 8 + bit
