"""Code 128 without I/O: a text as runs of its code sets, and as bars. Source: ISO/IEC 15417."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

CodeSet = Literal["B", "C"]


@dataclass(frozen=True, slots=True)
class Run:
    """A part of the text in one code set: set B has a symbol a character, set C one for two digits."""

    code_set: CodeSet
    text: str

    @property
    def values(self) -> tuple[int, ...]:
        """The symbols' values."""
        if self.code_set == "C":
            return tuple(int(self.text[at : at + 2]) for at in range(0, len(self.text), 2))
        return tuple(ord(char) - 32 for char in self.text)


def runs(text: str) -> Sequence[Run]:
    """Return `text` (printable ASCII) in runs: digits in pairs where that is shorter, all else in set B."""
    found: list[Run] = []
    at = 0
    for digits in _DIGITS.finditer(text):
        start, end = digits.span()
        edge = start == 0 or end == len(text)
        if end - start < (4 if edge else 6):
            continue
        if (end - start) % 2:
            # The odd one goes with what stands before, or after where nothing does.
            start, end = (start, end - 1) if start == 0 and end < len(text) else (start + 1, end)
        found += [Run("B", text[at:start])] if at < start else []
        found.append(Run("C", text[start:end]))
        at = end
    if at < len(text):
        found.append(Run("B", text[at:]))
    return found


def modules(text: str) -> str:
    """Return the bars of `text` as `1` (bar) and `0` (gap), a character a module, without the quiet zones."""
    values: list[int] = []
    for run in runs(text):
        values.append((_SWITCH if values else _START)[run.code_set])
        values += run.values
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    return "".join(map(_bars, (*values, check))) + _STOP


def _bars(value: int) -> str:
    return "".join(("1" if at % 2 == 0 else "0") * int(width) for at, width in enumerate(_WIDTHS[value]))


_DIGITS: Final = re.compile(r"[0-9]+")
_START: Final = {"B": 104, "C": 105}
_SWITCH: Final = {"B": 100, "C": 99}
_STOP: Final = "1100011101011"
_ALL_WIDTHS: Final = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
_WIDTHS: Final = [_ALL_WIDTHS[at : at + 6] for at in range(0, len(_ALL_WIDTHS), 6)]
"""Value → the widths of its bars and gaps, in turn."""
