"""What becomes of an entry at upload: each outcome is settled, or an exception that waits for a person."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kioskd.model.entry import EntryState
from kioskd.model.ils import LoanAnswer


class Outcome(StrEnum):
    """Why an entry is settled, or which kind of exception it is (`class` in `exceptions list`)."""

    LENT = "lent"
    RENEWED = "renewed"
    FOUND_ON_LOAN = "found_on_loan"
    """The answer was lost; the patron's list (64 AU) has the item."""
    FOUND_RENEWED = "found_renewed"
    """The answer was lost; the due date moved."""
    ALREADY_DONE = "already_done"
    """Never sent; the patron has it until as late a day as this would make it."""
    DONE_DESPITE_REFUSAL = "done_despite_refusal"
    """It answered no, and had done it all the same."""

    PATRON_NOT_FOUND = "patron_not_found"
    CARD_NOT_REGISTERED = "card_not_registered"
    """A card that was registered here, and that the library system does not know yet."""
    PATRON_BLOCKED = "patron_blocked"
    ITEM_NOT_FOUND = "item_not_found"
    ON_LOAN_TO_ANOTHER = "on_loan_to_another"
    LATER_ACTIVITY = "later_activity"
    """The item came back or was lent since; that is not overwritten."""
    ON_HOLD = "on_hold"
    REFUSED = "refused"
    NOT_DONE = "not_done"
    """It answered yes to no-block, and had not done it."""
    RENEWAL_REFUSED = "renewal_refused"
    DUE_DATE_NOT_KEPT = "due_date_not_kept"
    BEHIND = "behind_exception"
    """An earlier entry of the same item waits for a person."""
    UNSURE = "unsure"
    UNSENDABLE = "unsendable"
    """A number cannot be written in SIP2."""
    REGISTER_BY_HAND = "register_by_hand"
    """A registration: SIP2 has no message for it."""
    CHECK_THIS_IN = "check_this_in"
    """It was withdrawn after it may have been sent."""


SETTLED: Final = frozenset(
    {
        Outcome.LENT,
        Outcome.RENEWED,
        Outcome.FOUND_ON_LOAN,
        Outcome.FOUND_RENEWED,
        Outcome.ALREADY_DONE,
        Outcome.DONE_DESPITE_REFUSAL,
    }
)

STATE: Final[Mapping[Outcome, EntryState]] = {
    outcome: EntryState.SETTLED if outcome in SETTLED else EntryState.EXCEPTION for outcome in Outcome
}


def words(answer: LoanAnswer) -> dict[str, str]:
    """Return what of an answer is kept with the entry, by SIP2 field: AF and AH, never a name."""
    return {field: text for field, text in (("AF", answer.message), ("AH", answer.due_text)) if text}
