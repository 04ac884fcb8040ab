"""Lines over an axis as SVG, written by hand: what a page of figures needs, and no library for it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0b5fa5", "#c4561b", "#2e7d32", "#7b3fa0", "#8a6d00", "#a3123f")
WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 40, 46


@dataclass(frozen=True)
class Line:
    """One line: its name, and its points in order."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


def ticks(least: float, most: float, about: int = 5) -> list[float]:
    """Return round numbers that span the two."""
    span = most - least or abs(most) or 1.0
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= raw)
    first = math.floor(least / step)
    last = math.ceil(most / step)
    return [round(step * each, 10) for each in range(first, last + 1)]


def chart(
    title: str, lines: Sequence[Line], *, x: str, y: str, limits: Mapping[str, float] | None = None, log_x: bool = False
) -> str:
    """Draw lines, from zero up; a limit is a dashed line across."""
    limits = limits or {}
    values = [value for line in lines for _, value in line.points] + list(limits.values())
    marks = ticks(0.0, max(values) if values else 1.0)
    places = [place for line in lines for place, _ in line.points]
    first, last = (min(places), max(places)) if places else (0.0, 1.0)
    across = _across(first, last, log_x=log_x)

    def down(value: float) -> float:
        return HEIGHT - BOTTOM - (value - marks[0]) / (marks[-1] - marks[0]) * (HEIGHT - TOP - BOTTOM)

    size = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    found = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    found += [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down(mark):.1f}" y2="{down(mark):.1f}" stroke="#ddd"/>'
        f'<text x="{LEFT - 8}" y="{down(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>'
        for mark in marks
    ]
    found += [
        f'<text x="{across(mark):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{mark:g}</text>'
        for mark in _marks(places, first, last, log_x=log_x)
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    found.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle" fill="#555">{escape(x)}</text>')
    found.append(f'<text x="{LEFT - 8}" y="{TOP - 4}" text-anchor="end" fill="#555">{escape(y)}</text>')
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{across(place):.1f},{down(value):.1f}" for place, value in line.points)
        dash = ' stroke-dasharray="3 3"' if line.dashed else ""
        found.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        if len(line.points) <= 12:
            found += [
                f'<circle cx="{across(place):.1f}" cy="{down(value):.1f}" r="3" fill="{colour}"/>'
                for place, value in line.points
            ]
        found.append(_key(number, colour, line.name, dash))
    for number, (name, value) in enumerate(limits.items(), start=len(lines)):
        found.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down(value):.1f}" y2="{down(value):.1f}" stroke="#c00" '
            'stroke-dasharray="6 4"/>' + _key(number, "#c00", name, ' stroke-dasharray="6 4"')
        )
    return "\n".join([*found, "</svg>"]) + "\n"


def _across(first: float, last: float, *, log_x: bool):  # noqa: ANN202 - a function of one number
    wide = WIDTH - LEFT - RIGHT

    def linear(place: float) -> float:
        return LEFT + (place - first) / ((last - first) or 1.0) * wide

    def by_powers(place: float) -> float:
        span = math.log10(last + 1) - math.log10(first + 1)
        return LEFT + (math.log10(place + 1) - math.log10(first + 1)) / (span or 1.0) * wide

    return by_powers if log_x else linear


def _marks(places: Sequence[float], first: float, last: float, *, log_x: bool) -> Sequence[float]:
    if log_x:
        return sorted(set(places))
    return [mark for mark in ticks(first, last, 8) if first <= mark <= last]


def _key(number: int, colour: str, name: str, dash: str) -> str:
    y = TOP + 8 + number * 20
    x = WIDTH - RIGHT + 12
    return (
        f'<line x1="{x}" x2="{x + 22}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"{dash}/>'
        f'<text x="{x + 28}" y="{y + 4}">{escape(name)}</text>'
    )
