"""Numbers on cards and books: 14 digits, the last one a check digit."""

from typing import Final

PATRON_PREFIX: Final = "2"
ITEM_PREFIX: Final = "3"


def check_digit(thirteen: str) -> str:
    """Return the Luhn digit (mod 10, every second digit from the right doubled) that completes `thirteen`."""
    total = 0
    for place, character in enumerate(reversed(thirteen)):
        digit = int(character) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def code14(prefix: str, serial: int) -> str:
    """Return the `serial`-th number of those that start with `prefix`."""
    thirteen = f"{prefix}{serial:012d}"
    return thirteen + check_digit(thirteen)
