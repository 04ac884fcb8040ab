"""Everything by scanner alone: digits, the staff's code and their commands, as printed barcodes."""

import datetime as dt

import pytest

from kioskd.model.entry import ModeName
from kioskd.model.settings import StationKind
from kioskd.model.view import KeyedFor, Screen
from tests.rules import invariants
from tests.rules.station import ANNA, BOOK, FILM, Station, town

ENTER, ERASE, STAFF = "KIOSK60", "KIOSK61", "KIOSK62"


def key(station: Station, digits: str) -> None:
    for digit in digits:
        station.advance(2)  # a hand that goes from one barcode to the next, and the same one twice
        station.scan(f"KIOSK5{digit}")


def test_a_card_number_is_keyed_shown_and_entered() -> None:
    station = town(barcodes={"typed_twice": False})
    key(station, ANNA[:3] + "9")
    station.scan(ERASE)
    key(station, ANNA[3:])
    assert (station.view.keyed.what, station.view.keyed.text) == (KeyedFor.NUMBER, ANNA)
    station.scan(ENTER)
    assert (station.view.keyed, station.view.screen) == (None, Screen.ITEMS)
    assert station.view.patron.label == "••••8653"


def test_a_pin_is_keyed_and_shown_to_nobody() -> None:
    station = town(ils={"ask_pin": True})
    station.library.patrons[ANNA].pin = "4711"
    station.scan(ANNA)
    key(station, "4711")
    assert (station.view.keyed.what, station.view.keyed.count, station.view.keyed.text) == (KeyedFor.PIN, 4, None)
    station.scan(ENTER)
    assert station.view.screen is Screen.ITEMS
    invariants.secret_nowhere(station, "4711")


def test_staff_unlock_steer_the_mode_and_lock_again() -> None:
    station = town()
    station.scan(STAFF)
    key(station, "2468")
    assert (station.view.keyed.what, station.view.keyed.text) == (KeyedFor.STAFF, None)
    station.scan(ENTER)
    assert (station.view.screen, station.view.staff.by) == (Screen.STAFF, "AB")
    station.scan("KIOSK40")
    assert (station.mode, station.view.mode.forced) == (ModeName.OFFLINE, True)
    station.scan("KIOSK41")
    assert station.mode is ModeName.ONLINE
    station.scan("KIOSK42")
    assert not station.view.staff.unlocked


def test_a_wrong_code_is_told_on_the_screen() -> None:
    station = town()
    station.scan(STAFF)
    key(station, "13")
    station.scan(ENTER)
    assert (station.said, station.view.staff.unlocked) == ("staff_code_wrong", False)


@pytest.mark.parametrize("command", ["KIOSK40", "KIOSK41", "KIOSK42", "KIOSK44", "KIOSK47"])
def test_what_is_staffs_needs_their_code_first(command: str) -> None:
    station = town()
    station.scan(ANNA)
    station.scan(command)
    assert (station.mode, station.view.due_date) == (ModeName.ONLINE, None)
    if command != "KIOSK42":
        assert station.said == "staff_only"


def test_an_alternative_due_date_is_for_one_item() -> None:
    station = town(kind=StationKind.STAFF)
    station.unlock()
    station.scan(ANNA)
    station.scan("KIOSK44")
    assert station.view.due_date.date == "2026-12-08"
    station.scan(BOOK)
    station.scan(FILM)
    assert [entry.what.due_date for entry in station.entries] == [dt.date(2026, 12, 8), None]


def test_half_a_number_is_forgotten() -> None:
    station = town()
    key(station, "211")
    station.advance(61)
    assert station.view.keyed is None


def test_a_command_that_is_not_possible_now_says_so() -> None:
    station = town()
    station.scan("KIOSK03")
    assert station.said == "not_now"
