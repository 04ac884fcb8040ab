"""The next loan goes out with the yes to the one before it: which may, behind what, and never before it is durable."""

import datetime as dt
from itertools import pairwise

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import AddRow, EntryState, Kind
from kioskd.model.ils import Answer, AskCheckout, AskItem, AskPatron, AskRenew, Question
from kioskd.model.settings import StationKind
from kioskd.model.view import Flow
from kioskd.rules.upload import MARK_ON_BELOW, READ_ON_BELOW, WINDOW
from tests.rules.library import Book, Patron
from tests.rules.outage import comes_back, fates, recorded
from tests.rules.station import ANNA, BEN, BOOK, CLEO, DISC, FILM, Station, town

LOANS = ((ANNA, BOOK), (ANNA, FILM), (BEN, DISC))
STAFF = c.Role.STAFF


def uploads(station: Station) -> list[e.Ask]:
    """What the upload asked to send."""
    return [ask for ask in station.of(e.Ask) if isinstance(ask.question, AskCheckout | AskRenew)]


def followed(station: Station) -> list[str]:
    return [ask.question.item for ask in uploads(station) if ask.after is not None]


def returned(station: Station) -> Station:
    """The library system is back, and answers an upload's messages one by one."""
    answer = station.library.answer

    def proof(question: Question, today: dt.date) -> Answer:
        # 18 proves that it is back; from here on it takes its time.
        station.library_waits = station.library_waits or isinstance(question, AskItem)
        return answer(question, today)

    station.library.answer = proof  # type: ignore[method-assign]
    station.back()
    for _ in range(300):
        if station.library_waits:
            break
        station.advance(0.25)
    assert station.library_waits
    return station


def test_each_goes_out_behind_the_one_before_also_of_the_same_card() -> None:
    station = comes_back(recorded(*LOANS))
    asks = uploads(station)
    assert [ask.after for ask in asks] == [None, asks[0].ask, asks[1].ask]
    assert station.lent() == list(LOANS)
    assert fates(station) == [(EntryState.SETTLED, "lent")] * 3


def test_one_follows_and_not_two() -> None:
    station = returned(recorded(*LOANS))
    assert [(ask.question.item, ask.after is None) for ask in uploads(station)] == [(BOOK, True), (FILM, False)]
    station.answer()
    assert [ask.question.item for ask in uploads(station)] == [BOOK, FILM, DISC]
    assert station.lent() == [(ANNA, BOOK)]


def test_nothing_follows_that_the_journal_does_not_hold_as_sending() -> None:
    loans = [(ANNA, f"311680000{n:05}") for n in range(20)]
    station = recorded(*loans)
    station.library.books.update({item: Book() for _, item in loans})
    answer = station.library.answer

    def slow_disk(question: Question, today: dt.date) -> Answer:
        # From the first loan on the disk hangs; the sixteen that it holds as `sending` go up.
        station.journal_waits = station.journal_waits or isinstance(question, AskCheckout)
        return answer(question, today)

    station.library.answer = slow_disk  # type: ignore[method-assign]
    comes_back(station)
    assert station.lent() == loans[:16]
    assert len(uploads(station)) == 16
    station.library.answer = answer  # type: ignore[method-assign]
    station.journal_waits = False
    station.save()
    station.advance(30)
    assert station.lent() == loans
    assert len(uploads(station)) == 20


def test_behind_a_refusal_nothing_goes_out_before_it_was_looked_at() -> None:
    station = recorded(*LOANS)
    station.library.patrons[ANNA] = Patron(denied=True)
    comes_back(station)
    heard = [(type(each), getattr(each, "item", "")) for each in station.library.heard]
    first, second = heard.index((AskCheckout, BOOK)), heard.index((AskCheckout, FILM))
    assert [kind for kind, _ in heard[first + 1 : second]] == [AskPatron, AskItem], "the looks come between"
    assert station.lent() == [(BEN, DISC)]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_line_that_dies_at_any_of_them_does_no_deed_twice(at: int, moment: str) -> None:
    station = recorded(*LOANS)
    # The first answer is 18's, which proves that it is back.
    station.dies = ["ok"] * (1 + at) + [moment]
    comes_back(station)
    assert sorted(station.lent()) == sorted(LOANS)
    assert {state for state, _ in fates(station)} == {EntryState.SETTLED}


def test_behind_an_entry_of_the_same_item_nothing_follows_and_nobody_overtakes() -> None:
    station = comes_back(recorded((ANNA, BOOK), (BEN, BOOK), (CLEO, FILM)))
    assert BOOK not in followed(station)
    assert [each.patron for each in station.library.heard if isinstance(each, AskCheckout)] == [ANNA, BEN, CLEO]


