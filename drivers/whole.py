"""Which codes are believed where nothing but a pause ends one: a pause also follows half a code."""

import re
from collections.abc import Callable, Sequence
from typing import Final

AIM_PREFIX: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")


def believed(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return what says whether a text matches one of `patterns` as a whole, an AIM prefix before it aside.

    Raises ValueError when there is none to match, or one is no regular expression.
    """
    if not patterns:
        raise ValueError("patterns: without a terminator or suffix only codes that match one are passed; there is none")
    try:
        compiled = [re.compile(pattern) for pattern in patterns]
    except re.error as error:
        raise ValueError(f"patterns: {error}") from error

    def is_believed(text: str) -> bool:
        prefix = AIM_PREFIX.match(text)
        bare = text[prefix.end() :] if prefix else text
        return any(pattern.fullmatch(bare) for pattern in compiled)

    return is_believed
