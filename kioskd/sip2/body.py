"""What stands between a line's code and its trailer, cut into fixed and variable fields."""

from collections.abc import Mapping
from typing import Final

from kioskd.sip2.fields import Field
from kioskd.sip2.layouts import Kind, Layout

FLAGS: Final[Mapping[str, bool]] = {"Y": True, "y": True, "1": True, "N": False, "n": False, "0": False}
"""Servers mix letters and digits, capitals and small ones. What is not here, U among it, is neither."""


def cut_fixed(text: str, layout: Layout) -> tuple[list[str], int]:
    """Return the fixed fields, and where they end. What is missing is an empty text.

    Some servers leave out the last fixed fields: where digits or a date belong and a letter stands, the variable
    fields have begun.
    """
    pieces: list[str] = []
    at = 0
    cut = False
    for fixed in layout.fixed:
        piece = text[at : at + fixed.width]
        if cut or ((fixed.kind is Kind.DIGITS or fixed.kind is Kind.DATE) and piece[:1].isalpha()):
            cut = True
            pieces.append("")
            continue
        pieces.append(piece)
        at += len(piece)
    return pieces, at


class Fields:
    """The variable fields of one line; each reading takes the field out, what remains is unknown."""

    __slots__ = ("_by_code",)

    def __init__(self, text: str) -> None:
        by_code: dict[str, list[str]] = {}
        for part in text.split("|"):
            piece = part.strip(" \0")
            if len(piece) < 2:
                continue
            code = piece[:2]
            if code in by_code:
                by_code[code].append(piece[2:])
            else:
                by_code[code] = [piece[2:]]
        self._by_code = by_code

    def first(self, field: Field) -> str:
        """Return a number or code as it was sent; empty if the field is missing."""
        values = self._by_code.pop(field, None)
        return values[0] if values else ""

    def text(self, field: Field) -> str:
        """Return what people read."""
        return self.first(field).replace("&#124;", "|")

    def texts(self, field: Field) -> tuple[str, ...]:
        """Return all that is not empty of a field for people that may be repeated."""
        values = self._by_code.pop(field, ())
        return tuple([value.replace("&#124;", "|") for value in values if value])

    def once(self, field: Field) -> tuple[str, ...]:
        """Return a list of numbers, each once, in the order they came."""
        return tuple(dict.fromkeys([value for value in self._by_code.pop(field, ()) if value]))

    def repeats(self, field: Field) -> int:
        """Return how many of a list's numbers had been there already; to be asked before `once`."""
        values = [value for value in self._by_code.get(field, ()) if value]
        return len(values) - len(set(values))

    def flag(self, field: Field) -> bool | None:
        """Return a yes, a no, or None for neither."""
        return FLAGS.get(self.first(field)[:1])

    def rest(self) -> Mapping[str, tuple[str, ...]]:
        """Return what no reading has taken."""
        return {code: tuple(values) for code, values in self._by_code.items()}
