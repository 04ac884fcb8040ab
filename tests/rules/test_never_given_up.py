"""What the upload owes each entry whatever happens: found by seeding faults that no other test noticed."""

from collections.abc import Iterable

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import AddRow, EntryState, StorageProblem
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import AskCheckin, AskCheckout
from tests.rules.station import ANNA, BOOK, Station, town


def one_unsent() -> Station:
    station = town().offline()
    station.scan(ANNA)
    station.scan(BOOK)
    return station


def marks(did: Iterable[object]) -> list[AddRow]:
    """Return the rows among these effects that say of an entry that it is about to be sent."""
    rows = [row for each in did if isinstance(each, e.Save) for row in each.writes]
    return [row for row in rows if isinstance(row, AddRow) and row.state is EntryState.SENDING]


def test_nothing_is_sent_that_the_disk_did_not_let_be_marked() -> None:
    station = one_unsent()
    station.journal.problem = StorageProblem.FULL
    station.back()
    station.advance(300)
    assert station.lent() == []
    station.journal.problem = None
    before = len(station.effects)
    station.advance(300)
    assert station.lent() == [(ANNA, BOOK)]
    # What failed is marked anew, and only then sent: a power cut in between must find the mark.
    did = station.effects[before:]
    sent = next(at for at, each in enumerate(did) if isinstance(each, e.Ask) and isinstance(each.question, AskCheckout))
    assert marks(did[:sent])


def test_a_disk_that_is_full_just_at_the_mark_is_asked_for_it_again() -> None:
    # In the test above the note on the outage fails before, and nothing is marked at all.
    station = one_unsent()
    station.journal_waits = True
    station.back()
    station.advance(30)
    while not marks(station.journal.asked):
        station.save()
        station.advance(0)
    station.journal.problem = StorageProblem.FULL
    station.save()
    station.journal_waits, station.journal.problem = False, None
    before = len(station.effects)
    station.advance(60)
    did = station.effects[before:]
    assert station.lent() == [(ANNA, BOOK)]
    sent = next(at for at, each in enumerate(did) if isinstance(each, e.Ask) and isinstance(each.question, AskCheckout))
    assert marks(did[:sent])


def test_a_line_that_dies_of_an_entry_does_not_settle_it() -> None:
    station = one_unsent()
    station.back()
    station.dies = ["before"] * 7
    station.advance(3600)
    assert station.lent() == [(ANNA, BOOK)]
    assert [entry.state for entry in station.entries] == [EntryState.SETTLED]


def test_however_often_it_dies_an_entry_waits() -> None:
    station = one_unsent()
    station.back()
    station.dies = ["before"] * 500
    station.advance(1800)
    assert station.lent() == []
    assert [entry.state for entry in station.entries] in ([EntryState.SENDING], [EntryState.EXCEPTION])


def test_a_check_in_offline_asks_nobody_and_is_refused_at_once() -> None:
    # Nothing is unsent yet: the table alone forbids it.
    station = town().offline()
    error = station.refused(c.ItemCheckin(BOOK), c.Role.STAFF)
    assert error.kind is ErrorKind.REFUSED_OFFLINE
    assert not [ask for ask in station.of(e.Ask) if isinstance(ask.question, AskCheckin)]
