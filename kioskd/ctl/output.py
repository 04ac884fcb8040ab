"""What people read: plain tables that fit a terminal of 80 columns, colours only where there is a terminal."""

import json
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

MIN_COLUMNS: Final = 8
"""What the last column of a table has at least."""


class Colour(StrEnum):
    """How a word is marked on a terminal; the word itself says the same."""

    GOOD = "32"
    WARN = "33"
    BAD = "31"
    QUIET = "2"


_BY_WORD: Final = {
    "online": Colour.GOOD,
    "ready": Colour.GOOD,
    "settled": Colour.GOOD,
    "offline": Colour.BAD,
    "failing": Colour.BAD,
    "exception": Colour.BAD,
    "recovering": Colour.WARN,
    "absent": Colour.WARN,
    "opening": Colour.WARN,
    "recorded": Colour.WARN,
    "sending": Colour.WARN,
}


def say(text: str = "") -> None:
    """Print a line, at once: what reads along must not wait."""
    print(text, flush=True)


def say_json(document: object) -> None:
    """Print one JSON document on a line."""
    say(json.dumps(document, ensure_ascii=False, separators=(", ", ": ")))


def mark(word: str, colour: Colour | None = None, shown: str | None = None) -> str:
    """Return a word, coloured if stdout is a terminal that wants it; `shown`: the same, padded."""
    colour = colour or _BY_WORD.get(word)
    text = word if shown is None else shown
    if colour is None or not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def clean(value: object) -> str:
    """Return a value as one line of text; control characters, which could move the cursor, become `?`."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "".join("?" if unicodedata.category(letter) in {"Cc", "Cf", "Cs"} else letter for letter in str(value))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; the last column takes what room the terminal leaves, and goes on below where that is little."""
    cells = [[clean(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    room = shutil.get_terminal_size((80, 24)).columns - sum(width + 2 for width in widths[:-1])
    widths[-1] = min(widths[-1], max(room, MIN_COLUMNS))
    indent = " " * sum(width + 2 for width in widths[:-1])
    say(mark("  ".join(f"{head:<{width}}" for head, width in zip(heads, widths, strict=True)).rstrip(), Colour.QUIET))
    for row in cells:
        first, *rest = textwrap.wrap(row[-1], widths[-1]) or [""]
        words = [mark(cell, None, f"{cell:<{width}}") for cell, width in zip(row[:-1], widths, strict=False)]
        say("  ".join([*words, mark(first)]).rstrip())
        for more in rest:
            say(indent + more)


def paragraph(indent: str, words: str) -> None:
    """Print words in the terminal's width, each line indented."""
    width = max(min(shutil.get_terminal_size((80, 24)).columns, 120) - len(indent), 20)
    for line in textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False) or [""]:
        say(indent + line)


def pairs(rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one a line."""
    listed = [(name, clean(value)) for name, value in rows]
    width = max((len(name) for name, _ in listed), default=0)
    for name, value in listed:
        say(f"{name:<{width}}  {mark(value)}")


def sentence(*parts: object) -> str:
    """Return the parts that say something, joined by commas."""
    return ", ".join(clean(part) for part in parts if part not in (None, "", False))


def moment(text: object) -> str:
    """Return an RFC 3339 time to the minute, for a table."""
    return str(text)[:16].replace("T", " ") if text else "-"


def second(text: object) -> str:
    """Return an RFC 3339 time to the second, for a story."""
    return str(text)[:19].replace("T", " ") if text else "-"


def get(document: Any, *names: str) -> Any:  # noqa: ANN401 # any JSON
    """Return a field of a field, or None: a daemon of another version may not have it."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document
