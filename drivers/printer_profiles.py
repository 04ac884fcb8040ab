"""What is known of receipt printers, as data: one row a family, and which row a printer found by USB belongs to.

Nothing here is tried out: `seen` is True only for a row that was compared with the real machine, and so far none is.
Sources: python-escpos 3.1's capabilities (columns, code pages, cutter), Debian's usb.ids (numbers), the makers' names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from drivers.escpos_status import StatusWay
from drivers.slip import PaperProfile

COMMON_PAGES: Final = (
    ("cp437", 0), ("cp850", 2), ("cp860", 3), ("cp863", 4), ("cp865", 5), ("cp1252", 16), ("cp866", 17), ("cp852", 18),
    ("cp858", 19),
)  # fmt: skip
"""Epson's numbers, which Bixolon shares."""
NO_CHINESE: Final = b"\x1c."
"""`FS .`: nameless printers wake up reading every byte from 128 on as half a Chinese character."""


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """One family of printers."""

    about: str
    paper: PaperProfile
    status: StatusWay = StatusWay.REALTIME
    names: re.Pattern[str] | None = None
    """What such a printer calls itself, in its IEEE 1284 device ID or its USB strings."""
    usb: frozenset[tuple[int, int | None]] = field(default=frozenset())
    """Vendor and product; None: every printer of that vendor."""
    seen: bool = False

    def paper_of(self, *, columns: int = 0, codepage: str = "") -> PaperProfile:
        """Return the paper with what a person set; 0 and empty: as the family has it. Raises ValueError."""
        return replace(self.paper, columns=columns or self.paper.columns, codepage=codepage or self.paper.codepage)


def _named(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


GENERIC: Final = "generic"
PROFILES: Final[Mapping[str, PrinterProfile]] = {
    "epson-tm-t20": PrinterProfile(
        "Epson TM-T20 family, 80 mm",
        PaperProfile(48, pages=COMMON_PAGES, own_barcodes=True, own_qr=True),
        names=_named(r"\bTM-(T20|T82|m30)"),
        usb=frozenset({(0x04B8, 0x0E03)}),
    ),
    "epson-tm-t88": PrinterProfile(
        # The older ones draw no QR code.
        "Epson TM-T88 and TM-T70 family, 80 mm",
        PaperProfile(42, pages=COMMON_PAGES, own_barcodes=True),
        names=_named(r"\bTM-(T88|T70)"),
        usb=frozenset({(0x04B8, 0x0202)}),
    ),
    "star-escpos": PrinterProfile(
        "Star TSP and mC series set to ESC/POS mode, 80 mm",
        PaperProfile(48),
        names=_named(r"\b(TSP\s?\d|mC-Print)"),
        usb=frozenset({(0x0519, None)}),
    ),
    "bixolon-srp-350": PrinterProfile(
        "Bixolon SRP-350 family, 80 mm",
        PaperProfile(42, pages=COMMON_PAGES, own_barcodes=True),
        names=_named(r"\bSRP-"),
        usb=frozenset({(0x1504, None)}),
    ),
    "generic-58": PrinterProfile(
        "nameless, 58 mm, without a cutter",
        PaperProfile(32, cutter=False, preamble=NO_CHINESE),
        names=_named(r"\b(pos|xp|zj|nt|rp)-?58|\b58 ?mm"),
    ),
    "generic-80": PrinterProfile(
        "nameless, 80 mm, with a cutter",
        PaperProfile(48, preamble=NO_CHINESE),
        names=_named(r"\b(pos|xp|zj|nt|rp)-?80|\b80 ?mm"),
    ),
    GENERIC: PrinterProfile("anything that speaks ESC/POS; nothing relied on", PaperProfile(42)),
}


def profile_for(*, vendor: int = 0, product: int = 0, name: str = "") -> str:
    """Return the profile of a printer that says so of itself: its name counts before its numbers."""
    for key, profile in PROFILES.items():
        if profile.names is not None and profile.names.search(name):
            return key
    for key, profile in PROFILES.items():
        if {(vendor, product), (vendor, None)} & profile.usb:
            return key
    return GENERIC
