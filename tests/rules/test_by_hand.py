"""Rows of paper sheets and registrations: looked at, saved, then answered."""

import datetime as dt
from typing import Any

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import AddNote, EntryState, Kind, ModeName, Source, StorageProblem
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import CannotSeal
from kioskd.model.settings import Secret
from kioskd.rules.by_hand import NOTE
from tests.rules.library import Book, Library, Patron
from tests.rules.station import ANNA, BEN, BOOK, FILM, NOON, ZONE, Station

STAFF = c.Role.STAFF
MORNING = dt.datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)


def row(**changes: Any) -> c.SheetAdd:
    values: dict[str, Any] = {"at": MORNING, "kind": "C", "item": Secret(BOOK), "patron": Secret(ANNA), "by": "KM"}
    return c.SheetAdd(**{**values, **changes})


def form(**changes: Any) -> c.PatronRegister:
    values: dict[str, Any] = {
        "card": Secret(ANNA),
        "last": Secret("Čapek"),
        "birth_date": Secret("02/29/1996"),
        "language": "English",
        "ticks": ("paper_form_kept",),
    }
    return c.PatronRegister(**{**values, **changes})


@pytest.fixture
def station() -> Station:
    """A station whose library system is away."""
    library = Library({ANNA: Patron(), BEN: Patron()}, {BOOK: Book(), FILM: Book()})
    return Station(library=library).start().offline()


def forms(station: Station) -> list[AddNote]:
    return [note for note in station.journal.notes if note.kind == NOTE]


def answered(station: Station, call: c.Call) -> dict[str, Any]:
    answer = station.asks(call, STAFF)
    assert isinstance(answer, e.Reply), answer
    assert isinstance(answer.result, dict)
    return answer.result


def test_a_row_is_recorded_as_it_stands_on_the_sheet(station: Station) -> None:
    assert answered(station, row(due_date=dt.date(2026, 12, 24))) == {"seq": 1}
    (entry,) = station.entries
    what = entry.what
    assert (what.kind, what.source, what.patron, what.item) == (Kind.CHECKOUT, Source.SHEET, ANNA, BOOK)
    assert (what.at_wall_s, what.by, what.due_date) == (MORNING.timestamp(), "KM", dt.date(2026, 12, 24))
    assert entry.state is EntryState.RECORDED


def test_it_goes_up_with_all_else(station: Station) -> None:
    answered(station, row())
    station.back()
    station.advance(120)
    assert station.mode is ModeName.ONLINE
    assert station.library.books[BOOK].holder == ANNA


@pytest.mark.parametrize("kind", ["R", "r", "renewal"])
def test_a_renewal_may_lack_its_card(station: Station, kind: str) -> None:
    answered(station, row(kind=kind, patron=Secret("")))
    assert station.entries[0].what.kind is Kind.RENEWAL


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "X"}, "kind"),
        ({"patron": Secret("")}, "patron"),
        ({"patron": Secret(BOOK)}, "patron"),
        ({"item": Secret(ANNA)}, "item"),
        ({"item": Secret("")}, "item"),
        ({"item": Secret("12345")}, "item"),
        ({"patron": Secret("nobody")}, "patron"),
        ({"at": MORNING + dt.timedelta(days=1)}, "at"),
        ({"at": MORNING - dt.timedelta(days=500)}, "at"),
        ({"due_date": MORNING.date() - dt.timedelta(days=1)}, "due_date"),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_names_its_field_and_nothing_is_recorded(
    station: Station, changes: dict[str, Any], field: str
) -> None:
    error = station.refused(row(**changes), STAFF)
    assert error.kind is ErrorKind.BAD_PARAMS
    assert error.more["field"] == field
    assert error.message.startswith(f"{field}: ")
    assert not station.entries


def test_a_number_that_no_pattern_knows_is_taken_when_staff_are_sure(station: Station) -> None:
    answered(station, row(item=Secret("ILL-77"), sure=True))
    assert (station.entries[0].what.item, station.entries[0].what.unmatched) == ("ILL-77", True)


def test_a_row_that_is_here_already_is_told_first(station: Station) -> None:
    station.scan(ANNA)
    station.scan(BOOK)
    at = dt.datetime.fromtimestamp(NOON, ZONE)
    error = station.refused(row(at=at), STAFF)
    assert (error.more["field"], "Entry 1" in error.message) == ("item", True)
    assert answered(station, row(at=at, sure=True)) == {"seq": 2}
    assert answered(station, row(at=at, patron=Secret(BEN))) == {"seq": 3}


def test_a_row_older_than_what_the_library_system_knows_waits_for_a_person(station: Station) -> None:
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish()
    station.back()
    station.advance(300)
    assert station.entries[0].state is EntryState.SETTLED
    answered(station, row(patron=Secret(BEN)))
    station.advance(60)
    late = station.entries[1]
    assert (late.state, late.outcome, late.answer) == (EntryState.EXCEPTION, "later_activity", {"later": "1"})
    assert station.library.books[BOOK].holder == ANNA


def test_on_a_full_disk_nothing_was_accepted(station: Station) -> None:
    station.journal.problem = StorageProblem.FULL
    assert station.refused(row(), STAFF).kind is ErrorKind.STORAGE
    assert station.refused(form(), STAFF).kind is ErrorKind.STORAGE


@pytest.mark.parametrize("call", [row(), form()], ids=["sheet", "register"])
def test_it_is_for_staff(station: Station, call: c.Call) -> None:
    assert station.refused(call).kind is ErrorKind.NOT_ALLOWED


def test_a_registration_is_an_entry_and_its_form_lies_sealed(station: Station) -> None:
    station.unlock()
    assert answered(station, form()) == {"seq": 1}
    (entry,) = station.entries
    assert (entry.what.kind, entry.what.patron, entry.what.item, entry.what.by) == (Kind.REGISTRATION, ANNA, None, "AB")
    (note,) = forms(station)
    assert (note.kind, note.content["id"], note.content["sealed"]) == ("registration", entry.what.id, "sealed")
    assert "apek" not in repr(station.entries)


def test_a_new_card_can_borrow_at_once(station: Station) -> None:
    answered(station, form())
    station.scan(ANNA)
    view = station.scan(FILM)
    assert [line.result for line in view.items] == ["recorded"]


def test_a_card_or_person_registered_twice_is_told_first(station: Station) -> None:
    answered(station, form())
    assert station.refused(form(last=Secret("Novak")), STAFF).more["field"] == "card"
    assert station.refused(form(card=Secret(BEN)), STAFF).more["field"] == "last"
    assert answered(station, form(card=Secret(BEN), sure=True)) == {"seq": 2}


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"last": Secret("")}, "last"), ({"card": Secret(BOOK)}, "card"), ({"card": Secret("nobody")}, "card")],
)
def test_a_form_that_cannot_be_names_its_field(station: Station, changes: dict[str, Any], field: str) -> None:
    assert station.refused(form(**changes), STAFF).more["field"] == field
    assert not station.entries


@pytest.mark.parametrize("problem", CannotSeal)
def test_without_keys_nothing_is_recorded(station: Station, problem: CannotSeal) -> None:
    station.cannot_seal = problem
    assert station.refused(form(), STAFF).kind in (ErrorKind.NOT_NOW, ErrorKind.STORAGE)
    assert not station.entries
    assert not forms(station)


def test_nothing_of_the_person_is_in_any_repr() -> None:
    assert "apek" not in repr(form())
    assert "apek" not in repr(e.Seal(c.RequestId(1), {"last": "Čapek"}, "čapek 1996-02-29"))
