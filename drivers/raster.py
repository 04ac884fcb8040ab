"""Dots as ESC/POS `GS v 0`, in strips; no I/O."""

from collections.abc import Sequence
from typing import Final

STRIP_ROWS: Final = 15
"""A picture goes in strips, so that one broken off can be filled up with few bytes (CANCEL_PADDING)."""


def strips(dots: bytes, row_bytes: int) -> bytes:
    """Return the commands that print `dots`: rows of `row_bytes`, most significant bit left, 1 is black."""
    rows = len(dots) // row_bytes
    out = []
    for top in range(0, rows, STRIP_ROWS):
        count = min(STRIP_ROWS, rows - top)
        out += [
            b"\x1dv0\x00" + row_bytes.to_bytes(2, "little") + count.to_bytes(2, "little"),
            dots[top * row_bytes : (top + count) * row_bytes],
        ]
    return b"".join(out)


def magnified(modules: Sequence[str], *, dots: int, height: int, left: int) -> tuple[bytes, int]:
    """Return rows of modules (`1` is black) as dots and their bytes a row: each `dots` wide and `height` high."""
    row_bytes = (left + len(modules[0]) * dots + 7) // 8
    out = bytearray()
    for row in modules:
        bits = "0" * left + "".join(module * dots for module in row)
        out += int(bits.ljust(row_bytes * 8, "0"), 2).to_bytes(row_bytes, "big") * height
    return bytes(out), row_bytes
