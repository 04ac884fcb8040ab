"""The table of outcomes, row by row, over a real TCP line against the simulated library system.

Each case is one entry and what the library system is like when it goes up; with it go two good ones, so that its
refusal is believed. The whole of the table must be reached, but for the rows that are named here, with the reason.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.ils.doings import Ambush, Doing, Lend, TakeBack
from kioskd.model.entry import Entry, EntryState, Kind, Seq
from kioskd.rules import verdict
from kioskd.rules.evidence import Facts, Step
from kioskd.rules.outcome import STATE, Outcome
from tests.comeback.kiosk import ZONE, entry
from tests.comeback.scene import NOON, Scene, book, card, play

DAY_S = 86400.0
ANNA, BEN, COMPANY, NEW_CARD = card(1), card(2), card(3), card(40)
ITEM, OTHER_ITEM, NOWHERE = book(1), book(2), book(90)
TODAY = dt.datetime.fromtimestamp(NOON, ZONE).date()
DUE = TODAY + dt.timedelta(days=21)
"""Of a loan that is made today."""
STAFFS = TODAY + dt.timedelta(days=40)
FORCES = {"no_block_forces": True}
TWO_WEEKS = {"min_renew_days": 14}
"""The library renews for so long at least, so that what is due later than that is renewed already."""

UNREACHABLE: Mapping[str, str] = {}
"""Rows that no answer of a library system leads to, and why they stand in the table all the same."""


@dataclass(frozen=True)
class Case:
    """`decided`: the row that must have the last word, and the outcome that is kept."""

    decided: str
    outcome: Outcome
    kind: Kind = Kind.CHECKOUT
    patron: str | None = ANNA
    item: str = ITEM
    days_ago: float = 0.1
    due_date: dt.date | None = None
    lost: bool = False
    """It stands as sending, and nobody knows what became of it."""
    due_before: str | None = None
    registered: bool = False
    """Its card was registered at this station."""
    loans: Sequence[tuple[str, str, int]] = ()
    """Who has what, since how many days."""
    personality: str = "plain"
    switches: Mapping[str, Any] = field(default_factory=dict)
    ils: Mapping[str, Any] = field(default_factory=dict)
    world: Callable[[Scene], None] = lambda scene: None
    meanwhile: Sequence[tuple[str, Doing]] = ()
    """What another desk does after the first such message about the item."""


def _blocked(scene: Scene) -> None:
    scene.system.world.patrons[ANNA].blocked = "Please see staff"


def _held(scene: Scene) -> None:
    scene.system.world.items[ITEM].held_for = BEN


def _not_renewable(scene: Scene) -> None:
    scene.system.world.items[ITEM].renewable = False


def _gone(scene: Scene) -> None:
    del scene.system.world.patrons[ANNA]


def _ago(days: int) -> str:
    """How 18 writes the due date of a loan that is so many days old."""
    return (TODAY + dt.timedelta(days=21 - days)).strftime("%Y%m%d    235900")


SILENT = {"list_at_most": 0}
MINE: Sequence[tuple[str, str, int]] = ((ANNA, ITEM, 3),)
MINE_SINCE_TODAY: Sequence[tuple[str, str, int]] = ((ANNA, ITEM, 0),)
BENS: Sequence[tuple[str, str, int]] = ((BEN, ITEM, 10),)
BENS_SINCE_TODAY: Sequence[tuple[str, str, int]] = ((BEN, ITEM, 0),)
ANOTHER: tuple[str, str, int] = (ANNA, OTHER_ITEM, 3)
FORCED: Mapping[str, Any] = {"due_date": STAFFS, "personality": "koha_noblock", "ils": FORCES}
RENEWAL: Mapping[str, Any] = {"kind": Kind.RENEWAL}
LOST_RENEWAL: Mapping[str, Any] = {**RENEWAL, "lost": True, "due_before": _ago(3)}
MINE_DUE_SOON: Sequence[tuple[str, str, int]] = ((ANNA, ITEM, 18),)

CASES: Mapping[str, Case] = {
    # a loan
    "a loan": Case("yes", Outcome.LENT),
    "a loan, and the patron has it": Case("yes_renewed", Outcome.RENEWED, loans=MINE),
    "a loan, refused with renewal ok": Case("yes_renewed", Outcome.RENEWED, loans=MINE, personality="evergreen"),
    "a loan, refused with renewal ok, and late enough": Case(
        "turned_done", Outcome.ALREADY_DONE, loans=MINE_SINCE_TODAY, personality="evergreen", days_ago=3, ils=TWO_WEEKS
    ),
    "a loan, refused without a reason": Case("no_reason", Outcome.REFUSED, switches={"refuse_items": [ITEM]}),
    "a loan, done and refused": Case("no_done", Outcome.DONE_DESPITE_REFUSAL, switches={"error_after_deed": True}),
    "a loan with a date, done and refused": Case(
        "no_done_other", Outcome.DUE_DATE_NOT_KEPT, due_date=STAFFS, switches={"error_after_deed": True}
    ),
    "a loan, and nobody knows the card": Case("no_card", Outcome.PATRON_NOT_FOUND, patron=NEW_CARD),
    "a loan, and nobody knows the item": Case("no_item", Outcome.ITEM_NOT_FOUND, item=NOWHERE),
    "a loan, and Ben has it": Case("no_taken", Outcome.ON_LOAN_TO_ANOTHER, loans=BENS),
    "a loan, and Ben has it since": Case("no_lent_since", Outcome.LATER_ACTIVITY, loans=BENS_SINCE_TODAY, days_ago=30),
    "a loan, and nobody says who has it": Case("no_whose", Outcome.UNSURE, loans=(*BENS, ANOTHER), switches=SILENT),
    "a loan on a blocked card": Case("no_blocked", Outcome.PATRON_BLOCKED, world=_blocked),
    "a loan of what waits for Ben": Case("no_hold", Outcome.ON_HOLD, world=_held),
    # a loan with staff's date
    "a date that is kept": Case("yes", Outcome.LENT, due_date=DUE),
    "a date that is not kept": Case("yes_other_date", Outcome.DUE_DATE_NOT_KEPT, due_date=STAFFS),
    "a date, and 12 tells none": Case("yes_lent", Outcome.LENT, due_date=DUE, switches={"ah_format": "empty"}),
    "a date, 12 tells none and 18 another": Case(
        "yes_due_other",
        Outcome.DUE_DATE_NOT_KEPT,
        due_date=STAFFS,
        switches={"missing_fields": ["AH"], "missing_in": ["12"]},
    ),
    # a loan whose answer was lost
    "lost, and done": Case("lost_listed", Outcome.FOUND_ON_LOAN, lost=True, loans=MINE_SINCE_TODAY),
    "lost with a date, and done": Case(
        "lost_due_kept", Outcome.FOUND_ON_LOAN, lost=True, loans=MINE_SINCE_TODAY, due_date=DUE
    ),
    "lost with a date, and done with another": Case(
        "lost_due_other", Outcome.DUE_DATE_NOT_KEPT, lost=True, loans=MINE_SINCE_TODAY, due_date=STAFFS
    ),
    "lost, and not done": Case("yes", Outcome.LENT, lost=True),
    "lost, and neither card nor item is known": Case(
        "lost_unknown", Outcome.UNSURE, lost=True, patron=NEW_CARD, item=NOWHERE
    ),
    "lost, and Ben has it": Case("lost_taken", Outcome.ON_LOAN_TO_ANOTHER, lost=True, loans=BENS),
    "lost, and Ben has it since": Case(
        "lost_lent_since", Outcome.LATER_ACTIVITY, lost=True, loans=BENS_SINCE_TODAY, days_ago=30
    ),
    "lost, and nobody says who has it": Case(
        "lost_whose", Outcome.UNSURE, lost=True, loans=(*BENS, ANOTHER), switches=SILENT
    ),
    "lost, not done, and lent at a desk just then": Case(
        "lost_has_it",
        Outcome.FOUND_ON_LOAN,
        lost=True,
        personality="evergreen",
        meanwhile=(("17", Lend(patron=ANNA, item=ITEM)),),
    ),
    "the line dies of it": Case(
        "lost_doubted", Outcome.UNSURE, switches={"drop_on_item": [ITEM], "drop_codes": ["11"]}
    ),
    # no-block that forces its way
    "forced": Case("yes_lent", Outcome.LENT, **FORCED),
    "forced, and the patron has it": Case("yes_other_date", Outcome.DUE_DATE_NOT_KEPT, loans=MINE, **FORCED),
    "forced, and Ben has it": Case("forced_taken", Outcome.ON_LOAN_TO_ANOTHER, loans=BENS, **FORCED),
    "forced, and Ben has it since": Case(
        "forced_later_loan", Outcome.LATER_ACTIVITY, loans=BENS_SINCE_TODAY, days_ago=30, **FORCED
    ),
    "forced, and nobody says who has it": Case(
        "forced_whose", Outcome.UNSURE, loans=(*BENS, ANOTHER), switches=SILENT, **FORCED
    ),
    "forced, said yes and not done": Case(
        "unproved_unlisted", Outcome.NOT_DONE, switches={"yes_without_deed": True}, **FORCED
    ),
    "forced, said yes, and nobody says who has it": Case(
        "yes_on_shelf", Outcome.NOT_DONE, loans=(ANOTHER,), switches={"yes_without_deed": True, **SILENT}, **FORCED
    ),
    # a card that was registered here
    "registered and known": Case("yes", Outcome.LENT, registered=True),
    "registered and not known yet": Case(
        "card_unregistered", Outcome.CARD_NOT_REGISTERED, registered=True, patron=NEW_CARD
    ),
    "registered and known, forced": Case("yes_lent", Outcome.LENT, registered=True, **FORCED),
    # a renewal
    "a renewal": Case("yes_renewed", Outcome.RENEWED, loans=MINE, **RENEWAL),
    "a renewal that was made already": Case(
        "renewal_done", Outcome.ALREADY_DONE, loans=MINE_SINCE_TODAY, days_ago=3, ils=TWO_WEEKS, **RENEWAL
    ),
    "a renewal of what Ben has since": Case(
        "renewal_lent_since", Outcome.LATER_ACTIVITY, loans=BENS_SINCE_TODAY, days_ago=3, ils=TWO_WEEKS, **RENEWAL
    ),
    "a renewal, late enough, and nobody says whose": Case(
        "yes_renewed", Outcome.RENEWED, loans=MINE_SINCE_TODAY, days_ago=3, switches=SILENT, ils=TWO_WEEKS, **RENEWAL
    ),
    "a renewal of what came back": Case("renewal_back", Outcome.LATER_ACTIVITY, **RENEWAL),
    "a renewal by the item": Case("yes_renewed", Outcome.RENEWED, patron=None, loans=MINE, **RENEWAL),
    "a renewal by the item that was made already": Case(
        "item_renewal_done",
        Outcome.ALREADY_DONE,
        patron=None,
        loans=MINE_SINCE_TODAY,
        days_ago=3,
        ils=TWO_WEEKS,
        **RENEWAL,
    ),
    "a renewal with a date, and 30 tells none": Case(
        "yes_renewed_seen",
        Outcome.RENEWED,
        loans=MINE,
        due_date=DUE,
        switches={"ah_format": "empty"},
        **RENEWAL,
    ),
    "a renewal, done and refused": Case(
        "no_renewal_done", Outcome.DONE_DESPITE_REFUSAL, loans=MINE, switches={"error_after_deed": True}, **RENEWAL
    ),
    "a renewal, and nobody knows the item": Case("no_renewal_item", Outcome.ITEM_NOT_FOUND, item=NOWHERE, **RENEWAL),
    "a renewal of what comes back just then": Case(
        "no_renewal_back", Outcome.LATER_ACTIVITY, loans=MINE, meanwhile=(("17", TakeBack(item=ITEM)),), **RENEWAL
    ),
    "a renewal by the item, refused": Case(
        "no_renewal_by_item", Outcome.RENEWAL_REFUSED, patron=None, loans=MINE, world=_not_renewable, **RENEWAL
    ),
    "a renewal, refused": Case("no_renewal_why", Outcome.RENEWAL_REFUSED, loans=MINE, world=_not_renewable, **RENEWAL),
    "a renewal of what Ben has": Case("no_renewal_lent", Outcome.LATER_ACTIVITY, loans=BENS, **RENEWAL),
    "a renewal on a card that is gone": Case(
        "no_renewal_card", Outcome.PATRON_NOT_FOUND, loans=MINE, world=_gone, **RENEWAL
    ),
    # a renewal whose answer was lost
    "a lost renewal, and done": Case(
        "lost_renewal_done", Outcome.FOUND_RENEWED, loans=MINE_SINCE_TODAY, **LOST_RENEWAL
    ),
    "a lost renewal, and Ben has it since": Case(
        "lost_renewal_lent_since", Outcome.LATER_ACTIVITY, loans=BENS_SINCE_TODAY, **LOST_RENEWAL
    ),
    "a lost renewal, done or lent to Ben, and nobody says whose": Case(
        "lost_renewal_done", Outcome.FOUND_RENEWED, loans=(*BENS_SINCE_TODAY, ANOTHER), switches=SILENT, **LOST_RENEWAL
    ),
    "a lost renewal on a card that is gone": Case(
        "lost_renewal_card", Outcome.UNSURE, loans=MINE_SINCE_TODAY, world=_gone, **LOST_RENEWAL
    ),
    "a lost renewal by the item, and done": Case(
        "lost_item_renewal_done", Outcome.FOUND_RENEWED, patron=None, loans=MINE_SINCE_TODAY, **LOST_RENEWAL
    ),
    "a lost renewal, and not done": Case(
        "yes_renewed", Outcome.RENEWED, loans=MINE_DUE_SOON, lost=True, due_before=_ago(18), **RENEWAL
    ),
    "a lost renewal with no date before, and not done": Case(
        "yes_renewed", Outcome.RENEWED, loans=MINE_DUE_SOON, lost=True, **RENEWAL
    ),
    "a lost renewal of what was lent today": Case(
        "lost_renewal_same", Outcome.UNSURE, loans=MINE_SINCE_TODAY, lost=True, due_before=_ago(0), **RENEWAL
    ),
    "a lost renewal of what came back": Case("lost_renewal_back", Outcome.LATER_ACTIVITY, **LOST_RENEWAL),
    "a lost renewal, and 18 tells no date": Case(
        "lost_renewal_untold", Outcome.UNSURE, loans=MINE, switches={"due_unknown": True}, **LOST_RENEWAL
    ),
    "the line dies of a renewal": Case(
        "lost_renewal_doubted",
        Outcome.UNSURE,
        loans=MINE_DUE_SOON,
        switches={"drop_on_item": [ITEM], "drop_codes": ["29"]},
        **RENEWAL,
    ),
}


async def _play(folder: Path, case: Case) -> tuple[Entry, str | None]:
    async with Scene(folder, case.personality, patrons=3, items=6, tcp=True) as scene:
        world = scene.system.world
        for patron, item, days in case.loans:
            since = world.clock() - dt.timedelta(days=days)
            world.lend(patron, item, scene.origin("11", "desk"), as_of=since)
        case.world(scene)
        await scene.system.set_faults(dict(case.switches))
        for message, doing in case.meanwhile:
            scene.system.others.lie_in_wait(Ambush(message=message, item=case.item, do=[doing]))
        kiosk = scene.kiosk(**case.ils)
        at_s = NOON - case.days_ago * DAY_S
        entries = [entry(COMPANY, book(5), at_s - 60.0)]
        if case.registered:
            entries.append(entry(case.patron, None, at_s - 30.0, Kind.REGISTRATION))
        entries.append(entry(case.patron, case.item, at_s, case.kind, due_date=case.due_date))
        seq = len(entries)
        entries.append(entry(COMPANY, book(6), at_s + 60.0))
        kiosk.fill(entries)
        if case.lost:
            kiosk.note(seq, EntryState.SENDING, due_before=case.due_before)
        kiosk.start()
        await kiosk.settled()
        story = kiosk.journal.story(Seq(seq))
        assert story is not None
        return kiosk.entries()[seq - 1], story.rows[-1].decided


def test_every_row_of_the_table_is_reached(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[str] = set()
    decide = verdict.decide

    def noted(at: Step, facts: Facts) -> verdict.Row | None:
        row = decide(at, facts)
        if row is not None:
            reached.add(row.name)
        return row

    monkeypatch.setattr(verdict, "decide", noted)
    seen = {
        name: play(lambda case=case, number=number: _play(folder / str(number), case), tcp=True)
        for number, (name, case) in enumerate(CASES.items())
    }
    meant = {name: (STATE[case.outcome], case.outcome, case.decided) for name, case in CASES.items()}
    assert {name: (ended.state, ended.outcome, decided) for name, (ended, decided) in seen.items()} == meant
    assert {row.name for row in verdict.TABLE} - reached == set(UNREACHABLE)
