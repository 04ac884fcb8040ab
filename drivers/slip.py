"""What stands on a slip of paper, and what paper it is: neutral values that every printer's encoder reads."""

from dataclasses import dataclass
from enum import StrEnum


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
class Slip:
    """One slip, from top to bottom."""

    lines: tuple[SlipLine, ...]
    cut: bool = True
    feed_lines: int = 3
    """Blank lines at the end where there is no cutter, so that the last line clears the tear bar."""


@dataclass(frozen=True, slots=True)
class PaperProfile:
    """What a printer can: 32 columns are 58 mm paper, 42 and 48 are 80 mm, in font A, 12 dots a column."""

    columns: int = 42
    codepage: str = "cp858"
    cutter: bool = True

    def __post_init__(self) -> None:
        if not 16 <= self.columns <= 96:
            raise ValueError(f"columns {self.columns}: 16 to 96")
