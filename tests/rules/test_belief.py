"""A library system that refuses everything is not believed; one that refuses some is."""

import datetime as dt
from dataclasses import replace

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import EntryState, Kind, ModeName, Seq
from kioskd.model.ils import AskCheckout, AskRenew, LoanAnswer
from kioskd.model.settings import StationKind
from tests.rules import invariants
from tests.rules.library import Book, Patron
from tests.rules.outage import comes_back, fates, recorded
from tests.rules.station import ANNA, BEN, BOOK, CLEO, DISC, FILM, Station, town

STAFF = c.Role.STAFF


def many(count: int, **changes: object) -> Station:
    """So many loans of as many cards, recorded in an outage."""
    station = town(kind=StationKind.STAFF, watch=False, **changes).offline()
    cards = [f"211680000{n:05}" for n in range(count)]
    items = [f"311680000{n:05}" for n in range(count)]
    station.library.patrons.update({card: Patron() for card in cards})
    station.library.books.update({item: Book() for item in items})
    for card, item in zip(cards, items, strict=True):
        station.scan(card)
        station.confirm()
        station.scan(item)
    station.finish()
    station.advance(10)
    return station


def starting(station: Station) -> None:
    """It answers 63 and 17 well, and refuses every 11 and 29."""
    answer = station.library.answer

    def refuse(question: object, today: object) -> object:
        if isinstance(question, AskCheckout | AskRenew):
            station.library.heard.append(question)
            return LoanAnswer(ok=False, renewal=False, item=question.item, patron=question.patron or "")
        return answer(question, today)  # type: ignore[arg-type]

    station.library.answer = refuse  # type: ignore[method-assign, assignment]
    station.started = lambda: setattr(station.library, "answer", answer)  # type: ignore[attr-defined]


def loans(station: Station) -> int:
    return sum(isinstance(question, AskCheckout) for question in station.library.heard)


@pytest.mark.parametrize("count", [2, 3, 6, 30])
def test_a_system_that_starts_makes_no_exceptions(count: int) -> None:
    station = many(count)
    starting(station)
    station.back()
    station.advance(290)
    assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "ils_suspect")
    assert (station.view.exceptions, station.view.unsent) == (0, count)
    assert loans(station) <= 5 * 4
    station.started()  # type: ignore[attr-defined]
    station.advance(700)
    assert [fate for fate, _ in fates(station)] == [EntryState.SETTLED] * count
    assert len(station.lent()) == count
    assert station.mode is ModeName.ONLINE


def believed(station: Station) -> Station:
    """The library system is back, and the upload has begun."""
    station.back()
    while station.mode is ModeName.OFFLINE:
        station.advance(5)
    station.advance(10)
    return station


def test_a_lone_refusal_keeps_nobody_from_being_served() -> None:
    station = many(1)
    starting(station)
    believed(station)
    assert (station.mode, station.view.exceptions, station.view.unsent) == (ModeName.RECOVERING, 0, 1)
    station.started()  # type: ignore[attr-defined]
    station.scan(ANNA)
    station.scan(BOOK)
    assert station.results() == [(BOOK, "checked_out")]
    station.finish()
    station.advance(10)
    assert fates(station) == [(EntryState.SETTLED, "lent")] * 2, "a yes to anybody has it tried again at once"
    assert station.mode is ModeName.ONLINE


def test_a_lone_refusal_is_believed_in_a_quarter_of_an_hour_if_nobody_comes() -> None:
    station = many(1)
    starting(station)
    station.watch = False
    believed(station)
    modes = set()
    for _ in range(100):
        station.advance(10)
        modes.add(station.mode)
    assert fates(station) == [(EntryState.EXCEPTION, "refused")]
    assert loans(station) == 5
    assert modes == {ModeName.RECOVERING, ModeName.ONLINE}


