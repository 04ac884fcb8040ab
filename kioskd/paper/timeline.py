"""An outage as a picture: the mode as a band, scans and uploads as bars, on one line of time; plain SVG."""

import datetime as dt
import html
from collections.abc import Mapping, Sequence
from typing import Any, Final

WIDTH: Final = 960
BAND_Y: Final = 30
BAND: Final = 26
BARS_Y: Final = 80
BARS: Final = 120
COLOUR: Final[Mapping[str, str]] = {"online": "#2e7d32", "offline": "#b3261e", "recovering": "#e0a100"}
PATTERN: Final[Mapping[str, str]] = {"online": "up", "offline": "down", "recovering": "sending"}
"""What stands in the band, since colours alone tell a printer in black and white nothing."""
TICKS: Final = 8
FONT: Final = 'font-family="sans-serif" font-size="12"'


def timeline(drawn: Mapping[str, Any]) -> str:
    """Return the picture of a report's `timeline`: `from`, `to`, `step_s`, `modes`, `scans`, `uploads`."""
    start, end = _at(drawn["from"]), _at(drawn["to"])
    span_s = max((end - start).total_seconds(), 1.0)

    def x(moment: dt.datetime) -> float:
        return round(WIDTH * min(1.0, max(0.0, (moment - start).total_seconds() / span_s)), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} 250" role="img" {FONT}>',
        f"<title>{html.escape(_said(drawn))}</title>",
    ]
    modes = list(drawn["modes"])
    for each, following in zip(modes, [*modes[1:], None], strict=True):
        left, right = x(_at(each["at"])), x(_at(following["at"])) if following else float(WIDTH)
        name = str(each["mode"])
        parts.append(
            f'<rect x="{left}" y="{BAND_Y}" width="{max(right - left, 1):.1f}" height="{BAND}" '
            f'fill="{COLOUR.get(name, "#666")}" stroke="#000" stroke-width="0.5"/>'
        )
        if right - left > 60:
            shown = PATTERN.get(name, html.escape(name))
            parts.append(f'<text x="{left + 4}" y="{BAND_Y + 17}" fill="#fff">{shown}</text>')
    most = max((count for name in ("scans", "uploads") for _, count in drawn[name]), default=0)
    width = max(1.0, WIDTH * drawn["step_s"] / span_s / 2)
    for name, fill, shift in (("scans", "#1a4f8b", 0.0), ("uploads", "#8bb4e0", width)):
        for moment, count in drawn[name]:
            height = BARS * count / most
            parts.append(
                f'<rect x="{x(_at(moment)) + shift:.1f}" y="{BARS_Y + BARS - height:.1f}" width="{width:.1f}" '
                f'height="{height:.1f}" fill="{fill}"/>'
            )
    parts += [
        f'<line x1="0" y1="{BARS_Y + BARS}" x2="{WIDTH}" y2="{BARS_Y + BARS}" stroke="#000"/>',
        f'<text x="0" y="{BARS_Y - 6}">most in {drawn["step_s"] // 60} min: {most}</text>',
        '<rect x="640" y="66" width="12" height="10" fill="#1a4f8b"/><text x="656" y="75">recorded</text>',
        '<rect x="740" y="66" width="12" height="10" fill="#8bb4e0"/><text x="756" y="75">settled or decided</text>',
    ]
    for number in range(TICKS + 1):
        moment = start + (end - start) * number / TICKS
        anchor = "start" if number == 0 else "end" if number == TICKS else "middle"
        place = WIDTH * number / TICKS
        parts.append(
            f'<line x1="{place}" y1="{BARS_Y + BARS}" x2="{place}" y2="{BARS_Y + BARS + 5}" stroke="#000"/>'
            f'<text x="{place}" y="{BARS_Y + BARS + 20}" text-anchor="{anchor}">{moment:%m-%d %H:%M}</text>'
        )
    return "".join([*parts, "</svg>"])


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _said(drawn: Mapping[str, Any]) -> str:
    """Say the picture in words, for whoever does not see it."""
    modes: Sequence[Mapping[str, Any]] = drawn["modes"]
    changes = ", ".join(f"{each['mode']} from {str(each['at'])[11:16]}" for each in modes)
    scans, uploads = (sum(count for _, count in drawn[name]) for name in ("scans", "uploads"))
    return f"{changes}; {scans} recorded, {uploads} settled or decided"
