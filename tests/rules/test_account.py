"""What a patron has on loan: shown, renewed all at once, and kept nowhere."""

import datetime as dt

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import EntryState, Kind, ModeName, StorageProblem
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import AskItem, AskPatron, AskRenew, AskRenewAll
from kioskd.model.view import AccountState, Screen
from tests.rules import invariants
from tests.rules.library import Book
from tests.rules.station import ANNA, BEN, BOOK, DISC, FILM, Station, town

HOME = ("31168000099990", "31168000099991")
"""What Anna has at home."""
SHELVED = "31168000099995"


def at_home(*, renewable: bool = True, supports: str = "Y" * 16, **changes: object) -> Station:
    station = town(begun=False)
    books = station.library.books
    books[HOME[0]] = Book(ANNA, dt.date(2026, 12, 9), title="Momo", renewable=renewable)
    books[HOME[1]] = Book(ANNA, dt.date(2026, 11, 30), title="Emil")
    station.library.supports = supports
    station.start()
    assert station.mode is ModeName.ONLINE
    for name, value in changes.items():
        setattr(station, name, value)
    station.scan(ANNA)
    return station


def asked(station: Station, kind: type) -> list[object]:
    return [question for question in station.library.heard if isinstance(question, kind)]


def outcomes(station: Station) -> list[tuple[str | None, EntryState, str | None]]:
    return [(entry.what.item, entry.state, entry.outcome) for entry in station.entries]


