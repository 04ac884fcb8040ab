"""A keyboard scanner as files for `umockdev-run`: the driver's own ioctls and reads, without root and without a kernel.

Not simulated: unplugging, a grab that another holds, the kernel's queue.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hardware_sim.errors import UsageError
from hardware_sim.kernel.keys import LEFT_SHIFT_KEY, STROKES, Stroke

from .playing import Played

NODE: Final = "/dev/input/event5"
NAME: Final = "Barcode Scanner"
BUS_USB: Final = 3
VENDOR, PRODUCT = 0x0C2E, 0x0B61
PHYS: Final = "usb-0000:00:14.0-2/input0"
EV_SYN, EV_KEY = 0, 1
REPORT_US: Final = 1000
"""A low-speed USB keyboard's reports are 1 ms apart at the least."""
PAUSE_US: Final = 500_000
"""Between two codes; the first comes half a second after the start."""


def write(
    folder: Path, codes: Sequence[str], *, prefix: str = "", suffix: str = "\r", played: Sequence[Played] = ()
) -> Sequence[str]:
    """Write the files into `folder` and return the command before which a program's own stands. Raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "device").write_text(_udev())
        (folder / "ioctl").write_text(_ioctls())
        lines = (*_played(played), *_events([f"{prefix}{code}{suffix}" for code in codes]))
        (folder / "events").write_text("".join(lines))
    except KeyError as wrong:
        raise UsageError(f"it has no key for {wrong}") from wrong
    except OSError as wrong:
        raise UsageError(f"{folder}: {wrong.strerror}") from wrong
    files = (str(folder / name) for name in ("device", "ioctl", "events"))
    device, ioctl, events = files
    return ("umockdev-run", "-d", device, "-i", f"{NODE}={ioctl}", "-e", f"{NODE}={events}", "--")


def _udev() -> str:
    where = "/devices/pci0000:00/0000:00:14.0/usb1/1-2/input/input5/event5"
    return (
        f"P: {where}\nN: {NODE.removeprefix('/dev/')}\nE: DEVNAME={NODE}\nE: SUBSYSTEM=input\n"
        "E: MAJOR=13\nE: MINOR=69\nA: dev=13:69\n\n"
    )


def _ioctls() -> str:
    identity = b"".join(value.to_bytes(2, "little") for value in (BUS_USB, VENDOR, PRODUCT, 1))
    keys = sum(1 << key for key in {LEFT_SHIFT_KEY, *(stroke.key for stroke in STROKES.values())})
    rows = (
        ("EVIOCGID", 0, identity),
        ("EVIOCGNAME(0)", len(NAME) + 1, NAME.encode().ljust(256, b"\0")),
        ("EVIOCGPHYS(0)", len(PHYS) + 1, PHYS.encode().ljust(256, b"\0")),
        ("EVIOCGUNIQ(0)", 1, bytes(256)),
        ("EVIOCGBIT(0)", 8, (1 << EV_SYN | 1 << EV_KEY).to_bytes(8, "little")),
        ("EVIOCGBIT(1)", 96, keys.to_bytes(96, "little")),
        ("EVIOCGKEY(0)", 96, bytes(96)),
    )
    return f"@DEV {NODE}\n" + "".join(f"{name} {answer} {payload.hex().upper()}\n" for name, answer, payload in rows)


def _events(texts: Sequence[str]) -> Iterator[str]:
    at = 0
    for text in texts:
        at += PAUSE_US
        for stroke in (STROKES[character] for character in text):
            for key, value in _presses(stroke):
                yield f"E: {at // 1_000_000}.{at % 1_000_000:06} {EV_KEY:04x} {key:04x} {value:04d}\n"
                yield f"E: {at // 1_000_000}.{at % 1_000_000:06} {EV_SYN:04x} 0000 0000\n"
                at += REPORT_US


def _played(played: Sequence[Played]) -> Iterator[str]:
    """Yield a recording's own events, half a second later than they stand there."""
    for each in played:
        if each.event is None:
            raise UsageError("a serial recording is no keyboard's: play it on a link")
        at_us = PAUSE_US + round(each.at_s * 1e6)
        of_type, code, value = each.event
        yield f"E: {at_us // 1_000_000}.{at_us % 1_000_000:06} {of_type:04x} {code:04x} {value:04d}\n"


def _presses(stroke: Stroke) -> Iterator[tuple[int, int]]:
    if stroke.shift:
        yield LEFT_SHIFT_KEY, 1
    yield stroke.key, 1
    yield stroke.key, 0
    if stroke.shift:
        yield LEFT_SHIFT_KEY, 0
