"""Lending, renewing, taking back, and the disk that must hold it all first."""

import datetime as dt
from dataclasses import replace

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import EntryState, Kind, ModeName, StorageProblem
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import (
    Answer,
    AskCheckout,
    AskEndSession,
    AskPatron,
    AskRenew,
    LoanAnswer,
    Question,
    Urgency,
)
from kioskd.model.inputs import ScanLost
from kioskd.model.settings import Secret, StationKind
from kioskd.model.view import Flow, Screen
from tests.rules.library import Book
from tests.rules.station import ANNA, BEN, BOOK, DISC, FILM, Station, town

JANUARY = dt.date(2027, 1, 5)


def states(station: Station) -> list[tuple[str | None, EntryState]]:
    return [(entry.what.item, entry.state) for entry in station.entries]


def errs_after_the_deed(station: Station) -> Station:
    """It lends and renews, and says no to it."""
    answer = station.library.answer

    def lie(question: Question, today: dt.date) -> Answer:
        said = answer(question, today)
        return replace(said, ok=False, due=None, due_text="") if isinstance(said, LoanAnswer) else said

    station.library.answer = lie  # type: ignore[method-assign]
    return station


class TestOnline:
    def test_it_is_saved_then_sent_and_the_answer_is_shown(self) -> None:
        station = town(journal_waits=True, library_waits=False)
        station.scan(ANNA)
        station.scan(BOOK)
        assert (station.results(), station.of(e.Beep)) == ([(BOOK, "checking")], [])
        station.library_waits = True
        station.save()
        assert station.results() == [(BOOK, "checking")]
        assert isinstance(station.line.current.question, AskCheckout)
        station.answer()
        line = station.view.items[0]
        assert (line.result, line.title, line.due) == ("checked_out", "A book", "2026-12-15")
        station.save()
        assert states(station) == [(BOOK, EntryState.SETTLED)]
        assert station.of(e.Beep) == [e.Beep("front", good=True)]

    def test_scans_are_taken_while_earlier_ones_are_checking(self) -> None:
        station = town()
        station.scan(ANNA)
        station.library_waits = True
        for item in (BOOK, FILM, DISC):
            station.scan(item)
        assert [result for _, result in station.results()] == ["checking"] * 3
        station.answer()
        station.answer()
        assert [result for _, result in station.results()] == ["checked_out", "checked_out", "checking"]

    @pytest.mark.parametrize(("kind", "shown"), [(StationKind.SELF, False), (StationKind.STAFF, True)])
    def test_a_refusal_is_told_in_our_words_but_to_staff_in_theirs(self, kind: StationKind, shown: bool) -> None:
        station = town(kind=kind)
        station.library.books[BOOK] = Book(on_hold=True)
        station.scan(ANNA)
        station.scan(BOOK)
        line = station.view.items[0]
        assert (line.result, line.reason, station.said) == ("refused", "ils_refused", "refused_item")
        assert ("Jane Doe" in line.text) is shown
        assert station.entries[0].state is EntryState.REFUSED
        assert (station.view.unsent, station.view.exceptions) == (0, 0)

    @pytest.mark.parametrize("lists", [True, False])
    def test_a_no_after_the_deed_is_looked_at_and_told_as_done(self, lists: bool) -> None:
        station = errs_after_the_deed(town())
        station.library.lists_loans = lists
        station.scan(ANNA)
        station.scan(BOOK)
        entry = station.entries[0]
        if lists:
            assert station.results() == [(BOOK, "checked_out")]
            assert (entry.state, entry.outcome) == (EntryState.SETTLED, "done_despite_refusal")
        else:
            # 64 counts it and does not name it, 17 does not say whose it is.
            assert station.results() == [(BOOK, "refused")]
            assert (entry.state, entry.outcome) == (EntryState.EXCEPTION, "unsure")

    def test_a_true_no_costs_one_question_more(self) -> None:
        station = town()
        station.library.books[BOOK] = Book(on_hold=True)
        station.scan(ANNA)
        before = len(station.library.heard)
        station.scan(BOOK)
        assert [type(question) for question in station.library.heard[before:]] == [AskCheckout, AskPatron]
        assert [look.asked for look in station.journal.rows[-1].looked] == ["63"]

    def test_a_no_that_the_cards_flags_explain_costs_none(self) -> None:
        station = town(kind=StationKind.STAFF)
        station.library.patrons[ANNA].denied = True
        station.scan(ANNA)
        before = len(station.library.heard)
        station.scan(BOOK)
        assert [type(question) for question in station.library.heard[before:]] == [AskCheckout]
        assert station.results() == [(BOOK, "refused")]

    def test_the_look_ends_with_the_time_that_one_answer_may_take(self) -> None:
        station = town()
        station.library.books[BOOK] = Book(on_hold=True)
        station.scan(ANNA)
        station.hangs_on = (AskPatron,)
        began = station.mono_s
        station.scan(BOOK)
        assert station.results() == [(BOOK, "checking")]
        station.advance(8.01)
        assert station.results() == [(BOOK, "refused")]
        assert station.mono_s - began < 8.1
        station.advance(5)
        assert [(entry.state, entry.outcome) for entry in station.entries] == [(EntryState.EXCEPTION, "unsure")]

    def test_a_no_of_a_system_that_forgot_the_card_is_none(self) -> None:
        station = town()
        station.library.books[BOOK] = Book(on_hold=True)
        station.scan(ANNA)
        del station.library.patrons[ANNA]
        station.scan(BOOK)
        assert station.results() == [(BOOK, "recorded")]
        assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "ils_suspect")

    def test_whoever_leaves_during_the_look_is_told_nothing(self) -> None:
        station = errs_after_the_deed(town())
        station.scan(ANNA)
        station.library_waits = True
        station.scan(BOOK)
        station.answer()
        station.call(c.SessionCancel())
        station.library_waits = False
        station.answer()
        assert [(entry.state, entry.outcome) for entry in station.entries] == [
            (EntryState.SETTLED, "done_despite_refusal")
        ]

    @pytest.mark.parametrize("end", [c.SessionFinish(), c.SessionCancel(), c.SessionNextPatron()])
    def test_a_visit_ends_with_35(self, end: c.Call) -> None:
        station = town()
        station.scan(ANNA)
        station.call(end)
        assert station.library.heard[-1] == AskEndSession(ANNA)

    def test_finish_waits_for_the_answers(self) -> None:
        station = town()
        station.scan(ANNA)
        station.library_waits = True
        station.scan(BOOK)
        station.finish()
        assert (station.view.screen, station.said) == (Screen.PRINTING, "finishing")
        station.answer()
        assert (station.view.screen, station.said) == (Screen.DONE, "done")

    def test_one_time_out_and_nobody_waits_again(self) -> None:
        station = town()
        station.scan(ANNA)
        station.hangs = True
        station.scan(BOOK)
        station.advance(7.9)
        assert station.results() == [(BOOK, "checking")]
        station.advance(0.2)
        assert (station.results(), station.mode) == ([(BOOK, "recorded")], ModeName.OFFLINE)
        station.scan(FILM)
        assert station.results()[1] == (FILM, "recorded")

    def test_a_renewal_asks_for_the_card(self) -> None:
        station = town()
        station.library.books[BOOK] = Book(holder=ANNA, due=dt.date(2026, 11, 25))
        station.call(c.SessionStart(Flow.RENEW))
        station.scan(BOOK)
        assert (station.said, station.entries) == ("card_first", ())
        station.scan(ANNA)
        station.scan(BOOK)
        assert (station.results(), station.view.items[0].due) == ([(BOOK, "renewed")], "2026-12-16")
        assert station.entries[0].what.kind is Kind.RENEWAL

    def test_a_renewal_without_card_begun_offline_asks_for_it_once_online(self) -> None:
        station = town().offline()
        station.call(c.SessionStart(Flow.RENEW))
        station.scan(BOOK)
        assert station.results() == [(BOOK, "recorded")]
        station.back()
        for _ in range(6):
            station.call(c.SessionMoreTime())
            station.advance(10)
        assert station.mode is ModeName.ONLINE
        station.scan(FILM)
        assert station.said == "card_first"


