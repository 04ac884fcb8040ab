"""The procedure round an outage: noticed, looked over, counted, ticked; and all of it there again after a restart."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from kioskd.daemon import status
from kioskd.model import downtime_calls as d
from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.calls import ExceptionsResolve, PaymentTake, Role, SheetAdd, StaffLock
from kioskd.model.choices import ResolveAction
from kioskd.model.downtime import BoardStep, DowntimeView, ProbeKind, SystemState
from kioskd.model.entry import EntryState, ModeName, StorageProblem
from kioskd.model.errors import ErrorKind
from kioskd.model.settings import CratesSettings, LibrarySettings, QuietHours, RelatedSettings, Secret, StationKind
from kioskd.model.time import Clock, ClockSource, ClockTrust
from kioskd.rules.outage import NOTE
from tests.rules.library import Book, Library, Patron
from tests.rules.station import ANNA, BEN, BOOK, FILM, NOON, ZONE, Station, settings

STAFF = Role.STAFF
UNSURE = Clock(trusted=False, source=ClockSource.NONE, boot_id="boot")
RELATED = (
    RelatedSettings("Symphony Web", ProbeKind.HTTP, "https://web.example/", "use it for accounts", "do not use it"),
    RelatedSettings("Sorter", ProbeKind.TCP, "sorter:6051", "leave it off", "it is off"),
    RelatedSettings("My MCL forms", down="do not use the registration forms"),
)


def made(kind: StationKind = StationKind.STAFF, *, clock: Clock | None = None, **sections: Any) -> Station:
    config = replace(
        settings(kind, **sections),
        helpdesk_phone="x85100",
        library=LibrarySettings(contact="555-0100"),
        crates=CratesSettings(mail_to=("leads@sort.example",)),
        related=RELATED,
    )
    library = Library({ANNA: Patron(), BEN: Patron()}, {BOOK: Book(), FILM: Book()})
    station = Station(config=config, library=library)
    if clock is not None:
        station.clock = clock
    return station.start()


@pytest.fixture
def station() -> Station:
    """A staff station whose library system went away; a loan is recorded, so that it is somebody's work."""
    return lent(made().offline())


def lent(station: Station, item: str = BOOK) -> Station:
    station.scan(ANNA)
    station.scan(item)
    station.finish()
    return station


def board(station: Station) -> DowntimeView:
    assert station.view.downtime is not None
    return station.view.downtime


def done(station: Station, call: d.DowntimeCall) -> Any:
    answer = station.asks(call, STAFF)
    assert isinstance(answer, e.Reply), answer
    return answer.result


def tick(step: BoardStep, **changes: Any) -> d.DowntimeTick:
    return d.DowntimeTick(step, by="KM", **changes)


def back(station: Station) -> Station:
    station.back()
    station.advance(300)
    assert station.mode is ModeName.ONLINE
    return station


def test_it_shows_at_once_since_when_what_was_seen_whom_to_call_and_what_to_say(station: Station) -> None:
    shown = board(station)
    assert shown.since.startswith("2026-11-24T12:0")
    assert [(each.reason, each.text) for each in shown.seen] == [("no_line", "no connection")]
    assert shown.helpdesk == "x85100"
    assert shown.read_out.startswith(
        "This is CENTRAL, station CENTRAL-3. The library system has been down here since 12:"
    )
    assert "no connection" in shown.read_out
    assert any("Check nothing in" in line for line in shown.advice)
    assert shown.advice[-1] == "Other wishes: contact us later, 555-0100."
    assert (shown.back, shown.over, shown.board) == (None, None, ())


def test_patrons_are_shown_nothing_of_it() -> None:
    station = made(StationKind.SELF).offline()
    assert station.view.downtime is None
    station.unlock()
    assert board(station).seen
    station.call(StaffLock())
    assert station.view.downtime is None


def test_each_cause_is_kept_and_the_first_one_stays(station: Station) -> None:
    station.login_refused = station.reachable = True
    station.advance(120)
    assert [each.reason for each in board(station).seen] == ["no_line", "login_refused"]


def test_a_start_and_the_nightly_halt_are_no_outage() -> None:
    station = made(ils={"quiet_hours": (QuietHours(dt.time(11), dt.time(13)),)})
    assert station.view.downtime is None
    station.offline()
    assert (station.view.mode.reason, station.view.downtime) == ("quiet_hours", None)
    assert not [note for note in station.journal.notes if note.kind == NOTE]
    station.advance(3600)
    assert board(station).since.startswith("2026-11-24T13:00")


