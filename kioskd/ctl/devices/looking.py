"""Looking at this machine's devices; `root` is where its files begin, so that a test has a tree of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drivers.find_hidraw_scanners import find_hidraw_scanners
from drivers.find_printers import find_printers, find_usb_printers
from drivers.find_scanners import find_scanners
from drivers.find_serial_scanners import find_serial_scanners
from drivers.identity import Found

WATCHED: Final = (
    "dev/input/event*",
    "dev/hidraw*",
    "dev/serial/by-id/*",
    "dev/ttyACM*",
    "dev/ttyUSB*",
    "dev/usb/lp*",
    "dev/bus/usb/*/*",
)
"""Where scanners and printers show themselves."""


def look(root: Path) -> Sequence[Found]:
    """Return every device that could be a scanner or a receipt printer, each with a verdict. Nothing is grabbed."""
    udev, sys, dev = root / "run/udev/data", root / "sys", root / "dev"
    return (
        *find_scanners(input_folder=dev / "input", udev_folder=udev),
        *find_hidraw_scanners(device_folder=dev, class_folder=sys / "class/hidraw"),
        *find_serial_scanners(link_folder=dev / "serial/by-id", class_folder=sys / "class/tty", udev_folder=udev),
        *find_printers(device_folder=dev / "usb", class_folder=sys / "class/usbmisc", udev_folder=udev),
        *find_usb_printers(device_folder=dev / "bus/usb", sysfs_folder=sys / "bus/usb/devices", udev_folder=udev),
    )
