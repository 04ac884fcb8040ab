"""What stands on a slip of paper, and what paper it is: neutral values that every printer's encoder reads."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Align(StrEnum):
    """Where a line stands."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One line of text; what is longer than the paper is wide goes on in the next."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    size: int = 1
    """1 or 2: times the usual width and height."""

    def __post_init__(self) -> None:
        if self.size not in (1, 2):
            raise ValueError(f"size {self.size}: 1 or 2")


@dataclass(frozen=True, slots=True)
class Barcode:
    """A number as Code 128, in the middle, with the number itself beneath."""

    text: str

    def __post_init__(self) -> None:
        if not self.text or not all(" " <= char <= "~" for char in self.text):
            raise ValueError("a barcode: one or more printable ASCII characters")


@dataclass(frozen=True, slots=True)
class QrCode:
    """A text as a QR code, in the middle."""

    text: str

    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("a QR code: one or more characters")


SlipRow = SlipLine | Barcode | QrCode


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip, from top to bottom."""

    lines: tuple[SlipRow, ...]
    cut: bool = True
    feed_lines: int = 3
    """Blank lines at the end where there is no cutter, so that the last line clears the tear bar."""


@dataclass(frozen=True, slots=True)
class PaperProfile:
    """What a printer can: 32 columns are 58 mm paper, 42 and 48 are 80 mm, in font A, 12 dots a column."""

    columns: int = 42
    codepage: str = "cp858"
    """The one that text is tried in first."""
    cutter: bool = True
    pages: tuple[tuple[str, int], ...] = ()
    """Code pages that the printer is known to have, with the number it gives each (`ESC t` n)."""
    own_barcodes: bool = False
    """It draws Code 128 by itself (`GS k`); else it gets dots."""
    own_qr: bool = False
    """It draws QR codes by itself (`GS ( k`); else it gets dots."""
    preamble: bytes = b""
    """What it must be told after each reset."""

    def __post_init__(self) -> None:
        if not 16 <= self.columns <= 96:
            raise ValueError(f"columns {self.columns}: 16 to 96")

    @property
    def dots(self) -> int:
        """Width of what it prints."""
        return self.columns * COLUMN_DOTS


COLUMN_DOTS: Final = 12
"""Width of a column of font A."""
