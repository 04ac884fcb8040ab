"""Looks for receipt printers on USB, by what they say of themselves; none is opened, for opening one takes it."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from drivers.find_scanners import is_tagged
from drivers.identity import Evidence, Found, Verdict, identify, told_apart
from drivers.usb_device import read_hex, read_number, read_text, usb_device_of

PRINTER_CLASS: Final = 7
"""bInterfaceClass of printers. Source: USB Device Class Definition for Printing Devices 1.1."""
TAG: Final = "E:KIOSKD_PRINTER=1"
SPEAKS_ESCPOS: Final = re.compile(r"esc/?pos|receipt|thermal|\bTM-|\bSRP-|\bTSP|\bpos[- ]?\d\d", re.IGNORECASE)


def find_printers(
    *,
    device_folder: Path = Path("/dev/usb"),
    class_folder: Path = Path("/sys/class/usbmisc"),
    udev_folder: Path = Path("/run/udev/data"),
) -> Sequence[Found]:
    """Return every usblp device with a verdict and its reason, by its IEEE 1284 device ID."""
    found = []
    for path in sorted(device_folder.glob("lp*")):
        interface = (class_folder / path.name / "device").resolve()
        about = read_device_id(read_text(interface / "ieee1284_id"))
        usb = usb_device_of(interface)
        try:
            number = path.stat().st_rdev
        except OSError:
            continue  # gone since it was listed
        tagged = is_tagged(udev_folder / f"c{os.major(number)}:{os.minor(number)}", TAG)
        verdict, evidence = judge(about, tagged=tagged)
        if not os.access(path, os.R_OK | os.W_OK):
            verdict, evidence = Verdict.DENIED, Evidence.NO_PERMISSION
        identity = None
        if usb is not None:
            identity = identify(
                read_hex(usb / "idVendor"),
                read_hex(usb / "idProduct"),
                serial_number=read_text(usb / "serial"),
                port=usb.name,
            )
        name = " ".join(filter(None, (about.get("MFG"), about.get("MDL"))))
        found.append(Found("usblp", str(path), name, verdict, evidence, identity))
    return told_apart(found)


def find_usb_printers(
    *,
    device_folder: Path = Path("/dev/bus/usb"),
    sysfs_folder: Path = Path("/sys/bus/usb/devices"),
    udev_folder: Path = Path("/run/udev/data"),
) -> Sequence[Found]:
    """Return every USB device with a printer's interface, by its USB strings: those behind usblp as well.

    Without usblp nobody reads the IEEE 1284 device ID, so less of them say that they speak ESC/POS.
    """
    found: dict[str, Found] = {}
    for interface in sorted(sysfs_folder.glob("*:*")):
        usb = usb_device_of(interface)
        if usb is None or read_hex(interface / "bInterfaceClass") != PRINTER_CLASS:
            continue
        path = device_folder / f"{read_number(usb / 'busnum'):03}" / f"{read_number(usb / 'devnum'):03}"
        try:
            number = path.stat().st_rdev
        except OSError:
            continue  # gone since it was listed
        name = " ".join(filter(None, (read_text(usb / "manufacturer"), read_text(usb / "product"))))
        tagged = is_tagged(udev_folder / f"c{os.major(number)}:{os.minor(number)}", TAG)
        verdict, evidence = judge({"DES": name}, tagged=tagged)
        if not os.access(path, os.R_OK | os.W_OK):
            verdict, evidence = Verdict.DENIED, Evidence.NO_PERMISSION
        identity = identify(
            read_hex(usb / "idVendor"),
            read_hex(usb / "idProduct"),
            serial_number=read_text(usb / "serial"),
            port=usb.name,
        )
        found[usb.name] = Found("usb", str(path), name, verdict, evidence, identity)
    return told_apart(found.values())


def judge(about: Mapping[str, str], *, tagged: bool) -> tuple[Verdict, Evidence]:
    """Say whether the printer may be taken: an office printer that gets ESC/POS throws out pages of rubbish."""
    if tagged:
        return Verdict.TAKE, Evidence.TAGGED
    if SPEAKS_ESCPOS.search(" ".join(about.get(key, "") for key in ("CMD", "MDL", "DES"))):
        return Verdict.TAKE, Evidence.SAYS_SO
    return Verdict.CANDIDATE, Evidence.COULD_BE_ANY_PRINTER


def read_device_id(text: str) -> Mapping[str, str]:
    """Return the fields of an IEEE 1284 device ID, `MFG:EPSON;CMD:ESC/POS;…`, under their short names."""
    short = {"MANUFACTURER": "MFG", "MODEL": "MDL", "COMMAND SET": "CMD", "DESCRIPTION": "DES"}
    fields = (field.partition(":") for field in text.split(";") if ":" in field)
    return {short.get(key.strip().upper(), key.strip().upper()): value.strip() for key, _, value in fields}