def test_a_lone_refusal_is_believed_as_soon_as_somebody_else_is_lent_to() -> None:
    station = many(1)
    refuse = {"31168000000000"}
    answer = station.library.answer

    def some(question: object, today: object) -> object:
        if isinstance(question, AskCheckout) and question.item in refuse:
            station.library.heard.append(question)
            return LoanAnswer(ok=False, renewal=False, item=question.item, patron=question.patron)
        return answer(question, today)  # type: ignore[arg-type]

    station.library.answer = some  # type: ignore[method-assign, assignment]
    believed(station)
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish()
    station.advance(10)
    assert [fate for fate, _ in fates(station)] == [EntryState.EXCEPTION, EntryState.SETTLED]
    assert station.mode is ModeName.ONLINE


def test_an_unknown_item_is_believed_of_a_system_that_knows_others() -> None:
    station = many(2)
    del station.library.books["31168000000000"]
    station.library.books["31168000000001"].holder = BEN
    comes_back(station, 60)
    assert fates(station) == [(EntryState.EXCEPTION, "item_not_found"), (EntryState.EXCEPTION, "on_loan_to_another")]


def test_it_is_tried_ever_less_often_and_staff_are_told() -> None:
    station = many(6)
    starting(station)
    station.watch = False
    station.back()
    said, tries = set(), []
    for _ in range(60):
        before = loans(station)
        for _ in range(12):
            station.advance(5)
            said.add(station.said)
        tries.append(loans(station) - before)
    assert "ils_suspect" in said
    assert sum(tries[:5]) > sum(tries[20:25])
    waits = [log.fields["wait_s"] for log in station.of(e.Log) if log.event == "ils_suspect"]
    assert waits[:4] == [60, 120, 240, 480]
    assert max(waits) == 600


def test_what_is_refused_among_what_is_lent_is_an_exception_soon() -> None:
    station = many(8)
    for n in (1, 4):
        station.library.patrons[f"211680000{n:05}"] = Patron(denied=True)
    comes_back(station, 60)
    states = [fate for fate, _ in fates(station)]
    assert states.count(EntryState.EXCEPTION) == 2
    assert station.mode is ModeName.ONLINE


def test_a_lone_refusal_with_a_reason_needs_no_second_try() -> None:
    station = recorded((ANNA, BOOK))
    station.library.patrons[ANNA] = Patron(denied=True)
    comes_back(station, 60)
    assert fates(station) == [(EntryState.EXCEPTION, "patron_blocked")]
    assert loans(station) == 1


def test_a_lone_refusal_without_one_is_believed_of_who_lent_just_before() -> None:
    station = town()
    station.scan(ANNA)
    station.scan(BOOK)
    starting(station)
    station.dies = ["before"]
    station.scan(FILM)
    station.advance(5)
    assert fates(station) == [(EntryState.SETTLED, "lent"), (EntryState.EXCEPTION, "refused")]
    assert station.mode is ModeName.ONLINE


def test_a_school_of_blocked_cards_is_believed_at_the_second_try() -> None:
    station = many(5)
    for n in range(5):
        station.library.patrons[f"211680000{n:05}"] = Patron(denied=True)
    station.back()
    station.advance(60)
    assert station.view.exceptions == 0
    station.advance(120)
    assert fates(station) == [(EntryState.EXCEPTION, "patron_blocked")] * 5
    assert loans(station) == 10


def test_an_account_that_may_not_lend_makes_no_exceptions_for_half_an_hour() -> None:
    station = many(12)
    starting(station)
    station.back()
    station.advance(1800)
    assert (station.view.exceptions, station.view.unsent) == (0, 12)


def test_the_rest_goes_first_and_speaks_for_those_that_were_refused() -> None:
    station = many(9)
    refused = [f"311680000{n:05}" for n in range(5)]
    for item in refused:
        station.library.books[item].on_hold = True
    station.back()
    station.advance(40)
    assert station.lent() == []
    station.advance(300)
    assert len(station.lent()) == 4
    assert [state for state, _ in fates(station)] == [EntryState.EXCEPTION] * 5 + [EntryState.SETTLED] * 4


