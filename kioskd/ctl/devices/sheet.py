"""The test sheet: barcodes whose text is known, so that what a scanner makes of them tells how it is set."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kioskd.ctl.verbs.commands import barcode


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


def page() -> str:
    """Return the sheet as one HTML file that loads nothing."""
    parts = "".join(
        f"<section>{html.escape(known.about)}{barcode(known.text)}<code>{html.escape(known.text)}</code></section>\n"
        for known in SHEET
    )
    head = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>kioskd: scan test</title>\n'
    ask = "Print at 100 %. Run <code>sudo kioskctl scan-test</code>, then scan one barcode after the other."
    return f"{head}<style>{STYLE}</style>\n<h1>Scan test</h1>\n<p>{ask}</p>\n{parts}</html>\n"
