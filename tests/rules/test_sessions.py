"""Sessions: whose card, whose items, and what is asked when that is not plain."""

import pytest

from kioskd.model import calls as c
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import ScanLost
from kioskd.model.settings import StationKind
from kioskd.model.view import Flow, Screen
from tests.rules import invariants
from tests.rules.station import ANNA, BEN, BOOK, FILM, Station, town

LICENCE = "@\nANSI 6360DOE\nJANE 12 ELM ST"


def label(station: Station) -> str | None:
    return station.view.patron.label if station.view.patron else None


def test_a_card_opens_a_checkout_and_shows_four_digits_at_most() -> None:
    station = town()
    assert station.view.screen is Screen.IDLE
    view = station.scan(ANNA)
    assert (view.screen, view.flow, label(station)) == (Screen.ITEMS, Flow.CHECKOUT, "••••8653")
    invariants.secret_nowhere(station, ANNA)


def test_an_item_before_a_card_asks_for_the_card_and_keeps_nothing() -> None:
    station = town()
    station.scan(BOOK)
    assert (station.view.screen, station.said, station.entries) == (Screen.IDLE, "card_first", ())
    station.advance(11)
    assert station.said is None


def test_a_card_at_finish_and_at_done_opens_the_next_checkout() -> None:
    for stage in ("finish", "done"):
        station = town()
        station.scan(ANNA)
        station.call(c.SessionShow(c.ShowScreen.FINISH))
        if stage == "done":
            station.finish()
        assert station.view.screen == stage
        station.scan(BEN)
        assert (station.view.screen, label(station)) == (Screen.ITEMS, "••••3143")


def test_a_card_at_printing_opens_the_next_checkout_and_the_slip_is_dropped() -> None:
    station = town(printer_waits=True).with_printer()
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish("receipt")
    assert station.view.screen is Screen.PRINTING
    station.scan(BEN)
    assert (station.view.screen, label(station), station.printing) == (Screen.ITEMS, "••••3143", [])


def test_an_item_scanned_at_printing_asks_for_a_card_and_leaves_the_slip_alone() -> None:
    station = town(printer_waits=True).with_printer()
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish("receipt")
    station.scan(FILM)
    assert (station.view.screen, station.said, len(station.printing)) == (Screen.PRINTING, "card_first", 1)


def test_a_staff_station_goes_on_to_the_next_patron() -> None:
    station = town(kind=StationKind.STAFF)
    station.scan(ANNA)
    station.scan(BOOK)
    station.scan(BEN)
    assert (label(station), station.view.items) == ("••••3143", ())
    station.scan(FILM)
    assert station.lent() == [(ANNA, BOOK), (BEN, FILM)]


@pytest.mark.parametrize(("answer", "whose"), [("yes", BEN), ("no", ANNA), ("the card again", BEN)])
def test_a_self_station_asks_finish_first(answer: str, whose: str) -> None:
    station = town()
    station.scan(ANNA)
    station.scan(BEN)
    assert (station.view.screen, station.said) == (Screen.CONFIRM, "finish_first")
    station.advance(2)
    if answer == "the card again":
        station.scan(BEN)
    else:
        station.confirm(yes=answer == "yes")
    station.scan(BOOK)
    assert station.lent() == [(whose, BOOK)]


def test_while_finish_first_is_open_items_are_not_taken() -> None:
    station = town()
    station.scan(ANNA)
    station.scan(BEN)
    station.scan(BOOK)
    assert (station.said, station.entries) == ("finish_first", ())


def test_the_sessions_own_card_changes_nothing() -> None:
    station = town()
    station.scan(ANNA)
    station.scan(BOOK)
    session, items = station.view.session, station.view.items
    station.advance(3)
    station.scan(ANNA)
    assert (station.view.session, station.view.items, station.view.screen) == (session, items, Screen.ITEMS)


