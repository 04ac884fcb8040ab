"""Finds what is somebody's in a text that is about to leave the house: numbers, names, secrets. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

GONE: Final = "[left out]"
SHORTEST: Final = 4
"""A known number that is shorter would be found everywhere, and names nobody."""

_SHAPES: Final = {
    # Library cards and items have 14 digits (Codabar, NISO); people write them in groups.
    "a number of 14 digits": re.compile(r"(?<!\d)\d(?:[ -]?\d){13}(?!\d)"),
    # SIP2's fields that hold a person or a secret, unless masked.
    "a name, address or message in a SIP2 field": re.compile(
        r"(?<![A-Za-z0-9])(?:AE|BD|BE|BF|DA|AF|AG)[^|*\s\"'][^|\n]*\|"
    ),
    "a PIN or password in a SIP2 field": re.compile(r"(?<![A-Za-z0-9])(?:AC|AD|CO)[^|*\s\"'][^|\n]*\|"),
    "a card number in a SIP2 field": re.compile(r"(?<![A-Za-z0-9])(?:AA|CY)[^|*…\s\"'][^|\n]*\|"),
    "a PIN": re.compile(r"(?i)\b(?:pin|staff code)\b[\"']?\s*[:=]\s*[\"']?\d{3,}"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """Something personal: what kind it is, and the text itself, which must not be shown."""

    kind: str
    text: str


class Known:
    """Texts that are somebody's for certain: each number of the journal, a password, a test card."""

    def __init__(self, texts: Iterable[str]) -> None:
        whole = sorted({text for text in texts if len(text) >= SHORTEST}, key=len, reverse=True)
        self._found: Final = re.compile("|".join(map(_spaced, whole))) if whole else None

    def hits(self, text: str, *, shapes: bool = True) -> Iterator[Hit]:
        """Return what of these, or of the shapes that such texts have, stands in `text`.

        `shapes` False: in a trace, whose stand-ins have the shapes of what they stand for.
        """
        if self._found is not None:
            for match in self._found.finditer(text):
                yield Hit("known to be somebody's", match.group())
        for kind, shape in _SHAPES.items() if shapes else ():
            for match in shape.finditer(text):
                yield Hit(kind, match.group())

    def without(self, text: str, *, shapes: bool = True) -> tuple[str, int]:
        """Return `text` with all of it left out, and how often something was."""
        count = 0
        if self._found is not None:
            text, count = self._found.subn(GONE, text)
        for shape in _SHAPES.values() if shapes else ():
            text, more = shape.subn(GONE, text)
            count += more
        return text, count


def _spaced(text: str) -> str:
    """Return a pattern for a known text; a number also where it is written in groups."""
    if text.isascii() and text.isdigit():
        return "[ -]?".join(text)
    return re.escape(text)
