"""What the upload owes each entry whatever happens: found by seeding faults that no other test noticed."""

from kioskd.model.entry import EntryState, StorageProblem
from tests.rules.station import ANNA, BOOK, Station, town


def one_unsent() -> Station:
    station = town().offline()
    station.scan(ANNA)
    station.scan(BOOK)
    return station


def test_nothing_is_sent_that_the_disk_did_not_let_be_marked() -> None:
    station = one_unsent()
    station.journal.problem = StorageProblem.FULL
    station.back()
    station.advance(300)
    assert station.lent() == []
    station.journal.problem = None
    station.advance(300)
    assert station.lent() == [(ANNA, BOOK)]


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
