"""The paper downtime sheet, empty: what is written on it is entered with `kioskctl sheet enter`.

Columns as published downtime procedures have them: time, C or R, card, item, due date, initials, and a tick *entered*.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kioskd.paper.pdf import Page, Rule, Words, pdf


@dataclass(frozen=True, slots=True)
class Format:
    """A paper, in mm."""

    width: float
    height: float
    margin: float


FORMATS: Final[Mapping[str, Format]] = {
    "letter": Format(215.9, 279.4, 12),
    "a4": Format(210, 297, 12),
    "receipt": Format(80, 297, 4),
}
COLUMNS: Final = (
    ("time", 0.09), ("C/R", 0.06), ("card", 0.29), ("item", 0.29), ("due date", 0.12), ("by", 0.07), ("entered", 0.08)
)  # fmt: skip
"""Name, and the share of the width that it takes."""
ROW_MM: Final = 8.5
BLOCK_MM: Final = 26.0
ADVICE: Final = (
    "Write the whole numbers. C: checkout, R: renewal (a renewal may lack its card).",
    "Enter the rows when the system is back, tick each, then shred the sheet: it holds card numbers.",
)
MAIN: Final = "Downtime sheet"


def sheet(name: str, *, library: str, station: str) -> bytes:
    """Return the sheet as a PDF in one of `FORMATS`; on receipt paper each loan has a block of lines."""
    paper = FORMATS[name]
    page = _strip(paper, library, station) if name == "receipt" else _table(paper, library, station)
    return pdf([page], title=f"{MAIN} {library} {station}".strip())


def _table(paper: Format, library: str, station: str) -> Page:
    left, right = paper.margin, paper.width - paper.margin
    marks: list[Words | Rule] = [
        Words(left, paper.margin + 6, MAIN, 16, bold=True),
        Words(left, paper.margin + 15, f"Branch: {library or '_' * 18}", 11),
        Words(left + 70, paper.margin + 15, f"Station: {station or '_' * 14}", 11),
        Words(left + 135, paper.margin + 15, "Date: " + "_" * 16, 11),
    ]
    marks += [Words(left, paper.margin + 22 + 5 * n, line, 9) for n, line in enumerate(ADVICE)]
    top = paper.margin + 32
    bottom = paper.height - paper.margin
    rows = int((bottom - top) // ROW_MM)
    end = top + rows * ROW_MM
    marks += [Rule(left, top + n * ROW_MM, right, top + n * ROW_MM) for n in range(rows + 1)]
    x = left
    for title, share in COLUMNS:
        marks += [Rule(x, top, x, end), Words(x + 1, top + ROW_MM - 3, title, 9, bold=True)]
        x += share * (right - left)
    marks.append(Rule(right, top, right, end))
    return Page(paper.width, paper.height, marks)


def _strip(paper: Format, library: str, station: str) -> Page:
    left, right = paper.margin, paper.width - paper.margin
    marks: list[Words | Rule] = [
        Words(left, 10, MAIN, 14, bold=True),
        Words(left, 16, f"{library} {station}".strip() or "Branch, station: " + "_" * 14, 9),
        Words(left, 23, "Date: " + "_" * 20, 9),
        Words(left, 29, "C: checkout, R: renewal. Shred after entering.", 8),
    ]
    top = 33.0
    while top + BLOCK_MM <= paper.height - paper.margin:
        marks += [
            Rule(left, top, right, top),
            Words(left, top + 6, "Time: ________   C / R   By: ______", 9),
            Words(left, top + 12, "Card: " + "_" * 30, 9),
            Words(left, top + 18, "Item: " + "_" * 30, 9),
            Words(left, top + 24, "Due date: " + "_" * 12 + "  Entered: [  ]", 9),
        ]
        top += BLOCK_MM
    marks.append(Rule(left, top, right, top))
    return Page(paper.width, paper.height, marks)
