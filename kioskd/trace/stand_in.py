"""A code's stand-in: as long, of the same characters, recognised as the same thing, and nobody's."""

import hashlib
import re
import secrets
import string
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

from kioskd.model.barcode import last_digits
from kioskd.model.settings import BarcodeSettings
from kioskd.rules.recognise import (
    CheckDigitState,
    IsCard,
    IsCommand,
    IsEither,
    IsItem,
    IsNothing,
    Recognised,
    luhn_digit,
    matched,
    recognise,
)

_TRIES: Final = 2
"""Numbers tried with as many characters kept; of each, every last digit, for the check digit's sake."""
_HIDDEN_AT_LEAST: Final = 3
"""Characters that are always replaced, whatever a pattern asks for."""
_TRIES_FOR_NOTHING: Final = 200
"""For a code that is none of ours; each is looked at whole, so what is not found soon is not looked for."""
_LONGEST_ALIKE: Final = 64
"""Of a longer code only the shape stays: it is no number of ours, and may be a person's whole licence."""
_WORN: Final = re.compile(r"(\][A-Za-z][0-9A-Za-z])?[A-Da-d]{0,2}")
"""What scanners put around a number (an AIM prefix, Codabar's start and stop) and may stay."""
REMEMBERED: Final = 4096
"""Codes whose stand-ins are remembered, so that no two of them share one: more than a ring of inputs holds."""


class StandIns:
    """Gives stand-ins out: the same code has the same one, another code another one.

    What is remembered is a keyed hash of a code, never the code; the key is new with each start, so that a trace
    cannot be turned back by trying all numbers.
    """

    def __init__(self, settings: BarcodeSettings) -> None:
        self.settings: Final = settings
        self._key: Final = secrets.token_bytes(16)
        self._given: Final[OrderedDict[bytes, str]] = OrderedDict()
        self._taken: Final[set[str]] = set()
        self._tails: Final[dict[bytes, str]] = {}

    def of(self, code: str, *, typed: bool = False) -> str:
        """Return the stand-in of a code.

        A command stands for itself. Of what a phone card holds only the number has a stand-in, the same one as where
        it stands alone. A code that is none of ours gets one that the rules find wrong for the same reason.
        """
        meant = recognise(code, self.settings, typed=typed)
        match meant:
            case IsCommand():
                return code
            case IsNothing():
                return self._remembered(code.strip(), meant, typed=typed)
            case IsCard(number, _) | IsItem(number, _) | IsEither(number):
                other = self._remembered(number, meant)
                before, found, after = code.partition(number)
                return before + other + after if found and _WORN.fullmatch(before + after) else other

    def seen(self, code: str) -> str | None:
        """Return the stand-in of a code that has one already."""
        name = self._hash(code)
        found = self._given.get(name)
        if found is not None:
            self._given.move_to_end(name)
        return found

    def tail(self, digits: str) -> str:
        """Return the last digits of a card's stand-in for those of the card, as a message shows them."""
        return self._tails.get(self._hash(digits), digits)

    def words(self, text: str, kind: str = "text") -> str:
        """Return what stands for a person's words: the same for the same words; of what is blank, itself."""
        return f"{kind}-{self._hash(text).hex()[:8]}" if text.strip() else text

    def _hash(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()

    def _remembered(self, code: str, meant: Recognised, *, typed: bool = False) -> str:
        name = self._hash(code)
        found = self._given.get(name)
        if found is None:
            found = self._made(code, meant, typed=typed)
            self._given[name] = found
            self._taken.add(found)
            if isinstance(meant, IsCard):
                self._tails[self._hash(last_digits(code))] = last_digits(found)
            if len(self._given) > REMEMBERED:
                self._taken.discard(self._given.popitem(last=False)[1])
        self._given.move_to_end(name)
        return found

    def _made(self, code: str, meant: Recognised, *, typed: bool) -> str:
        state = getattr(meant, "check_digit", CheckDigitState.NONE)
        candidates = (each for each in self._candidates(code, state) if each != code and each not in self._taken)
        if isinstance(meant, IsNothing):
            if len(code) > _LONGEST_ALIKE:
                return _shape(code)
            tried = islice(candidates, _TRIES_FOR_NOTHING)
            return next((each for each in tried if recognise(each, self.settings, typed=typed) == meant), _shape(code))
        return next((each for each in candidates if _alike(meant, matched(each, self.settings))), _shape(code))

    def _candidates(self, number: str, state: CheckDigitState) -> Iterator[str]:
        # Patterns tell cards from items by their first characters: keep as few of these as it takes, letters last.
        for letters in (True, False):
            for kept in range(min(1, len(number) - 1), max(1, len(number) - _HIDDEN_AT_LEAST)):
                for attempt in range(_TRIES):
                    other = number[:kept] + self._other(number[kept:], f"{letters}{kept}{attempt}:{number}", letters)
                    if state is not CheckDigitState.NONE:
                        yield other[:-1] + _last_digit(other[:-1], good=state is CheckDigitState.GOOD)
                    yield other
                    if other[-1:].isdigit():
                        yield from (other[:-1] + last for last in string.digits)

    def _other(self, text: str, salt: str, letters: bool) -> str:  # named where it comes from
        stream = hashlib.blake2b(salt.encode("utf-8", "surrogatepass"), key=self._key, digest_size=64).digest()
        return "".join(_replaced(each, stream[place % 64], letters=letters) for place, each in enumerate(text))


@lru_cache(maxsize=8)
def _for(settings: BarcodeSettings) -> StandIns:
    return StandIns(settings)


def stand_in(code: str, settings: BarcodeSettings) -> str:
    """Return the stand-in of a code under these settings, the same as long as the program runs."""
    return _for(settings).of(code)


def _alike(one: Recognised, other: Recognised | None) -> bool:
    return type(one) is type(other) and getattr(one, "check_digit", None) == getattr(other, "check_digit", None)


def _last_digit(digits: str, *, good: bool) -> str:
    """Return the check digit of these, or one that is none."""
    right = luhn_digit(digits) if digits.isdigit() else "0"
    return right if good else str((int(right) + 1) % 10)


def _replaced(character: str, chance: int, *, letters: bool) -> str:
    if character.isascii() and character.isdigit():
        return str(chance % 10)
    if letters and character.isascii() and character.isalpha():
        alphabet = string.ascii_uppercase if character.isupper() else string.ascii_lowercase
        return alphabet[chance % 26]
    return character


def _shape(code: str) -> str:
    return "".join("9" if c.isdigit() else "x" if c.isalpha() else c if c in " -" else _sign(c) for c in code)


def _sign(character: str) -> str:
    return "." if character.isprintable() else "\x01"
