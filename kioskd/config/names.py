"""What a key is called in the environment."""

from typing import Final

PREFIX: Final = "KIOSKD_"


def variable(section: str, key: str) -> str:
    """Return the variable's name for a key."""
    return f"{PREFIX}{section}__{key}".upper()
