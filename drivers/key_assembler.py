"""Key events of a keyboard-like scanner in, whole codes out; no descriptor, no clock, no evdev."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from drivers.aim import symbology_of
from drivers.base import Code, LostReason, ScanEvent
from drivers.layouts import (
    CAPS_LOCK,
    ENTER,
    KEYPAD,
    KEYPAD_ENTER,
    LAYOUTS,
    LEFT_ALT,
    LEFT_CTRL,
    LEFT_SHIFT,
    NUM_LOCK,
    RIGHT_ALT,
    RIGHT_CTRL,
    RIGHT_SHIFT,
    SCROLL_LOCK,
    TAB,
)
from drivers.loss import Loss
from drivers.whole import believed


class Press(IntEnum):
    """The value of an `EV_KEY` event."""

    UP = 0
    DOWN = 1
    REPEAT = 2


TERMINATORS: Final[Mapping[str, frozenset[int]]] = {
    "any": frozenset({ENTER, KEYPAD_ENTER, TAB}),
    "enter": frozenset({ENTER, KEYPAD_ENTER}),
    "tab": frozenset({TAB}),
    "none": frozenset(),
}
"""The keys that end a code, by the name of the setting. `none`: the suffix if there is one, else the pause after it."""

MAX_CHARACTERS: Final = 8192
MODIFIERS: Final = frozenset({LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, RIGHT_ALT})
SILENT_KEYS: Final = frozenset({NUM_LOCK, SCROLL_LOCK})
"""Scanners press these around a code to set the lamps; they have no character to lose."""
AS_KEY: Final[Mapping[str, int]] = {"\r": ENTER, "\n": ENTER, "\t": TAB}
"""Control characters (Ctrl+M, Alt+013) that mean the same as a key."""
SPACING: Final[Mapping[str, str]] = {"\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0308": "¨"}
"""Dead keys, followed by a blank or by a letter that does not take them."""
CONTROL_ALIASES: Final[Mapping[str, str]] = {"2": "@", " ": "@", "6": "^", "-": "_", "/": "_"}
"""Ctrl with the key instead of with the shifted character, as on a PC."""


class KeyAssembler:
    """Makes codes of one device's key presses by the scanner's own layout.

    A key without a character makes the whole code unreadable, never a code with a hole. After a loss everything up to
    the next suffix is thrown away (`drivers.loss`).
    """

    def __init__(
        self,
        *,
        layout: str = "us",
        terminator: str = "any",
        prefix: str = "",
        suffix: str = "",
        patterns: Sequence[str] = (),
        max_characters: int = MAX_CHARACTERS,
        caps_lock: bool = False,
    ) -> None:
        if layout not in LAYOUTS:
            raise ValueError(f"layout {layout!r}: one of {', '.join(LAYOUTS)}")
        if terminator not in TERMINATORS:
            raise ValueError(f"terminator {terminator!r}: one of {', '.join(TERMINATORS)}")
        self._layout = LAYOUTS[layout]
        self._ends = TERMINATORS[terminator]
        self._ends_by_suffix = bool(suffix) and not self._ends
        by_pause = not self._ends and not suffix
        self._believed: Callable[[str], bool] | None = believed(patterns) if by_pause else None
        self._prefix, self._suffix = prefix, suffix
        self._max_characters = max_characters
        self._caps_lock = self._caps_lock_at_rest = caps_lock
        self._modifiers: set[int] = set()
        self._text = ""
        self._dead = ""
        self._alt_digits = ""
        self._anything = False
        self._loss = Loss()

    @property
    def pending(self) -> bool:
        """Whether a scan is half here, or lost and not over."""
        return self._anything or self._loss.told

    @property
    def ends_by_pause(self) -> bool:
        """Whether a code is over when nothing comes any more, so that the time-out should be short."""
        return self._believed is not None

    def feed(self, key: int, press: int) -> list[ScanEvent]:
        """Take one `EV_KEY` event and return what it completes. Auto-repeat is nothing: scanners hold no key."""
        if press == Press.REPEAT:
            return []
        if key in MODIFIERS:
            return self._modifier(key, down=press == Press.DOWN)
        if press != Press.DOWN or key in SILENT_KEYS:
            return []
        if key == CAPS_LOCK:
            self._caps_lock = not self._caps_lock
            return []
        if key in self._ends:
            return self._ended()
        self._anything = True
        if self._modifiers & {LEFT_ALT, RIGHT_ALT} and KEYPAD.get(key, "").isdigit():
            self._alt_digits += KEYPAD[key]
            return []
        return self._character(self._meaning(key))

    def begin_inside(self) -> None:
        """Say that a key was down at opening: a scan is under way, and its head went elsewhere."""
        self._loss.note(LostReason.OVERFLOW)

    def overflow(self) -> list[ScanEvent]:
        """Say that events are missing (`SYN_DROPPED`).

        Which modifiers are down is not asked (`EVIOCGKEY`): asking empties the queue of the next scan's keys, and what
        is wrong until the suffix is thrown away anyway.
        """
        self._forget()
        self._modifiers.clear()
        self._caps_lock = self._caps_lock_at_rest
        return self._loss.tell(LostReason.OVERFLOW)

    def break_off(self) -> list[ScanEvent]:
        """Say that the time between characters has passed: a half code is lost, and so is its tail.

        Where only a pause ends a code it is over now, and passed if it is one of the patterns'.
        """
        if not self.pending:
            return []
        if self._believed is not None:
            return self._ended(believed=self._believed)
        self._forget()
        return self._loss.silence()

    def _forget(self) -> None:
        self._text = self._dead = self._alt_digits = ""
        self._anything = False

    def _modifier(self, key: int, *, down: bool) -> list[ScanEvent]:
        if down:
            self._modifiers.add(key)
            return []
        self._modifiers.discard(key)
        if key in (LEFT_ALT, RIGHT_ALT) and self._alt_digits:
            digits, self._alt_digits = self._alt_digits, ""
            return self._character(_by_number(digits))
        return []

    def _meaning(self, key: int) -> str | None:
        held = self._modifiers
        ctrl = bool(held & {LEFT_CTRL, RIGHT_CTRL})
        alt_gr = RIGHT_ALT in held or (ctrl and LEFT_ALT in held)
        shift = bool(held & {LEFT_SHIFT, RIGHT_SHIFT}) != (self._caps_lock and key in self._layout.caps_shifts)
        if alt_gr:
            return self._layout.alt_gr.get(key)
        if LEFT_ALT in held:
            return None
        if ctrl:
            return self._control(key)
        if key in KEYPAD:
            return KEYPAD[key]
        return (self._layout.shift if shift else self._layout.plain).get(key)

    def _control(self, key: int) -> str | None:
        # By the layout first, then by the key's place: makers print GS as Ctrl+] and mean the key that is ] in the US.
        for level in (self._layout.plain, LAYOUTS["us"].plain):
            char = level.get(key, "")
            char = CONTROL_ALIASES.get(char, char).upper()
            if len(char) == 1 and "@" <= char <= "_":
                return chr(ord(char) & 0x1F)
        return None

    def _character(self, char: str | None) -> list[ScanEvent]:
        if char is None:
            self._loss.note(LostReason.UNREADABLE)
            return []
        if AS_KEY.get(char) in self._ends:
            return self._ended()
        if self._dead:
            dead, self._dead = self._dead, ""
            joined = unicodedata.normalize("NFC", char + dead)
            if char == " ":
                char = SPACING[dead]
            elif len(joined) == 1:
                char = joined
            else:
                char = SPACING[dead] + SPACING.get(char, char)
        elif char in SPACING:
            self._dead = char
            return []
        self._text += char
        if self._ends_by_suffix and self._text.endswith(self._suffix):
            return self._ended()
        if len(self._text) > self._max_characters + len(self._prefix) + len(self._suffix):
            self._forget()
            self._anything = True
            return self._loss.tell(LostReason.TOO_LONG)
        return []

    def _ended(self, *, believed: Callable[[str], bool] | None = None) -> list[ScanEvent]:
        if self._dead or self._alt_digits:
            self._loss.note(LostReason.UNREADABLE)
        text, anything = self._text.removesuffix(self._suffix).removeprefix(self._prefix), self._anything
        self._forget()
        lost = self._loss.end(anything=anything)
        if lost is not None:
            return lost
        if believed is not None and not believed(text):
            return Loss().tell(LostReason.TIMED_OUT)
        return [Code(text, text.encode(), symbology_of(text))] if text else []


def _by_number(digits: str) -> str | None:
    """Return the character of Alt and `digits` on the keypad: with a leading 0 by Windows' page, else by DOS's."""
    number = int(digits)
    if number > 255:
        return None
    page = "cp1252" if digits.startswith("0") else "cp437"
    try:
        return bytes((number,)).decode(page)
    except UnicodeDecodeError:
        return None
