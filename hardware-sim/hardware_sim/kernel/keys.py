"""How a wedge set to US keys types a text: HID usages, and the kernel's key codes for them.

Sources: USB HID Usage Tables 1.4, keyboard page 0x07; Linux, include/uapi/linux/input-event-codes.h.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Stroke(NamedTuple):
    """One key pressed and let go."""

    usage: int
    """On HID's keyboard page."""
    key: int
    """The kernel's code."""
    shift: bool = False


ROWS: Final = (
    # usages from, the kernel's codes in that order, without shift, with shift
    (
        0x04,
        (30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44),
        "abcdefghijklmnopqrstuvwxyz",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ),
    (0x1E, (2, 3, 4, 5, 6, 7, 8, 9, 10, 11), "1234567890", "!@#$%^&*()"),
    (0x28, (28,), "\r", ""),
    (0x2B, (15,), "\t", ""),
    (0x2C, (57, 12, 13, 26, 27, 43), " -=[]\\", "\0_+{}|"),
    (0x33, (39, 40, 41, 51, 52, 53), ";'`,./", ':"~<>?'),
)
STROKES: Final[Mapping[str, Stroke]] = {
    character: Stroke(first + at, keys[at], shift)
    for first, keys, plain, shifted in ROWS
    for characters, shift in ((plain, False), (shifted, True))
    for at, character in enumerate(characters)
    if character != "\0"
}
LEFT_SHIFT_KEY: Final = 42
LEFT_SHIFT_BIT: Final = 0x02
"""In the modifier byte of a boot keyboard's report."""


def reports(text: str) -> list[bytes]:
    """Return the boot keyboard reports that type `text`: each key pressed, then none. KeyError: no such key."""
    typed = []
    for character in text:
        stroke = STROKES[character]
        typed.append(bytes((LEFT_SHIFT_BIT if stroke.shift else 0, 0, stroke.usage, 0, 0, 0, 0, 0)))
        typed.append(bytes(8))
    return typed


KEYBOARD: Final = bytes.fromhex(
    "05010906a101050719e029e71500250175019508810295017508810195057501050819012905910295017503910195067508"
    "150025650507190029658100c0"
)
"""The boot keyboard's report descriptor: a modifier byte, a reserved one, six keys; five lamps the other way. Source:
USB Device Class Definition for HID 1.11, appendix B.1."""
