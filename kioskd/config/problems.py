"""What is wrong with a configuration, all of it at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LONGEST_SHOWN: Final = 60
"""Characters of a wrong value that are shown."""
LARGEST_SHOWN_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands (`source`: a file or a variable), which key, what, and what may stand.

    `key` is written as in the file: `[ils] port`, `[[scanner]] 2: baud`; empty if the whole source is meant.
    """

    source: str
    key: str
    found: str
    allowed: str = ""

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.source, self.key) if part)
        text = f"{place}: {self.found}" + (f"; allowed: {self.allowed}" if self.allowed else "")
        # What is repeated of a file may hold what upsets a terminal, or line ends that look like another problem.
        return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


class BadConfiguration(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when the configuration cannot be used; its text names every problem, one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Final = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"the configuration cannot be used ({count} problem{'s' if count > 1 else ''}):"
        return "\n".join((head, *(f"  {problem}" for problem in self.problems)))


def shown(value: object) -> str:
    """Return a value as a problem shows it: on one line, not too long, a table or a list by its kind alone."""
    match value:
        case str():
            text = f"'{value}'" if value.isprintable() else repr(value)
            return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
        case bool():
            return str(value).lower()
        case int() if value.bit_length() > LARGEST_SHOWN_BITS:
            return "a very large number"
        case int() | float():
            return str(value)
        case _:
            return kind(value) if isinstance(value, dict | list | tuple) else str(value)


def kind(value: object) -> str:
    """Return what sort of value it is, for what must not be shown."""
    match value:
        case str():
            return "a text"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case dict():
            return "a table"
        case list() | tuple():
            return "a list"
        case _:
            return "a date or a time"


def printable(name: str) -> str:
    """Return a key's or a file's name without what could upset a terminal."""
    return name if name.isprintable() and len(name) <= LONGEST_SHOWN * 4 else shown(name)
