"""Looks for scanners among the event devices, and never takes the technician's keyboard for one."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drivers.identity import Evidence, Found, Verdict, identify, told_apart
from drivers.input_device import BUS_BLUETOOTH, BUS_USB, Description, describe, open_input
from drivers.layouts import DIGIT_KEYS, ENTER, KEYPAD_ENTER, TAB

MAKERS: Final = frozenset({0x0C2E, 0x05E0, 0x05F9, 0x065A, 0x1EAB})
"""Honeywell and Metrologic, Zebra and Symbol, Datalogic, Opticon, Newland: makers of scanners and of no keyboards."""
SELF_PRAISE: Final = re.compile(r"bar ?code|scanner|scanning|imager|2d product hid", re.IGNORECASE)
TAG: Final = "E:KIOSKD_SCANNER=1"
"""The line in udev's database that the project's udev rule makes."""


def find_scanners(
    *, input_folder: Path = Path("/dev/input"), udev_folder: Path = Path("/run/udev/data")
) -> Sequence[Found]:
    """Return every event device with a verdict and its reason; nothing is grabbed."""
    found = []
    for path in sorted(input_folder.glob("event*"), key=lambda path: (len(path.name), path.name)):
        try:
            fd = open_input(str(path), grab=False)
        except PermissionError:
            found.append(Found("evdev", str(path), "", Verdict.DENIED, Evidence.NO_PERMISSION, None))
            continue
        except OSError:
            continue  # gone since it was listed, or no event device
        try:
            device = describe(fd, str(path))
            number = path.stat().st_rdev
        except OSError:
            continue
        finally:
            os.close(fd)
        tagged = is_tagged(udev_folder / f"c{os.major(number)}:{os.minor(number)}")
        verdict, evidence = judge(device, tagged=tagged)
        identity = identify(device.vendor, device.product, serial_number=device.serial_number, port=device.port)
        found.append(Found("evdev", str(path), device.name, verdict, evidence, identity))
    return told_apart(found)


def judge(device: Description, *, tagged: bool) -> tuple[Verdict, Evidence]:
    """Say whether the device may be taken as a scanner, and by which evidence.

    A maker's number or a name alone is not believed: the device must be able to type ten digits and a suffix.
    """
    if not device.keys >= DIGIT_KEYS or not device.keys & {ENTER, KEYPAD_ENTER, TAB}:
        return Verdict.OTHER, Evidence.CANNOT_TYPE_A_CODE
    if tagged:
        return Verdict.TAKE, Evidence.TAGGED
    if device.bus not in (BUS_USB, BUS_BLUETOOTH):
        return Verdict.OTHER, Evidence.BUILT_IN
    if SELF_PRAISE.search(device.name) and not device.moves:
        return Verdict.TAKE, Evidence.SAYS_SO
    if device.vendor in MAKERS and not device.moves:
        return Verdict.TAKE, Evidence.MAKER
    return Verdict.CANDIDATE, Evidence.LOOKS_LIKE_A_KEYBOARD


def is_tagged(record: Path, tag: str = TAG) -> bool:
    """Whether udev's record of a device holds `tag`; False without a record."""
    try:
        return tag in record.read_text(errors="replace").splitlines()
    except OSError:
        return False
