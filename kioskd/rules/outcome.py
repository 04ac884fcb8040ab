"""What an answer of the library system means for an entry: one table of outcomes, each settled or an exception."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kioskd.model.entry import EntryState
from kioskd.model.ils import Circulation, ItemAnswer, LoanAnswer


class Outcome(StrEnum):
    """Why an entry is settled, or which kind of exception it is (`class` in `exceptions list`)."""

    LENT = "lent"
    RENEWED = "renewed"
    FOUND_ON_LOAN = "found_on_loan"
    """The answer was lost; the patron's list (64 AU) has the item."""
    FOUND_RENEWED = "found_renewed"
    """The answer was lost; the due date moved."""
    DONE_DESPITE_REFUSAL = "done_despite_refusal"
    """It answered no, and had done it all the same."""

    PATRON_NOT_FOUND = "patron_not_found"
    PATRON_BLOCKED = "patron_blocked"
    ITEM_NOT_FOUND = "item_not_found"
    ON_LOAN_TO_ANOTHER = "on_loan_to_another"
    ON_HOLD = "on_hold"
    REFUSED = "refused"
    RENEWAL_REFUSED = "renewal_refused"
    DUE_DATE_NOT_KEPT = "due_date_not_kept"
    BEHIND = "behind_exception"
    """An earlier entry of the same item waits for a person."""
    UNSURE = "unsure"
    UNSENDABLE = "unsendable"
    """A number cannot be written in SIP2."""
    CHECK_THIS_IN = "check_this_in"
    """It was withdrawn after it may have been sent."""


STATE: Final[Mapping[Outcome, EntryState]] = {
    outcome: EntryState.SETTLED
    if outcome
    in (
        Outcome.LENT,
        Outcome.RENEWED,
        Outcome.FOUND_ON_LOAN,
        Outcome.FOUND_RENEWED,
        Outcome.DONE_DESPITE_REFUSAL,
    )
    else EntryState.EXCEPTION
    for outcome in Outcome
}


def refused_loan(patron_says: Outcome | None, item: ItemAnswer) -> Outcome:
    """Say which kind of exception a refused loan is, by what 64 and 18 said afterwards."""
    if patron_says is Outcome.PATRON_NOT_FOUND:
        return patron_says
    if not item.known:
        return Outcome.ITEM_NOT_FOUND
    if item.circulation is Circulation.CHARGED:
        return Outcome.ON_LOAN_TO_ANOTHER
    if patron_says is not None:
        return patron_says
    return Outcome.ON_HOLD if item.circulation is Circulation.HOLD_SHELF else Outcome.REFUSED


def due_moved(before: str | None, item: ItemAnswer) -> bool | None:
    """Tell whether a renewal whose answer was lost was done: its due date moved; None where that cannot be told."""
    if not before or not item.due_text:
        return None
    return item.due_text.strip() != before.strip()


def words(answer: LoanAnswer) -> dict[str, str]:
    """Return what of an answer is kept with the entry, by SIP2 field: AF and AH, never a name."""
    return {field: text for field, text in (("AF", answer.message), ("AH", answer.due_text)) if text}
