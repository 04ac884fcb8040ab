"""Looks for receipt printers behind usblp, by what they say of themselves (IEEE 1284 device ID)."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from drivers.find_scanners import is_tagged
from drivers.identity import Evidence, Found, Verdict, identify, told_apart
from drivers.usb_device import read_hex, read_text, usb_device_of

TAG: Final = "E:KIOSKD_PRINTER=1"
SPEAKS_ESCPOS: Final = re.compile(r"esc/?pos|receipt|thermal|\bTM-|\bSRP-|\bTSP|\bpos[- ]?\d\d", re.IGNORECASE)


def find_printers(
    *,
    device_folder: Path = Path("/dev/usb"),
    class_folder: Path = Path("/sys/class/usbmisc"),
    udev_folder: Path = Path("/run/udev/data"),
) -> Sequence[Found]:
    """Return every usblp device with a verdict and its reason; none is opened, for opening one takes it."""
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
