"""What the upload asks about an entry, step by step."""

from typing import Final

from kioskd.model.ils import AskCheckout, AskItem, AskPatron, AskRenew, Question
from kioskd.rules.evidence import Deed, Step, Terms
from kioskd.rules.sending import Current

CODES: Final = {AskPatron: "63", AskItem: "17", AskCheckout: "11", AskRenew: "29"}
"""SIP2's numbers, by which a story tells what was asked."""


def question(current: Current, terms: Terms) -> Question:
    """Return what the present step of an entry asks: 63, 17, 11 or 29."""
    entry = current.entry.what
    assert entry.item is not None
    match current.step:
        case Step.LOOK_CARD | Step.LOOK_PATRON | Step.VERIFY_PATRON:
            assert entry.patron is not None
            return AskPatron(entry.patron, charged=True)
        case Step.LOOK_ITEM | Step.LOOK_DUE | Step.VERIFY_ITEM:
            return AskItem(entry.item)
        case Step.SEND | Step.MARK:
            due = terms.due
            if current.facts.deed is not Deed.LOAN or entry.patron is None:
                return AskRenew(entry.patron, entry.item, entry.at_wall_s, due is not None, due)
            return AskCheckout(entry.patron, entry.item, entry.at_wall_s, due is not None, due)


def code(current: Current) -> str:
    """Return SIP2's number of that question."""
    match current.step:
        case Step.LOOK_CARD | Step.LOOK_PATRON | Step.VERIFY_PATRON:
            return "63"
        case Step.LOOK_ITEM | Step.LOOK_DUE | Step.VERIFY_ITEM:
            return "17"
        case Step.SEND | Step.MARK:
            return "11" if current.facts.deed is Deed.LOAN and current.entry.what.patron is not None else "29"
