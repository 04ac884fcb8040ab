"""Keyboard layouts as data: which character a scanner means by a key. Built from tables, not captured from scanners.

A scanner types by its own setting, whatever the desktop's layout is. Key codes: Linux, input-event-codes.h.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

E_ROW: Final = (41, *range(2, 14))  # KEY_GRAVE, KEY_1 … KEY_EQUAL
D_ROW: Final = tuple(range(16, 28))  # KEY_Q … KEY_RIGHTBRACE
C_ROW: Final = (*range(30, 41), 43)  # KEY_A … KEY_APOSTROPHE, KEY_BACKSLASH
B_ROW: Final = (86, *range(44, 54))  # KEY_102ND, KEY_Z … KEY_SLASH
DIGIT_KEYS: Final = frozenset(range(2, 12))

KEYPAD: Final[Mapping[int, str]] = {
    71: "7", 72: "8", 73: "9", 74: "-", 75: "4", 76: "5", 77: "6", 78: "+", 79: "1", 80: "2", 81: "3", 82: "0",
    83: ".", 55: "*", 98: "/", 117: "=", 121: ",",
}  # fmt: skip
"""The keypad with num lock on, which is what a scanner means whatever the lamp shows."""

ENTER: Final = 28
KEYPAD_ENTER: Final = 96
TAB: Final = 15
SPACE: Final = 57
LEFT_SHIFT, RIGHT_SHIFT, CAPS_LOCK = 42, 54, 58
LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, RIGHT_ALT = 29, 97, 56, 100
NUM_LOCK, SCROLL_LOCK = 69, 70

NOTHING: Final = "\0"
"""In a table: the key has no character at this level."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Characters by key, a mapping a level. A combining character is a dead key: it joins the next letter."""

    plain: Mapping[int, str]
    shift: Mapping[int, str]
    alt_gr: Mapping[int, str]
    caps_shifts: frozenset[int]
    """Keys on which caps lock acts as shift."""


def _level(*rows: str) -> dict[int, str]:
    """Return one level from four rows of characters, E to B, `\\0` where a key has none."""
    found = {SPACE: " "}
    for keys, row in zip((E_ROW, D_ROW, C_ROW, B_ROW), rows, strict=True):
        found |= {key: char for key, char in zip(keys, row, strict=True) if char != NOTHING}
    return found


def _letters(level: Mapping[int, str]) -> frozenset[int]:
    return frozenset(key for key, char in level.items() if char.isalpha() and char.upper() != char)


_US = _level("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'\\", "\\zxcvbnm,./")
_DE = _level("\u03021234567890ß\u0301", "qwertzuiopü+", "asdfghjklöä#", "<yxcvbnm,.-")
_FR = _level("²&é\"'(-è_çà)=", "azertyuiop\u0302$", "qsdfghjklmù*", "<wxcvbn,;:!")

LAYOUTS: Final[Mapping[str, Layout]] = {
    "us": Layout(
        plain=_US,
        shift=_level("~!@#$%^&*()_+", "QWERTYUIOP{}", 'ASDFGHJKL:"|', "|ZXCVBNM<>?"),
        alt_gr={},
        caps_shifts=_letters(_US),
    ),
    # Caps lock as in Windows' German and French layouts, which the makers' tables follow: digits shift as well.
    "de": Layout(
        plain=_DE,
        shift=_level('°!"§$%&/()=?\u0300', "QWERTZUIOPÜ*", "ASDFGHJKLÖÄ'", ">YXCVBNM;:_"),
        alt_gr={
            3: "²", 4: "³", 8: "{", 9: "[", 10: "]", 11: "}", 12: "\\", 16: "@", 18: "€", 27: "~",
            86: "|", 50: "µ",
        },
        caps_shifts=_letters(_DE) | DIGIT_KEYS,
    ),
    "fr": Layout(
        plain=_FR,
        shift=_level("\x001234567890°+", "AZERTYUIOP\u0308£", "QSDFGHJKLM%µ", ">WXCVBN?./§"),
        alt_gr={
            3: "\u0303", 4: "#", 5: "{", 6: "[", 7: "|", 8: "\u0300", 9: "\\", 10: "^", 11: "@", 12: "]", 13: "}",
            18: "€", 27: "¤",
        },
        caps_shifts=_letters(_FR) | DIGIT_KEYS,
    ),
}  # fmt: skip
