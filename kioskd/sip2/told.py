"""A masked line, field by field, in words: what a technician reads who has no SIP2 document at hand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from kioskd.sip2.body import cut_fixed
from kioskd.sip2.codes import Code
from kioskd.sip2.fields import Field
from kioskd.sip2.layouts import LAYOUTS

_FIELDS: Final[Mapping[str, Field]] = {field.value: field for field in Field}

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "online": ("the library system is up", "the library system is off line: stations lend offline"),
    "checkin ok": ("takes check-ins", "says that it takes no check-ins"),
    "checkout ok": ("takes checkouts", "says that it takes no checkouts (believed with ils.trust_flags only)"),
    "renewal policy": ("takes renewals", "says that it takes no renewals (often wrong)"),
    "status update ok": ("lets a station change a card's status", "no station may change a card's status"),
    "off-line ok": ("takes what was lent in an outage", "says that it takes nothing from an outage (often wrong)"),
}
"""98's flags: what Y and what N means. Source: the 2.00 document."""
LOGIN: Final = ("logged in", "refused: name or password is wrong, or no seat is free")


@dataclass(frozen=True, slots=True)
class Told:
    """One field: its code (empty for a fixed one), its name, its masked value, and what that means, if it says more."""

    code: str
    name: str
    value: str
    meaning: str = ""


def told(line: str) -> tuple[str, tuple[Told, ...]]:
    """Return the name of a masked line's message, and its fields in order. What is no known message has none."""
    try:
        code = Code(line[:2])
    except ValueError:
        return "no known message", ()
    return f"{code} {_words(code.name)}", tuple(_fields(code, line[2:]))


def _fields(code: Code, text: str) -> Iterator[Told]:
    layout = LAYOUTS[code]
    pieces, at = cut_fixed(text, layout)
    for fixed, piece in zip(layout.fixed, pieces, strict=True):
        if piece:
            yield Told("", fixed.name, piece, _meaning(code, fixed.name, piece))
    for part in text[at:].split("|"):
        head, value = part[:2], part[2:]
        if not part.strip():
            continue
        if head == Field.SEQUENCE:
            number, _, checksum = value.partition("AZ")
            yield Told("AY", "sequence", number)
            if checksum:
                yield Told("AZ", "checksum", checksum)
            continue
        name = _words(_FIELDS[head].name) if head in _FIELDS else "of this server's own"
        yield Told(head, name, value)


def _meaning(code: Code, name: str, value: str) -> str:
    yes, no = ("", "")
    if code is Code.ACS_STATUS:
        yes, no = FLAGS.get(name, ("", ""))
        if name == "timeout" and value.isdigit():
            return f"it may take {int(value) / 10:g} s for an answer" if value != "999" else "not told"
        if name == "retries" and value.isdigit():
            return f"{int(value)} times" if value != "999" else "not told"
    elif code is Code.LOGIN_ANSWER and name == "ok":
        yes, no = LOGIN
    return yes if value in ("Y", "1") else no if value in ("N", "0") else ""


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
