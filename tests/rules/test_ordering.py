"""What goes up before what."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kioskd.model.entry import Entry, EntryState, Kind, Seq, Source
from kioskd.model.time import ClockTrust
from kioskd.rules.ordering import goes_ahead, goes_before, ordered
from tests.journal.making import new_entry


def entry(number: int, kind: Kind, source: Source, at_wall_s: float) -> Entry:
    what = new_entry(number, kind=kind, source=source, at_wall_s=at_wall_s, clock=ClockTrust.TRUSTED)
    return Entry(Seq(number), what, EntryState.RECORDED, None, None)


ENTRIES = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=12).map(
    lambda drawn: tuple(
        entry(number, Kind.REGISTRATION if card else Kind.CHECKOUT, Source.STATION if card else Source.SHEET, at)
        for number, (card, at) in enumerate(drawn, start=1)
    )
)


@given(ENTRIES)
def test_registrations_first_then_rows_of_a_sheet_by_their_times(entries: tuple[Entry, ...]) -> None:
    found = ordered(entries)
    assert sorted(found, key=lambda each: each.seq) == list(entries)
    assert all(goes_ahead(each) for each in found)
    cards = [each.what.kind is Kind.REGISTRATION for each in found]
    assert cards == sorted(cards, reverse=True)
    numbers = [each.seq for each in found if each.what.kind is Kind.REGISTRATION]
    assert numbers == sorted(numbers)
    rows = [(each.what.at_wall_s, each.seq) for each in found if each.what.kind is not Kind.REGISTRATION]
    assert rows == sorted(rows)


def test_a_card_goes_before_every_loan_and_a_row_where_its_time_is() -> None:
    card = entry(9, Kind.REGISTRATION, Source.STATION, 900.0)
    row = entry(8, Kind.CHECKOUT, Source.SHEET, 500.0)
    own = entry(1, Kind.CHECKOUT, Source.STATION, 600.0)
    assert goes_before(card, own)
    assert goes_before(row, own)
    assert not goes_before(replace(row, what=replace(row.what, at_wall_s=700.0)), own)
    assert goes_before(row, None)
