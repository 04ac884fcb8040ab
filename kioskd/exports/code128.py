"""Code 128, so that a number on paper need not be typed. Source: ISO/IEC 15417, symbol characters, check character."""

import re
from typing import Final

_DIGITS: Final = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
_WIDTHS: Final = tuple(_DIGITS[at : at + 6] for at in range(0, len(_DIGITS), 6))
"""Bar, space, bar, space, bar, space of each symbol character, in modules, by its value."""
_STOP: Final = "2331112"
_TO_C: Final = 99
_TO_B: Final = 100
_START_B: Final = 104
_START_C: Final = 105
_PAIRS_ENDING: Final = 4
"""So many digits at an end of the text are shorter as pairs (set C); in the middle it takes two more."""


def modules(text: str) -> tuple[int, ...]:
    """Return the widths of bar, space, bar … of `text`, in modules, from the first bar to the last; no quiet zones.

    Raises ValueError for what is no printable ASCII, or nothing: set A's control characters stand on no card or book.
    """
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError(f"Code 128 takes printable ASCII here, not {text!r}")
    values = _values(text)
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], start=1))) % 103
    return tuple(int(width) for width in "".join(_WIDTHS[value] for value in (*values, check)) + _STOP)


def svg(text: str, *, height_mm: float = 14.0, module_mm: float = 0.33) -> str:
    """Return `text` as an SVG picture with its quiet zones of ten modules; 0.33 mm is read by any desk scanner."""
    widths = modules(text)
    quiet, place, bars = 10, 10, []
    for nth, width in enumerate(widths):
        if nth % 2 == 0:
            bars.append(f"M{place} 0h{width}v1h-{width}z")
        place += width
    total = sum(widths) + 2 * quiet
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total * module_mm:.2f}mm" height="{height_mm:g}mm" '
        f'viewBox="0 0 {total} 1" preserveAspectRatio="none" shape-rendering="crispEdges">'
        f'<path d="{"".join(bars)}"/></svg>'
    )


def _values(text: str) -> list[int]:
    """Return start character and symbol values: pairs of digits in set C where that is shorter, else set B."""
    values: list[int] = []
    for pairs, piece in _pieces(text):
        if not values:
            values.append(_START_C if pairs else _START_B)
        else:
            values.append(_TO_C if pairs else _TO_B)
        if pairs:
            values += [int(piece[at : at + 2]) for at in range(0, len(piece), 2)]
        else:
            values += [ord(letter) - 32 for letter in piece]
    return values


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Cut `text` into (is it in pairs of digits, piece), neighbours of one kind joined."""
    pieces: list[tuple[bool, str]] = []
    for found in re.finditer(r"[0-9]+|[^0-9]+", text):
        piece = found[0]
        at_an_end = found.start() == 0 or found.end() == len(text)
        enough = piece.isdigit() and len(piece) >= (_PAIRS_ENDING if at_an_end else _PAIRS_ENDING + 2)
        if not enough:
            cut = [(False, piece)]
        elif len(piece) % 2 == 0:
            cut = [(True, piece)]
        elif found.start() == 0:
            cut = [(True, piece[:-1]), (False, piece[-1])]
        else:
            cut = [(False, piece[0]), (True, piece[1:])]
        for pairs, part in cut:
            if pieces and pieces[-1][0] == pairs:
                pieces[-1] = (pairs, pieces[-1][1] + part)
            else:
                pieces.append((pairs, part))
    return pieces
