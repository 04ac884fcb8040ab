"""Answers of the library system as evidence about one entry, and as what is kept of them."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from kioskd.model.barcode import ItemBarcode
from kioskd.model.ils import Answer, Circulation, ItemAnswer, LoanAnswer, PatronAnswer
from kioskd.rules.changed import changed
from kioskd.rules.evidence import Card, Deed, Due, Facts, Listed, Past, Said, Shelf, Step, Terms

SHELF: Final[Mapping[Circulation, Shelf]] = {
    Circulation.AVAILABLE: Shelf.FREE,
    Circulation.HOLD_SHELF: Shelf.HOLD,
    Circulation.CHARGED: Shelf.CHARGED,
}


def patron(facts: Facts, item: ItemBarcode | None, answer: PatronAnswer) -> Facts:
    """Take in 64."""
    count = answer.charged_count
    if item in answer.charged:
        listed = Listed.YES
    elif (count is None and not answer.charged) or (count or 0) > len(answer.charged):
        # This server does not tell all that is on loan, so what is not on its list proves nothing.
        listed = Listed.SILENT
    else:
        listed = Listed.NO
    blocked = answer.denied or answer.card_lost
    card = Card.UNKNOWN if answer.valid is False else Card.BLOCKED if blocked else Card.GOOD
    return changed(facts, listed=listed, card=card)


def item(facts: Facts, step: Step, terms: Terms, due_before: str | None, answer: ItemAnswer) -> Facts:
    """Take in 18."""
    shelf = SHELF.get(answer.circulation, Shelf.ELSEWHERE) if answer.known else Shelf.UNKNOWN
    return changed(facts, shelf=shelf, due=_due(facts, step, terms, due_before, answer))


def _due(facts: Facts, step: Step, terms: Terms, due_before: str | None, answer: ItemAnswer) -> Due:
    if step is Step.LOOK_DUE:
        return _beyond(answer.due, terms.renewed_to)
    if facts.past is Past.YES:
        return _kept(answer.due, terms.wanted)
    if facts.deed is not Deed.LOAN:
        return _moved(answer, due_before, terms.unrenewed_before)
    if facts.listed is Listed.YES:
        return _kept(answer.due, terms.wanted)
    return _beyond(answer.due, terms.lent_past)


def _beyond(seen: dt.date | None, bound: dt.date | None) -> Due:
    if seen is None or bound is None:
        return Due.UNTOLD
    return Due.BEYOND if seen >= bound else Due.SHORT


def _kept(seen: dt.date | None, wanted: dt.date | None) -> Due:
    if seen is None or wanted is None:
        return Due.UNTOLD
    return Due.KEPT if seen == wanted else Due.OTHER


def _moved(seen: ItemAnswer, before: str | None, bound: dt.date | None) -> Due:
    if not seen.due_text:
        return Due.UNTOLD
    if before and seen.due_text.strip() != before.strip():
        return Due.MOVED
    if seen.due is not None and bound is not None and seen.due < bound:
        return Due.STILL
    return Due.SAME if before else Due.UNTOLD


def loan(facts: Facts, terms: Terms, answer: LoanAnswer) -> Facts:
    """Take in 12 or 30."""
    said = _said(facts, terms, answer)
    renewed = facts.deed is Deed.LOAN and answer.ok and answer.renewal
    seen_after = said in (Said.NO_DATE, Said.UNPROVED)
    return changed(facts, said=said, deed=Deed.TURNED if renewed and seen_after else facts.deed)


def _said(facts: Facts, terms: Terms, answer: LoanAnswer) -> Said:
    if not answer.ok:
        return Said.HAS_IT if answer.renewal and facts.deed is Deed.LOAN else Said.NO
    if facts.forces:
        return Said.UNPROVED
    if terms.wanted is not None and answer.due != terms.wanted:
        return Said.NO_DATE if answer.due is None else Said.OTHER_DATE
    return Said.RENEWED if answer.renewal or facts.deed is not Deed.LOAN else Said.YES


def kept(answer: Answer, facts: Facts) -> dict[str, str]:
    """Return what of a look is kept: no name, no title, of the list of loans only whether the item is on it."""
    match answer:
        case PatronAnswer():
            valid = {True: "Y", False: "N", None: ""}[answer.valid]
            found = {"BL": valid, "AU": facts.listed.value, "blocks": ", ".join(answer.blocks)}
        case ItemAnswer():
            found = {"circulation": answer.circulation.value, "AH": answer.due_text}
        case LoanAnswer():
            flags = {"ok": "Y" if answer.ok else "N", "renewal": "Y" if answer.renewal else "N"}
            found = {**flags, "AH": answer.due_text, "AF": answer.message}
        case _:
            found = {}
    return {name: text for name, text in found.items() if text}
