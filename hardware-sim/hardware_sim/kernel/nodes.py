"""Waiting for what the kernel and udev make after a device is plugged in."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

PLUG_S: Final = 60.0
"""USB takes half a second on a quiet machine; emulated ones are slower."""
LOOK_S: Final = 0.005


def await_path(folder: Path, pattern: str, *, timeout_s: float = PLUG_S) -> Path:
    """Return the first path in `folder` that matches, as soon as there is one. Raises TimeoutError."""
    found: list[Path] = []

    def look() -> bool:
        found[:] = sorted(folder.glob(pattern))
        return bool(found)

    await_truth(look, f"{folder}/{pattern}", timeout_s=timeout_s)
    return found[0]


def await_truth(look: Callable[[], bool], what: str, *, timeout_s: float = PLUG_S) -> None:
    """Wait until `look` is true. Raises TimeoutError, which names `what`."""
    deadline_s = time.monotonic() + timeout_s
    while not look():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"not there in {timeout_s:.0f} s: {what}")
        time.sleep(LOOK_S)  # sysfs announces nothing to a plain reader


def event_device(uniq: str) -> str:
    """Return the path of the event device with this serial number; empty when there is none."""
    return _with_serial_number(Path("/sys/class/input"), "event*", "device/uniq", uniq, "/dev/input")


def hidraw_device(uniq: str) -> str:
    """Return the path of the raw HID device with this serial number; empty when there is none."""
    for device in Path("/sys/class/hidraw").glob("hidraw*"):
        try:
            described = (device / "device/uevent").read_text()
        except OSError:
            continue
        if f"HID_UNIQ={uniq}\n" in described and os.path.exists(f"/dev/{device.name}"):  # noqa: PTH110 - one plain path
            return f"/dev/{device.name}"
    return ""


def _with_serial_number(folder: Path, pattern: str, attribute: str, wanted: str, nodes: str) -> str:
    for device in folder.glob(pattern):
        try:
            found = (device / attribute).read_text().strip()
        except OSError:
            continue
        if found == wanted and Path(nodes, device.name).exists():
            return f"{nodes}/{device.name}"
    return ""
