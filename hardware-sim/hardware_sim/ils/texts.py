"""What this library system says in AF, and how it writes a due date in AH."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from .loans import Reason

WORDS: Final[Mapping[Reason, str]] = {
    Reason.PATRON_UNKNOWN: "Patron not found",
    Reason.PATRON_BLOCKED: "Patron is blocked",
    Reason.CARD_LOST: "This card was reported lost",
    Reason.FINES: "Fines are owed: please see staff",
    Reason.OVERDUE: "Too many items are overdue",
    Reason.PATRON_EXPIRED: "Card has expired",
    Reason.PIN_WRONG: "Invalid PIN",
    Reason.ITEM_UNKNOWN: "Item not found",
    Reason.NOT_FOR_LOAN: "Item cannot be lent",
    Reason.ON_LOAN_TO_OTHER: "Item checked out to another patron",
    Reason.ALREADY_ON_LOAN: "Item is already checked out to you",
    Reason.ON_HOLD_FOR_OTHER: "Item is on hold for another patron",
    Reason.LIMIT_REACHED: "Checkout limit reached",
    Reason.NOT_ON_LOAN: "Item is not checked out",
    Reason.NO_MORE_RENEWALS: "Item cannot be renewed",
    Reason.TOO_SOON: "Too soon to renew",
    Reason.SYSTEM: "Service temporarily unavailable",
}

_PATTERNS: Final[Mapping[str, str]] = {
    "sip": "%Y%m%d    %H%M%S",
    "iso": "%Y-%m-%d %H:%M:%S",
    "date": "%Y-%m-%d",
    "us": "%m/%d/%Y",
    "european": "%d.%m.%Y %H:%M",
    "words": "%A, %B %d at noon",
    "empty": "",
}


def due_text(due: datetime, ah_format: str) -> str:
    """Write a due date in one of the ways that servers do."""
    return due.strftime(_PATTERNS[ah_format])


def sip_date(moment: datetime) -> str:
    """Write a moment as SIP2 does: 18 bytes, four blanks for local time."""
    return moment.strftime("%Y%m%d    %H%M%S")


def read_sip_date(text: str, now: datetime) -> datetime | None:
    """Read an 18-byte date as a moment in `now`'s zone, or None if it is none."""
    try:
        return datetime.strptime(text[:8] + text[12:18], "%Y%m%d%H%M%S").replace(tzinfo=now.tzinfo)
    except ValueError:
        return None