def test_patrons_are_recorded_and_not_refused_meanwhile() -> None:
    station = many(6)
    starting(station)
    station.back()
    station.advance(60)
    station.scan(ANNA)
    station.scan(BOOK)
    assert station.results() == [(BOOK, "recorded")]
    station.started()  # type: ignore[attr-defined]
    station.finish()
    station.advance(700)
    assert (ANNA, BOOK) in station.lent()


def test_a_kill_in_the_middle_loses_and_doubles_nothing() -> None:
    station = many(6)
    starting(station)
    station.back()
    station.advance(70)
    again = Station(config=station.config, library=station.library, journal=station.journal)
    station.started()  # type: ignore[attr-defined]
    again.start()
    again.advance(300)
    assert [fate for fate, _ in fates(again)] == [EntryState.SETTLED] * 6
    assert len(again.lent()) == 6


def test_an_entry_behind_one_that_is_held_waits_and_is_no_exception_yet() -> None:
    station = recorded((ANNA, BOOK), (BEN, BOOK))
    starting(station)
    station.back()
    station.advance(120)
    assert (station.view.exceptions, station.view.unsent) == (0, 2)
    station.started()  # type: ignore[attr-defined]
    station.advance(600)
    assert fates(station)[0] == (EntryState.SETTLED, "lent")
    assert station.lent() == [(ANNA, BOOK)]


def test_what_is_held_can_be_taken_back() -> None:
    station = many(6)
    starting(station)
    station.back()
    station.advance(100)
    station.call(c.JournalWithdraw(Seq(1), "left"), STAFF)
    station.started()  # type: ignore[attr-defined]
    station.advance(700)
    assert fates(station)[0] == (EntryState.EXCEPTION, "check_this_in")
    assert len(station.lent()) == 5
    invariants.all_settled(station)


class TestResolving:
    def exception(self) -> Station:
        station = recorded((ANNA, BOOK), (BEN, FILM))
        station.library.patrons[ANNA] = Patron(denied=True)
        return comes_back(station)

    def resolve(self, station: Station, action: c.ResolveAction, *words: str) -> object:
        return station.asks(c.ExceptionsResolve(Seq(1), action, *words), STAFF)

    def test_corrected_it_is_sent_again_and_looked_up_before(self) -> None:
        station = self.exception()
        station.library.patrons[ANNA] = Patron()
        self.resolve(station, c.ResolveAction.CORRECT_AND_RETRY, "block cleared", "KM")
        station.advance(60)
        assert fates(station)[0] == (EntryState.SETTLED, "lent")
        assert station.lent().count((ANNA, BOOK)) == 1

    @pytest.mark.parametrize(
        "action", [each for each in c.ResolveAction if each is not c.ResolveAction.CORRECT_AND_RETRY]
    )
    def test_every_other_action_ends_it(self, action: c.ResolveAction) -> None:
        station = self.exception()
        answer = self.resolve(station, action, "as told", "KM")
        assert isinstance(answer, e.Reply)
        assert fates(station)[0] == (EntryState.RESOLVED, action.value)
        assert (station.journal.rows[-1].by, station.journal.rows[-1].reason) == ("KM", "as told")
        assert station.view.exceptions == 0

    def test_what_was_lent_with_another_date_is_not_lent_again(self) -> None:
        """The loan is made; after the return a second one would charge whoever brought it back."""
        station = town(kind=StationKind.STAFF).offline()
        station.library.keeps_due_dates = False
        station.scan(ANNA)
        station.call(c.SessionDueDate(dt.date(2027, 1, 5)), STAFF)
        station.scan(BOOK)
        comes_back(station)
        assert fates(station) == [(EntryState.EXCEPTION, "due_date_not_kept")]
        station.library.books[BOOK] = Book()
        refused = station.refused(c.ExceptionsResolve(Seq(1), c.ResolveAction.CORRECT_AND_RETRY, "again", "KM"), STAFF)
        assert refused.more["field"] == "action"
        assert "done_by_hand" in refused.message
        station.advance(60)
        assert station.lent() == [(ANNA, BOOK)]
        assert isinstance(self.resolve(station, c.ResolveAction.DONE_BY_HAND, "date set", "KM"), e.Reply)

    @pytest.mark.parametrize("words", [(), ("because",), ("", "KM")])
    def test_nothing_is_dropped_without_a_reason_and_initials(self, words: tuple[str, ...]) -> None:
        station = self.exception()
        assert isinstance(self.resolve(station, c.ResolveAction.DROP, *words), e.Fail)
        assert station.entries[0].state is EntryState.EXCEPTION

    def test_what_is_no_exception_is_not_resolved(self) -> None:
        station = self.exception()
        assert isinstance(station.asks(c.ExceptionsResolve(Seq(2), c.ResolveAction.DONE_BY_HAND), STAFF), e.Fail)

    def test_what_waited_behind_it_goes_on_by_itself(self) -> None:
        station = recorded((ANNA, BOOK), (CLEO, DISC), (BEN, BOOK))
        station.library.patrons[ANNA] = Patron(denied=True)
        comes_back(station)
        assert fates(station)[2] == (EntryState.EXCEPTION, "behind_exception")
        self.resolve(station, c.ResolveAction.DROP, "never left", "KM")
        station.advance(60)
        assert fates(station)[2] == (EntryState.SETTLED, "lent")


