"""98 is good, and the work itself is not done: when a library system is believed to be back."""

import datetime as dt

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.barcode import ItemBarcode
from kioskd.model.entry import ModeName
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import AskCheckout, AskItem, AskPatron, AskRenew, LineTrouble, NoAnswer, StatusAnswer
from kioskd.model.inputs import LineUp
from kioskd.model.settings import QuietHours
from kioskd.rules.quiet import quiet_until
from tests.rules.outage import recorded
from tests.rules.station import ANNA, BEN, BOOK, FILM, ZONE, Station, town


class TestProbe:
    def test_back_is_who_answers_for_the_probes_card(self) -> None:
        station = town(ils={"probe_patron": ANNA}).offline()
        station.back()
        station.hangs_on = (AskPatron,)
        station.advance(200)
        assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "half_up")
        station.hangs_on = ()
        station.advance(300)
        assert station.mode is ModeName.ONLINE

    def test_one_that_does_not_know_that_card_is_still_starting(self) -> None:
        station = town(ils={"probe_patron": ANNA}).offline()
        known = station.library.patrons
        station.library.patrons = {}
        station.back()
        station.advance(200)
        assert station.mode is ModeName.OFFLINE
        station.library.patrons = known
        station.advance(30)
        assert station.mode is ModeName.ONLINE


def falls(station: Station) -> int:
    return sum(log.event == "mode_changed" and log.fields["mode"] == "offline" for log in station.of(e.Log))


class TestHalfUp:
    """98 is good, and the work itself is not done."""

    def test_with_unsent_entries_the_oldest_is_looked_up_before_it_is_believed(self) -> None:
        station = recorded((ANNA, BOOK), (BEN, FILM))
        station.back()
        station.hangs_on = (AskItem,)
        station.advance(60)
        assert (station.mode, station.view.mode.reason, station.lent()) == (ModeName.OFFLINE, "half_up", [])
        station.hangs_on = ()
        station.advance(120)
        assert (station.mode, station.lent()) == (ModeName.ONLINE, [(ANNA, BOOK), (BEN, FILM)])

    def test_with_nothing_to_ask_98_suffices(self) -> None:
        station = town().offline()
        station.back()
        station.hangs_on = (AskItem, AskPatron, AskCheckout)
        station.advance(45)
        assert station.mode is ModeName.ONLINE

    def test_that_a_loan_hung_is_told_as_half_up_as_soon_as_98_is_good(self) -> None:
        station = town()
        station.scan(ANNA)
        station.hangs_on = (AskCheckout,)
        station.scan(BOOK)
        station.advance(8.5)
        assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "half_up")

    def test_hours_of_it_move_the_station_seldom_and_each_time_less_often(self) -> None:
        station = recorded((BEN, FILM))
        station.back()
        station.hangs_on = (AskCheckout, AskRenew)
        times = []
        for _ in range(4):
            before = falls(station)
            station.advance(3600)
            times.append(falls(station) - before)
        assert times[0] <= 11
        assert max(times[1:]) <= 6
        assert station.journal.summary().exceptions == 0

    def test_a_line_that_dies_of_each_loan_ends_there_too(self) -> None:
        station = recorded((BEN, FILM), (ANNA, BOOK))
        station.watch = False
        answer = station._answer

        def deadly() -> None:
            if station.line.current and isinstance(station.line.current.question, AskCheckout):
                station.dies = ["before"]
            answer()

        station._answer = deadly  # type: ignore[method-assign]
        station.back()
        station.advance(1200)
        assert "half_up" in {log.fields["reason"] for log in station.of(e.Log) if log.event == "mode_changed"}

    def test_lines_that_die_of_the_probe_are_no_login_storm(self) -> None:
        station = recorded((BEN, FILM))
        station.watch = False
        answer = station._answer

        def deadly() -> None:
            if station.line.current and isinstance(station.line.current.question, AskItem):
                station._broke(NoAnswer.DROPPED, LineTrouble.LOST)
            else:
                answer()

        station._answer = deadly  # type: ignore[method-assign]
        station.back()
        before = len(station.of(e.Connect))
        station.advance(1200)
        assert len(station.of(e.Connect)) - before <= 12
        assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "half_up")

    def test_where_63_hangs_a_63_is_the_proof(self) -> None:
        station = town()
        station.watch = False
        station.scan(ANNA)
        station.scan(BOOK)
        station.finish()
        station.hangs_on = (AskPatron,)
        waited = 0
        for _ in range(20):
            station.scan(BEN)
            waited += station.state.session is not None and station.state.session.stage.value == "lookup"
            station.advance(9)
            station.scan(FILM)
            station.finish()
            station.advance(50)
        assert waited <= 2
        station.hangs_on = ()
        station.advance(1300)
        assert station.mode is ModeName.ONLINE

    def test_a_settled_entry_ends_all_waits(self) -> None:
        station = recorded((BEN, FILM))
        station.back()
        station.hangs_on = (AskCheckout,)
        station.advance(3600)
        assert station.state.link.relapses > 3
        station.hangs_on = ()
        station.advance(700)
        assert station.mode is ModeName.ONLINE
        assert (station.state.link.relapses, station.state.link.believe_mono_s) == (0, 0.0)

    def test_a_dropped_line_that_is_back_at_once_is_no_relapse(self) -> None:
        station = town()
        station.scan(ANNA)
        for _ in range(6):
            station.dies = ["after"]
            station.scan(BOOK)
            station.advance(3)
            station.call(c.SessionNextPatron())
            station.scan(ANNA)
        assert (station.mode, station.state.link.relapses) == (ModeName.ONLINE, 0)


