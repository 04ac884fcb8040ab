"""A slip as ESC/POS bytes. Source: Epson ESC/POS reference; only commands that the nameless printers know as well.

The bytes are made here and not by python-escpos: it costs 240 ms and installs a log handler at import, and of what it
does a slip needs eight commands.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from drivers.escpos_codes import barcode, qr_code
from drivers.slip import Align, Barcode, PaperProfile, QrCode, Slip, SlipLine

CODEPAGES: Final[Mapping[str, int]] = {
    "cp437": 0,
    "cp850": 2,
    "cp860": 3,
    "cp863": 4,
    "cp865": 5,
    "cp1252": 16,
    "cp866": 17,
    "cp852": 18,
    "cp858": 19,
}
"""The n of `ESC t` n on Epson printers and most others. Source: Epson, character code tables."""

RESET: Final = b"\x1b@"
PAGE: Final = b"\x1bt"
ALIGN: Final[Mapping[Align, bytes]] = {
    Align.LEFT: b"\x1ba\x00",
    Align.CENTRE: b"\x1ba\x01",
    Align.RIGHT: b"\x1ba\x02",
}
BOLD: Final[Mapping[bool, bytes]] = {False: b"\x1bE\x00", True: b"\x1bE\x01"}
SIZE: Final[Mapping[int, bytes]] = {1: b"\x1d!\x00", 2: b"\x1d!\x11"}
CUT: Final = b"\x1dVB\x00"
"""`GS V` 66 0: feed to the cutter, then cut partially."""
FULLWIDTH: Final = frozenset({"W", "F"})


@dataclass(frozen=True, slots=True)
class Encoded:
    """The bytes of a slip, and what became of its text."""

    payload: bytes
    pictures: int = 0
    """Lines that the code page lacks characters for, printed as pictures."""
    replaced: frozenset[str] = frozenset()
    """Characters that no font here has either, printed as a likeness or as `?`: a font package is missing."""


FONT_FOLDER: Final = Path("/usr/share/fonts")


def encode(slip: Slip, paper: PaperProfile, *, font_folder: Path = FONT_FOLDER) -> Encoded:
    """Return `slip` for a printer with `paper`.

    Raises ValueError for a code page that is neither in CODEPAGES nor the printer's, and for a code wider than the
    paper.
    """
    writer = _Writer(paper, font_folder)
    for row in slip.lines:
        match row:
            case SlipLine():
                writer.line(row)
            case Barcode(text):
                writer.out.append(barcode(text, paper))
                writer.line(SlipLine(text, Align.CENTRE))
            case QrCode(text):
                writer.out.append(qr_code(text, paper))
            case _:
                assert_never(row)
    writer.out.append(CUT if slip.cut and paper.cutter else b"\n" * slip.feed_lines)
    return Encoded(b"".join(writer.out), writer.pictures, writer.replaced)


class _Writer:
    """Collects a slip's bytes. Text is tried in the configured code page, then in the printer's others, then drawn."""

    def __init__(self, paper: PaperProfile, font_folder: Path) -> None:
        self.pictures = 0
        self.replaced = frozenset[str]()
        self._paper = paper
        self._font_folder = font_folder
        numbers = dict(paper.pages)
        if paper.codepage not in numbers and paper.codepage not in CODEPAGES:
            raise ValueError(f"codepage {paper.codepage!r}: one of {', '.join(CODEPAGES)}")
        self._pages = {paper.codepage: CODEPAGES.get(paper.codepage, 0), **numbers}
        self._page = paper.codepage
        self.out = [RESET, paper.preamble, PAGE, bytes((self._pages[self._page],))]

    def line(self, line: SlipLine) -> None:
        """Add a line of text, in as many lines of paper as it takes."""
        lay = balanced if line.align is Align.CENTRE else wrap
        for text in lay(clean(line.text), self._paper.columns // line.size):
            page = next((page for page in (self._paper.codepage, *self._pages) if _fits(text, page)), None)
            picture = _as_picture(line, text, self._paper.columns, self._font_folder) if page is None else None
            if picture is not None:
                self.pictures += 1
                self.out += [ALIGN[Align.LEFT], picture]
                continue
            if page is None:
                page = self._paper.codepage
                text, lost = _likeness(text, page)  # noqa: PLW2901 (what is printed instead)
                self.replaced |= lost
            if page != self._page:
                self.out += [PAGE, bytes((self._pages[page],))]
                self._page = page
            self.out += [_as_text(line, text, page)]


def clean(text: str) -> str:
    """Return `text` composed, and without control characters: a title from elsewhere shall not command the printer."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") else char for char in composed)


def cells(text: str) -> int:
    """Return how many columns `text` takes: Chinese characters take two, combining ones none."""
    return sum(map(_cells, text))


def wrap(text: str, columns: int) -> Iterator[str]:
    """Yield `text` in lines of at most `columns`, broken at blanks where there are some; an empty text is one line."""
    while cells(text) > columns:
        end, used = 0, 0
        while used + _cells(text[end]) <= columns:
            used += _cells(text[end])
            end += 1
        blank = text.rfind(" ", 1, end + 1)
        cut = blank if blank > 0 else end
        yield text[:cut].rstrip(" ")
        text = text[cut:].lstrip(" ")
    yield text


def balanced(text: str, columns: int) -> Iterator[str]:
    """Yield `text` as `wrap` does, in as many lines, but no last line shorter than it must be."""
    lines = list(wrap(text, columns))
    for narrower in range(-(-cells(text) // len(lines)), columns):
        closer = list(wrap(text, narrower))
        if len(closer) == len(lines):
            lines = closer
            break
    yield from lines


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in FULLWIDTH else 1


def _fits(text: str, codepage: str) -> bool:
    try:
        text.encode(codepage)
    except UnicodeEncodeError:
        return False
    return True


def _as_text(line: SlipLine, text: str, codepage: str) -> bytes:
    return ALIGN[line.align] + BOLD[line.bold] + SIZE[line.size] + text.encode(codepage) + b"\n"


def _as_picture(line: SlipLine, text: str, columns: int, font_folder: Path) -> bytes | None:
    from drivers.text_picture import draw  # noqa: PLC0415 (Pillow, only for what the code page lacks)

    return draw(
        text,
        cells=cells(text),
        columns=columns,
        align=line.align,
        bold=line.bold,
        size=line.size,
        folder=font_folder,
    )


def _likeness(text: str, codepage: str) -> tuple[str, frozenset[str]]:
    """Return the nearest text that the code page has: letters without their marks, Cyrillic in Latin, else `?`."""
    lost = frozenset(char for char in text if not _fits(char, codepage))
    return "".join(_nearest(char, codepage) if char in lost else char for char in text), lost


def _nearest(char: str, codepage: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    for likeness in (LIKENESS.get(char), bare, LIKENESS.get(bare)):
        if likeness is not None and likeness and _fits(likeness, codepage):
            return likeness
    return "?" * max(1, _cells(char))


_CYRILLIC: Final = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".replace("_", "'").split(),
        strict=True,
    )
)
LIKENESS: Final[Mapping[str, str]] = {
    "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "–": "-", "—": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"',
    "•": "*", "€": "EUR", "№": "No.",
    **_CYRILLIC,
    **{char.upper(): latin.capitalize() for char, latin in _CYRILLIC.items()},
}  # fmt: skip
"""For a machine without fonts only. The Cyrillic follows the passports' way (ICAO 9303)."""
