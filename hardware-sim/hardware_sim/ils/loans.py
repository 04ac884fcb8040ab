"""A loan, what may come of a request for one, and the reasons for a no."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why the library says no."""

    PATRON_UNKNOWN = "patron_unknown"
    PATRON_BLOCKED = "patron_blocked"
    CARD_LOST = "card_lost"
    FINES = "fines"
    OVERDUE = "overdue"
    PATRON_EXPIRED = "patron_expired"
    PIN_WRONG = "pin_wrong"
    ITEM_UNKNOWN = "item_unknown"
    NOT_FOR_LOAN = "not_for_loan"
    ON_LOAN_TO_OTHER = "on_loan_to_other"
    ALREADY_ON_LOAN = "already_on_loan"  # to the same patron, on a server that does not renew by a second checkout
    ON_HOLD_FOR_OTHER = "on_hold_for_other"
    LIMIT_REACHED = "limit_reached"
    NOT_ON_LOAN = "not_on_loan"
    NO_MORE_RENEWALS = "no_more_renewals"
    TOO_SOON = "too_soon"  # to renew
    SYSTEM = "system"  # half up, still starting


@dataclass(frozen=True, slots=True)
class Loan:
    """An item in a patron's hands."""

    patron: str
    item: str
    since: datetime
    due: datetime
    renewals: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: a loan, or the reason why not."""

    reason: Reason | None
    loan: Loan | None = None
    renewed: bool = False
