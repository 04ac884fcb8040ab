"""Paper: what stands on it, when it comes, and that it never comes for the next person."""

import datetime as dt

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.inputs import PrinterChanged
from kioskd.model.slip import SlipFate, SlipKind
from kioskd.model.time import Clock, ClockSource
from kioskd.model.view import Paper, Screen
from tests.rules.station import ANNA, BEN, BOOK, FILM, Station, town

BOTH = (SlipKind.RECEIPT, SlipKind.BOOKMARK)


def lent(*, offline: bool = False, **changes: object) -> Station:
    station = town(**changes).with_printer()
    if offline:
        station.offline()
    station.scan(ANNA)
    station.scan(BOOK)
    station.scan(FILM)
    return station


def text(slip: e.Print) -> str:
    return "\n".join(line.text for line in slip.what.lines)


def test_a_receipt_has_item_numbers_their_count_station_and_time_and_nothing_of_the_person() -> None:
    station = lent()
    station.finish(SlipKind.RECEIPT)
    (slip,) = station.printed
    words = text(slip)
    assert all(each in words for each in (BOOK, FILM, "Items: 2", "CENTRAL-3", "2026-11-24 12:00"))
    assert not any(each in words for each in (ANNA, "8653", "A book", "2026-12"))


def test_a_bookmark_has_a_date_and_whose_word_counts() -> None:
    station = lent()
    station.finish(SlipKind.BOOKMARK)
    words = text(station.printed[0])
    assert "Tuesday, December 15, 2026" in words
    assert "your account decides" in words
    assert BOOK not in words


@pytest.mark.parametrize(
    ("changes", "day"),
    [
        ({"bookmark_days": (21, 7)}, "December 1, 2026"),
        ({"closed_weekdays": (1,)}, "December 16, 2026"),
        ({"closed_dates": (dt.date(2026, 12, 15), dt.date(2026, 12, 16))}, "December 17, 2026"),
    ],
)
def test_its_date_is_the_shortest_loans_rolled_over_closed_days(changes: dict[str, object], day: str) -> None:
    station = town(offline=changes).with_printer()
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish(SlipKind.BOOKMARK)
    assert day in text(station.printed[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"offline": {"bookmark_days": (0,)}},
        {"offline": {"bookmark_days": ()}},
        {"clock": Clock(trusted=False, source=ClockSource.NONE, boot_id="b")},
    ],
)
def test_none_where_none_is_offered_or_the_clock_may_be_wrong(changes: dict[str, object]) -> None:
    station = town(**changes).with_printer()
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish(SlipKind.BOOKMARK)
    assert (station.printed, station.view.screen, station.said) == ([], Screen.DONE, "done")


def test_a_receipt_by_an_untrusted_clock_says_so() -> None:
    station = lent(clock=Clock(trusted=False, source=ClockSource.NONE, boot_id="b"))
    station.finish(SlipKind.RECEIPT)
    assert "(time not certain)" in text(station.printed[0])


@pytest.mark.parametrize(
    ("gates", "offline", "warned"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_the_gate_is_spoken_of_where_it_will_sound(gates: bool, offline: bool, warned: bool) -> None:
    station = town(station={"gates": gates}).with_printer()
    if offline:
        station.offline()
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish(SlipKind.RECEIPT)
    assert ("gate" in text(station.printed[0])) is warned
    assert (station.said == "done_gate") is warned


def test_without_paper_for_a_slip_the_gate_is_for_staff_to_hear_of() -> None:
    station = town(station={"gates": True}).with_printer()
    station.offline()
    station.tell(PrinterChanged(Paper.OUT, ready=False))
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish(SlipKind.RECEIPT)
    assert station.said == "done_gate_no_paper"


def test_only_what_the_patron_may_take_stands_on_it() -> None:
    station = lent(offline=True)
    station.call(c.SessionWithdraw(1))
    station.finish(SlipKind.RECEIPT)
    assert BOOK not in text(station.printed[0])
    assert "Items: 1" in text(station.printed[0])


def test_a_slip_may_start_within_10_s() -> None:
    station = lent(printer_waits=True)
    station.finish(SlipKind.RECEIPT)
    assert (station.view.screen, station.said) == (Screen.PRINTING, "printing")
    assert station.printing[0].until_mono_s == station.mono_s + 10
    station.slip(SlipFate.PRINTED)
    assert (station.view.screen, station.said) == (Screen.DONE, "done")


@pytest.mark.parametrize("fate", [SlipFate.DROPPED, SlipFate.BROKEN])
def test_paper_that_did_not_come_is_said(fate: SlipFate) -> None:
    station = lent(printer_waits=True)
    station.finish(*BOTH)
    station.slip(fate)
    assert station.view.screen is Screen.PRINTING
    station.slip(SlipFate.PRINTED)
    assert (station.view.screen, station.said) == (Screen.DONE, "done_no_paper")


def test_a_printer_that_does_not_print_keeps_nobody_waiting() -> None:
    station = lent()
    station.tell(PrinterChanged(Paper.OUT, ready=False))
    assert station.view.paper is Paper.OUT
    station.finish(SlipKind.RECEIPT)
    assert (station.view.screen, station.said) == (Screen.DONE, "done_no_paper")


def test_paper_that_runs_out_never_stops_lending() -> None:
    station = lent()
    station.tell(PrinterChanged(Paper.OUT, ready=False))
    station.scan(BOOK[:-1] + "9")
    assert len(station.view.items) == 3


@pytest.mark.parametrize("goes", ["the next card", "cancel", "next patron"])
def test_a_slip_never_comes_out_for_the_next_person(goes: str) -> None:
    station = lent(printer_waits=True)
    station.finish(*BOTH)
    if goes == "the next card":
        station.scan(BEN)
    else:
        station.call(c.SessionCancel() if goes == "cancel" else c.SessionNextPatron())
    assert station.printing == []
    assert station.of(e.DropSlips)
    station.advance(20)
    assert station.printed == []


def test_the_receipt_of_nothing_is_not_printed() -> None:
    station = town().with_printer()
    station.scan(ANNA)
    station.finish(SlipKind.RECEIPT)
    assert (station.printed, station.said) == ([], "done")


def test_the_same_paper_twice_is_once() -> None:
    station = lent()
    station.finish(SlipKind.RECEIPT, SlipKind.RECEIPT)
    assert len(station.printed) == 1


def test_a_printer_that_never_says_what_became_of_a_slip_keeps_the_station_for_a_minute_at_most() -> None:
    station = town(printer_waits=True).with_printer()
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish(SlipKind.RECEIPT)
    assert station.view.screen is Screen.PRINTING
    station.advance(61)
    assert station.view.screen is Screen.DONE
    assert station.said == "done_no_paper"
    assert station.printing == []
    station.advance(20)
    assert station.view.screen is Screen.IDLE
