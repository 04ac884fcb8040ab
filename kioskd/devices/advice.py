"""What a technician does about a device that cannot be used: one row a cause."""

import contextlib
import grp
import os
import pwd
import stat
from collections.abc import Mapping
from typing import Final

from drivers.base import Fault, Paper, PrinterStatus, WhyNot
from kioskd.model.device import DeviceCause, DeviceKind
from kioskd.model.written_late import dataclass

ADVICE: Final[Mapping[tuple[DeviceKind, WhyNot], str]] = {
    (DeviceKind.SCANNER, WhyNot.ABSENT): "plug the scanner in, or correct its path in [[scanner]]",
    (DeviceKind.SCANNER, WhyNot.DENIED): "let the daemon's user read it: sudo usermod -aG input,dialout kioskd, "
    "or install the udev rules and plug it in again",
    (DeviceKind.SCANNER, WhyNot.BUSY): "another program holds it: sudo fuser -v PATH names it; stop that program",
    (DeviceKind.SCANNER, WhyNot.UNSUITABLE): "this is no scanner of that kind: correct driver or path in [[scanner]]",
    (DeviceKind.PRINTER, WhyNot.ABSENT): "switch the printer on and check its cable, or correct [printer]",
    (DeviceKind.PRINTER, WhyNot.DENIED): "let the daemon's user write to it: sudo usermod -aG lp,dialout kioskd, "
    "or install the udev rules and plug it in again",
    (DeviceKind.PRINTER, WhyNot.BUSY): "another program holds it (CUPS, perhaps): sudo fuser -v PATH names it",
    (DeviceKind.PRINTER, WhyNot.UNSUITABLE): "this is no receipt printer of that kind: correct [printer]",
}


NO_GROUP: Final = "no group may use it: install the udev rules (or correct them) and plug it in again"


def advice(kind: DeviceKind, why: WhyNot, path: str = "") -> str:
    """Return what to do about a device of this kind that cannot be opened; with its path, the very line to type."""
    words = ADVICE[kind, why]
    if not path:
        return words
    if why is WhyNot.DENIED:
        return _joining_its_group(path) or words
    return words.replace("PATH", path)


def _joining_its_group(path: str) -> str:
    """Return the line that lets this user in, by the node's own group; empty where that would not help."""
    with contextlib.suppress(OSError, KeyError):  # gone, or a user or group without a name
        node = os.stat(path)  # noqa: PTH116 (a path as it is configured)
        group, user = grp.getgrgid(node.st_gid).gr_name, pwd.getpwuid(os.geteuid()).pw_name
        if node.st_mode & stat.S_IRGRP and node.st_mode & stat.S_IWGRP and node.st_gid != 0:
            return f"let the daemon's user use it: sudo usermod -aG {group} {user}, and restart kioskd"
        return NO_GROUP
    return ""


DRIVER_MISTAKE: Final = "update the package that brings its driver, or use another driver; kioskd's log has the details"
SCANNER_FAILED: Final = "unplug the scanner, wait a moment, plug it in again; if that does not help, try another port"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an open printer prints nothing, in plain English, and what to do about it."""

    problem: str
    advice: str
    cause: DeviceCause


PAPER_OUT: Final = Trouble("paper is out", "put a new roll in and close the cover", DeviceCause.PAPER_OUT)
COVER_OPEN: Final = Trouble("the cover is open", "close the cover until it clicks", DeviceCause.COVER_OPEN)
OFF_LINE: Final = Trouble(
    "the printer is off line",
    "let go of the feed button; if that is not it, switch it off and on",
    DeviceCause.OFF_LINE,
)
STALLED: Final = Trouble(
    "the printer does not answer any more",
    "switch the printer off and on; check that its cable sits firmly",
    DeviceCause.SILENT,
)
FAULTS: Final[Mapping[Fault, Trouble]] = {
    Fault.CUTTER: Trouble(
        "the cutter is stuck", "open the cover, take out the jammed paper, close the cover", DeviceCause.CUTTER
    ),
    Fault.UNRECOVERABLE: Trouble(
        "the printer reports a fault", "switch the printer off and on; else have it repaired", DeviceCause.BROKEN
    ),
    Fault.RECOVERABLE: Trouble(
        "the printer pauses", "let the print head cool down, or press the feed button", DeviceCause.PAUSES
    ),
}
NO_PRINTER_FOUND: Final = Trouble(
    "no receipt printer was found",
    'plug one in, or say in [printer] where it is; a station without one says driver = "none"',
    DeviceCause.NOT_FOUND,
)


def trouble(status: PrinterStatus) -> Trouble | None:
    """Return what stops the printer, the likeliest cause first; None while it prints, or does not say."""
    if status.ready is not False:
        return None
    if status.cover_open:
        return COVER_OPEN
    if status.paper is Paper.OUT:
        return PAPER_OUT
    for fault, words in FAULTS.items():
        if fault in (status.faults or ()):
            return words
    return OFF_LINE
