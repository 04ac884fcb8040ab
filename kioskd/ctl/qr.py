"""A short text as a QR code: for a phone that reads it off a terminal or off the screen of a station out of service."""

from typing import Final

QUIET: Final = 4
"""White modules on each side. Source: ISO/IEC 18004."""
LONGEST: Final = 213
"""Bytes."""
HALVES: Final = {"00": "█", "01": "▀", "10": "▄", "11": " "}
"""Two modules, one above the other, as one character: light on a dark terminal."""


def _framed(text: str) -> list[str]:
    from drivers.escpos_codes import qr_modules  # noqa: PLC0415 # the drivers are for who draws

    rows = qr_modules(text.encode()[:LONGEST].decode("utf-8", "ignore"))
    side = len(rows) + 2 * QUIET
    blank = ["0" * side] * QUIET
    return [*blank, *("0" * QUIET + row + "0" * QUIET for row in rows), *blank]


def in_text(text: str) -> list[str]:
    """Return it as lines for a terminal."""
    rows = _framed(text)
    if len(rows) % 2:
        rows.append("0" * len(rows[0]))
    return [
        "".join(HALVES[above + below] for above, below in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]


def svg(text: str) -> str:
    """Return it as a picture that loads nothing."""
    rows = _framed(text)
    side = len(rows)
    dots = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module == "1")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{dots}"/></svg>\n'
    )
