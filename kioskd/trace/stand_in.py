"""A code's stand-in: as long, of the same characters, recognised as the same thing, and nobody's."""

import hashlib
import secrets
import string
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from kioskd.model.settings import BarcodeSettings
from kioskd.rules.recognise import (
    CheckDigitState,
    IsCard,
    IsCommand,
    IsEither,
    IsItem,
    IsNothing,
    Recognised,
    luhn,
    matched,
    recognise,
)

_KEY: Final = secrets.token_bytes(16)
"""New with each start, so that a trace cannot be turned back by trying all numbers."""
_TRIES: Final = 2
"""Numbers tried with as many characters kept; of each, every last digit, for the check digit's sake."""
_HIDDEN_AT_LEAST: Final = 3
"""Characters that are always replaced, whatever a pattern asks for."""


@lru_cache(maxsize=512)
def stand_in(code: str, settings: BarcodeSettings) -> str:
    """Return the stand-in of a code; the same code has the same one as long as the daemon runs.

    A command stands for itself. Of what a phone card holds only the number has a stand-in; of a code that is none of
    ours only length and kind of characters remain.
    """
    meant = recognise(code, settings, typed=False)
    match meant:
        case IsCommand():
            return code
        case IsNothing():
            return _shape(code)
        case IsCard(number, _) | IsItem(number, _) | IsEither(number):
            found = (
                candidate
                for candidate in _candidates(number, getattr(meant, "check_digit", CheckDigitState.NONE))
                if candidate != number and _alike(meant, matched(candidate, settings))
            )
            return next(found, _shape(number))


def _alike(one: Recognised, other: Recognised | None) -> bool:
    return type(one) is type(other) and getattr(one, "check_digit", None) == getattr(other, "check_digit", None)


def _candidates(number: str, state: CheckDigitState) -> Iterator[str]:
    # Patterns tell cards from items by their first characters: keep as few of these as it takes, letters last.
    for letters in (True, False):
        for kept in range(min(1, len(number) - 1), max(1, len(number) - _HIDDEN_AT_LEAST)):
            for attempt in range(_TRIES):
                other = number[:kept] + _other(number[kept:], f"{letters}{kept}{attempt}:{number}", letters=letters)
                if state is not CheckDigitState.NONE:
                    yield other[:-1] + _last_digit(other[:-1], good=state is CheckDigitState.GOOD)
                yield other
                if other[-1].isdigit():
                    yield from (other[:-1] + last for last in string.digits)


def _last_digit(digits: str, *, good: bool) -> str:
    """Return the check digit of these, or one that is none."""
    right = next(last for last in string.digits if luhn(digits + last)) if digits.isdigit() else "0"
    return right if good else str((int(right) + 1) % 10)


def _other(text: str, salt: str, *, letters: bool) -> str:
    stream = hashlib.blake2b(salt.encode(), key=_KEY, digest_size=64).digest()
    return "".join(_replaced(each, stream[place % 64], letters=letters) for place, each in enumerate(text))


def _replaced(character: str, chance: int, *, letters: bool) -> str:
    if character.isdigit():
        return str(chance % 10)
    if letters and character.isascii() and character.isalpha():
        alphabet = string.ascii_uppercase if character.isupper() else string.ascii_lowercase
        return alphabet[chance % 26]
    return character


def _shape(code: str) -> str:
    return "".join("9" if c.isdigit() else "x" if c.isalpha() else "." for c in code)