class TestShown:
    def test_by_due_date_with_titles_and_the_holds_that_are_ready(self) -> None:
        station = at_home()
        station.library.books[SHELVED] = Book(held_for=ANNA, on_hold=True, title="Krabat")
        assert "session.loans" in station.view.choices
        station.call(c.SessionLoans())
        view = station.view
        assert (view.screen, view.account.state, view.account.complete) == (Screen.LOANS, AccountState.READY, True)
        assert [(loan.title, loan.due) for loan in view.account.loans] == [
            ("Emil", "2026-11-30"),
            ("Momo", "2026-12-09"),
        ]
        assert (view.account.holds_ready, view.account.holds) == (1, ("Krabat",))
        station.call(c.SessionShow(c.ShowScreen.ITEMS))
        assert (station.view.screen, station.view.account) == (Screen.ITEMS, None)

    def test_one_question_at_a_time_behind_what_patrons_wait_for(self) -> None:
        station = at_home(library_waits=True)
        station.answer()
        station.call(c.SessionLoans())
        assert station.view.account.state is AccountState.ASKING
        station.answer()
        assert isinstance(station.line.current.question, AskItem)
        assert station.line.queue == []
        station.scan(FILM)
        assert station.view.screen is Screen.ITEMS, "who goes on scanning wants the items"
        station.answer()
        assert station.line.current.question.item == FILM, "the loan goes before the next title"

    def test_nothing_of_it_outlives_the_visit(self) -> None:
        station = at_home()
        station.call(c.SessionLoans())
        station.call(c.SessionCancel())
        station.scan(BEN)
        invariants.secret_nowhere(station, "Krabat")
        assert "Emil" not in str(station.state)
        assert station.journal.entries == {}
        assert not any("Emil" in str(effect) for effect in station.of(e.Log) + station.of(e.Save))

    def test_the_idle_warning_takes_it_off_the_screen(self) -> None:
        station = at_home()
        station.call(c.SessionLoans())
        station.advance(61)
        assert (station.view.screen, station.view.account) == (Screen.ITEMS, None)

    def test_not_offline_and_it_says_what_works(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        assert "session.loans" not in station.view.choices
        error = station.refused(c.SessionLoans())
        assert (error.kind, error.more["action"]) == (ErrorKind.REFUSED_OFFLINE, "loans")
        assert "renew" in error.more["instead"]

    def test_not_before_the_card_was_looked_up(self) -> None:
        assert town().refused(c.SessionLoans()).kind is ErrorKind.NOT_NOW

    def test_an_outage_takes_it_away_and_the_visit_goes_on(self) -> None:
        station = at_home(library_waits=True)
        station.answer()
        station.call(c.SessionLoans())
        station.library_waits = False
        station.outage()
        station.advance(12)
        assert station.mode is ModeName.OFFLINE
        assert (station.view.screen, station.view.account) == (Screen.ITEMS, None)
        station.scan(FILM)
        assert station.results() == [(FILM, "recorded")]

    def test_a_list_that_tells_less_than_it_counts_says_so(self) -> None:
        station = at_home()
        station.library.lists_loans = False
        station.call(c.SessionLoans())
        assert (station.view.account.loans, station.view.account.complete) == ((), False)
        assert "session.renew_all" not in station.view.choices


class TestRenewAll:
    def test_by_one_65_after_all_of_it_is_saved_as_about_to_be_sent(self) -> None:
        station = at_home(journal_waits=True)
        station.call(c.SessionLoans())
        request = station.call(c.SessionRenewAll())
        assert [line.result for line in station.view.items] == ["checking"] * 2
        assert not asked(station, AskRenewAll)
        station.save()
        assert [len(station.answers[request]), station.entries[0].state] == [1, EntryState.RECORDED]
        assert not asked(station, AskRenewAll), "not before the second save"
        station.save()
        assert len(asked(station, AskRenewAll)) == 1
        assert not asked(station, AskRenew)
        station.journal_waits = False
        station.save()
        assert outcomes(station) == [(item, EntryState.SETTLED, "renewed") for item in HOME]
        assert {entry.what.kind for entry in station.entries} == {Kind.RENEWAL}
        assert station.said == "renewed_all"
        loans = station.view.account.loans
        assert [(loan.result, loan.due) for loan in loans] == [
            ("renewed", "2026-12-21"),
            ("renewed", "2026-12-30"),
        ], "17 told the new dates"
        assert "session.renew_all" not in station.view.choices

    def test_what_66_refuses_is_refused_and_says_what_to_do(self) -> None:
        station = at_home(renewable=False)
        station.call(c.SessionLoans())
        station.call(c.SessionRenewAll())
        assert outcomes(station) == [(HOME[0], EntryState.REFUSED, "refused"), (HOME[1], EntryState.SETTLED, "renewed")]
        assert station.said == "renewed_some"
        (left,) = [loan for loan in station.view.account.loans if loan.result == "refused"]
        assert (left.title, left.text) == ("Momo", "Not renewed: please ask at the desk")

    def test_what_66_does_not_name_is_looked_up(self) -> None:
        station = at_home()
        station.library.renews_all = False
        station.call(c.SessionLoans())
        station.call(c.SessionRenewAll())
        assert dict(station.results()) == {HOME[0]: "renewed", HOME[1]: "recorded"}
        station.advance(30)
        assert outcomes(station)[1] == (HOME[1], EntryState.SETTLED, "found_renewed")
        assert [deed.item for deed in station.library.ledger] == list(HOME), "each once"

    @pytest.mark.parametrize("reason", ["no 65", "list not whole", "lent here"])
    def test_one_by_one_where_a_65_would_do_more_or_less_than_was_saved(self, reason: str) -> None:
        station = at_home(supports="Y" * 15 + "N" if reason == "no 65" else "Y" * 16)
        if reason == "lent here":
            station.scan(DISC)
        station.call(c.SessionLoans())
        if reason == "list not whole":
            account = station.state.session.account
            object.__setattr__(account, "complete", False)
        station.call(c.SessionRenewAll())
        assert not asked(station, AskRenewAll)
        renewed = [question.item for question in asked(station, AskRenew)]
        assert sorted(renewed) == sorted(HOME)
        assert {state for _, state, _ in outcomes(station)} == {EntryState.SETTLED}

    @pytest.mark.parametrize("fate", ["before", "after"])
    @pytest.mark.parametrize("supports", ["Y" * 16, "Y" * 15 + "N"])
    def test_a_lost_answer_is_looked_up_by_its_due_date(self, fate: str, supports: str) -> None:
        station = at_home(supports=supports)
        for item in HOME:
            # So soon that no renewal of today leaves it there.
            station.library.books[item].due = dt.date(2026, 11, 27)
        station.call(c.SessionLoans())
        station.dies = [fate]
        station.call(c.SessionRenewAll())
        assert dict(station.results()) == dict.fromkeys(HOME, "recorded")
        station.advance(120)
        assert {state for _, state, _ in outcomes(station)} == {EntryState.SETTLED}
        assert sorted(deed.item for deed in station.library.ledger) == sorted(HOME), "each once"

    def test_one_that_may_have_been_lent_today_is_not_sent_twice(self) -> None:
        station = at_home(supports="N" * 16)
        station.call(c.SessionLoans())
        station.dies = ["before"]
        station.call(c.SessionRenewAll())
        station.advance(120)
        assert outcomes(station) == [
            (HOME[0], EntryState.EXCEPTION, "unsure"),
            (HOME[1], EntryState.SETTLED, "renewed"),
        ], "the second was never asked about"
        assert [deed.item for deed in station.library.ledger] == [HOME[1]]

    def test_silence_in_the_middle_keeps_nobody_waiting(self) -> None:
        station = at_home(supports="N" * 16, library_waits=False)
        station.call(c.SessionLoans())
        station.hangs_on = (AskRenew,)
        station.call(c.SessionRenewAll())
        station.advance(10)
        assert station.mode is ModeName.OFFLINE
        assert dict(station.results()) == dict.fromkeys(HOME, "recorded")

    def test_who_walks_away_meanwhile_loses_nothing(self) -> None:
        station = at_home(supports="N" * 16, library_waits=True)
        station.answer()
        station.library_waits = False
        station.call(c.SessionLoans())
        station.library_waits = True
        station.call(c.SessionRenewAll())
        station.call(c.SessionCancel())
        station.library_waits = False
        station.advance(60)
        assert {state for _, state, _ in outcomes(station)} == {EntryState.SETTLED}
        assert sorted(deed.item for deed in station.library.ledger) == sorted(HOME), "each once"

    def test_a_full_disk_takes_none_of_it_and_nothing_is_sent(self) -> None:
        station = at_home()
        station.call(c.SessionLoans())
        station.journal.problem = StorageProblem.FULL
        assert station.refused(c.SessionRenewAll()).kind is ErrorKind.STORAGE
        assert (station.results(), asked(station, AskRenewAll)) == ([], [])

    def test_what_was_renewed_by_hand_is_not_renewed_again(self) -> None:
        station = at_home()
        station.scan("KIOSK11")
        station.scan(HOME[0])
        station.scan("KIOSK15")
        station.scan("KIOSK16")
        assert sorted(deed.item for deed in station.library.ledger) == sorted(HOME)
        assert station.refused(c.SessionRenewAll()).kind is ErrorKind.NOT_NOW

    def test_the_pin_goes_with_each_question(self) -> None:
        station = town(ils={"ask_pin": True})
        station.library.patrons[ANNA].pin = "4711"
        station.library.books[BOOK] = Book(ANNA, dt.date(2026, 12, 9))
        station.library.supports = "Y" * 16
        station.scan(ANNA)
        station.enter("4711")
        station.call(c.SessionLoans())
        station.call(c.SessionRenewAll())
        pins = {str(question.pin) for question in asked(station, AskPatron) + asked(station, AskRenewAll)}
        assert pins == {"4711"}
