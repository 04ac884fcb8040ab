"""Lines of the downtime procedure that are a desk's whole way and no single rule's (docs/PROCEDURE.md)."""

import pytest

from kioskd.model import calls as c
from kioskd.model.settings import Secret, StationKind
from tests.rules.library import Book, Library, Patron
from tests.rules.station import ANNA, BEN, BOOK, FILM, Station, settings


def offline(kind: StationKind = StationKind.SELF) -> Station:
    """A station in an outage."""
    library = Library({ANNA: Patron(), BEN: Patron()}, {BOOK: Book(), FILM: Book()})
    return Station(config=settings(kind), library=library).start().offline()


@pytest.mark.parametrize("typed", [False, True], ids=["the card", "its number"])
@pytest.mark.parametrize("item_first", [False, True], ids=["card first", "item first"])
def test_a_card_or_its_number_borrows_and_no_order_makes_an_item_of_it(typed: bool, item_first: bool) -> None:
    station = offline()

    def card() -> None:
        if typed:
            station.enter(ANNA)
        else:
            station.scan(ANNA)

    if item_first:
        station.scan(BOOK)
        assert not station.entries, "nobody's yet"
        assert station.said == "card_first"
        station.advance(2)  # the same barcode again is another scan by then
    card()
    station.scan(BOOK)
    (entry,) = station.entries
    assert (entry.what.patron, entry.what.item) == (ANNA, BOOK)


def test_no_due_date_is_offered_to_patrons_recorded_or_sent() -> None:
    station = offline()
    station.scan(ANNA)
    station.scan(BOOK)
    assert "session.due_date" not in station.view.choices
    assert (station.view.due_date, station.view.items[0].due) == (None, None)
    station.finish()
    (entry,) = station.entries
    assert entry.what.due_date is None
    station.back()
    station.advance(300)
    assert station.library.books[BOOK].holder == ANNA
    assert station.library.books[BOOK].due is not None, "the library system's own"


def test_what_is_typed_as_a_card_is_never_an_item() -> None:
    station = offline(StationKind.STAFF)
    station.call(c.SessionInput(Secret(BOOK), c.CodeAs.PATRON), c.Role.STAFF)
    assert not station.entries
    assert station.view.patron is None
