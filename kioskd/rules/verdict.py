"""What an answer of the library system means for an entry: one table. The first row that fits decides.

A row leads to the next step or to an outcome; its name is kept with the entry. docs/ILS.md is drawn from here.
"""

from collections.abc import Set as AbstractSet
from dataclasses import fields
from enum import StrEnum
from typing import Final

from kioskd.model.written_late import dataclass
from kioskd.rules.evidence import Card, Deed, Due, Facts, Listed, Past, Said, Shelf, Step
from kioskd.rules.outcome import Outcome

Cell = AbstractSet[StrEnum] | AbstractSet[bool] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row. A column None fits whatever is known."""

    name: str
    at: Step
    then: Step | Outcome
    deed: AbstractSet[Deed] | None = None
    past: AbstractSet[Past] | None = None
    said: AbstractSet[Said] | None = None
    listed: AbstractSet[Listed] | None = None
    card: AbstractSet[Card] | None = None
    shelf: AbstractSet[Shelf] | None = None
    due: AbstractSet[Due] | None = None
    dated: bool | None = None
    by_item: bool | None = None
    forces: bool | None = None
    doubted: bool | None = None
    refused: bool | None = None
    turns: bool = False
    """From here on the loan is a renewal."""

    def fits(self, facts: Facts) -> bool:
        """Tell whether all columns fit."""
        for name in COLUMNS:
            wanted = getattr(self, name)
            if wanted is not None:
                known = getattr(facts, name)
                if known not in wanted if isinstance(wanted, AbstractSet) else known is not wanted:
                    return False
        return True


COLUMNS: Final = tuple(field.name for field in fields(Facts))

LOAN: Final = frozenset({Deed.LOAN})
RENEWAL: Final = frozenset({Deed.RENEWAL})
TURNED: Final = frozenset({Deed.TURNED})
RENEWS: Final = frozenset({Deed.RENEWAL, Deed.TURNED})
NEW: Final = frozenset({Past.NEW})
LOST: Final = frozenset({Past.LOST})
NO: Final = frozenset({Past.NO})
YES: Final = frozenset({Past.YES})
CAME_BACK: Final = frozenset({Shelf.FREE, Shelf.HOLD})
CHARGED: Final = frozenset({Shelf.CHARGED})
LISTED: Final = frozenset({Listed.YES})
UNLISTED: Final = frozenset({Listed.NO})
SILENT: Final = frozenset({Listed.SILENT})
BEYOND: Final = frozenset({Due.BEYOND})

TABLE: Final[tuple[Row, ...]] = (
    # 64, about a card that was registered here.
    Row("card_known", Step.LOOK_CARD, Step.MARK, card={Card.GOOD, Card.BLOCKED}, forces=False),
    Row("card_known_forced", Step.LOOK_CARD, Step.LOOK_ITEM, card={Card.GOOD, Card.BLOCKED}),
    Row("card_unregistered", Step.LOOK_CARD, Outcome.CARD_NOT_REGISTERED, card={Card.UNKNOWN}),
    # 64, before a loan whose answer was lost is sent again: only such a one may settle by being looked up.
    Row("lost_listed_dated", Step.LOOK_PATRON, Step.LOOK_ITEM, LOAN, LOST, listed=LISTED, dated=True),
    Row("lost_listed", Step.LOOK_PATRON, Outcome.FOUND_ON_LOAN, LOAN, LOST, listed=LISTED),
    Row("lost_not_listed", Step.LOOK_PATRON, Step.LOOK_ITEM, LOAN, LOST),
    # 64, before no-block would take an item from whoever has it.
    Row("forced_has_it", Step.LOOK_PATRON, Step.LOOK_DUE, LOAN, NEW, listed=LISTED, turns=True),
    Row("forced_later_loan", Step.LOOK_PATRON, Outcome.LATER_ACTIVITY, LOAN, NEW, listed=UNLISTED, due=BEYOND),
    Row("forced_taken", Step.LOOK_PATRON, Outcome.ON_LOAN_TO_ANOTHER, LOAN, NEW, listed=UNLISTED),
    Row("forced_whose", Step.LOOK_PATRON, Outcome.UNSURE, LOAN, NEW, listed=SILENT),
    # 64, before a renewal of what is due late enough already.
    Row("renewal_done", Step.LOOK_PATRON, Outcome.ALREADY_DONE, RENEWAL, NEW, listed=LISTED),
    Row("renewal_lent_since", Step.LOOK_PATRON, Outcome.LATER_ACTIVITY, RENEWAL, NEW, listed=UNLISTED),
    Row("renewal_whose", Step.LOOK_PATRON, Step.MARK, RENEWAL, NEW, listed=SILENT),
    # 64, where the due date has moved since a renewal whose answer was lost.
    Row("lost_renewal_card", Step.LOOK_PATRON, Outcome.UNSURE, RENEWS, LOST, card={Card.UNKNOWN}),
    Row("lost_renewal_lent_since", Step.LOOK_PATRON, Outcome.LATER_ACTIVITY, RENEWS, LOST, listed=UNLISTED),
    Row("lost_renewal_done", Step.LOOK_PATRON, Outcome.FOUND_RENEWED, RENEWS, LOST),
    # 18, before a loan whose answer was lost is sent again.
    Row("lost_due_other", Step.LOOK_ITEM, Outcome.DUE_DATE_NOT_KEPT, LOAN, LOST, listed=LISTED, due={Due.OTHER}),
    Row("lost_due_kept", Step.LOOK_ITEM, Outcome.FOUND_ON_LOAN, LOAN, LOST, listed=LISTED),
    Row("lost_whose", Step.LOOK_ITEM, Outcome.UNSURE, LOAN, LOST, listed=SILENT, shelf=CHARGED),
    Row("lost_lent_since", Step.LOOK_ITEM, Outcome.LATER_ACTIVITY, LOAN, LOST, shelf=CHARGED, due=BEYOND),
    Row("lost_taken", Step.LOOK_ITEM, Outcome.ON_LOAN_TO_ANOTHER, LOAN, LOST, shelf=CHARGED),
    # A system that knows neither card nor item is not itself, and proves nothing about a loan that it may have made.
    Row(
        "lost_unknown",
        Step.LOOK_ITEM,
        Outcome.UNSURE,
        LOAN,
        LOST,
        card={Card.UNKNOWN},
        shelf={Shelf.UNKNOWN},
    ),
    Row("lost_doubted", Step.LOOK_ITEM, Outcome.UNSURE, LOAN, LOST, doubted=True),
    Row("lost_not_done", Step.LOOK_ITEM, Step.SEND, LOAN, LOST),
    # 18, before no-block forces its way.
    Row("forced_charged", Step.LOOK_ITEM, Step.LOOK_PATRON, LOAN, NEW, shelf=CHARGED),
    Row("forced_free", Step.LOOK_ITEM, Step.MARK, LOAN, NEW),
    # 18, before a renewal whose answer was lost is sent again.
    Row("lost_renewal_back", Step.LOOK_ITEM, Outcome.LATER_ACTIVITY, RENEWS, LOST, shelf=CAME_BACK),
    Row("lost_item_renewal_done", Step.LOOK_ITEM, Outcome.FOUND_RENEWED, RENEWS, LOST, due={Due.MOVED}, by_item=True),
    # A new loan of whoever has it since moves the date as well.
    Row("lost_renewal_moved", Step.LOOK_ITEM, Step.LOOK_PATRON, RENEWS, LOST, due={Due.MOVED}),
    Row("lost_renewal_untold", Step.LOOK_ITEM, Outcome.UNSURE, RENEWS, LOST, due={Due.UNTOLD}),
    # Lent or renewed on the day of this renewal, it looks the same whether that was done or not.
    Row("lost_renewal_same", Step.LOOK_ITEM, Outcome.UNSURE, RENEWS, LOST, due={Due.SAME}, refused=False),
    Row("lost_renewal_doubted", Step.LOOK_ITEM, Outcome.UNSURE, RENEWS, LOST, doubted=True),
    Row("lost_renewal_not_done", Step.LOOK_ITEM, Step.SEND, RENEWS, LOST),
    # 18, before a renewal is sent for the first time.
    Row("renewal_back", Step.LOOK_DUE, Outcome.LATER_ACTIVITY, RENEWAL, shelf=CAME_BACK),
    Row("turned_done", Step.LOOK_DUE, Outcome.ALREADY_DONE, TURNED, due=BEYOND),
    Row("item_renewal_done", Step.LOOK_DUE, Outcome.ALREADY_DONE, RENEWAL, due=BEYOND, by_item=True),
    Row("renewal_late_enough", Step.LOOK_DUE, Step.LOOK_PATRON, RENEWAL, due=BEYOND),
    Row("renewal_due", Step.LOOK_DUE, Step.MARK, RENEWS),
    # 12 and 30.
    Row("yes_unproved", Step.SEND, Step.VERIFY_PATRON, said={Said.UNPROVED}),
    Row("yes_other_date", Step.SEND, Outcome.DUE_DATE_NOT_KEPT, said={Said.OTHER_DATE}),
    Row("yes_no_date", Step.SEND, Step.VERIFY_ITEM, said={Said.NO_DATE}),
    Row("yes_renewed", Step.SEND, Outcome.RENEWED, said={Said.RENEWED}),
    Row("yes", Step.SEND, Outcome.LENT, LOAN, said={Said.YES}),
    Row("lost_has_it", Step.SEND, Outcome.FOUND_ON_LOAN, LOAN, LOST, said={Said.HAS_IT}),
    Row("has_it", Step.SEND, Step.LOOK_DUE, LOAN, NEW, said={Said.HAS_IT}, turns=True),
    Row("no", Step.SEND, Step.VERIFY_PATRON, LOAN, said={Said.NO}),
    Row("no_renewal", Step.SEND, Step.VERIFY_ITEM, RENEWS, said={Said.NO}),
    # 64, after the answer.
    Row("unproved_unlisted", Step.VERIFY_PATRON, Outcome.NOT_DONE, past=YES, listed=UNLISTED),
    Row("unproved_look", Step.VERIFY_PATRON, Step.VERIFY_ITEM, past=YES),
    Row("no_look", Step.VERIFY_PATRON, Step.VERIFY_ITEM, LOAN, NO),
    Row("no_renewal_card", Step.VERIFY_PATRON, Outcome.PATRON_NOT_FOUND, RENEWS, NO, card={Card.UNKNOWN}),
    Row("no_renewal_lent", Step.VERIFY_PATRON, Outcome.LATER_ACTIVITY, RENEWS, NO, listed=UNLISTED),
    Row("no_renewal_why", Step.VERIFY_PATRON, Outcome.RENEWAL_REFUSED, RENEWS, NO),
    # 18, after a yes.
    Row("yes_due_other", Step.VERIFY_ITEM, Outcome.DUE_DATE_NOT_KEPT, past=YES, due={Due.OTHER}),
    Row(
        "yes_on_shelf",
        Step.VERIFY_ITEM,
        Outcome.NOT_DONE,
        past=YES,
        listed=SILENT,
        shelf=CAME_BACK | {Shelf.UNKNOWN, Shelf.ELSEWHERE},
    ),
    Row("yes_lent", Step.VERIFY_ITEM, Outcome.LENT, LOAN, YES),
    Row("yes_renewed_seen", Step.VERIFY_ITEM, Outcome.RENEWED, RENEWS, YES),
    # 18, after a refusal of a loan: looked at before it is believed.
    Row("no_done_other", Step.VERIFY_ITEM, Outcome.DUE_DATE_NOT_KEPT, LOAN, NO, listed=LISTED, due={Due.OTHER}),
    Row("no_done", Step.VERIFY_ITEM, Outcome.DONE_DESPITE_REFUSAL, LOAN, NO, listed=LISTED),
    Row("no_card", Step.VERIFY_ITEM, Outcome.PATRON_NOT_FOUND, LOAN, NO, card={Card.UNKNOWN}),
    Row("no_item", Step.VERIFY_ITEM, Outcome.ITEM_NOT_FOUND, LOAN, NO, shelf={Shelf.UNKNOWN}),
    Row("no_whose", Step.VERIFY_ITEM, Outcome.UNSURE, LOAN, NO, listed=SILENT, shelf=CHARGED),
    Row("no_lent_since", Step.VERIFY_ITEM, Outcome.LATER_ACTIVITY, LOAN, NO, shelf=CHARGED, due=BEYOND),
    Row("no_taken", Step.VERIFY_ITEM, Outcome.ON_LOAN_TO_ANOTHER, LOAN, NO, shelf=CHARGED),
    Row("no_blocked", Step.VERIFY_ITEM, Outcome.PATRON_BLOCKED, LOAN, NO, card={Card.BLOCKED}),
    Row("no_hold", Step.VERIFY_ITEM, Outcome.ON_HOLD, LOAN, NO, shelf={Shelf.HOLD}),
    Row("no_reason", Step.VERIFY_ITEM, Outcome.REFUSED, LOAN, NO),
    # 18, after a refusal of a renewal.
    Row("no_renewal_done", Step.VERIFY_ITEM, Outcome.DONE_DESPITE_REFUSAL, RENEWS, NO, due={Due.MOVED}),
    Row("no_renewal_item", Step.VERIFY_ITEM, Outcome.ITEM_NOT_FOUND, RENEWS, NO, shelf={Shelf.UNKNOWN}),
    Row("no_renewal_back", Step.VERIFY_ITEM, Outcome.LATER_ACTIVITY, RENEWS, NO, shelf=CAME_BACK),
    Row("no_renewal_by_item", Step.VERIFY_ITEM, Outcome.RENEWAL_REFUSED, RENEWS, NO, by_item=True),
    Row("no_renewal_look", Step.VERIFY_ITEM, Step.VERIFY_PATRON, RENEWS, NO),
)

STARTS: Final[tuple[tuple[Step, str], ...]] = (
    (Step.MARK, "a loan never sent"),
    (Step.SEND, "a loan marked already, with its neighbours"),
    (Step.LOOK_CARD, "a loan never sent, on a card whose registration waits"),
    (Step.LOOK_ITEM, "never sent, and no-block will force its way; or a renewal whose answer was lost"),
    (Step.LOOK_DUE, "a renewal never sent"),
    (Step.LOOK_PATRON, "a loan whose answer was lost"),
)
"""Where an entry begins."""


class Without(StrEnum):
    """What decides where no answer does; its name is kept with the entry as a row's is."""

    BEHIND = "behind"
    REGISTRATION = "registration"
    UNSENDABLE = "unsendable"
    DIED = "died_again"
    """The line died of it three times, and again when it was looked up."""
    DATELESS = "no_date_before"
    """A renewal's answer was lost, and no due date was known before it, so that none can have moved."""
    NOTHING_FITS = "nothing_fits"
    """No row fits: a fault of the table, left to a person."""


WITHOUT: Final = {
    Without.BEHIND: Outcome.BEHIND,
    Without.REGISTRATION: Outcome.REGISTER_BY_HAND,
    Without.UNSENDABLE: Outcome.UNSENDABLE,
    Without.DIED: Outcome.UNSURE,
    Without.DATELESS: Outcome.UNSURE,
    Without.NOTHING_FITS: Outcome.UNSURE,
}


def decide(at: Step, facts: Facts) -> Row | None:
    """Return the row that decides; None: none fits."""
    return next((row for row in _BY_STEP[at] if row.fits(facts)), None)


_BY_STEP: Final = {step: tuple(row for row in TABLE if row.at is step) for step in Step}