@pytest.mark.parametrize(("answer", "entries"), [("yes", 2), ("own card", 2), ("no", 0)])
def test_after_a_pause_items_wait_for_still_card(answer: str, entries: int) -> None:
    station = town()
    station.scan(ANNA)
    station.advance(16)
    station.scan(BOOK)
    station.scan(FILM)
    assert (station.view.screen, station.said, station.entries) == (Screen.CONFIRM, "still_card", ())
    if answer == "own card":
        station.scan(ANNA)
    else:
        station.confirm(yes=answer == "yes")
    assert len(station.entries) == entries
    assert (station.view.session is None) == (answer == "no")


def test_a_staff_station_never_asks_still_card() -> None:
    station = town(kind=StationKind.STAFF)
    station.scan(ANNA)
    station.advance(40)
    station.scan(BOOK)
    assert len(station.entries) == 1


def test_a_question_stays_readable_as_long_as_it_is_open() -> None:
    station = town()
    station.scan(ANNA)
    station.scan(BEN)
    station.scan("9780306406157")
    assert station.said == "shop_barcode"
    station.advance(11)
    assert (station.view.screen, station.said) == (Screen.CONFIRM, "finish_first")


def test_nothing_but_an_answer_gets_past_a_question() -> None:
    station = town()
    station.scan(ANNA)
    station.advance(16)
    station.scan(BOOK)
    for call in (c.SessionFinish(), c.SessionShow(c.ShowScreen.FINISH), c.SessionStart(Flow.RENEW)):
        assert station.refused(call).kind is ErrorKind.NOT_NOW
    assert station.said == "still_card"


def test_idle_warns_then_ends_and_any_touch_puts_it_off() -> None:
    station = town()
    station.scan(ANNA)
    station.advance(59)
    assert station.view.timer is None
    station.advance(2)
    assert (station.said, station.view.timer.kind) == ("still_there", "idle")
    assert 15 <= station.view.timer.ends_in_s <= 20
    station.call(c.SessionMoreTime())
    assert (station.said, station.view.timer) == ("scan_items", None)
    station.advance(59)
    assert station.view.timer is None
    station.advance(22)
    assert (station.view.screen, station.view.session) == (Screen.IDLE, None)


@pytest.mark.parametrize(("yes", "open_"), [(True, True), (False, False)])
def test_the_idle_warning_is_a_question(yes: bool, open_: bool) -> None:
    station = town()
    station.scan(ANNA)
    station.advance(61)
    assert "session.confirm" in station.view.choices
    station.confirm(yes=yes)
    assert (station.view.session is not None) is open_
    assert station.view.timer is None


def test_a_late_tick_still_leaves_time_to_answer() -> None:
    station = town()
    station.scan(ANNA)
    station.mono_s += 500
    station.wall_s += 500
    station.advance(1)
    assert station.said == "still_there"
    station.advance(15)
    assert station.view.session is not None
    station.advance(10)
    assert station.view.session is None


def test_done_goes_by_itself_and_shows_nobody() -> None:
    station = town()
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish()
    assert (station.view.screen, station.view.patron, len(station.view.items)) == (Screen.DONE, None, 1)
    station.advance(9)
    assert (station.view.screen, station.view.items) == (Screen.IDLE, ())


def test_the_language_is_the_sessions_and_goes_with_it() -> None:
    station = town(station={"languages": ("en", "es")})
    station.call(c.SessionLanguage("es"))
    station.scan(ANNA)
    assert station.view.language == "es"
    station.call(c.SessionCancel())
    assert station.view.language == "en"
    assert station.refused(c.SessionLanguage("vi")).kind is ErrorKind.BAD_PARAMS


@pytest.mark.parametrize("left", ["language", "help", "question"])
def test_what_somebody_leaves_at_an_idle_screen_goes(left: str) -> None:
    station = town(
        station={"languages": ("en", "es")},
        barcodes={"patron": (r"\d{4}",), "item": (r"\d{4}",)},
        ils={"poll_online_s": 9999.0},
    )
    if left == "language":
        station.call(c.SessionLanguage("es"))
    elif left == "help":
        station.call(c.SessionShow(c.ShowScreen.HELP))
        assert station.view.screen is Screen.HELP
    else:
        station.scan("1234")
        assert station.view.screen is Screen.CONFIRM
    station.advance(55)
    assert (station.view.language, station.view.screen) != ("en", Screen.IDLE)
    station.advance(6)
    assert (station.view.language, station.view.screen, station.said) == ("en", Screen.IDLE, None)