def test_what_is_looked_up_first_does_not_follow() -> None:
    station = town().offline()
    station.library.books[FILM] = Book(holder=ANNA, due=dt.date(2026, 11, 30))
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish()
    station.advance(20)
    station.call(c.SessionStart(Flow.RENEW))
    station.scan(FILM)
    station.finish()
    comes_back(station)
    assert [entry.what.kind for entry in station.entries] == [Kind.CHECKOUT, Kind.RENEWAL]
    assert followed(station) == []
    assert fates(station) == [(EntryState.SETTLED, "lent"), (EntryState.SETTLED, "renewed")]


def test_behind_staffs_date_nothing_follows_before_it_was_seen_to_be_kept() -> None:
    station = town(kind=StationKind.STAFF).offline()
    station.scan(ANNA)
    station.call(c.SessionDueDate(dt.date(2027, 1, 5)), STAFF)
    station.scan(BOOK)
    station.scan(FILM)
    station.scan(DISC)
    comes_back(station)
    assert followed(station) == [DISC], "a date is for the next item alone"


@pytest.mark.parametrize("rate", [0.5, 2])
def test_where_a_rate_is_set_each_waits_for_its_moment(rate: float) -> None:
    station = comes_back(recorded(*LOANS, ils={"upload_per_s": rate}))
    assert followed(station) == []
    assert station.lent() == list(LOANS)


def test_a_strained_library_system_is_given_its_rest() -> None:
    station = recorded(*((ANNA, f"311680000{n:05}") for n in range(8)))
    station.library.books.update({f"311680000{n:05}": Book() for n in range(8)})
    station.round_trip_s = 3.0
    comes_back(station)
    assert followed(station) == ["31168000000001"], "what was asked before the first round trip was known"


def test_what_is_withdrawn_while_it_waits_behind_another_is_never_sent() -> None:
    station = returned(recorded(*LOANS))
    assert followed(station) == [FILM]
    (film,) = [entry.seq for entry in station.entries if entry.what.item == FILM]
    station.call(c.JournalWithdraw(film, "wrong card"), STAFF)
    station.library_waits = False
    station.advance(30)
    assert station.lent() == [(ANNA, BOOK), (BEN, DISC)]
    # Who pulled the plug in between would not know either: somebody looks whether it is on the card.
    assert fates(station)[1] == (EntryState.EXCEPTION, "check_this_in")


def test_with_two_lines_each_has_what_follows_and_no_card_is_on_both() -> None:
    loans = [((ANNA, BEN, CLEO)[n % 3], f"311680000{n:05}") for n in range(12)]
    station = recorded(*loans, ils={"connections": 2})
    station.library.books.update({item: Book() for _, item in loans})
    comes_back(station)
    assert sorted(station.lent()) == sorted(loans)
    for card in (ANNA, BEN, CLEO):
        own = [ask for ask in uploads(station) if ask.question.patron == card]
        assert [ask.question.item for ask in own] == [item for who, item in loans if who == card]
        for before, after in pairwise(own):
            # A card's next waits for the line that its last one is on, or is the very one behind it.
            assert after.lane == before.lane or after.after is None


def test_the_next_are_read_and_marked_before_the_last_at_hand_goes_out() -> None:
    loans = [(ANNA, f"311680000{n:05}") for n in range(130)]
    station = town(kind=StationKind.STAFF).offline()
    # Looking at all of them after each step would take longer than all else.
    station.watch = False
    station.scan(ANNA)
    for _, item in loans:
        station.scan(item)
    station.finish()
    station.library.books.update({item: Book() for _, item in loans})
    comes_back(station)
    assert station.lent() == loans
    sent, read, marked = 0, [], []
    for effect in station.effects:
        if isinstance(effect, e.Ask) and isinstance(effect.question, AskCheckout):
            sent += 1
        elif isinstance(effect, e.FetchUnsent) and effect.limit == WINDOW:
            read.append(sent)
        elif isinstance(effect, e.Save) and any(_sends(write) for write in effect.writes):
            marked.append((sent, sum(map(_sends, effect.writes))))
    assert all(0 < WINDOW * (n + 1) - at <= READ_ON_BELOW + 1 for n, at in enumerate(read[1:])), read
    ahead = 0
    for at, count in marked:
        assert at == 0 or 0 < ahead - at <= MARK_ON_BELOW, marked
        ahead += count


def _sends(write: object) -> bool:
    return isinstance(write, AddRow) and write.state is EntryState.SENDING
