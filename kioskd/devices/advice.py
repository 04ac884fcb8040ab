"""What a technician does about a device that cannot be used: one row a cause."""

from collections.abc import Mapping
from typing import Final

from drivers.base import WhyNot
from kioskd.model.device import DeviceKind

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


def advice(kind: DeviceKind, why: WhyNot) -> str:
    """Return what to do about a device of this kind that cannot be opened."""
    return ADVICE[kind, why]
