"""A slip as a picture: what the paper would look like, dot for dot where dots were sent.

The printer's own letters are drawn in DejaVu Sans Mono (in Pillow's own font where that is not installed), each in its
cell of 12 by 24 dots. Source: ESC/POS, font A; a line is 30 dots, 1/6 inch.
"""

import base64
import functools
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from .paper import PrintedLine

CELL, GLYPH, PITCH = 12, 24, 30
BASELINE: Final = 19
MARGIN, ABOVE, BELOW = 32, 24, 40
FONTS: Final = Path("/usr/share/fonts/truetype/dejavu")
PAPER, INK = 255, 0


def png(lines: Sequence[PrintedLine], columns: int) -> bytes:
    """Return the paper as a PNG, with its margins."""
    out = io.BytesIO()
    draw(lines, columns).save(out, "PNG", optimize=True)
    return out.getvalue()


def draw(lines: Sequence[PrintedLine], columns: int) -> Image.Image:
    """Return the paper: one bit a dot, its margins around what was printed."""
    dots = columns * CELL
    parts = [part for line in lines for part in _parts(line, columns)]
    height = sum(part.height for part, _ in parts)
    paper = Image.new("1", (dots + 2 * MARGIN, max(1, height) + ABOVE + BELOW), PAPER)
    top = ABOVE
    for part, align in parts:
        spare = dots - part.width
        left = {"left": 0, "center": spare // 2, "right": spare}[align] if spare > 0 else 0
        # What is wider than the paper is not printed.
        paper.paste(part.crop((0, 0, min(part.width, dots), part.height)), (MARGIN + left, top))
        top += part.height
    return paper


def _parts(line: PrintedLine, columns: int) -> list[tuple[Image.Image, str]]:
    """Return what a line comes to on paper: a text that is too long goes on in the next."""
    if line.kind == "feed":
        return [(Image.new("1", (CELL, line.height), PAPER), "left")] if line.height else []
    if line.bits:
        dots = base64.b64decode(line.bits)
        image = Image.frombytes("1", (line.width, line.height), dots, "raw", "1;I")
        return [(image, line.align)]
    most = max(1, columns // line.wide)
    pieces = [line.text[at : at + most] for at in range(0, len(line.text), most)] or [""]
    return [(_letters(piece, line), line.align) for piece in pieces]


def _letters(text: str, line: PrintedLine) -> Image.Image:
    font = _font(bold=line.bold)
    row = Image.new("1", (max(1, len(text)) * CELL, GLYPH), PAPER)
    pen = ImageDraw.Draw(row)
    pen.fontmode = "1"
    for at, char in enumerate(text):
        pen.text((at * CELL + CELL // 2, BASELINE), char, fill=INK, font=font, anchor="ms")
    if (line.wide, line.tall) != (1, 1):
        row = row.resize((row.width * line.wide, row.height * line.tall), Image.Resampling.NEAREST)
    whole = Image.new("1", (row.width, max(PITCH, row.height)), PAPER)
    whole.paste(row, (0, 0))
    return whole


@functools.cache
def _font(*, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = FONTS / f"DejaVuSansMono{'-Bold' if bold else ''}.ttf"
    if path.exists():
        return ImageFont.truetype(str(path), 20, layout_engine=ImageFont.Layout.BASIC)
    return ImageFont.load_default(18)