class TestCardsRegisteredHere:
    def registered(self) -> Station:
        """A registration of Anna's card here, then a loan on it; the library system knows nobody of that card."""
        station = recorded((ANNA, BOOK), (ANNA, FILM), (BEN, DISC), ils={"poll_online_s": 1800.0})
        first = station.journal.entries[Seq(1)]
        what = replace(first.what, kind=Kind.REGISTRATION, item=None)
        station.journal.entries[Seq(1)] = replace(first, what=what)
        self.anna = station.library.patrons.pop(ANNA)
        return comes_back(station)

    def test_a_loan_on_one_that_is_not_known_yet_waits(self) -> None:
        station = self.registered()
        assert [outcome for _, outcome in fates(station)] == ["register_by_hand", "card_not_registered", "lent"]
        assert not any(isinstance(q, AskCheckout) and q.patron == ANNA for q in station.library.heard)

    def test_it_is_lent_when_the_registration_is_ticked(self) -> None:
        station = self.registered()
        station.library.patrons[ANNA] = self.anna
        station.call(c.ExceptionsResolve(Seq(1), c.ResolveAction.DONE_BY_HAND, "", "KM"), STAFF)
        station.advance(60)
        assert fates(station)[:2] == [(EntryState.RESOLVED, "done_by_hand"), (EntryState.SETTLED, "lent")]
        assert station.lent().count((ANNA, FILM)) == 1

    def test_the_night_tries_it_too(self) -> None:
        station = self.registered()
        station.watch = False
        for _ in range(15):
            station.advance(3604)
        assert fates(station)[1] == (EntryState.EXCEPTION, "card_not_registered")
        station.library.patrons[ANNA] = self.anna
        for _ in range(24):
            station.advance(3604)
        assert fates(station)[1] == (EntryState.SETTLED, "lent")

    def test_a_card_that_is_known_by_then_needs_no_tick(self) -> None:
        station = recorded((ANNA, BOOK), (ANNA, FILM))
        first = station.journal.entries[Seq(1)]
        what = replace(first.what, kind=Kind.REGISTRATION, item=None)
        station.journal.entries[Seq(1)] = replace(first, what=what)
        comes_back(station)
        assert fates(station)[1] == (EntryState.SETTLED, "lent")
