"""Staff rights lent to a station, and whose they are."""

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.errors import ErrorKind
from kioskd.model.settings import Secret, StationKind
from kioskd.model.view import Screen
from tests.rules import invariants
from tests.rules.station import ANNA, BOOK, town


def test_a_code_lends_staff_rights_to_the_station() -> None:
    station = town()
    assert "staff.unlock" in station.view.choices
    view = station.unlock()
    assert (view.staff.unlocked, view.staff.by, view.screen) == (True, "AB", Screen.STAFF)
    assert {"staff.lock", "mode.set"} <= set(view.choices)
    assert isinstance(station.asks(c.JournalSummary()), e.Reply)
    station.call(c.StaffLock())
    assert station.refused(c.JournalSummary()).kind is ErrorKind.NOT_ALLOWED


def test_entries_made_under_it_carry_the_initials() -> None:
    station = town()
    station.unlock()
    station.scan(ANNA)
    station.scan(BOOK)
    assert station.entries[0].what.by == "AB"


def test_a_wrong_code_is_refused_and_stands_nowhere() -> None:
    station = town()
    error = station.refused(c.StaffUnlock(Secret("WRONG-1357")))
    assert (error.kind, station.said, station.view.staff.unlocked) == (ErrorKind.NOT_ALLOWED, "staff_code_wrong", False)
    station.unlock()
    invariants.secret_nowhere(station, "WRONG-1357", "2468")


def test_five_wrong_codes_wait_a_minute() -> None:
    station = town()
    for _ in range(5):
        station.unlock("0000")
    error = station.refused(c.StaffUnlock(Secret("2468")))
    assert (error.kind, station.said, station.view.message.params) == (
        ErrorKind.NOT_ALLOWED,
        "staff_wait",
        {"seconds": "60"},
    )
    station.advance(59)
    assert not station.unlock().staff.unlocked
    station.advance(2)
    assert station.unlock().staff.unlocked


def test_many_codes_at_once_are_five_guesses_all_the_same() -> None:
    station = town(codes_wait=True)
    for guess in range(8):
        station.call(c.StaffUnlock(Secret(f"{guess:04}")))
    station.call(c.StaffUnlock(Secret("2468")))
    while station.checks:
        station.check_code()
    assert not station.view.staff.unlocked
    invariants.nothing_owed(station)


def test_a_self_station_locks_by_the_clock_whoever_works_it() -> None:
    station = town()
    station.unlock()
    for _ in range(4):
        station.advance(60)
        station.call(c.SessionLanguage("en"))
    assert station.view.staff.unlocked
    station.advance(61)
    assert not station.view.staff.unlocked


def test_a_staff_station_locks_when_nobody_works_it_and_scanning_is_work() -> None:
    station = town(kind=StationKind.STAFF)
    station.unlock()
    for _ in range(3):
        station.advance(29 * 60)
        assert station.view.staff.unlocked
        station.scan(ANNA)
    station.advance(31 * 60)
    assert not station.view.staff.unlocked


def test_without_codes_there_is_nothing_to_unlock() -> None:
    station = town(staff={"codes_file": None})
    assert "staff.unlock" not in station.view.choices
    assert station.refused(c.StaffUnlock(Secret("2468"))).kind is ErrorKind.NOT_NOW