class TestOffline:
    def test_it_stands_recorded_once_it_is_saved_and_not_before(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.journal_waits = True
        station.scan(BOOK)
        assert station.results() == [(BOOK, "checking")]
        station.save()
        assert (station.results(), station.said) == ([(BOOK, "recorded")], "recorded")
        assert station.view.unsent == 1

    def test_scans_wait_while_one_is_saved(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.journal_waits = True
        station.scan(BOOK)
        station.scan(FILM)
        request = station.call(c.SessionFinish())
        assert (len(station.view.items), station.answers[request]) == (1, [])
        station.save()
        station.save()
        assert (station.view.screen, len(station.view.items)) == (Screen.DONE, 2)
        assert len(station.answers[request]) == 1

    def test_a_renewal_by_item_alone_has_no_patron(self) -> None:
        station = town().offline()
        station.call(c.SessionStart(Flow.RENEW))
        assert (station.view.screen, station.said) == (Screen.CARD, "scan_card_or_item")
        station.scan(BOOK)
        assert (station.entries[0].what.patron, station.entries[0].what.kind) == (None, Kind.RENEWAL)

    def test_a_limit_of_items(self) -> None:
        station = town(offline={"max_items": 1}).offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.scan(FILM)
        line = station.view.items[1]
        assert (line.result, line.reason, len(station.entries)) == ("refused", "max_items", 1)

    def test_an_item_on_the_list_says_so(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.advance(3)
        station.scan(BOOK)
        assert (station.said, len(station.entries)) == ("already_listed", 1)

    def test_items_in_flight_become_recorded_when_staff_force_offline(self) -> None:
        station = town()
        station.scan(ANNA)
        station.library_waits = True
        station.scan(BOOK)
        station.scan(FILM)
        station.call(c.ModeSet(c.ModeWish.OFFLINE, "halt"), c.Role.STAFF)
        assert [result for _, result in station.results()] == ["recorded", "recorded"]
        assert station.view.unsent == 2


class TestAlternativeDueDate:
    def test_it_is_staffs(self) -> None:
        station = town()
        station.scan(ANNA)
        assert station.refused(c.SessionDueDate(JANUARY)).kind is ErrorKind.NOT_ALLOWED
        station.unlock()
        station.call(c.SessionDueDate(JANUARY))
        assert station.view.due_date.date == "2027-01-05"

    def test_it_is_for_the_next_item_and_clears_itself(self) -> None:
        station = town(kind=StationKind.STAFF).offline()
        station.scan(ANNA)
        station.call(c.SessionDueDate(JANUARY), c.Role.STAFF)
        station.scan(BOOK)
        station.scan(FILM)
        assert [line.due for line in station.view.items] == ["2027-01-05", None]
        assert [entry.what.due_date for entry in station.entries] == [JANUARY, None]
        assert station.view.due_date is None

    def test_it_is_for_the_session_if_asked_and_ends_with_it(self) -> None:
        station = town(kind=StationKind.STAFF).offline()
        station.scan(ANNA)
        station.call(c.SessionDueDate(JANUARY, c.DueDateScope.SESSION), c.Role.STAFF)
        station.scan(BOOK)
        station.scan(FILM)
        station.scan(BEN)
        station.scan(DISC)
        assert [entry.what.due_date for entry in station.entries] == [JANUARY, JANUARY, None]

    def test_an_item_that_was_not_saved_did_not_use_it_up(self) -> None:
        station = town(kind=StationKind.STAFF).offline()
        station.scan(ANNA)
        station.call(c.SessionDueDate(JANUARY), c.Role.STAFF)
        station.journal.problem = StorageProblem.FULL
        station.scan(BOOK)
        assert station.view.due_date.date == "2027-01-05"
        station.journal.problem = None
        station.advance(6)
        station.scan(BOOK)
        assert station.entries[0].what.due_date == JANUARY

    @pytest.mark.parametrize("day", [dt.date(2026, 11, 24), dt.date(2020, 1, 1), dt.date(2099, 1, 1)])
    def test_it_lies_ahead_but_not_far(self, day: dt.date) -> None:
        station = town(kind=StationKind.STAFF)
        station.scan(ANNA)
        assert station.refused(c.SessionDueDate(day), c.Role.STAFF).kind is ErrorKind.BAD_PARAMS

    def test_it_goes_when_staff_lock(self) -> None:
        station = town()
        station.scan(ANNA)
        station.unlock()
        station.call(c.SessionShow(c.ShowScreen.DUE_DATE))
        station.call(c.SessionDueDate(JANUARY, c.DueDateScope.SESSION))
        station.call(c.SessionShow(c.ShowScreen.DUE_DATE))
        assert station.view.screen is Screen.DUE_DATE
        station.call(c.StaffLock())
        assert (station.view.screen, station.view.due_date) == (Screen.ITEMS, None)


class TestWithdraw:
    def test_what_was_never_sent_is_withdrawn(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.call(c.SessionWithdraw(1, "left behind"))
        assert (station.results(), states(station)) == ([(BOOK, "withdrawn")], [(BOOK, EntryState.WITHDRAWN)])
        assert station.view.unsent == 0
        station.advance(3)
        station.scan(BOOK)
        assert [line.n for line in station.view.items] == [1, 2]

    def test_what_may_have_been_sent_must_be_checked_in(self) -> None:
        station = town()
        station.scan(ANNA)
        station.dies.append("after")
        station.scan(BOOK)
        assert station.results() == [(BOOK, "recorded")]
        station.reachable = False
        station.call(c.SessionWithdraw(1))
        assert (station.entries[0].state, station.entries[0].outcome) == (EntryState.EXCEPTION, "check_this_in")

    def test_what_the_upload_settled_meanwhile_must_be_checked_in(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.back()
        for _ in range(6):
            station.call(c.SessionMoreTime())
            station.advance(10)
        assert station.entries[0].state is EntryState.SETTLED
        station.call(c.SessionWithdraw(1))
        assert (station.entries[0].state, station.entries[0].outcome) == (EntryState.EXCEPTION, "check_this_in")

    def test_what_stands_on_the_account_goes_to_the_desk(self) -> None:
        station = town()
        station.scan(ANNA)
        station.scan(BOOK)
        assert station.refused(c.SessionWithdraw(1)).kind is ErrorKind.NOT_NOW
        assert station.said == "withdraw_at_desk"

    def test_a_command_card_takes_back_the_last_one(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.scan(FILM)
        station.scan("KIOSK14")
        assert station.results() == [(BOOK, "recorded"), (FILM, "withdrawn")]
        station.advance(2)
        station.scan("KIOSK14")
        station.advance(2)
        station.scan("KIOSK14")
        assert station.said == "nothing_to_withdraw"


class TestStorage:
    @pytest.mark.parametrize("problem", list(StorageProblem))
    def test_nothing_is_accepted_and_it_is_said(self, problem: StorageProblem) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.journal.problem = problem
        station.scan(BOOK)
        assert (station.results(), station.said, station.entries) == ([], "storage", ())
        assert station.of(e.Beep)[-1] == e.Beep("front", good=False)
        error = station.refused(c.SessionInput(Secret(FILM)))
        assert (error.kind, error.more["problem"]) == (ErrorKind.STORAGE, problem)

    def test_at_idle_the_station_is_out_of_service_and_says_why(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.journal.problem = StorageProblem.FULL
        station.scan(BOOK)
        station.call(c.SessionCancel())
        assert (station.view.screen, station.said) == (Screen.OUT_OF_SERVICE, "storage")
        station.scan(BEN)
        assert (station.view.screen, station.said) == (Screen.OUT_OF_SERVICE, "storage")
        assert station.refused(c.SessionStart(Flow.CHECKOUT)).kind is ErrorKind.STORAGE
        station.journal.problem = None
        station.advance(6)
        assert station.view.screen is Screen.IDLE
        assert station.scan(BEN).screen is Screen.ITEMS

    def test_lending_resumes_by_itself(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.journal.problem = StorageProblem.FULL
        station.scan(BOOK)
        station.advance(7)
        assert station.said == "storage"
        station.journal.problem = None
        station.advance(6)
        assert station.said is None
        station.scan(BOOK)
        assert station.results() == [(BOOK, "recorded")]

    def test_a_number_is_not_given_twice_when_one_of_two_was_not_saved(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.advance(16)
        station.scan(BOOK)
        station.scan(FILM)
        station.journal_waits = True
        station.confirm()
        station.journal.problem = StorageProblem.FULL
        station.save()
        station.journal.problem = None
        while station.journal.asked:
            station.save()
        station.journal_waits = False
        station.scan(DISC)
        assert len({line.n for line in station.view.items}) == len(station.view.items) == 2

    def test_what_became_of_an_entry_is_kept_until_there_is_room(self) -> None:
        station = town()
        station.scan(ANNA)
        station.library_waits = True
        station.scan(BOOK)
        station.journal.problem = StorageProblem.FULL
        station.answer()
        assert (station.results(), station.entries[0].state) == ([(BOOK, "checked_out")], EntryState.SENDING)
        assert station.said == "storage"
        station.library_waits, station.journal.problem = False, None
        station.advance(6)
        assert station.entries[0].state is EntryState.SETTLED


def test_an_item_saved_while_recovery_ends_is_never_sent_past_the_journal() -> None:
    station = town().offline()
    station.scan(ANNA)
    station.journal_waits = True
    station.scan(BOOK)
    station.back()
    station.line.up, station.line.opening = False, None
    station.advance(45)
    station.journal_waits = False
    station.tell(ScanLost("front"))
    while station.journal.asked:
        station.save()
    assert station.results() == [(BOOK, "recorded")]
    station.advance(30)
    assert (station.lent(), station.entries[0].state) == ([(ANNA, BOOK)], EntryState.SETTLED)
    assert not [ask for ask in station.of(e.Ask) if isinstance(ask.question, AskRenew)]


def test_what_comes_behind_such_an_item_queues_behind_it() -> None:
    station = town(kind=StationKind.STAFF).offline()
    station.scan(ANNA)
    station.journal_waits = True
    station.scan(BOOK)
    station.back()
    station.advance(45)
    assert station.mode is ModeName.ONLINE
    station.scan(FILM)
    while station.journal.asked:
        station.save()
    assert station.results() == [(BOOK, "recorded"), (FILM, "recorded")]
    assert not [
        ask for ask in station.of(e.Ask) if ask.urgency is Urgency.PATRON and isinstance(ask.question, AskCheckout)
    ]
    station.journal_waits = False
    station.tell(ScanLost("front"))
    station.advance(30)
    assert station.lent() == [(ANNA, BOOK), (ANNA, FILM)]


def test_a_lost_scan_is_heard_as_refused() -> None:
    station = town()
    station.tell(ScanLost("front"))
    assert station.of(e.Beep) == [e.Beep("front", good=False)]


def test_a_no_that_nobody_hears_is_for_a_person_to_see() -> None:
    """The patron walked off while the item stood *checking*: whether the book went too, nobody knows."""
    station = town(library_waits=False)
    station.library.books[BOOK] = Book(holder=BEN)
    station.scan(ANNA)
    station.library_waits = True
    station.scan(BOOK)
    station.call(c.SessionCancel())
    station.advance(1)
    station.library_waits = False
    station.answer()
    station.advance(5)
    (entry,) = station.entries
    assert (entry.state, entry.outcome) == (EntryState.EXCEPTION, "refused")