def test_help_lies_over_the_session_and_a_scan_takes_it_off() -> None:
    station = town()
    station.scan(ANNA)
    station.call(c.SessionShow(c.ShowScreen.HELP))
    assert station.view.screen is Screen.HELP
    station.scan(BOOK)
    assert (station.view.screen, len(station.entries)) == (Screen.ITEMS, 1)


def test_a_late_tap_never_ends_the_next_persons_session() -> None:
    station = town()
    first = station.scan(ANNA).session
    station.call(c.SessionCancel())
    station.scan(BEN)
    for call in (c.SessionCancel(first), c.SessionFinish((), first), c.SessionNextPatron(first)):
        error = station.refused(call)
        assert (error.kind, error.message) == (ErrorKind.NOT_NOW, "Another visit has begun meanwhile.")
        assert error.more["choices"]
    assert label(station) == "••••3143"


def test_the_same_code_again_within_repeat_s_is_one_scan() -> None:
    station = town()
    station.scan(ANNA)
    station.scan(BOOK)
    station.advance(1)
    station.scan(BOOK)
    assert station.said == "checked_out"
    station.advance(2)
    station.scan(BOOK)
    assert (station.said, len(station.entries)) == ("already_listed", 1)
    station.scan(FILM)
    station.scan(BOOK)
    assert station.said == "already_listed"


def test_two_scanners_do_not_share_their_repeats() -> None:
    station = town()
    station.scan(ANNA, "front")
    station.scan(BOOK, "front")
    station.scan(BOOK, "hand")
    assert station.said == "already_listed"


def test_a_lost_scan_is_said() -> None:
    station = town()
    station.scan(ANNA)
    station.tell(ScanLost("front"))
    assert station.said == "scan_lost"


def test_a_code_of_nobodys_is_in_no_view_log_or_journal() -> None:
    station = town()
    station.scan(ANNA)
    for code in (LICENCE, "SECRET-SHOPPER-77", "9780306406157"):
        station.scan(code)
        station.enter(code)
    invariants.secret_nowhere(station, "DOE", "JANE", "SHOPPER", "9780306406157", LICENCE)
    assert not any("ELM" in str(scan.code) for scan in station.state.last_scans.values())


def test_a_card_or_item_is_asked_about() -> None:
    station = town(barcodes={"patron": (r"\d{14}",), "item": (r"3\d{13}",)})
    station.scan(ANNA)
    station.scan(BOOK)
    assert (station.view.screen, station.said, station.entries) == (Screen.CONFIRM, "card_or_item", ())
    station.confirm(yes=False)
    assert station.lent() == [(ANNA, BOOK)]
    station.scan(FILM)
    station.confirm(yes=True)
    assert station.said == "finish_first"


def test_next_patron_awaits_a_card() -> None:
    station = town(kind=StationKind.STAFF)
    station.scan(ANNA)
    station.call(c.SessionNextPatron())
    assert (station.view.screen, station.view.patron, station.said) == (Screen.CARD, None, "scan_card")


def test_after_a_restart_the_patron_hears_how_many_items_were_recorded() -> None:
    station = town(begun=False).start(interrupted=3)
    assert (station.view.screen, station.said, station.view.message.params) == (
        Screen.IDLE,
        "session_interrupted",
        {"count": "3"},
    )


def test_command_barcodes_do_the_whole_visit() -> None:
    station = town()
    station.scan("KIOSK10")
    assert station.view.screen is Screen.CARD
    station.scan(ANNA)
    station.scan(BOOK)
    station.scan("KIOSK13")
    assert station.view.screen is Screen.HELP
    station.scan("KIOSK12")
    assert station.view.screen is Screen.ITEMS
    station.scan("KIOSK99")
    assert station.said == "command_unknown"
    station.scan("KIOSK03")
    assert station.view.screen is Screen.DONE
