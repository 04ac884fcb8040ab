"""The test sheet: barcodes whose text is known, so that what a scanner makes of them tells how it is set."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drivers.code128 import modules

QUIET: Final = 10
"""Modules of white on both sides of a barcode. Source: ISO/IEC 15417."""
HEIGHT: Final = 36
MODULE_MM: Final = 0.4


@dataclass(frozen=True, slots=True)
class Known:
    """A barcode of the sheet, and what it finds out."""

    text: str
    about: str


SHEET: Final[Sequence[Known]] = (
    Known("20000000000014", "digits alone, as on a card (the number is nobody's)"),
    Known("Kiosk-Test/1 yzYZaqAQwmWM", "letters and signs: they tell the layout"),
    Known("KIOSK-TEST-CODE-128", "capitals: caps lock"),
)
"""Code 128; the letters are those whose keys differ between the US, German and French layouts."""

STYLE: Final = """
@page { size: A4; margin: 15mm }
body { font: 11pt/1.4 "Noto Sans", sans-serif; color: #000; background: #fff; margin: 0 }
h1 { font-size: 15pt } section { margin: 14mm 0; break-inside: avoid } svg { display: block; margin: 2mm 0 }
"""


def barcode(text: str) -> str:
    """Return a text as Code 128, to the scale at which a scanner reads it."""
    bars = modules(text)
    width = len(bars) + 2 * QUIET
    drawn = "".join(
        f'<rect x="{QUIET + at}" width="1" height="{HEIGHT}"/>' for at, module in enumerate(bars) if module == "1"
    )
    size = f'width="{width * MODULE_MM:.1f}mm" height="{HEIGHT * MODULE_MM:.1f}mm"'
    return f'<svg {size} viewBox="0 0 {width} {HEIGHT}" shape-rendering="crispEdges" role="img">{drawn}</svg>'


def page() -> str:
    """Return the sheet as one HTML file that loads nothing."""
    parts = "".join(
        f"<section>{html.escape(known.about)}{barcode(known.text)}<code>{html.escape(known.text)}</code></section>\n"
        for known in SHEET
    )
    head = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>kioskd: scan test</title>\n'
    ask = "Print at 100 %. Run <code>sudo kioskctl scan-test</code>, then scan one barcode after the other."
    return f"{head}<style>{STYLE}</style>\n<h1>Scan test</h1>\n<p>{ask}</p>\n{parts}</html>\n"
