"""Code 128 as a printer reads it in `GS k` 73: code sets called by `{A`, `{B`, `{C`, then what they hold, then bars.

Source: ESC/POS, GS k; ISO/IEC 15417 (widths, check symbol).
"""

from typing import Final

_SETS: Final = {b"A": 103, b"B": 104, b"C": 105}
_CHANGE: Final = {b"A": 101, b"B": 100, b"C": 99}


class WrongDataError(Exception):
    """Raised when a printer would print nothing: no code set in front, or what it does not hold."""


def read(content: bytes) -> tuple[str, list[int]]:
    """Return the text and the symbols, start and check included. Raises WrongDataError."""
    symbols: list[int] = []
    text, code_set, at = "", b"", 0
    while at < len(content):
        if content[at : at + 1] == b"{" and content[at + 1 : at + 2] != b"{":
            chosen = content[at + 1 : at + 2]
            if chosen not in _SETS:
                raise WrongDataError(f"{{{chosen!r}")
            symbols.append(_CHANGE[chosen] if symbols else _SETS[chosen])
            code_set, at = chosen, at + 2
            continue
        byte = content[at]
        if code_set == b"C":
            if byte > 99:
                raise WrongDataError(f"{byte} in code set C")
            symbols.append(byte)
            text += f"{byte:02}"
        elif code_set == b"B" and 32 <= byte <= 127:
            symbols.append(byte - 32)
            text += chr(byte)
        elif code_set == b"A" and byte < 96:
            symbols.append(byte - 32 if byte >= 32 else byte + 64)
            text += chr(byte)
        else:
            raise WrongDataError(f"{byte} in code set {code_set!r}")
        at += 2 if content[at : at + 2] == b"{{" else 1
    if not text:
        raise WrongDataError("nothing to print")
    check = (symbols[0] + sum(place * symbol for place, symbol in enumerate(symbols))) % 103
    return text, [*symbols, check]


def bars(symbols: list[int]) -> str:
    """Return the modules, `1` a bar, with the stop."""
    return "".join(_module_row(_WIDTHS[symbol]) for symbol in symbols) + "1100011101011"


def _module_row(widths: str) -> str:
    return "".join("10"[place % 2] * int(width) for place, width in enumerate(widths))


_ALL: Final = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122"
    "123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323"
    "131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131"
    "213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122"
    "141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112"
    "124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141"
    "411131211412211214211232"
)
_WIDTHS: Final = [_ALL[at : at + 6] for at in range(0, len(_ALL), 6)]
"""Symbol → widths of its bars and gaps, a bar first."""
