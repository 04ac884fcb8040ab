"""SIP2 as bytes: lines in, requests out; answers in, lines out. Written from the 2.00 document, request side first.

A line is a two-digit message number, fixed fields by width, then variable fields `CCvalue|`, then perhaps `AYn` and
`AZhhhh`, then CR. No I/O and no clock here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

LONGEST_LINE: Final = 64 * 1024

# Fixed fields of each request, in order: name and width.
FIXED: Final[Mapping[str, Sequence[tuple[str, int]]]] = {
    "01": (("card_retained", 1), ("date", 18)),
    "09": (("no_block", 1), ("date", 18), ("return_date", 18)),
    "11": (("renewal_policy", 1), ("no_block", 1), ("date", 18), ("nb_due_date", 18)),
    "15": (("mode", 1), ("date", 18)),
    "17": (("date", 18),),
    "19": (("date", 18),),
    "23": (("language", 3), ("date", 18)),
    "25": (("date", 18),),
    "29": (("third_party", 1), ("no_block", 1), ("date", 18), ("nb_due_date", 18)),
    "35": (("date", 18),),
    "37": (("date", 18), ("fee_type", 2), ("payment_type", 2), ("currency", 3)),
    "63": (("language", 3), ("date", 18), ("summary", 10)),
    "65": (("date", 18),),
    "93": (("uid_algorithm", 1), ("pwd_algorithm", 1)),
    "97": (),
    "99": (("status", 1), ("width", 3), ("version", 4)),
}
# Variable fields that the 2.00 document requires of a request, empty or not.
REQUIRED: Final[Mapping[str, Sequence[str]]] = {
    "01": ("AO", "AL", "AA", "AC"),
    "09": ("AP", "AO", "AB", "AC"),
    "11": ("AO", "AA", "AB", "AC"),
    "15": ("AO", "AA"),
    "17": ("AO", "AB"),
    "19": ("AO", "AB", "CH"),
    "23": ("AO", "AA", "AC", "AD"),
    "25": ("AO", "AA"),
    "29": ("AO", "AA"),
    "35": ("AO", "AA"),
    "37": ("BV", "AO", "AA"),
    "63": ("AO", "AA"),
    "65": ("AO", "AA"),
    "93": ("CN", "CO"),
}


class ChecksumError(Exception):
    """Raised when a line's AZ digits do not fit its bytes; it is answered with 96."""


class NotSip2Error(Exception):
    """Raised when a line does not start with two digits."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stood on the line. `sequence` is the AY digit or empty; `checked` says that AZ was there.

    `cut` names what is missing: the fixed part ended early, or a required field is not there.
    """

    code: str
    fixed: Mapping[str, str]
    fields: Mapping[str, str]
    sequence: str
    checked: bool
    cut: str

    def get(self, name: str) -> str:
        """Return a variable field's first value, or the empty text."""
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it is written: number, fixed part, variable fields in order."""

    code: str
    fixed: str = ""
    fields: Sequence[tuple[str, str]] = field(default=())


def checksum(through_az: bytes) -> bytes:
    """Return the four digits after `AZ`: the negated sum of all bytes up to and with `AZ`, low 16 bits."""
    return b"%04X" % ((0x10000 - (sum(through_az) & 0xFFFF)) & 0xFFFF)


def read_request(line: bytes, encoding: str) -> Request:
    """Read one line without its terminator. Raises ChecksumError or NotSip2Error."""
    body, sequence, checked = line.rstrip(b" "), "", False
    if body[-6:-4] == b"AZ":
        if body[-4:].upper() != checksum(body[:-4]):
            raise ChecksumError
        body, checked = body[:-6], True
    if body[-3:-1] == b"AY" and body[-1:].isdigit():
        body, sequence = body[:-3], chr(body[-1])
    text = body.decode(encoding, "replace")
    code = text[:2]
    if not (len(code) == 2 and code.isascii() and code.isdigit()):
        raise NotSip2Error
    fixed: dict[str, str] = {}
    at, cut = 2, ""
    for name, width in FIXED.get(code, ()):
        fixed[name] = text[at : at + width]
        if len(fixed[name]) < width and not cut:
            cut = name
        at += width
    fields: dict[str, str] = {}
    for piece in text[at:].split("|"):
        if len(piece) >= 2:
            fields.setdefault(piece[:2], piece[2:])
    if not cut:
        cut = next((name for name in REQUIRED.get(code, ()) if name not in fields), "")
    return Request(code, fixed, fields, sequence, checked, cut)


class Lines:
    """Cuts a stream into lines at CR; what a server does about LF is `after_cr`.

    `after_cr` "skipped": LF and blanks before a message are dropped, so CR and CR LF both end one. "kept": the LF of a
    CR LF becomes the first byte of the next message, as pysip2 has it. A lone LF never ends a message.
    """

    def __init__(self, after_cr: str = "skipped") -> None:
        self._rest = b""
        self._skips = after_cr == "skipped"

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes. Raises NotSip2Error when a line grows past LONGEST_LINE."""
        *lines, self._rest = (self._rest + chunk).split(b"\r")
        if len(self._rest) > LONGEST_LINE:
            raise NotSip2Error
        if self._skips:
            lines = [line.lstrip(b"\n \0") for line in lines]
        return [line for line in lines if line]
