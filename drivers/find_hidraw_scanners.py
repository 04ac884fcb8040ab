"""Looks for HID-POS scanners by what sysfs says of each hidraw node; none is opened."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from drivers.hid_pos import is_scanner
from drivers.identity import Evidence, Found, Identity, Verdict, identify, told_apart
from drivers.usb_device import read_text

NOWHERE: Final = "0:0:0"


def find_hidraw_scanners(
    *, class_folder: Path = Path("/sys/class/hidraw"), device_folder: Path = Path("/dev")
) -> Sequence[Found]:
    """Return every hidraw node with a verdict and its reason: a report descriptor says for certain what a device is."""
    found = []
    for folder in sorted(class_folder.glob("hidraw*"), key=lambda folder: (len(folder.name), folder.name)):
        try:
            descriptor = (folder / "device" / "report_descriptor").read_bytes()
        except OSError:
            continue  # gone since it was listed
        says = _uevent(folder / "device" / "uevent")
        path = device_folder / folder.name
        verdict, evidence = Verdict.OTHER, Evidence.TELLS_NO_CODES
        if is_scanner(descriptor):
            verdict, evidence = Verdict.TAKE, Evidence.SAYS_SO
            if not os.access(path, os.R_OK):
                verdict, evidence = Verdict.DENIED, Evidence.NO_PERMISSION
        found.append(Found("hidraw", str(path), says.get("HID_NAME", ""), verdict, evidence, _identity(says)))
    return told_apart(found)


def _identity(says: Mapping[str, str]) -> Identity:
    _bus, vendor, product = (int(number, 16) for number in says.get("HID_ID", NOWHERE).split(":"))
    phys = says.get("HID_PHYS", "")
    port = phys.rpartition("/")[0] or phys  # without the interface, as evdev tells it
    return identify(vendor, product, serial_number=says.get("HID_UNIQ", ""), port=port)


def _uevent(path: Path) -> Mapping[str, str]:
    lines = (line.partition("=") for line in read_text(path).splitlines())
    return {key: value for key, _, value in lines}
