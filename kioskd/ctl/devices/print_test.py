"""The printer's test, pure: its status bytes bit by bit, and the slip that shows what it can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drivers.escpos_encode import CODEPAGES, PAGE
from drivers.escpos_status import Query
from drivers.slip import Align, Barcode, PaperProfile, QrCode, Slip, SlipLine, SlipRow

WIDEST: Final = 64
"""Columns of the ruler: more than any paper has."""

BITS: Final[Mapping[Query, Mapping[int, tuple[str, str]]]] = {
    Query.PRINTER: {
        2: ("cash drawer pin is low", "cash drawer pin is high"),
        3: ("on line", "off line"),
        5: ("does not wait", "waits to be put on line again"),
        6: ("feed button is up", "feed button is pressed"),
    },
    Query.OFFLINE_CAUSE: {
        2: ("cover is closed", "cover is open"),
        3: ("paper is not fed by the button", "paper is fed by the button"),
        5: ("paper has not stopped it", "paper's end has stopped it"),
        6: ("no error", "an error has occurred"),
    },
    Query.ERROR: {
        2: ("no error that the feed button ends", "an error that the feed button ends"),
        3: ("cutter is well", "cutter is stuck"),
        5: ("no error that needs repair", "an error that needs repair"),
        6: ("no error that goes by itself", "an error that goes by itself (hot print head)"),
    },
    Query.ROLL: {
        2: ("roll is not near its end", "roll is near its end"),
        3: ("roll is not near its end (second sensor)", "roll is near its end (second sensor)"),
        5: ("paper is there", "paper is out"),
        6: ("paper is there (second sensor)", "paper is out (second sensor)"),
    },
}
"""`DLE EOT` n: bit → what 0 and what 1 says. Bits 0 and 7 are always 0, 1 and 4 always 1. Source: Epson ESC/POS."""
DRAWER: Final = (Query.PRINTER, 2)
"""A pin of a plug that a library leaves empty: neither way is it a fault."""


@dataclass(frozen=True, slots=True)
class Bit:
    """One bit of an answer. `trouble`: it says that something is not as it should be."""

    bit: int
    value: int
    meaning: str
    trouble: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. `byte` None: the printer did not answer."""

    query: int
    byte: int | None
    bits: tuple[Bit, ...]


def said(query: Query, byte: int | None) -> Said:
    """Return an answer bit by bit."""
    if byte is None:
        return Said(query.value, None, ())
    bits = []
    for bit, words in BITS[query].items():
        value = byte >> bit & 1
        bits.append(Bit(bit, value, words[value], bool(value) and (query, bit) != DRAWER))
    return Said(query.value, byte, tuple(bits))


def ruler() -> str:
    """Return a line in which the number at any place can be read: `....5...10...15`."""
    return "".join(f"{column:.>5}" for column in range(5, WIDEST + 1, 5))


def slip(about: Sequence[str]) -> Slip:
    """Return the slip: headline, ruler, signs, a line that needs dots, a barcode, a QR code."""
    rows: list[SlipRow] = [
        SlipLine("kioskd print test", Align.CENTRE, bold=True, size=2),
        *(SlipLine(line) for line in about),
        SlipLine("The ruler goes on in the next line where the paper ends:"),
        SlipLine("left"),
        SlipLine("centre", Align.CENTRE),
        SlipLine("right", Align.RIGHT),
        SlipLine("bold", bold=True),
        SlipLine("Español: ñ á ¿Qué?  Tiếng Việt  Русский  简体中文"),
        Barcode("KIOSK01"),
        QrCode("kioskd print test"),
    ]
    return Slip(tuple(rows))


def code_pages(paper: PaperProfile) -> bytes:
    """Return a line for each code page, in the printer's own signs; wrong ones show that it has not that page."""
    numbers = dict(paper.pages) or CODEPAGES
    out = []
    for name, number in numbers.items():
        high = bytes(byte for byte in range(0xA0, 0xB4))
        out.append(b"%s %2d " % (name.encode().ljust(6), number) + PAGE + bytes((number,)) + high + b"\n")
    return b"\x1b@" + paper.preamble + b"".join(out)


def raw_ruler() -> bytes:
    """Return the ruler as the printer itself breaks it: sent whole, not wrapped by us."""
    return b"\x1b@\x1bt\x00" + ruler().encode() + b"\n"


def columns_of(answer: str) -> int | None:
    """Return the columns that the answer to the one question means; None: it is no such number."""
    return int(answer) if answer.isascii() and answer.isdigit() and 16 <= int(answer) <= WIDEST else None
