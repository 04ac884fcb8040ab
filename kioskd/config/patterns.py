"""The regular expressions of `[barcodes]`: they compile, speak of the whole code, and leave command codes alone."""

import re
from typing import Final

COMMANDS: Final = tuple(f"{letters}{number:02}" for letters in ("KIOSK", "kiosk") for number in range(100))
"""All command barcodes that there may ever be: they are matched before `[barcodes]` (docs/PROTOCOL.md)."""
_FLAGS: Final = re.compile(r"\(\?[aiLmsux]+\)")
"""Flags for all of a pattern may stand at its very beginning only."""


def check_pattern(value: object) -> str:
    """Return a whole-string pattern, anchored. Raises ValueError with the reason."""
    text = _compilable(value)
    pattern = re.compile(anchored := _anchored(text))
    if pattern.fullmatch(""):
        raise ValueError("it matches the empty code")
    if taken := next((code for code in COMMANDS if pattern.fullmatch(code)), None):
        raise ValueError(f"it takes in the command barcode {taken.upper()}")
    return anchored


def check_extract(value: object) -> str:
    """Return a pattern that finds a number within a longer code. Raises ValueError with the reason."""
    text = _compilable(value)
    pattern = re.compile(text)
    if pattern.groups != 1:
        raise ValueError(f"it has {pattern.groups} groups, not one")
    if taken := next((code for code in COMMANDS if (found := pattern.search(code)) and found[1] == code), None):
        raise ValueError(f"it takes in the command barcode {taken.upper()}")
    return text


def _compilable(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a regular expression")
    if len(value) > 1000:
        raise ValueError("it is too long")
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"it does not compile: {error}") from None
    return value


def _anchored(text: str) -> str:
    if text.startswith("^") and text.endswith("$") and not text.endswith(r"\$") and "|" not in text:
        return text
    flags = found[0] if (found := _FLAGS.match(text)) else ""
    whole = f"{flags}^(?:{text[len(flags) :]})$"
    try:
        re.compile(whole)
    except re.error as error:
        raise ValueError(f"it cannot be taken as a whole: {error}") from None
    return whole
