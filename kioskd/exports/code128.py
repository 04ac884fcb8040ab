"""A number as a barcode on a page, so that it need not be typed."""

import itertools
from typing import Final

from drivers.code128 import modules

QUIET: Final = 10
"""Modules of white on both sides. Source: ISO/IEC 15417."""


def svg(text: str, *, height_mm: float = 14.0, module_mm: float = 0.33) -> str:
    """Return `text` as an SVG picture with its quiet zones; modules of 0.33 mm are read by any desk scanner.

    Raises ValueError for nothing, and for what is no printable ASCII: no card and no book has more.
    """
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError(f"a barcode takes printable ASCII here, not {text!r}")
    bars, place = [], QUIET
    for module, run in itertools.groupby(modules(text)):
        width = len(list(run))
        if module == "1":
            bars.append(f"M{place} 0h{width}v1h-{width}z")
        place += width
    total = place + QUIET
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total * module_mm:.2f}mm" height="{height_mm:g}mm" '
        f'viewBox="0 0 {total} 1" preserveAspectRatio="none" shape-rendering="crispEdges">'
        f'<path d="{"".join(bars)}"/></svg>'
    )
