"""Entries that somebody takes back or hands over, also while the upload is at them."""

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import EntryState, ModeName, Seq, StorageProblem
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import AskCheckout
from kioskd.model.inputs import ScanLost
from tests.rules.outage import comes_back, fates, recorded
from tests.rules.station import ANNA, BEN, BOOK, FILM, Station, town

STAFF = c.Role.STAFF


class TestTakingBack:
    def at(self, question: type, **changes: object) -> Station:
        """A station whose upload waits for the answer to a first question of this kind."""
        station = recorded((ANNA, BOOK), (BEN, FILM), **changes)
        station.library_waits = True
        station.reachable = True
        for _ in range(200):
            if station.line.opening:
                station.open_line()
            elif station.line.current and isinstance(station.line.current.question, question):
                return station
            elif station.line.current:
                station.answer()
            else:
                station.advance(1)
        raise AssertionError

    def goes_on(self, station: Station) -> None:
        station.library_waits = station.journal_waits = False
        station.tell(ScanLost("front"))
        station.advance(200)

    def test_before_it_was_sent(self) -> None:
        station = recorded((ANNA, BOOK), (BEN, FILM))
        station.call(c.JournalWithdraw(Seq(1), "left"), STAFF)
        comes_back(station)
        assert fates(station) == [(EntryState.WITHDRAWN, "withdrawn"), (EntryState.SETTLED, "lent")]
        assert (station.entries[0].reason, station.lent()) == ("left", [(BEN, FILM)])

    def test_while_it_is_being_sent_a_person_must_check_it_in(self) -> None:
        station = self.at(AskCheckout)
        station.call(c.JournalWithdraw(Seq(1)), STAFF)
        self.goes_on(station)
        assert fates(station) == [(EntryState.EXCEPTION, "check_this_in"), (EntryState.SETTLED, "lent")]

    def test_an_answer_that_comes_while_it_is_taken_back_changes_nothing(self) -> None:
        station = self.at(AskCheckout)
        station.journal_waits = True
        station.call(c.JournalWithdraw(Seq(1)), STAFF)
        station.save()
        station.answer()
        self.goes_on(station)
        assert fates(station)[0] == (EntryState.EXCEPTION, "check_this_in")

    def test_the_next_in_turn_is_not_sent_while_it_is_taken_back(self) -> None:
        station = self.at(AskCheckout)
        station.journal_waits = True
        station.call(c.JournalWithdraw(Seq(2)), STAFF)
        station.save()
        station.answer()
        while station.journal.asked:
            station.save()
        self.goes_on(station)
        assert station.lent() == [(ANNA, BOOK)]
        assert fates(station) == [(EntryState.SETTLED, "lent"), (EntryState.EXCEPTION, "check_this_in")]

    def test_what_was_not_taken_back_after_all_is_sent(self) -> None:
        station = self.at(AskCheckout)
        station.journal.problem = StorageProblem.FULL
        error = station.refused(c.JournalWithdraw(Seq(2)), STAFF)
        assert error.kind is ErrorKind.STORAGE
        station.journal.problem = None
        self.goes_on(station)
        assert station.lent() == [(ANNA, BOOK), (BEN, FILM)]
        assert station.mode is ModeName.ONLINE

    def test_a_list_read_just_before_does_not_bring_it_back(self) -> None:
        station = recorded((ANNA, BOOK))
        station.journal_waits = True
        station.call(c.JournalWithdraw(Seq(1)), STAFF)
        station.back()
        while len(station.journal.asked) < 2:
            station.advance(1)
        assert [type(each) for each in station.journal.asked] == [e.ReadEntries, e.FetchUnsent]
        station.save()
        station.save()
        self.goes_on(station)
        assert (fates(station), station.lent()) == ([(EntryState.WITHDRAWN, "withdrawn")], [])

    def test_what_is_on_its_way_to_the_journal_stands_there_first(self) -> None:
        station = town().offline()
        for code in (ANNA, BOOK, FILM):
            station.scan(code)
        station.reachable = station.library_waits = True
        while not station.line.current or not isinstance(station.line.current.question, AskCheckout):
            station.call(c.SessionMoreTime())
            station.advance(1)
            if station.line.opening:
                station.open_line()
            elif station.line.current and not isinstance(station.line.current.question, AskCheckout):
                station.answer()
        station.journal_waits = True
        station.answer()
        assert len(station.state.outbox) == 1
        station.call(c.SessionWithdraw(2))
        self.goes_on(station)
        assert fates(station) == [(EntryState.SETTLED, "lent"), (EntryState.EXCEPTION, "check_this_in")]

    def test_twice_at_once_is_once(self) -> None:
        station = recorded((ANNA, BOOK))
        station.journal_waits = True
        first = station.call(c.JournalWithdraw(Seq(1)), STAFF)
        second = station.call(c.JournalWithdraw(Seq(1)), STAFF)
        while station.journal.asked:
            station.save()
        assert isinstance(station.answers[first][0], e.Reply)
        assert isinstance(station.answers[second][0], e.Fail)

    @pytest.mark.parametrize("seq", [1, 99])
    def test_what_waits_for_nothing_cannot_be_taken_back(self, seq: int) -> None:
        station = comes_back(recorded((ANNA, BOOK)))
        assert station.refused(c.JournalWithdraw(Seq(seq)), STAFF).kind is ErrorKind.NOT_NOW

    def test_what_a_patron_waits_for_cannot(self) -> None:
        station = town()
        station.scan(ANNA)
        station.library_waits = True
        station.scan(BOOK)
        assert station.refused(c.JournalWithdraw(Seq(1)), STAFF).kind is ErrorKind.NOT_NOW
        station.answer()
        assert station.results() == [(BOOK, "checked_out")]

    def test_the_line_on_the_screen_says_so(self) -> None:
        station = town().offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.call(c.JournalWithdraw(Seq(1)), STAFF)
        assert station.results() == [(BOOK, "withdrawn")]

    def test_handed_over_entries_are_never_sent(self) -> None:
        station = recorded((ANNA, BOOK), (BEN, FILM))
        answer = station.asks(c.JournalHandOver((Seq(1),), "koc"), STAFF)
        assert isinstance(answer, e.Reply)
        comes_back(station)
        assert fates(station) == [(EntryState.HANDED_OVER, "koc"), (EntryState.SETTLED, "lent")]
        assert station.lent() == [(BEN, FILM)]

    @pytest.mark.parametrize("seqs", [(), (Seq(1), Seq(99))])
    def test_all_are_handed_over_or_none(self, seqs: tuple[Seq, ...]) -> None:
        station = recorded((ANNA, BOOK))
        assert station.refused(c.JournalHandOver(seqs, "koc"), STAFF).kind is ErrorKind.NOT_NOW
        assert station.entries[0].state is EntryState.RECORDED
