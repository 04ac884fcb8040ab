"""The table of outcomes: every cell has one row, every row a cell, and what cannot be is named."""

import itertools
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from kioskd.rules import verdict
from kioskd.rules.evidence import Card, Deed, Due, Facts, Listed, Past, Said, Shelf, Step
from kioskd.rules.outcome import Outcome
from kioskd.rules.verdict import TABLE, Row

RENEWS = (Deed.RENEWAL, Deed.TURNED)
ASKED_64 = ((Listed.YES, Listed.NO, Listed.SILENT), (Card.GOOD, Card.BLOCKED, Card.UNKNOWN))
ASKED_18 = [shelf for shelf in Shelf if shelf is not Shelf.UNASKED]
BOUND = (Due.BEYOND, Due.SHORT, Due.UNTOLD)
MOVED = (Due.MOVED, Due.STILL, Due.SAME, Due.UNTOLD)
KEPT = (Due.KEPT, Due.OTHER, Due.UNTOLD)
YES_OR_NO = (False, True)


def cells() -> Iterator[tuple[Step, Facts]]:
    """Every state of knowledge in which an answer can come."""
    for listed, card, forces in itertools.product(*ASKED_64, YES_OR_NO):
        seen = {"listed": listed, "card": card}
        yield Step.LOOK_CARD, Facts(Deed.LOAN, Past.NEW, forces=forces, **seen)  # type: ignore[arg-type]
        for dated in YES_OR_NO:
            yield Step.LOOK_PATRON, Facts(Deed.LOAN, Past.LOST, dated=dated, **seen)  # type: ignore[arg-type]
        for due in BOUND:
            found = {"shelf": Shelf.CHARGED, "due": due, **seen}
            yield Step.LOOK_PATRON, Facts(Deed.LOAN, Past.NEW, forces=True, **found)  # type: ignore[arg-type]
            yield Step.LOOK_PATRON, Facts(Deed.RENEWAL, Past.NEW, **found)  # type: ignore[arg-type]
        for deed in RENEWS:
            moved = {"shelf": Shelf.CHARGED, "due": Due.MOVED, **seen}
            yield Step.LOOK_PATRON, Facts(deed, Past.LOST, **moved)  # type: ignore[arg-type]
        for deed, past in itertools.product(Deed, (Past.NO, Past.YES)):
            yield Step.VERIFY_PATRON, Facts(deed, past, **seen)  # type: ignore[arg-type]
    for shelf, doubted in itertools.product(ASKED_18, YES_OR_NO):
        for (listed, card), due in itertools.product(itertools.product(*ASKED_64), (*BOUND, *KEPT)):
            if (due in KEPT) or listed is not Listed.YES:
                yield (
                    Step.LOOK_ITEM,
                    Facts(Deed.LOAN, Past.LOST, listed=listed, card=card, shelf=shelf, due=due, doubted=doubted),
                )
        for due in BOUND:
            yield Step.LOOK_ITEM, Facts(Deed.LOAN, Past.NEW, shelf=shelf, due=due, forces=True)
        for deed, due, refused, by_item in itertools.product(RENEWS, MOVED, YES_OR_NO, YES_OR_NO):
            if not (by_item and deed is Deed.TURNED):
                said = {"shelf": shelf, "due": due, "doubted": doubted, "refused": refused, "by_item": by_item}
                yield Step.LOOK_ITEM, Facts(deed, Past.LOST, **said)  # type: ignore[arg-type]
        for deed, due, by_item in itertools.product(RENEWS, BOUND, YES_OR_NO):
            if not (by_item and deed is Deed.TURNED):
                yield Step.LOOK_DUE, Facts(deed, Past.NEW, shelf=shelf, due=due, by_item=by_item)
    for said, deed, past in itertools.product(Said, Deed, (Past.NEW, Past.LOST)):
        yield Step.SEND, Facts(deed, past, said=said)
    for (listed, card), shelf in itertools.product(itertools.product(*ASKED_64), ASKED_18):
        seen = {"listed": listed, "card": card, "shelf": shelf}
        for due in KEPT if listed is Listed.YES else BOUND:
            yield Step.VERIFY_ITEM, Facts(Deed.LOAN, Past.NO, due=due, **seen)  # type: ignore[arg-type]
        for deed, due in itertools.product(Deed, KEPT):
            yield Step.VERIFY_ITEM, Facts(deed, Past.YES, due=due, **seen)  # type: ignore[arg-type]
    for deed, shelf, due, by_item in itertools.product(RENEWS, ASKED_18, MOVED, YES_OR_NO):
        yield Step.VERIFY_ITEM, Facts(deed, Past.NO, shelf=shelf, due=due, by_item=by_item)


def impossible(at: Step, facts: Facts) -> str | None:
    """Why a cell cannot be reached; None: it can."""
    if at is Step.SEND:
        if facts.said is Said.UNASKED:
            return "an answer came"
        if facts.said is Said.HAS_IT and facts.deed is not Deed.LOAN:
            return "only a 12 says that the patron has it already"
        if facts.said is Said.YES and facts.deed is not Deed.LOAN:
            return "a yes to a renewal is *yes, renewed*"
    return None


