"""Text that no code page of the printer has, drawn as dots: ESC/POS `GS v 0`. Imports Pillow."""

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from drivers.raster import strips
from drivers.slip import COLUMN_DOTS as CELL_DOTS
from drivers.slip import Align

GLYPH_DOTS: Final = 24
LINE_DOTS: Final = 30
"""The printers' own line pitch, 1/6 inch."""
BASELINE_DOTS: Final = 21

NARROW_FONTS: Final = (
    "truetype/dejavu/DejaVuSansMono{bold}.ttf",  # Debian: fonts-dejavu-core or fonts-dejavu-mono
    "truetype/noto/NotoSansMono-{weight}.ttf",  # fonts-noto-mono
    "truetype/liberation/LiberationMono-{weight}.ttf",  # fonts-liberation
    # Not of one width, but Vietnamese vowels fit their cell, and the ones above lack some of them.
    "truetype/dejavu/DejaVuSans{bold}.ttf",
    "truetype/noto/NotoSans-{weight}.ttf",  # fonts-noto-core
)
WIDE_FONTS: Final = (
    "opentype/noto/NotoSansCJK-{weight}.ttc",  # fonts-noto-cjk
    "truetype/wqy/wqy-microhei.ttc",  # fonts-wqy-microhei
    "truetype/wqy/wqy-zenhei.ttc",  # fonts-wqy-zenhei
    "truetype/droid/DroidSansFallbackFull.ttf",  # fonts-droid-fallback
)


def draw(
    text: str,
    *,
    cells: int,
    columns: int,
    align: Align,
    bold: bool,
    size: int,
    folder: Path,
) -> bytes | None:
    """Return one line of text as a picture, each character in its cell; None where a font lacks one of them."""
    fonts = {
        1: _fonts(NARROW_FONTS, folder, bold=bold, dots=20 * size),
        2: _fonts(WIDE_FONTS, folder, bold=bold, dots=24 * size),
    }
    spare = columns - cells * size
    left = {Align.LEFT: 0, Align.CENTRE: spare * CELL_DOTS // 2, Align.RIGHT: spare * CELL_DOTS}[align]
    width = (left + cells * size * CELL_DOTS + 7) // 8 * 8
    image = Image.new("1", (width, LINE_DOTS * size), 0)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    x = left
    for cluster in _clusters(text):
        span = 2 if unicodedata.east_asian_width(cluster[0]) in ("W", "F") else 1
        font = next((font for font in fonts[span] if _has(font, cluster)), None)
        if font is None:
            return None
        pen.text((x + span * size * CELL_DOTS // 2, BASELINE_DOTS * size), cluster, fill=1, font=font, anchor="ms")
        x += span * size * CELL_DOTS
    return strips(image.tobytes(), image.width // 8)


def _clusters(text: str) -> Sequence[str]:
    clusters: list[str] = []
    for char in text:
        if clusters and unicodedata.combining(char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _fonts(names: Sequence[str], folder: Path, *, bold: bool, dots: int) -> Sequence[ImageFont.FreeTypeFont]:
    paths = (folder / name.format(bold="-Bold" if bold else "", weight="Bold" if bold else "Regular") for name in names)
    return [_load(str(path), dots) for path in paths if path.exists()]


@cache
def _load(path: str, dots: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, dots, layout_engine=ImageFont.Layout.BASIC)


@cache
def _blank(font: ImageFont.FreeTypeFont) -> bytes:
    return _shape(font, "\U0010fffe")  # a noncharacter: what the font draws for what it lacks


@cache
def _has(font: ImageFont.FreeTypeFont, cluster: str) -> bool:
    return all(char.isspace() or _shape(font, char) != _blank(font) for char in cluster)


def _shape(font: ImageFont.FreeTypeFont, char: str) -> bytes:
    mask = font.getmask(char, mode="1")
    return repr(mask.size).encode() + bytes(mask)
