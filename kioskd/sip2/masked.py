"""A line as it may be shown to a technician: its shape and its codes, nobody's name, number or secret."""

import re
from collections.abc import Mapping
from typing import Final

from kioskd.sip2.body import cut_fixed
from kioskd.sip2.codes import Code
from kioskd.sip2.errors import BadFrame
from kioskd.sip2.fields import Field
from kioskd.sip2.frame import Frame, split
from kioskd.sip2.layouts import LAYOUTS, Kind

_PATRON_NUMBERS: Final = frozenset({Field.PATRON_IDENTIFIER, Field.HOLD_PATRON})
_SECRETS: Final = frozenset({Field.TERMINAL_PASSWORD, Field.PATRON_PASSWORD, Field.LOGIN_PASSWORD})
_NOTICES: Final = frozenset({Field.SCREEN_MESSAGE, Field.PRINT_LINE})
_PERSONAL: Final = (
    _PATRON_NUMBERS
    | _SECRETS
    | _NOTICES
    | {
        Field.PERSONAL_NAME,
        Field.BLOCKED_CARD_MESSAGE,
        Field.FINE_ITEMS,
        Field.HOME_ADDRESS,
        Field.EMAIL,
        Field.HOME_PHONE,
        Field.LOGIN_USER,
        Field.HOLD_PATRON_NAME,
    }
)
_SHOWN: Final = frozenset(Field) - _PERSONAL
"""A field that is unknown here is not shown either: servers put birthdays into them."""
_IMPERSONAL: Final = frozenset({Code.LOGIN_ANSWER, Code.ACS_STATUS})
"""Messages about no patron: their notices are shown. Elsewhere AF may say who has the book."""
_FIXED: Final[Mapping[Kind, re.Pattern[str]]] = {
    Kind.FLAGS: re.compile(r"[YNUynu01 +*-]*"),
    Kind.DIGITS: re.compile(r"[0-9. ]*"),
    Kind.DATE: re.compile(r"(\d{8}[ Z]{4}\d{6}| {18})?"),
    Kind.LETTERS: re.compile(r"([A-Z]{3})?"),
}
_CODE: Final = re.compile(r"[A-Z][A-Z0-9]")
_HIDDEN: Final = "***"


def masked(line: bytes) -> str:
    """Return a line for a trace, control characters made visible.

    Patrons' numbers end in their last four characters (`…4567`), names, addresses, notices and unknown fields are
    `***`. If the line holds a secret, its checksum is hidden too: with the rest known it would give digits away.
    """
    try:
        frame = split(line.strip(b"\r\n"), verify=False)
        code = Code(frame.code)
    except (BadFrame, ValueError):
        return f"{_HIDDEN} ({len(line)} bytes that are no known message)"
    text = frame.body.decode("utf-8", "backslashreplace")
    shown, rest = _fixed(code, text)
    secret = _HIDDEN in shown
    *closed, last = rest.split("|")
    for part in closed:
        shown.append(_part(code, part) + "|")
        secret = secret or (part[:2] in _SECRETS and len(part) > 2)
    if last:
        shown.append(_part(code, last) if last.strip() else last)
    shown.append(_trailer(line, frame, secret=secret))
    return _printable("".join(shown))


def _fixed(code: Code, text: str) -> tuple[list[str], str]:
    """Return what to show of the code and the fixed part, and the rest.

    From the first piece that is not what belongs there nobody knows what is what: hidden up to the next bar.
    """
    layout = LAYOUTS[code]
    pieces, at = cut_fixed(text, layout)
    shown: list[str] = [code]
    for fixed, piece in zip(layout.fixed, pieces, strict=True):
        if not _FIXED[fixed.kind].fullmatch(piece):
            bar = text.find("|")
            return [*shown, _HIDDEN, "" if bar < 0 else "|"], "" if bar < 0 else text[bar + 1 :]
        shown.append(piece)
    return shown, text[at:]


def _part(code: Code, part: str) -> str:
    field, value = part[:2], part[2:]
    if not _CODE.fullmatch(field):
        return _HIDDEN
    if not value or field in _SHOWN or (field in _NOTICES and code in _IMPERSONAL):
        return field + value
    if field in _PATRON_NUMBERS:
        return f"{field}…{value[-min(4, len(value) // 2) :] if len(value) > 1 else ''}"
    return field + _HIDDEN


def _trailer(line: bytes, frame: Frame, *, secret: bool) -> str:
    if not frame.sealed:
        return ""
    sequence = "" if frame.sequence is None else f"AY{frame.sequence}"
    return f"{sequence}AZ" + ("****" if secret else line.rstrip(b" \t\0\r\n|")[-4:].decode("ascii"))


def _printable(text: str) -> str:
    return "".join([char if char.isprintable() else f"\\x{ord(char):02x}" for char in text])
