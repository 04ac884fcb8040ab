"""A request → the bytes of its line. What would break the line is refused before anything is sent."""

import re
from typing import Final

from kioskd.sip2.codes import Code
from kioskd.sip2.dialect import CHOOSABLE, Dialect, Sent
from kioskd.sip2.errors import Unsendable
from kioskd.sip2.fields import Field
from kioskd.sip2.frame import seal
from kioskd.sip2.layouts import LAYOUTS
from kioskd.sip2.pin import Pin
from kioskd.sip2.requests import Request, Values

VALUE_LONGEST: Final = 255
"""Bytes of one variable field. Source: the 2.00 document."""

_BREAKS_A_LINE: Final = re.compile(r"[\x00-\x1f\x7f|]")


def encode(request: Request, dialect: Dialect, sequence: int | None = None) -> bytes:
    """Return the whole line, with trailer (if the dialect has error detection) and terminator.

    `sequence`: 0 to 9; not written on a 97. Raises Unsendable if a value holds `|` or a control character, is over 255
    bytes, or has no spelling in the dialect's encoding: such a barcode cannot be sent by SIP2 at all.
    """
    layout = LAYOUTS[request.code]
    parts: list[str] = [request.code]
    for fixed, value in zip(layout.fixed, request.fixed(), strict=True):
        if len(value) != fixed.width:
            raise Unsendable(fixed.name, f"{len(value)} characters where {fixed.width} belong")
        parts.append(value)
    values = {**request.variable(), **_of_the_station(dialect)}
    bars = 0
    for codes, required in ((layout.required, True), (layout.optional, False)):
        for code in codes:
            text = _text(code, values, dialect, required=required)
            if text is not None:
                parts += (code, text, "|")
                bars += 1
    body = _spell("".join(parts), dialect.encoding, bars)
    if not dialect.error_detection:
        return body + dialect.line_end
    if request.code is Code.REQUEST_ACS_RESEND:
        sequence = None
    return seal(body, sequence) + dialect.line_end


def _of_the_station(dialect: Dialect) -> Values:
    return {
        Field.INSTITUTION: dialect.institution_id,
        Field.TERMINAL_PASSWORD: dialect.terminal_password,
        Field.CURRENT_LOCATION: dialect.current_location,
        Field.LOCATION_CODE: dialect.location_code,
    }


def _text(code: Field, values: Values, dialect: Dialect, *, required: bool) -> str | None:
    value = values.get(code)
    text = value.reveal() if isinstance(value, Pin) else value
    if code in CHOOSABLE:
        sent = dialect.sent.get(code, Sent.AS_REQUIRED)
        if sent is Sent.NEVER or (not text and not (sent is Sent.ALWAYS or (required and sent is Sent.AS_REQUIRED))):
            return None
    elif text is None and not required:
        return None
    if not text:
        return ""
    if _BREAKS_A_LINE.search(text):
        raise Unsendable(code, "it holds a bar or a control character")
    if len(text) > VALUE_LONGEST or (not text.isascii() and _length(code, text, dialect.encoding) > VALUE_LONGEST):
        raise Unsendable(code, f"it is over {VALUE_LONGEST} bytes long")
    return text


def _length(code: Field, text: str, encoding: str) -> int:
    try:
        return len(text.encode(encoding))
    except UnicodeEncodeError:
        raise Unsendable(code, f"it has characters that {encoding} cannot spell") from None


def _spell(text: str, encoding: str, bars: int) -> bytes:
    body = text.encode(encoding)
    # In Big5 or Shift JIS the bar's byte may be half of another character: the other side would cut there.
    if body.count(b"|") != bars:
        raise Unsendable("line", f"in {encoding} a character holds the byte of a bar")
    return body
