"""Patterns for cards and items out of a few that were scanned: as narrow as they allow, and never both for one code."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

FREE: Final = 6
"""Places at the end that a pattern leaves free at least: a few samples with near numbers say nothing of the others."""
TYPE: Final = 1
"""Of a single sample only the first character is believed: what kind of number it is."""
LIBRARY: Final = 5
"""Of several: as in 14-digit numbers, one digit for the kind and four for the institution."""
COMMAND: Final = re.compile(r"KIOSK\d\d", re.IGNORECASE)


class CannotTell(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when no pattern tells these cards from these items; the text says which two are too alike."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Whole-string patterns."""

    patron: tuple[str, ...]
    item: tuple[str, ...]


def learn(cards: Sequence[str], items: Sequence[str]) -> Learned:
    """Return patterns that take in each sample as what it is. Raises CannotTell."""
    for code in (*cards, *items):
        if COMMAND.fullmatch(code):
            raise CannotTell(f"{code} is a command of the station, not a card or an item")
    return Learned(_patterns(cards, items), _patterns(items, cards))


def _patterns(samples: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for _, alike in groupby(sorted(set(samples), key=_shape), key=_shape):
        found += _narrow_enough(list(alike), others)
    return tuple(found)


def _narrow_enough(alike: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return one pattern for these, or one for each beginning where one for all would take in another kind."""
    shared = _shared_beginning(alike)
    usual = max(min(shared, len(alike[0]) - FREE, LIBRARY if len(alike) > 1 else TYPE), 0)
    for length in range(usual, shared + 1):
        pattern = _pattern(alike[0], length)
        if not any(re.fullmatch(pattern, other) for other in others):
            return [pattern]
    if len(alike) == 1 or shared >= len(alike[0]):
        other = next(each for each in others if _shape(each) == _shape(alike[0]))
        raise CannotTell(
            f"{alike[0]} and {other} cannot be told apart: one was taken for the other, or scanned as both"
        )
    # They differ in the place behind the shared beginning.
    parts = groupby(sorted(alike), key=lambda code: code[shared])
    return [pattern for _, part in parts for pattern in _narrow_enough(list(part), others)]


def _shared_beginning(codes: Sequence[str]) -> int:
    length = 0
    for places in zip(*codes, strict=True):
        if len(set(places)) > 1:
            break
        length += 1
    return length


def _shape(code: str) -> str:
    """Return a code with each digit and letter replaced by its kind."""
    return re.sub(r"[A-Z]", "A", re.sub(r"[a-z]", "a", re.sub(r"\d", "0", code, flags=re.ASCII)))


KINDS: Final = {"0": r"\d", "A": "[A-Z]", "a": "[a-z]"}


def _pattern(code: str, literal: int) -> str:
    text = "".join(re.escape(character) for character in code[:literal])
    for kind, run in groupby(_shape(code)[literal:]):
        count = len(list(run))
        text += KINDS.get(kind, re.escape(kind)) + (f"{{{count}}}" if count > 1 else "")
    return f"^{text}$"
