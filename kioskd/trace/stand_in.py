"""A code's stand-in: as long, of the same characters, recognised as the same thing, and nobody's."""

import hashlib
import secrets
from functools import lru_cache
from typing import Final

from kioskd.model.settings import BarcodeSettings
from kioskd.rules.recognise import IsNothing, Recognised, recognise

_KEY: Final = secrets.token_bytes(16)
"""New with each start, so that a trace cannot be turned back by trying all numbers."""
_TRIES: Final = 64


@lru_cache(maxsize=512)
def stand_in(code: str, settings: BarcodeSettings) -> str:
    """Return the stand-in of a code; the same code has the same one as long as the daemon runs.

    Of a code that is none of ours only length and kind of characters remain.
    """
    meant = recognise(code, settings, typed=False)
    if isinstance(meant, IsNothing):
        return _shape(code)
    for attempt in range(_TRIES):
        # Patterns tell cards from items by their first characters: keep as few of these as it takes.
        kept = min(len(code), 1 + attempt // 8)
        candidate = code[:kept] + _other_digits(code[kept:], attempt, code)
        if candidate != code and _alike(meant, recognise(candidate, settings, typed=False)):
            return candidate
    return _shape(code)


def _alike(one: Recognised, other: Recognised) -> bool:
    return type(one) is type(other) and getattr(one, "check_digit", None) == getattr(other, "check_digit", None)


def _other_digits(text: str, attempt: int, code: str) -> str:
    stream = hashlib.blake2b(f"{attempt}:{code}".encode(), key=_KEY, digest_size=64).digest()
    return "".join(
        str(stream[place % 64] % 10) if character.isdigit() else character for place, character in enumerate(text)
    )


def _shape(code: str) -> str:
    return "".join("9" if c.isdigit() else "x" if c.isalpha() else "." for c in code)
