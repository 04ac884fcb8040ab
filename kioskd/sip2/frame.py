"""Bytes in, lines out; a line's trailer checked and taken off. No socket, no clock."""

import re
from dataclasses import dataclass
from typing import Final

from kioskd.sip2.errors import BadChecksum, BadFrame

MAX_LINE: Final = 64 * 1024
"""Bytes. A 64 with hundreds of items on loan stays far below."""

_BLANK: Final = b" \t\0"
_TRAILER: Final = re.compile(rb"(?:AY([0-9])\|?)?AZ([0-9A-Fa-f]{4})\|?\Z")
_TRAILER_DAMAGED: Final = re.compile(rb"AY.AZ.{4}\|?\Z", re.DOTALL)
_TRAILER_LONGEST: Final = len(b"AY0|AZ0000|")


class LineBuffer:
    """Cuts a stream into lines, however it arrives. Holds MAX_LINE bytes at most."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self._max_line = max_line
        self._rest = bytearray()
        self._broken = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without their terminators.

        Accepts CR, LF and CR LF; empty lines and blanks before a line are passed over. Past `max_line` bytes without
        a terminator: BadFrame, for good; the connection must be closed. Lines before that point come out first.
        """
        if self._broken:
            raise BadFrame(f"no end of line within {self._max_line} bytes")
        first, *others = chunk.replace(b"\n", b"\r").split(b"\r")
        lines: list[bytes] = []
        self._rest += first
        for piece in others:
            if len(self._rest) > self._max_line:
                break
            if line := bytes(self._rest).lstrip(_BLANK):
                lines.append(line)
            self._rest[:] = piece
        if len(self._rest) > self._max_line:
            self._rest.clear()
            self._broken = True
            if not lines:
                raise BadFrame(f"no end of line within {self._max_line} bytes")
        return lines


def checksum(body: bytes) -> bytes:
    """Return the AZ digits for a message ending in b"AZ": four upper-case hex digits.

    Two's complement of the byte sum, low 16 bits. Source: 3M SIP2 2.00, error detection.
    """
    return b"%04X" % (-sum(body) & 0xFFFF)


def seal(body: bytes, sequence: int | None) -> bytes:
    """Return `body` with error detection: AY, if there is a sequence number, and AZ. 96 and 97 go without AY."""
    through_az = body + b"AZ" if sequence is None else b"%bAY%dAZ" % (body, sequence)
    return through_az + checksum(through_az)


@dataclass(frozen=True, slots=True)
class Frame:
    """A line taken apart: `code` its first two characters, `body` what stands between those and the trailer.

    `sequence`: the digit after AY, None without one. `sealed`: it bore a checksum.
    """

    code: str
    body: bytes
    sequence: int | None
    sealed: bool


def split(line: bytes, *, verify: bool) -> Frame:
    """Take the trailer off a line.

    Raises BadChecksum if `verify` and AZ does not fit; BadFrame if the line does not begin with two digits (a telnet
    prompt, for one). A line without a trailer is accepted as it is.
    """
    line = line.strip(_BLANK)
    code = line[:2]
    if len(code) < 2 or not code.isdigit():
        raise BadFrame("a line without a message code")
    tail_at = max(2, len(line) - _TRAILER_LONGEST)
    trailer = _TRAILER.search(line, tail_at) if b"AZ" in line[-7:] else None
    if trailer is None:
        if verify and _TRAILER_DAMAGED.search(line, tail_at):
            raise BadChecksum(zeros=False)
        return Frame(code.decode("ascii"), line[2:], None, sealed=False)
    if verify and trailer[2].upper() != checksum(line[: trailer.start(2)]):
        raise BadChecksum(zeros=trailer[2] == b"0000")
    sequence = None if trailer[1] is None else int(trailer[1])
    return Frame(code.decode("ascii"), line[2 : trailer.start()], sequence, sealed=True)
