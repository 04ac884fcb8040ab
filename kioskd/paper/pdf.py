"""A PDF of lines and words in Helvetica, and nothing more: made without a library, since a sheet needs nothing more.

Source: ISO 32000-1 (PDF 1.4's subset): header, objects, cross-reference table, trailer. Letters are those of cp1252.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MM: Final = 72 / 25.4
"""Points in a millimetre."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text; `x` and `y` in mm from the left and the top to its base line, `size` in points."""

    x: float
    y: float
    text: str
    size: float = 10
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, in mm from the left and the top."""

    x: float
    y: float
    to_x: float
    to_y: float
    width: float = 0.2


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its size in mm."""

    width: float
    height: float
    marks: Sequence[Words | Rule]


def pdf(pages: Sequence[Page], *, title: str) -> bytes:
    """Return the document's bytes; the same pages make the same bytes."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%b] >>"
        % (len(pages), b" ".join(b"%d 0 R" % (6 + 2 * number) for number in range(len(pages)))),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title %b >>" % _string(title),
    ]
    for number, page in enumerate(pages):
        content = "\n".join(_mark(mark, page.height) for mark in page.marks).encode("latin-1")
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
            % (page.width * MM, page.height * MM, 7 + 2 * number),
            b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _mark(mark: Words | Rule, height: float) -> str:
    match mark:
        case Words(x, y, text, size, bold):
            font = "F2" if bold else "F1"
            shown = _string(text).decode("latin-1")
            return f"BT /{font} {size:g} Tf {x * MM:.2f} {(height - y) * MM:.2f} Td {shown} Tj ET"
        case Rule(x, y, to_x, to_y, width):
            start, end = f"{x * MM:.2f} {(height - y) * MM:.2f}", f"{to_x * MM:.2f} {(height - to_y) * MM:.2f}"
            return f"{width * MM:.2f} w {start} m {end} l S"


def _string(text: str) -> bytes:
    plain = text.encode("cp1252", "replace")
    for special in (b"\\", b"(", b")"):
        plain = plain.replace(special, b"\\" + special)
    return b"(%b)" % plain
