"""Looks for scanners among the serial devices that udev names (`/dev/serial/by-id`); none is opened."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drivers.find_scanners import MAKERS, SELF_PRAISE, TAG, is_tagged
from drivers.identity import Evidence, Found, Verdict, identify, told_apart
from drivers.usb_device import read_hex, read_text, usb_device_of

NOT_ITS_OWN_WORDS: Final = frozenset({0x0403, 0x067B, 0x10C4, 0x1A86})
"""FTDI, Prolific, Silicon Labs, WCH: makers of plain converters, which say nothing of what is behind them."""


def find_serial_scanners(
    *,
    link_folder: Path = Path("/dev/serial/by-id"),
    class_folder: Path = Path("/sys/class/tty"),
    udev_folder: Path = Path("/run/udev/data"),
) -> Sequence[Found]:
    """Return every serial device on USB with a verdict and its reason."""
    found = []
    for link in sorted(link_folder.glob("*")):
        try:
            tty = link.resolve(strict=True)
            number = tty.stat().st_rdev
        except OSError:
            continue  # gone since it was listed
        usb = usb_device_of(class_folder / tty.name / "device")
        if usb is None:
            continue
        vendor, product, name = read_hex(usb / "idVendor"), read_hex(usb / "idProduct"), read_text(usb / "product")
        tagged = is_tagged(udev_folder / f"c{os.major(number)}:{os.minor(number)}", TAG)
        verdict, evidence = judge(vendor, name, tagged=tagged)
        if not os.access(tty, os.R_OK | os.W_OK):
            verdict, evidence = Verdict.DENIED, Evidence.NO_PERMISSION
        identity = identify(vendor, product, serial_number=read_text(usb / "serial"), port=usb.name)
        found.append(Found("serial", str(link), name, verdict, evidence, identity))
    return told_apart(found)


def judge(vendor: int, name: str, *, tagged: bool) -> tuple[Verdict, Evidence]:
    """Say whether the device may be taken as a scanner: opening another's modem or printer disturbs it."""
    if tagged:
        return Verdict.TAKE, Evidence.TAGGED
    if vendor in NOT_ITS_OWN_WORDS:
        return Verdict.CANDIDATE, Evidence.COULD_BE_ANY_SERIAL_DEVICE
    if SELF_PRAISE.search(name):
        return Verdict.TAKE, Evidence.SAYS_SO
    if vendor in MAKERS:
        return Verdict.TAKE, Evidence.MAKER
    return Verdict.CANDIDATE, Evidence.COULD_BE_ANY_SERIAL_DEVICE