def test_a_short_one_in_which_nothing_was_recorded_closes_itself() -> None:
    station = back(made().offline())
    assert station.view.downtime is None
    assert station.journal.notes[-1].content["brief"] == "yes"
    assert station.refused(d.CrateCount(1, by="KM"), STAFF).kind is ErrorKind.NOT_NOW


def test_what_was_noticed_waits_for_a_disk_that_takes_nothing() -> None:
    station = made()
    station.journal.problem = StorageProblem.FULL
    station.offline()
    assert board(station).seen
    assert not station.journal.notes
    station.journal.problem = None
    station.advance(10)
    assert [note.content["what"] for note in station.journal.notes] == ["began"]


# Related systems.


def test_related_systems_are_looked_at_in_an_outage_and_slowly_after_it() -> None:
    station = made()
    assert not station.of(e.Probe)
    station.answering = {"https://web.example/"}
    lent(station.offline())
    rows = [(row.name, row.state, row.text) for row in board(station).systems]
    assert rows == [
        ("Symphony Web", SystemState.ANSWERS, "use it for accounts"),
        ("Sorter", SystemState.SILENT, "it is off"),
        ("My MCL forms", SystemState.UNPROBED, "do not use the registration forms"),
    ]
    station.answering = set()
    station.advance(31)
    assert board(station).systems[0].state is SystemState.SILENT
    looks = len(station.of(e.Probe))
    station.advance(300)
    assert len(station.of(e.Probe)) - looks == 20, "two systems, each every 30 s"
    back(station)
    looks = len(station.of(e.Probe))
    station.advance(3000)
    assert len(station.of(e.Probe)) - looks == 20, "two systems, each every 5 minutes"
    close(station)
    looks = len(station.of(e.Probe))
    station.advance(3000)
    assert len(station.of(e.Probe)) == looks


# The settings are looked over.


def test_with_a_clock_that_is_kept_staff_look_only(station: Station) -> None:
    assert board(station).review.by is None
    error = station.refused(d.DowntimeReview(dt.datetime(2026, 11, 24, 12, tzinfo=ZONE), "KM"), STAFF)
    assert (error.kind, error.more["field"]) == (ErrorKind.BAD_PARAMS, "time")
    done(station, d.DowntimeReview(by="KM"))
    review = board(station).review
    assert (review.station, review.library, review.date, review.clock) == ("CENTRAL-3", "CENTRAL", "2026-11-24", "ntp")
    assert (review.by, review.offset_s) == ("KM", None)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (d.DowntimeReview(), "by"),
        (d.DowntimeReview(by="KM"), "time"),
        (d.DowntimeReview(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "KM"), "time"),
        (d.DowntimeReview(dt.datetime(2199, 1, 1, tzinfo=dt.UTC), "KM"), "time"),
        (d.CrateCount(5), "by"),
        (d.CrateCount(5, crate=3, by="KM"), "crate"),
        (d.CrateCount(2001, by="KM"), "items"),
    ],
    ids=str,
)
def test_what_cannot_be_names_its_field(call: d.DowntimeCall, field: str) -> None:
    station = made(clock=UNSURE).offline()
    error = station.refused(call, STAFF)
    assert (error.kind, error.more["field"]) == (ErrorKind.BAD_PARAMS, field)
    assert error.message.startswith(f"{field}: expected ")
    assert board(station).review.by is None


REALLY = dt.datetime(2027, 1, 15, 9, 30, tzinfo=ZONE)


def test_staffs_word_on_the_time_is_an_offset_and_the_clock_stays(station: Station) -> None:
    station = made(clock=UNSURE).offline()
    done(station, d.DowntimeReview(REALLY, "KM"))
    review = board(station).review
    assert (review.clock, review.date, review.by) == ("staff", "2027-01-15", "KM")
    assert review.offset_s == round(REALLY.timestamp() - station.wall_s)
    assert station.view.station.time == "09:30"
    station.advance(60)
    lent(station)
    (entry,) = station.entries
    assert entry.what.at_wall_s == pytest.approx(REALLY.timestamp() + 60)
    assert entry.what.clock is ClockTrust.UNSURE, "a better clock may still correct it exactly"
    assert not station.of(e.Purge), "nobody is forgotten by a time that somebody typed"


def test_it_goes_on_with_the_time_since_boot_whatever_the_wall_clock_does() -> None:
    station = made(clock=UNSURE).offline()
    done(station, d.DowntimeReview(REALLY, "KM"))
    station.wall_s -= 86_400
    station.advance(120)
    lent(station)
    assert station.entries[0].what.at_wall_s == pytest.approx(REALLY.timestamp() + 120)


