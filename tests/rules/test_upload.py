"""The upload: each entry reaches the library system once, in order, whatever happens to the line."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import AddRow, EntryState, Kind, ModeName, Seq
from kioskd.model.ils import Answer, AskCheckout, AskItem, AskPatron, AskRenew, Question
from kioskd.model.settings import StationKind
from kioskd.model.view import Flow
from tests.rules import invariants
from tests.rules.library import Book, Deed, Patron
from tests.rules.outage import comes_back, fates, recorded
from tests.rules.station import ANNA, BEN, BOOK, CLEO, DISC, FILM, Station, town

STAFF = c.Role.STAFF
JANUARY = dt.date(2027, 1, 5)


def sent(station: Station) -> list[object]:
    return [question for question in station.library.heard if isinstance(question, AskCheckout | AskRenew)]


def test_in_sequence_with_the_time_at_which_it_happened() -> None:
    station = recorded((ANNA, BOOK), (BEN, FILM), (ANNA, DISC))
    times = [entry.what.at_wall_s for entry in station.entries]
    comes_back(station)
    assert station.lent() == [(ANNA, BOOK), (BEN, FILM), (ANNA, DISC)]
    assert [question.at_wall_s for question in sent(station)] == times
    assert [question.no_block for question in sent(station)] == [False] * 3
    assert fates(station) == [(EntryState.SETTLED, "lent")] * 3
    assert (station.mode, station.view.unsent) == (ModeName.ONLINE, 0)


def test_one_sync_marks_up_to_16_and_carries_what_became_of_those_before() -> None:
    station = town(kind=StationKind.STAFF).offline()
    station.scan(ANNA)
    items = [f"311680000{n:05}" for n in range(45)]
    station.library.books.update({item: Book() for item in items})
    for item in items:
        station.scan(item)
    comes_back(station)
    marks = [effect for effect in station.of(e.Save) if any(_sends(write) for write in effect.writes)]
    assert [sum(map(_sends, mark.writes)) for mark in marks] == [16, 16, 13]
    outcomes = [sum(not _sends(write) for write in mark.writes) for mark in marks]
    assert outcomes == [0, 7, 16], "the next are marked before the last marked one is on the line"
    assert [item for _, item in station.lent()] == items


def test_an_outcome_waits_for_others_a_moment_and_no_longer() -> None:
    station = recorded((ANNA, BOOK), (BEN, FILM), (CLEO, DISC))
    answer = station.library.answer

    def first(question: Question, today: dt.date) -> Answer:
        if isinstance(question, AskCheckout):
            station.hangs_on = (AskCheckout,)
        return answer(question, today)

    station.library.answer = first  # type: ignore[method-assign]
    station.back()
    while not station.lent():
        station.advance(0.01)
    states = [entry.state for entry in station.entries]
    station.advance(0.3)
    assert states == [EntryState.SENDING] * 3, "the second is asked about already"
    assert [entry.state for entry in station.entries] == [EntryState.SETTLED, EntryState.SENDING, EntryState.SENDING]


def _sends(write: object) -> bool:
    return isinstance(write, AddRow) and write.state is EntryState.SENDING


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_answer_that_was_lost_is_looked_up_first(moment: str) -> None:
    station = recorded((ANNA, BOOK))
    station.dies = [moment]
    comes_back(station)
    asked = [
        type(question) for question in station.library.heard if isinstance(question, AskPatron | AskItem | AskCheckout)
    ]
    # The first 17 is the proof that it is back.
    assert asked.pop(0) is AskItem
    assert station.lent() == [(ANNA, BOOK)]
    if moment == "after":
        assert asked == [AskCheckout, AskPatron]
        assert fates(station) == [(EntryState.SETTLED, "found_on_loan")]
    else:
        assert asked == [AskPatron, AskItem, AskCheckout]
        assert fates(station) == [(EntryState.SETTLED, "lent")]


def test_after_a_restart_what_was_marked_is_looked_up_before_it_is_sent() -> None:
    station = recorded((ANNA, BOOK), (ANNA, FILM))
    for seq, entry in station.journal.entries.items():
        station.journal.entries[seq] = replace(entry, state=EntryState.SENDING, sendings=1)
    station.library.books[BOOK] = Book(holder=ANNA, due=dt.date(2026, 12, 15))
    again = Station(config=station.config, library=station.library, journal=station.journal).start()
    again.advance(60)
    assert fates(again) == [(EntryState.SETTLED, "found_on_loan"), (EntryState.SETTLED, "lent")]
    assert again.lent() == [(ANNA, FILM)]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_renewal_whose_answer_was_lost_is_decided_by_its_due_date(moment: str) -> None:
    station = town().offline()
    station.library.books[BOOK] = Book(holder=ANNA, due=dt.date(2026, 11, 30))
    station.call(c.SessionStart(Flow.RENEW))
    station.scan(BOOK)
    station.finish()
    station.dies = ["ok", moment]
    comes_back(station)
    assert station.library.ledger == [Deed("renewed", ANNA, BOOK)]
    assert fates(station)[0][0] is EntryState.SETTLED


def test_a_checkout_of_what_the_patron_has_already_is_sent_once_as_a_renewal() -> None:
    station = recorded((ANNA, BOOK))
    station.library.books[BOOK] = Book(holder=ANNA, due=dt.date(2026, 11, 30))
    comes_back(station)
    assert station.library.ledger == [Deed("renewed", ANNA, BOOK)]
    assert fates(station) == [(EntryState.SETTLED, "renewed")]


@pytest.mark.parametrize(
    ("patron", "book", "outcome"),
    [
        (None, Book(), "patron_not_found"),
        (Patron(denied=True), Book(), "patron_blocked"),
        (Patron(lost=True), Book(), "patron_blocked"),
        (Patron(), None, "item_not_found"),
        (Patron(), Book(holder=BEN), "on_loan_to_another"),
        (Patron(), Book(on_hold=True), "on_hold"),
    ],
)
def test_what_is_refused_waits_as_an_exception_of_its_class(
    patron: Patron | None, book: Book | None, outcome: str
) -> None:
    station = recorded((ANNA, BOOK), (CLEO, FILM))
    for shelf, key, thing in ((station.library.patrons, ANNA, patron), (station.library.books, BOOK, book)):
        shelf.pop(key)
        if thing is not None:
            shelf[key] = thing
    comes_back(station)
    assert fates(station) == [(EntryState.EXCEPTION, outcome), (EntryState.SETTLED, "lent")]
    assert (station.mode, station.view.exceptions, station.view.unsent) == (ModeName.ONLINE, 1, 0)


def test_an_exception_holds_up_later_entries_of_the_same_item_only() -> None:
    station = recorded((ANNA, BOOK), (BEN, FILM), (CLEO, BOOK))
    station.library.patrons[ANNA] = Patron(denied=True)
    comes_back(station)
    assert fates(station) == [
        (EntryState.EXCEPTION, "patron_blocked"),
        (EntryState.SETTLED, "lent"),
        (EntryState.EXCEPTION, "behind_exception"),
    ]
    assert station.lent() == [(BEN, FILM)]


class TestDueDate:
    def test_staffs_date_goes_with_the_no_block_flag(self) -> None:
        station = town(kind=StationKind.STAFF).offline()
        station.scan(ANNA)
        station.call(c.SessionDueDate(JANUARY), STAFF)
        station.scan(BOOK)
        comes_back(station)
        (question,) = sent(station)
        assert (question.no_block, question.due) == (True, JANUARY)
        assert station.library.books[BOOK].due == JANUARY

    def test_where_no_block_is_off_it_is_not_sent(self) -> None:
        station = town(kind=StationKind.STAFF, ils={"no_block": False}).offline()
        station.scan(ANNA)
        station.call(c.SessionDueDate(JANUARY), STAFF)
        station.scan(BOOK)
        comes_back(station)
        assert [question.no_block for question in sent(station)] == [False]

    def test_a_date_that_was_not_kept_is_told(self) -> None:
        station = town(kind=StationKind.STAFF).offline()
        station.library.keeps_due_dates = False
        station.scan(ANNA)
        station.call(c.SessionDueDate(JANUARY), STAFF)
        station.scan(BOOK)
        comes_back(station)
        assert fates(station) == [(EntryState.EXCEPTION, "due_date_not_kept")]
        assert station.entries[0].answer["wanted"] == "2027-01-05"

    @pytest.mark.parametrize(("kept", "fate"), [(True, "lent"), (False, "due_date_not_kept")])
    def test_where_12_tells_no_date_17_does(self, kept: bool, fate: str) -> None:
        station = due_in_january()
        station.library.keeps_due_dates = kept
        station.library.tells_due_dates = False
        comes_back(station)
        assert [outcome for _, outcome in fates(station)] == [fate]

    def test_a_line_that_dies_at_that_look_sends_nothing_again(self) -> None:
        station = due_in_january()
        station.library.tells_due_dates = False
        station.dies = ["ok", "before"]
        comes_back(station)
        assert (len(sent(station)), fates(station)) == (1, [(EntryState.SETTLED, "found_on_loan")])


def due_in_january() -> Station:
    station = town(kind=StationKind.STAFF).offline()
    station.scan(ANNA)
    station.call(c.SessionDueDate(JANUARY), STAFF)
    station.scan(BOOK)
    return station


def test_a_registration_waits_for_a_person_and_holds_up_nobody() -> None:
    station = recorded((ANNA, BOOK), (BEN, FILM))
    first = station.journal.entries[Seq(1)]
    what = replace(first.what, kind=Kind.REGISTRATION, item=None)
    station.journal.entries[Seq(1)] = replace(first, what=what)
    comes_back(station)
    assert fates(station) == [(EntryState.EXCEPTION, "register_by_hand"), (EntryState.SETTLED, "lent")]


def test_time_alone_changes_nothing_on_the_screen_while_it_recovers() -> None:
    station = recorded((ANNA, BOOK), (ANNA, FILM), (ANNA, DISC), ils={"upload_per_s": 0.01})
    station.back()
    while len(station.lent()) < 2:
        station.advance(1)
    before = station.view.seq
    for _ in range(60):
        station.advance(1)
    assert (station.mode, len(station.lent())) == (ModeName.RECOVERING, 2)
    assert station.view.seq == before


def test_a_list_that_tells_nothing_leaves_a_lost_loan_unsure() -> None:
    station = recorded((ANNA, BOOK))
    station.library.lists_loans = False
    station.dies = ["after"]
    comes_back(station)
    assert (fates(station), station.lent()) == ([(EntryState.EXCEPTION, "unsure")], [(ANNA, BOOK)])


class TestDeaths:
    def test_an_entry_that_kills_the_line_is_parked_and_the_rest_goes_on(self) -> None:
        station = recorded((BEN, FILM), (ANNA, BOOK), (CLEO, DISC))
        answer = station._answer

        def deadly() -> None:
            question = station.line.current.question if station.line.current else None
            if isinstance(question, AskCheckout) and question.item == BOOK:
                station.dies = ["before"]
            answer()

        station._answer = deadly  # type: ignore[method-assign]
        comes_back(station, 900)
        assert fates(station) == [
            (EntryState.SETTLED, "lent"),
            (EntryState.EXCEPTION, "unsure"),
            (EntryState.SETTLED, "lent"),
        ]
        assert station.mode is ModeName.ONLINE

    def test_a_library_system_that_hangs_on_loans_makes_no_exceptions(self) -> None:
        station = recorded((BEN, FILM), (ANNA, BOOK))
        station.reachable, station.hangs_on = True, (AskCheckout,)
        station.advance(3600)
        assert station.journal.summary().exceptions == 0
        assert station.journal.summary().unsent == 2
        comes_back(station, 660)
        assert sorted(station.lent()) == [(ANNA, BOOK), (BEN, FILM)]

    def test_days_of_a_dying_line_are_borne(self) -> None:
        station = recorded((ANNA, BOOK))
        station.watch = False
        station.dies = ["before"] * 4000
        station.back()
        for _ in range(20):
            station.advance(3600)
        assert len(station.dies) < 4000
        station.dies.clear()
        station.advance(1200)
        assert station.journal.summary().unsent == 0


def test_the_rate_is_kept() -> None:
    station = recorded((ANNA, BOOK), (ANNA, FILM), (ANNA, DISC), ils={"upload_per_s": 0.5})
    station.back()
    while station.mode is ModeName.OFFLINE:
        station.advance(0.1)
    times = []
    for _ in range(80):
        times.append(len(station.lent()))
        station.advance(0.1)
    assert times.count(1) == pytest.approx(20, abs=1)
    assert times.count(2) == pytest.approx(20, abs=1)


def test_it_starts_within_the_spread_and_not_always_at_once() -> None:
    waits = set()
    for instance in range(5):
        station = recorded((ANNA, BOOK), ils={"upload_spread_s": 50.0})
        station.state = replace(station.state, instance=f"6d2c1c1e-5b39-4c7e-9d0f-3c0d6a0c9b1{instance}")
        station.back()
        while station.mode is ModeName.OFFLINE:
            station.advance(1)
        began = station.mono_s
        while not station.lent():
            station.advance(1)
        waits.add(round(station.mono_s - began))
    assert max(waits) <= 52
    assert len(waits) > 2


def test_staff_start_it_without_waiting() -> None:
    station = recorded((ANNA, BOOK), ils={"upload_spread_s": 5000.0})
    station.back()
    while station.mode is ModeName.OFFLINE:
        station.advance(1)
    answer = station.asks(c.UploadStart(), STAFF)
    assert isinstance(answer, e.Reply)
    assert station.lent() == [(ANNA, BOOK)]


def test_the_night_starts_it_too() -> None:
    station = recorded((ANNA, BOOK), ils={"upload_spread_s": 500_000.0})
    station.back()
    station.advance(14 * 3600)
    assert station.lent() == []
    station.advance(3600 + 5)
    assert station.lent() == [(ANNA, BOOK)]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(["ok", "ok", "before", "after"]), max_size=30),
    st.lists(
        st.tuples(st.sampled_from([ANNA, BEN, CLEO]), st.sampled_from([BOOK, FILM, DISC])), max_size=6, unique=True
    ),
)
def test_however_the_line_dies_each_loan_is_made_once(fate: list[str], loans: list[tuple[str, str]]) -> None:
    station = recorded(*loans)
    station.dies = list(fate)
    comes_back(station, 900)
    station.dies.clear()
    comes_back(station, 900)
    invariants.all_settled(station)
    first = {}
    for card, item in loans:
        first.setdefault(item, card)
    unsure = {entry.what.item for entry in station.entries if entry.outcome == "unsure"}
    assert {item: card for card, item in station.lent() if item not in unsure} == {
        item: card for item, card in first.items() if item not in unsure
    }
