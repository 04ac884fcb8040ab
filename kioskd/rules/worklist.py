"""What waits for a person, by class: which actions there are, the likely one first. The words are kioskd.texts'."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kioskd.model.choices import ResolveAction as Do
from kioskd.model.entry import EntryState
from kioskd.rules.outcome import STATE, Outcome
from kioskd.texts import say, table

BY_HAND: Final = (Do.DONE_BY_HAND, Do.CORRECT_AND_RETRY, Do.DROP)
RETRY: Final = (Do.CORRECT_AND_RETRY, Do.DONE_BY_HAND, Do.DROP)
GONE: Final = (Do.DROP, Do.CHECK_THIS_IN, Do.DONE_BY_HAND, Do.CORRECT_AND_RETRY)
LATE: Final = (Do.WAIVE_LATE_CHARGE, Do.DONE_BY_HAND, Do.CORRECT_AND_RETRY, Do.DROP)

ACTIONS: Final[Mapping[Outcome, Sequence[Do]]] = {
    Outcome.REGISTER_BY_HAND: (Do.DONE_BY_HAND, Do.DROP),
    Outcome.CARD_NOT_REGISTERED: RETRY,
    Outcome.PATRON_NOT_FOUND: RETRY,
    Outcome.PATRON_BLOCKED: RETRY,
    Outcome.ITEM_NOT_FOUND: RETRY,
    Outcome.ON_LOAN_TO_ANOTHER: (Do.CHECK_THIS_IN, *RETRY),
    Outcome.LATER_ACTIVITY: GONE,
    Outcome.ON_HOLD: RETRY,
    Outcome.REFUSED: RETRY,
    Outcome.NOT_DONE: BY_HAND,
    Outcome.RENEWAL_REFUSED: LATE,
    Outcome.DUE_DATE_NOT_KEPT: (Do.DONE_BY_HAND, Do.DROP),
    Outcome.BEHIND: RETRY,
    Outcome.UNSURE: (Do.DONE_BY_HAND, Do.CORRECT_AND_RETRY, Do.WAIVE_LATE_CHARGE, Do.DROP),
    Outcome.UNSENDABLE: (Do.DONE_BY_HAND, Do.DROP),
    Outcome.CHECK_THIS_IN: (Do.CHECK_THIS_IN, Do.DROP),
}
"""Every class of exception, in the order in which they are worked off: registrations first, for loans hang on them."""
UNKNOWN: Final = "unknown"


def classes(language: str, exceptions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return exceptions (`exceptions list`'s documents) by class, each with its words and actions."""
    order = [outcome.value for outcome in ACTIONS]
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in exceptions:
        found.setdefault(str(each["class"]), []).append(each)
    ranked = sorted(found, key=lambda name: order.index(name) if name in order else len(order))
    return [
        {
            "class": name,
            "text": say(language, f"class_{name}" if f"class_{name}" in table("en") else f"class_{UNKNOWN}"),
            "actions": [str(action) for action in actions_of(name)],
            "entries": found[name],
        }
        for name in ranked
    ]


def actions_of(name: str) -> Sequence[Do]:
    """Return what can be done about an exception of a class, the likely one first."""
    known = [outcome for outcome in ACTIONS if outcome.value == name]
    return ACTIONS[known[0]] if known else RETRY


assert ACTIONS.keys() == {outcome for outcome in Outcome if STATE[outcome] is EntryState.EXCEPTION}
