"""What comes out: lines of text, pictures and codes, torn off as slips."""

import base64
from datetime import datetime
from typing import Any

import msgspec


class PrintedLine(msgspec.Struct):
    """A line on paper. `kind` is text, feed, raster, image, barcode or qr.

    `bits` (base64) and the size are a picture's, which a code is too.
    `wide` and `tall`: so many times the usual letters.
    """

    text: str = ""
    kind: str = "text"
    align: str = "left"
    bold: bool = False
    width: int = 0
    height: int = 0
    bits: str = ""
    wide: int = 1
    tall: int = 1


class Slip(msgspec.Struct):
    """A piece of paper. `ended` is cut, torn (by hand) or power (it failed); empty while it still hangs there."""

    n: int
    lines: list[PrintedLine]
    printed_at: str = ""
    ended: str = ""
    raw: bytes = b""

    def document(self) -> dict[str, Any]:
        """Return the slip as JSON: `text` is its lines, `raw_hex` every byte that was carried out for it."""
        return {
            "n": self.n,
            "printed_at": self.printed_at,
            "ended": self.ended,
            "text": "\n".join(line.text for line in self.lines),
            "lines": msgspec.to_builtins(self.lines),
            "raw_hex": self.raw.hex(),
        }


class PaperRoll:
    """Collects printed lines into slips."""

    def __init__(self) -> None:
        self.slips: list[Slip] = []
        self.open = Slip(1, [])

    def print_line(self, line: PrintedLine) -> None:
        """Add a line to the slip that hangs out."""
        self.open.lines.append(line)

    def carried_out(self, raw: bytes) -> None:
        """Note the bytes of a command that was carried out."""
        self.open.raw += raw

    def end(self, how: str) -> bool:
        """End the slip that hangs out; False if there is no paper out to speak of."""
        if not self.open.lines:
            # Only commands so far: they belong to the next slip.
            return False
        while self.open.lines and self.open.lines[-1] == PrintedLine():
            self.open.lines.pop()
        self.open.ended = how
        self.open.printed_at = datetime.now().astimezone().isoformat(timespec="seconds")
        self.slips.append(self.open)
        self.open = Slip(self.open.n + 1, [])
        return True


def picture(kind: str, content: bytes, width: int, height: int, align: str) -> PrintedLine:
    """Return a picture as a line; one bit a dot, rows from the top, most significant bit left (raster only)."""
    bits = base64.b64encode(content).decode()
    return PrintedLine(kind=kind, width=width, height=height, bits=bits, align=align)