class TestQuietHours:
    """The nightly halt is no outage to report."""

    def night(self, **changes: object) -> Station:
        station = town(ils={"quiet_hours": (QuietHours(dt.time(23, 30), dt.time(4)),), **changes})
        station.watch = False
        for _ in range(12):
            station.advance(3540)
        assert station.mode is ModeName.ONLINE
        return station

    def alarms(self, station: Station) -> list[tuple[str, object]]:
        return [(log.level, log.fields["trouble"]) for log in station.of(e.Log) if log.event == "line_down"]

    def test_an_outage_in_them_raises_no_alarm(self) -> None:
        station = self.night()
        station.advance(300)
        station.outage()
        station.advance(120)
        assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "quiet_hours")
        assert {level for level, _ in self.alarms(station)} == {"info"}

    def test_one_that_outlasts_them_does(self) -> None:
        station = self.night()
        station.advance(300)
        station.outage()
        station.advance(3 * 3600 + 3500)
        assert station.view.mode.reason == "quiet_hours"
        station.advance(1000)
        assert station.view.mode.reason == "no_line"
        assert "warning" in {level for level, _ in self.alarms(station)}

    def test_the_nightly_upload_waits_for_their_end(self) -> None:
        station = self.night(upload_spread_s=500_000.0)
        station.offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.finish()
        station.back()
        station.advance(3 * 3600 + 2000)
        assert station.lent() == []
        station.advance(3600)
        assert station.lent() == [(ANNA, BOOK)]


@pytest.mark.parametrize(
    ("spans", "now", "ends"),
    [
        (((23, 30), (4, 0)), "2026-11-24T23:29:59", None),
        (((23, 30), (4, 0)), "2026-11-24T23:30:00", "2026-11-25T04:00:00"),
        (((23, 30), (4, 0)), "2026-11-25T03:59:00", "2026-11-25T04:00:00"),
        (((12, 0), (0, 0)), "2026-11-24T12:00:00", "2026-11-25T00:00:00"),
        (((0, 0), (4, 30)), "2026-11-24T00:00:00", "2026-11-24T04:30:00"),
        # The clock goes back at two, and forward at two.
        (((0, 0), (4, 30)), "2026-11-01T00:10:00", "2026-11-01T04:30:00"),
        (((1, 0), (3, 30)), "2027-03-14T01:59:00", "2027-03-14T03:30:00"),
    ],
)
def test_quiet_hours_are_the_local_clocks(
    spans: tuple[tuple[int, int], tuple[int, int]], now: str, ends: str | None
) -> None:
    hours = (QuietHours(dt.time(*spans[0]), dt.time(*spans[1])),)
    at = dt.datetime.fromisoformat(now).replace(tzinfo=ZONE)
    found = quiet_until(hours, ZONE, at.timestamp())
    told = dt.datetime.fromtimestamp(found, ZONE).replace(tzinfo=None).isoformat() if found is not None else None
    assert told == ends


class TestTrustedFlags:
    @pytest.mark.parametrize(("trusted", "mode"), [(True, ModeName.OFFLINE), (False, ModeName.ONLINE)])
    def test_without_checkout_it_is_as_good_as_away(self, trusted: bool, mode: ModeName) -> None:
        station = town(ils={"trust_flags": trusted}, begun=False)
        station.library_waits = True
        station.start()
        station.line.opening, station.line.up = None, True
        station.tell(LineUp(StatusAnswer(online=True, flags={"checkout_ok": False, "checkin_ok": False})))
        assert station.mode is mode

    def test_without_checkin_it_is_elsewhere(self) -> None:
        station = town(ils={"trust_flags": True}, begun=False)
        station.library_waits = True
        station.start()
        station.line.opening, station.line.up = None, True
        station.tell(LineUp(StatusAnswer(online=True, flags={"checkout_ok": True, "checkin_ok": False})))
        assert station.refused(c.ItemCheckin(ItemBarcode(BOOK)), c.Role.STAFF).kind is ErrorKind.ELSEWHERE