def test_a_better_clock_ends_it_and_corrects_what_was_recorded() -> None:
    station = made(clock=UNSURE).offline()
    done(station, d.DowntimeReview(REALLY, "KM"))
    lent(station)
    station.tell(inputs.ClockChanged(Clock(trusted=True, source=ClockSource.NTP, boot_id="boot")))
    (correction,) = station.of(e.CorrectClock)
    assert correction.wall_minus_boot_s == pytest.approx(station.now.wall_s - station.now.boot_s)
    assert board(station).review.clock == "ntp"
    assert station.state.staffs_clock is None


def test_where_nobody_better_comes_what_goes_up_has_staffs_time() -> None:
    station = made(clock=UNSURE, ils={"answers_to_return": 1}).offline()
    lent(station)
    done(station, d.DowntimeReview(REALLY, "KM"))
    assert not station.of(e.CorrectClock)
    station.back()
    station.advance(120)
    corrections = station.of(e.CorrectClock)
    assert corrections[0].wall_minus_boot_s == pytest.approx(REALLY.timestamp() - station.now.boot_s, abs=200)


# Crates.


def test_returned_items_are_counted_by_crate(station: Station) -> None:
    assert done(station, d.CrateCount(12, by="KM")) == {"crate": 1}
    assert done(station, d.CrateCount(3, by="KM")) == {"crate": 2}
    assert done(station, d.CrateCount(14, crate=1, by="KM")) == {"crate": 1}
    crates = board(station).crates
    assert [(each.crate, each.items, each.on) for each in crates] == [(1, 14, "2026-11-24"), (2, 3, "2026-11-24")]
    mail = crates[0].mail
    assert mail is not None
    assert (mail.to, mail.subject) == (("leads@sort.example",), "Crate 1 of CENTRAL: do not check in yet")
    assert "14 returned items of 2026-11-24" in mail.body
    assert mail.mailto.startswith("mailto:leads@sort.example?subject=Crate%201%20of%20CENTRAL")
    assert len(mail.mailto) <= 213, "a QR code on narrow paper"


def test_a_crate_that_nobody_checked_in_is_the_next_outages_too(station: Station) -> None:
    done(station, d.CrateCount(12, by="KM"))
    back(station)
    station.outage()
    station.advance(120)
    assert [crate.crate for crate in board(station).crates] == [1]
    assert board(station).board == ()


# The recovery board.


def close(station: Station) -> None:
    for step in BoardStep:
        done(station, tick(step))


def test_the_board_is_ticked_in_order(station: Station) -> None:
    assert station.refused(tick(BoardStep.OTHER_PCS), STAFF).kind is ErrorKind.NOT_NOW, "it is not back yet"
    back(station)
    assert [(each.step, each.done, each.next) for each in board(station).board] == [
        (step, False, step is BoardStep.OTHER_PCS) for step in BoardStep
    ]
    error = station.refused(tick(BoardStep.UNSENT), STAFF)
    assert (error.kind, error.more["choices"]) == (ErrorKind.NOT_NOW, ["other_pcs"])
    done(station, tick(BoardStep.OTHER_PCS))
    first = board(station).board[0]
    assert (first.done, first.by) == (True, "KM")
    assert station.refused(tick(BoardStep.SHEETS, done=False), STAFF).kind is ErrorKind.NOT_NOW
    done(station, tick(BoardStep.OTHER_PCS, done=False))
    assert not board(station).board[0].done
    close(station)
    assert station.view.downtime is None
    assert station.refused(tick(BoardStep.OTHER_PCS), STAFF).kind is ErrorKind.NOT_NOW
    whats = [note.content["what"] for note in station.journal.notes if note.kind == NOTE]
    assert whats == ["began", "back", "over", "ticked", "unticked", *["ticked"] * 6]


def test_nothing_is_checked_in_while_an_entry_waits(station: Station) -> None:
    back(station)
    for step in (BoardStep.OTHER_PCS, BoardStep.UNSENT, BoardStep.SHEETS, BoardStep.REGISTRATIONS):
        done(station, tick(step))
    station.hangs = True
    at = dt.datetime.fromtimestamp(NOON, ZONE)
    station.asks(SheetAdd(at, "C", Secret(FILM), Secret(BEN)), STAFF)
    assert "1 entries still wait here" in station.refused(tick(BoardStep.CRATES), STAFF).message


def test_on_a_full_disk_no_tick_was_made(station: Station) -> None:
    back(station)
    station.journal.problem = StorageProblem.FULL
    assert station.refused(tick(BoardStep.OTHER_PCS), STAFF).kind is ErrorKind.STORAGE
    assert not board(station).board[0].done