CELLS = [cell for cell in cells() if impossible(*cell) is None]


def test_every_cell_has_a_row() -> None:
    print(f"{len(CELLS)} cells, {len(TABLE)} rows")
    missing = [(at, facts) for at, facts in CELLS if verdict.decide(at, facts) is None]
    assert not missing


def test_every_row_decides_some_cell() -> None:
    deciding = {row.name for at, facts in CELLS if (row := verdict.decide(at, facts)) is not None}
    assert {row.name for row in TABLE} == deciding


def test_what_cannot_be_is_left_to_a_person() -> None:
    assert [said for at, facts in cells() if impossible(at, facts) for said in [facts.said]]
    odd = Facts(Deed.RENEWAL, Past.NEW, said=Said.HAS_IT)
    assert verdict.decide(Step.SEND, odd) is None
    assert verdict.WITHOUT[verdict.Without.NOTHING_FITS] is Outcome.UNSURE


def test_names_are_told_apart_and_columns_are_the_facts() -> None:
    names = [row.name for row in TABLE] + [str(why) for why in verdict.Without]
    assert len(names) == len(set(names))
    assert {field.name for field in fields(Facts)} <= {field.name for field in fields(Row)}


def test_only_what_was_lost_is_settled_by_a_look_or_what_is_done_already() -> None:
    for at, facts in CELLS:
        row = verdict.decide(at, facts)
        assert row is not None
        if row.then in (Outcome.FOUND_ON_LOAN, Outcome.FOUND_RENEWED):
            assert facts.past is Past.LOST
        if row.then in (Outcome.LENT, Outcome.RENEWED):
            assert facts.said in (Said.YES, Said.RENEWED) or facts.past is Past.YES


def test_a_lost_renewal_is_sent_again_only_where_none_can_have_been_made() -> None:
    for at, facts in CELLS:
        row = verdict.decide(at, facts)
        assert row is not None
        if at is Step.LOOK_ITEM and facts.deed in RENEWS and facts.past is Past.LOST and row.then is Step.SEND:
            assert facts.due is Due.STILL or (facts.due is Due.SAME and facts.refused)


def test_a_lost_renewal_is_not_found_in_anothers_loan() -> None:
    """Due dates move by another loan as well: where the list tells, it tells whose."""
    for at, facts in CELLS:
        row = verdict.decide(at, facts)
        assert row is not None
        if row.then is Outcome.FOUND_RENEWED:
            assert facts.due is Due.MOVED
            assert facts.by_item or facts.listed in (Listed.YES, Listed.SILENT)


def test_nobodys_loan_is_taken_away() -> None:
    """With no-block in force, nothing is sent while another has the item, or while that cannot be told."""
    for at, facts in CELLS:
        row = verdict.decide(at, facts)
        assert row is not None
        taken = facts.shelf is Shelf.CHARGED and facts.listed is not Listed.YES and facts.deed is Deed.LOAN
        if taken and facts.past in (Past.NEW, Past.LOST) and facts.listed is not Listed.UNASKED:
            assert row.then not in (Step.SEND, Step.MARK), (row, facts)


def test_no_entry_goes_round_in_circles() -> None:
    """From no cell does the table lead back to the same question with as little known."""
    ahead = {row.at: {each.then for each in TABLE if each.at is row.at} for row in TABLE}
    order = [Step.LOOK_CARD, Step.LOOK_PATRON, Step.LOOK_ITEM, Step.LOOK_DUE, Step.MARK, Step.SEND]
    back = {
        (at, then)
        for at, thens in ahead.items()
        for then in thens
        if isinstance(then, Step) and at in order and then in order and order.index(then) <= order.index(at)
    }
    # A charged item is looked for on the patron's list; who has it already is asked for the due date, as a renewal.
    assert back == {(Step.LOOK_ITEM, Step.LOOK_PATRON), (Step.LOOK_DUE, Step.LOOK_PATRON), (Step.SEND, Step.LOOK_DUE)}
    for row in TABLE:
        if row.turns:
            assert Deed.LOAN in (row.deed or ())
    for row in TABLE:
        if (row.at, row.then) == (Step.LOOK_ITEM, Step.LOOK_PATRON):
            assert row.past == {Past.NEW} or row.deed == set(RENEWS)
        if (row.at, row.deed, row.past) == (Step.LOOK_PATRON, set(RENEWS), {Past.LOST}):
            assert isinstance(row.then, Outcome), "a lost renewal is looked for there last"


@pytest.mark.parametrize("name", ["deed", "past", "said", "listed", "card", "shelf", "due"])
def test_a_column_that_is_empty_fits_all(name: str) -> None:
    row = replace(TABLE[0], **dict.fromkeys(verdict.COLUMNS))
    facts = Facts(Deed.LOAN, Past.NEW)
    kind = type(getattr(facts, name))
    assert all(row.fits(replace(facts, **{name: value})) for value in kind)
