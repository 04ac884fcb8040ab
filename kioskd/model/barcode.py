"""Numbers on cards and books, and how a card number may be shown."""

from typing import Final, NewType

PatronBarcode = NewType("PatronBarcode", str)
"""A patron's card number (SIP2 field AA), exactly as it was scanned or typed after recognition."""

ItemBarcode = NewType("ItemBarcode", str)
"""An item's number (SIP2 field AB)."""

SHOWN_AT_MOST: Final = 4


def last_digits(patron: str) -> str:
    """Return what may be shown of a card number: its last four characters, of a short one only its last half."""
    return patron[-min(SHOWN_AT_MOST, len(patron) // 2) :] if len(patron) > 1 else ""


def masked(patron: str) -> str:
    """Return a card number as it stands in lists and logs: `…4567`."""
    return "…" + last_digits(patron)