# After a restart.


def restarted(station: Station) -> Station:
    again = Station(config=station.config, library=station.library, journal=station.journal)
    again.clock, again.mono_s, again.wall_s = station.clock, station.mono_s, station.wall_s
    again.reachable = station.reachable
    return again.start()


def test_a_restart_changes_nothing_of_it(station: Station) -> None:
    done(station, d.DowntimeReview(by="KM"))
    done(station, d.CrateCount(12, by="KM"))
    before = board(station)
    again = restarted(station)
    assert replace(board(again), systems=()) == replace(before, systems=())
    again.advance(120)
    assert board(again).since == before.since
    back(again)
    done(again, tick(BoardStep.OTHER_PCS))
    after = board(restarted(again))
    assert (after.over, after.board[0].by) == (board(again).over, "KM")


def test_staffs_word_on_the_time_outlives_the_daemon_and_not_the_boot() -> None:
    station = made(clock=UNSURE).offline()
    done(station, d.DowntimeReview(REALLY, "KM"))
    again = restarted(station)
    assert again.view.station.time == "09:30"
    station.clock = replace(UNSURE, boot_id="another")
    assert restarted(station).view.station.time == dt.datetime.fromtimestamp(station.wall_s, ZONE).strftime("%H:%M")


# What has waited for a day.


def test_a_day_later_it_is_an_alarm(station: Station) -> None:
    station.advance(86_000)
    assert station.view.alarm is None
    station.advance(500)
    assert station.view.alarm is not None
    assert station.view.alarm.text.startswith("Entries from 2026-11-2")
    back(station)
    assert station.view.alarm is None


def test_an_exception_that_waits_for_staff_a_day_long_is_an_alarm_on_view_and_status() -> None:
    """The clock brings it, without anybody doing anything."""
    station = lent(lent(made(ils={"poll_online_s": 3600.0}).offline()), FILM)
    del station.library.books[FILM]
    back(station)
    station.advance(600)
    assert (station.view.exceptions, station.view.unsent, station.view.alarm) == (1, 0, None)
    station.advance(86_000)
    alarm = station.view.alarm
    assert alarm is not None
    assert alarm.text.startswith("Entries from 2026-11-24")
    assert "worklist" in alarm.text
    assert alarm.oldest == station.state.summary.oldest_exception
    assert status.draw(station.state, wall_s=station.wall_s, free_mib=None).alarm == alarm
    (waits,) = (entry for entry in station.entries if entry.state is EntryState.EXCEPTION)
    done(station, ExceptionsResolve(waits.seq, ResolveAction.DONE_BY_HAND, by="KM"))
    assert station.view.alarm is None


def test_what_waits_is_sent_at_night_and_once_more_before_opening() -> None:
    config = settings(ils={"quiet_hours": (QuietHours(dt.time(0), dt.time(4, 30)),), "poll_online_s": 600.0})
    station = Station(config=replace(config, library=LibrarySettings(opens=dt.time(10)))).start()
    times = []
    for _ in range(4):
        due = station.state.nightly_wall_s
        assert due is not None
        times.append(dt.datetime.fromtimestamp(due, ZONE).strftime("%H:%M"))
        station.advance(due - station.wall_s + 1)
    assert times == ["04:30", "09:00", "04:30", "09:00"], "the nightly halt is over first"


# Refusals.


def test_a_refusal_says_where_to_turn_to_later(station: Station) -> None:
    error = station.refused(PaymentTake(), STAFF)
    assert str(error.more["instead"]).endswith("Other wishes: contact us later, 555-0100.")
    assert station.view.contact == "555-0100"


@pytest.mark.parametrize("staffed", [False, True])
def test_what_is_not_for_loan_is_lent_offline_by_staff_alone(staffed: bool) -> None:
    station = made(StationKind.SELF, barcodes={"not_for_loan": (r"^31168012\d{6}$",)}).offline()
    if staffed:
        station.unlock()
    station.scan(ANNA)
    station.scan(BOOK)
    station.scan(FILM)
    assert station.results() == [(BOOK, "recorded" if staffed else "refused"), (FILM, "recorded")]
    if not staffed:
        assert station.view.items[0].text == "Stays here: lent by staff only"


def test_online_the_library_system_decides_what_is_for_loan() -> None:
    station = made(StationKind.SELF, barcodes={"not_for_loan": (r"^3\d{13}$",)})
    station.scan(ANNA)
    station.scan(BOOK)
    assert station.results() == [(BOOK, "checked_out")]
