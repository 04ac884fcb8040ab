"""Looking for scanners that nobody configured: what is there, what may be taken, what it is called."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Final

from drivers.identity import Found, KnownBy, Verdict
from kioskd.devices.advice import Trouble
from kioskd.model.device import DeviceCause

Find = Callable[[], Awaitable[Sequence[Found]]]
"""Returns every device that could be a scanner, with a verdict."""

FOUND_AT: Final = (Path("/dev/input/event*"), Path("/dev/hidraw*"), Path("/dev/serial/by-id/*"))
"""Where a scanner that was plugged in shows itself."""


async def find_attached() -> Sequence[Found]:
    """Look at this machine's event devices, hidraw nodes and serial devices.

    In a thread: closing an event device waits for the kernel's readers of it (`synchronize_rcu`), tens of
    milliseconds for each.
    """
    return await asyncio.to_thread(_look)


def _look() -> Sequence[Found]:
    from drivers.find_hidraw_scanners import find_hidraw_scanners  # noqa: PLC0415 - with configured ones nobody looks
    from drivers.find_scanners import find_scanners  # noqa: PLC0415
    from drivers.find_serial_scanners import find_serial_scanners  # noqa: PLC0415

    return (*find_scanners(), *find_hidraw_scanners(), *find_serial_scanners())


def key(found: Found) -> str:
    """Return what this device is known by when it comes back: its identity, or its path where it has none."""
    if found.identity is None or found.identity.known_by is KnownBy.AMBIGUOUS:
        return found.path
    return f"{found.driver} {found.identity}"  # one device may have a keyboard and a hidraw node


def free_name(found: Found, taken: Collection[str]) -> str:
    """Return the device's name, the same whenever it is plugged in; a number tells those apart that look alike."""
    name = str(found.identity) if found.identity is not None else Path(found.path).name
    if name not in taken:
        return name
    number = 2
    while f"{name} #{number}" in taken:
        number += 1
    return f"{name} #{number}"


def nothing_found(found: Sequence[Found]) -> Trouble:
    """Return why no scanner could be taken, from the verdicts on what is there."""
    verdicts = Counter(device.verdict for device in found)
    candidates = [device for device in found if device.verdict is Verdict.CANDIDATE]
    if verdicts[Verdict.DENIED]:
        return Trouble(
            f"no scanner was found, but {verdicts[Verdict.DENIED]} devices may not be looked at",
            "let the daemon's user read them: sudo usermod -aG input,dialout kioskd, or install the udev rules",
            DeviceCause.DENIED,
        )
    if candidates:
        which = ", ".join(f"{device.name or 'nameless'} ({device.path})" for device in candidates[:3])
        return Trouble(
            f"no scanner was found that says it is one; it may be {which}",
            "scan a barcode of the library, and it is known; or say so in the file: [[scanner]] with name, "
            'driver = "evdev" and device = its path '
            '(driver = "serial" and port for a serial one)',
            DeviceCause.MAY_BE_ANY,
        )
    return Trouble(
        "no scanner was found", "plug the scanner in, or say in [[scanner]] where it is", DeviceCause.NOT_FOUND
    )
