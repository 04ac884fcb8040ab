"""A card's way: typed or scanned, looked up, with a PIN or without; and codes that staff vouch for."""

from kioskd.model import calls as c
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import ScanLost
from kioskd.model.settings import Secret, StationKind
from kioskd.model.view import Screen
from tests.rules import invariants
from tests.rules.library import Patron
from tests.rules.station import ANNA, BEN, BOOK, DISC, FILM, Station, town


def label(station: Station) -> str | None:
    return station.view.patron.label if station.view.patron else None


BAD_CARD = ANNA[:-1] + "4"


def test_a_typed_card_without_a_proof_is_typed_twice() -> None:
    station = town()
    station.library.patrons[BAD_CARD] = Patron()
    station.enter(BAD_CARD)
    assert (station.said, station.view.session) == ("type_card_again", None)
    station.enter("21168000000001")
    assert station.said == "typed_differs"
    station.enter(BAD_CARD)
    station.enter(BAD_CARD)
    assert label(station) == "••••8654"


def test_typing_once_is_forgotten() -> None:
    station = town()
    station.enter(BAD_CARD)
    station.advance(31)
    station.enter(BAD_CARD)
    assert (station.said, station.view.session) == ("type_card_again", None)


def test_a_typed_card_with_a_good_check_digit_is_typed_once() -> None:
    station = town()
    station.enter(f"{ANNA[:5]} {ANNA[5:]}")
    assert label(station) == "••••8653"


def test_staff_confirm_a_typed_card() -> None:
    station = town()
    station.library.patrons[BAD_CARD] = Patron()
    station.enter(BAD_CARD, role=c.Role.STAFF)
    assert (station.view.screen, station.said) == (Screen.CONFIRM, "typed_card_sure")
    station.confirm()
    assert label(station) == "••••8654"


def test_a_doubtful_check_digit_warns_and_goes_on() -> None:
    station = town()
    station.library.patrons[BAD_CARD] = Patron()
    station.scan(BAD_CARD)
    assert (station.view.session is not None, station.said) == (True, "scan_items")
    station.scan(BOOK[:-1] + "3")
    assert station.view.items[0].reason in ("check_digit", "ils_refused")


def test_staff_take_a_code_that_no_pattern_knows_after_one_question() -> None:
    station = town(kind=StationKind.STAFF).offline()
    station.scan(ANNA)
    station.enter("ODD 77", c.CodeAs.ITEM, c.Role.STAFF)
    assert (station.view.screen, station.said, station.entries) == (Screen.CONFIRM, "unmatched_item_sure", ())
    station.confirm()
    (entry,) = station.entries
    assert (entry.what.item, entry.what.unmatched) == ("ODD 77", True)


def test_patrons_may_not_take_a_code_as_anything() -> None:
    station = town()
    station.scan(ANNA)
    assert station.refused(c.SessionInput(Secret("ODD"), c.CodeAs.ITEM)).kind is ErrorKind.NOT_ALLOWED


def test_scans_made_while_a_card_is_looked_up_wait_their_turn() -> None:
    station = town(library_waits=False)
    station.library_waits = True
    station.scan(ANNA)
    station.scan(BOOK)
    station.scan(FILM)
    assert (station.view.screen, station.entries) == (Screen.CARD, ())
    station.library_waits = False
    station.tell(ScanLost("front"))
    assert station.lent() == [(ANNA, BOOK), (ANNA, FILM)]


def test_behind_the_next_card_they_are_the_next_patrons() -> None:
    station = town(kind=StationKind.STAFF)
    station.library_waits = True
    for code in (ANNA, BOOK, BEN, FILM, DISC):
        station.scan(code)
    station.library_waits = False
    station.tell(ScanLost("front"))
    assert station.lent() == [(ANNA, BOOK), (BEN, FILM), (BEN, DISC)]


def test_an_unknown_or_blocked_card_is_sent_to_the_desk() -> None:
    station = town()
    station.library.patrons[BEN] = Patron(denied=True)
    station.scan("21168000000001")
    assert (station.view.session, station.said) == (None, "card_unknown")
    station.scan(BEN)
    assert (station.view.session, station.said) == (None, "card_blocked")


def test_staff_hear_what_blocks_a_card_and_may_go_on() -> None:
    station = town(kind=StationKind.STAFF)
    station.library.patrons[BEN] = Patron(denied=True)
    station.scan(BEN)
    assert (station.view.screen, station.said) == (Screen.ITEMS, "card_blocked_staff")


class TestPin:
    def test_it_is_asked_for_online_and_gone_afterwards(self) -> None:
        station = town(ils={"ask_pin": True})
        station.library.patrons[ANNA] = Patron(pin="PIN-4711")
        station.scan(ANNA)
        assert (station.view.screen, station.said) == (Screen.PIN, "enter_pin")
        station.enter("PIN-0000")
        assert (station.view.screen, station.said) == (Screen.PIN, "pin_wrong")
        station.enter("PIN-4711")
        station.scan(BOOK)
        assert station.lent() == [(ANNA, BOOK)]
        station.finish()
        assert station.state.session is not None
        assert station.state.session.pin is None
        invariants.secret_nowhere(station, "PIN-4711", "PIN-0000")
        assert "4711" not in repr(station.state)

    def test_what_was_scanned_before_a_wrong_pin_still_waits(self) -> None:
        station = town(ils={"ask_pin": True})
        station.library.patrons[ANNA] = Patron(pin="1")
        station.scan(ANNA)
        station.library_waits = True
        station.enter("2")
        station.scan(BOOK)
        station.library_waits = False
        station.tell(ScanLost("front"))
        assert station.view.screen is Screen.PIN
        station.enter("1")
        assert station.lent() == [(ANNA, BOOK)]

    def test_it_is_skipped_when_the_library_system_goes(self) -> None:
        station = town(ils={"ask_pin": True})
        station.scan(ANNA)
        station.call(c.ModeSet(c.ModeWish.OFFLINE, "halt"), c.Role.STAFF)
        assert (station.view.screen, station.said) == (Screen.ITEMS, "scan_items")

    def test_offline_it_is_never_asked_for(self) -> None:
        station = town(ils={"ask_pin": True}).offline()
        assert station.scan(ANNA).screen is Screen.ITEMS
