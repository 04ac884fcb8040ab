"""Modes: when the library system is believed to be gone, and when to be back; what each permits."""

import datetime as dt
import itertools
from dataclasses import replace

import pytest

from kioskd.model import calls as c
from kioskd.model import downtime_calls as d
from kioskd.model import effects as e
from kioskd.model.barcode import ItemBarcode
from kioskd.model.downtime import BoardStep, DraftForm
from kioskd.model.entry import ModeName
from kioskd.model.errors import CODES, ErrorKind
from kioskd.model.ils import (
    AskCheckin,
    AskCheckout,
    AskStatus,
    CheckinAnswer,
    LineTrouble,
    StatusAnswer,
)
from kioskd.model.inputs import Answered, LineDown, LineUp
from kioskd.model.slip import StaffSlip
from kioskd.model.view import Flow
from kioskd.rules import policy
from kioskd.rules.policy import Act, How
from tests.rules.outage import recorded
from tests.rules.station import ANNA, BEN, BOOK, FILM, Station, town

STAFF = c.Role.STAFF


def polls(station: Station) -> int:
    return sum(isinstance(question, AskStatus) for question in station.library.heard)


def test_at_start_one_answer_suffices() -> None:
    station = town(begun=False)
    station.library_waits = True
    station.start()
    assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "starting")
    station.open_line()
    assert station.mode is ModeName.ONLINE


def test_a_quiet_line_is_polled() -> None:
    station = town()
    before = polls(station)
    station.advance(61)
    assert polls(station) - before == 4


def test_three_missed_polls_are_an_outage_and_fewer_are_not() -> None:
    station = town()
    station.hangs = True
    station.advance(15 + 8 + 8)
    assert (station.mode, station.state.link.misses) == (ModeName.ONLINE, 2)
    station.advance(2 + 8 + 1)
    assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "no_answer")


def test_a_closed_line_that_comes_back_at_once_is_no_outage() -> None:
    station = town()
    station.scan(ANNA)
    for _ in range(5):
        station.line.up = False
        station.tell(LineDown(LineTrouble.LOST))
        station.advance(3)
        assert station.mode is ModeName.ONLINE


def test_a_quick_return_ends_the_outage_that_a_dropped_line_began() -> None:
    station = town()
    station.scan(ANNA)
    station.dies.append("before")
    station.scan(BOOK)
    assert station.results() == [(BOOK, "recorded")]
    station.advance(3)
    assert (station.mode, station.lent()) == (ModeName.ONLINE, [(ANNA, BOOK)])


def test_after_a_time_out_five_good_answers_are_wanted() -> None:
    station = town()
    station.scan(ANNA)
    station.hangs_on = (AskCheckout,)
    station.scan(BOOK)
    station.advance(8.1)
    assert station.mode is ModeName.OFFLINE
    station.hangs_on = ()
    seen = []
    for _ in range(20):
        seen.append((station.state.link.good, station.mode))
        station.advance(1)
    assert (4, ModeName.OFFLINE) in seen
    assert (1, ModeName.ONLINE) not in seen
    assert station.mode is ModeName.ONLINE


def test_offline_it_is_tried_every_30_s_and_from_the_first_good_answer_every_2_s() -> None:
    station = town().offline()
    before = len(station.of(e.Connect))
    station.advance(61)
    assert len(station.of(e.Connect)) - before == 2
    station.back()
    station.advance(30)
    heard = polls(station)
    assert heard
    station.advance(8)
    assert station.mode is ModeName.ONLINE
    assert station.state.link.good >= station.config.ils.answers_to_return


def test_a_line_that_dies_again_and_again_is_not_opened_in_a_busy_loop() -> None:
    station = town()
    before = len(station.of(e.Connect))
    for _ in range(40):
        if station.line.up:
            station.line.up = False
            station.tell(LineDown(LineTrouble.LOST))
        station.advance(0.5)
    assert len(station.of(e.Connect)) - before <= 20


def test_a_poll_whose_turn_never_came_is_asked_again() -> None:
    station = town()
    station.scan(ANNA)
    station.library_waits = True
    station.advance(14)
    station.scan(BOOK)
    station.advance(6)
    station.scan(FILM)
    station.confirm()
    station.advance(1)
    station.answer()
    station.advance(3)
    assert station.line.queue == []
    station.answer()
    station.library_waits = False
    before = polls(station)
    station.advance(61)
    assert polls(station) - before >= 3


def test_a_poll_that_takes_longer_than_the_silence_before_it_does_not_make_time_stand() -> None:
    station = town(ils={"timeout_s": 60.0})
    station.scan(ANNA)
    station.library_waits = True
    station.advance(10)
    station.scan(BOOK)
    station.advance(6)
    station.answer()
    asked = len(station.of(e.Ask))
    station.advance(40)
    assert len(station.of(e.Ask)) == asked
    assert station.mode is ModeName.ONLINE


def test_what_98_says_first_is_obeyed() -> None:
    station = town()
    station.library.online = False
    station.advance(16)
    assert (station.mode, station.view.mode.reason) == (ModeName.OFFLINE, "says_offline")
    station.library.online = True
    station.advance(50)
    assert station.mode is ModeName.ONLINE


@pytest.mark.parametrize(("theirs", "ours"), [(None, 8.0), (3.0, 3.0), (0.1, 2.0), (60.0, 8.0)])
def test_98s_time_out_may_shorten_ours_to_2_s_and_never_lengthens_it(theirs: float | None, ours: float) -> None:
    station = town(begun=False)
    station.library_waits = True
    station.start()
    station.line.opening, station.line.up = None, True
    station.tell(LineUp(StatusAnswer(online=True, timeout_s=theirs)))
    station.scan(ANNA)
    assert station.line.current.until_mono_s - station.mono_s == ours


def test_a_login_that_used_to_work_is_tried_again_after_60_s_and_then_less_often() -> None:
    station = town()
    station.login_refused = True
    station.line.up = False
    station.tell(LineDown(LineTrouble.LOST))
    before = len(station.of(e.Connect))
    station.advance(59)
    assert len(station.of(e.Connect)) == before
    station.advance(600)
    assert len(station.of(e.Connect)) - before <= 4
    assert station.view.mode.reason == "login_refused"


def test_slow_is_said_and_taken_back() -> None:
    station = town()
    station.scan(ANNA)
    station.library_waits = True
    for item, round_trip_s, slow in ((BOOK, 2.6, True), (FILM, 0.1, False)):
        station.scan(item)
        current, station.line.current = station.line.current, None
        answer = station.library.answer(current.question, station._today())
        station.tell(Answered(current.ask, answer, round_trip_s))
        assert station.view.mode.slow is slow


class TestForced:
    def test_staff_give_a_reason_and_it_is_shown(self) -> None:
        station = town()
        assert station.refused(c.ModeSet(c.ModeWish.OFFLINE), STAFF).kind is ErrorKind.BAD_PARAMS
        answer = station.asks(c.ModeSet(c.ModeWish.OFFLINE, " nightly batch "), STAFF)
        assert isinstance(answer, e.Query)
        mode = station.view.mode
        assert (mode.name, mode.reason, mode.forced) == (ModeName.OFFLINE, "nightly batch", True)
        (note,) = (note for note in station.journal.notes if note.kind == "mode")
        assert note.content["reason"] == "nightly batch"
        station.advance(300)
        assert station.mode is ModeName.OFFLINE

    def test_it_is_durable_first(self) -> None:
        station = town(journal_waits=True)
        station.call(c.ModeSet(c.ModeWish.OFFLINE, "x"), STAFF)
        assert station.mode is ModeName.ONLINE
        station.save()
        assert station.mode is ModeName.OFFLINE

    def test_it_survives_a_restart(self) -> None:
        station = town(begun=False).start(forced="batch")
        station.advance(100)
        assert (station.mode, station.view.mode.reason, station.view.mode.forced) == (ModeName.OFFLINE, "batch", True)

    def test_auto_goes_back_through_recovery(self) -> None:
        station = town()
        station.call(c.ModeSet(c.ModeWish.OFFLINE, "x"), STAFF)
        station.scan(ANNA)
        station.scan(BOOK)
        station.advance(20)
        assert station.lent() == []
        station.call(c.ModeSet(c.ModeWish.AUTO), STAFF)
        station.advance(20)
        assert (station.mode, station.lent()) == (ModeName.ONLINE, [(ANNA, BOOK)])

    def test_the_upload_does_not_run_meanwhile(self) -> None:
        station = town()
        station.call(c.ModeSet(c.ModeWish.OFFLINE, "x"), STAFF)
        error = station.refused(c.UploadStart(), STAFF)
        assert (error.kind, set(error.more)) == (ErrorKind.REFUSED_OFFLINE, {"action", "reason", "instead"})


def recovering() -> Station:
    """Back, with a loan of a book to Anna that waits for an hour."""
    station = recorded((ANNA, BOOK), ils={"upload_spread_s": 5000.0})
    station.back()
    while station.mode is ModeName.OFFLINE:
        station.advance(1)
    return station


class TestRecovering:
    def test_patrons_are_served_as_recorded_behind_the_queue(self) -> None:
        station = town(ils={"upload_spread_s": 40.0}).offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.back()
        while station.mode is ModeName.OFFLINE:
            station.call(c.SessionMoreTime())
            station.advance(1)
        station.scan(FILM)
        assert station.results() == [(BOOK, "recorded"), (FILM, "recorded")]
        station.advance(41)
        assert (station.mode, station.lent()) == (ModeName.ONLINE, [(ANNA, BOOK), (ANNA, FILM)])

    def test_who_has_nothing_unsent_is_served_live_before_the_rest_goes_up(self) -> None:
        station = recovering()
        station.scan(BEN)
        station.scan(FILM)
        assert station.results() == [(FILM, "checked_out")]
        assert station.lent() == [(BEN, FILM)]
        station.advance(5000)
        assert (station.mode, station.lent()) == (ModeName.ONLINE, [(BEN, FILM), (ANNA, BOOK)])

    @pytest.mark.parametrize(("card", "item"), [(ANNA, FILM), (BEN, BOOK)])
    def test_the_same_card_or_item_waits_behind_what_is_unsent(self, card: str, item: str) -> None:
        station = recovering()
        station.scan(card)
        station.scan(item)
        assert station.results() == [(item, "recorded")]
        station.advance(5000)
        assert station.mode is ModeName.ONLINE
        assert station.lent()[0] == (ANNA, BOOK)

    def test_until_the_journal_told_whose_entries_wait_all_are_recorded(self) -> None:
        station = recovering()
        station.state = replace(station.state, backlog=replace(station.state.backlog, loaded=False))
        station.journal_waits = True
        station.scan(BEN)
        station.scan(FILM)
        while station.journal.asked:
            station.save()
        assert (station.results(), station.lent()) == ([(FILM, "recorded")], [])

    def test_it_ends_when_nothing_is_unsent(self) -> None:
        station = town(ils={"upload_spread_s": 100.0}).offline()
        station.scan(ANNA)
        station.scan(BOOK)
        station.back()
        while station.mode is ModeName.OFFLINE:
            station.advance(1)
        assert (station.mode, station.view.unsent, station.view.upload.left) == (ModeName.RECOVERING, 1, 1)
        station.advance(130)
        assert (station.mode, station.view.unsent, station.view.upload) == (ModeName.ONLINE, 0, None)


CALLS = {
    Act.CHECKIN: c.ItemCheckin(ItemBarcode(BOOK)),
    Act.RFID: c.RfidRead(),
    Act.PAYMENT: c.PaymentTake(),
    Act.HOLDS: c.HoldsProcess(),
}
INSTEAD = {
    Act.CHECKIN: "crate",
    Act.RFID: "Scan the barcode",
    Act.PAYMENT: "pay",
    Act.HOLDS: "shelf",
}


def in_mode(mode: ModeName, *, unsent: bool, **changes: object) -> Station:
    station = town(ils={"upload_spread_s": 1000.0, **changes})
    if mode is not ModeName.ONLINE or unsent:
        station.offline()
    if unsent:
        station.scan(ANNA)
        station.scan(BOOK)
        station.finish()
    if mode is not ModeName.OFFLINE:
        station.back()
        while station.mode is ModeName.OFFLINE:
            station.advance(1)
    return station


@pytest.mark.parametrize(
    ("act", "mode", "unsent"),
    [
        (act, mode, unsent)
        for act, (mode, unsent) in itertools.product(
            CALLS,
            [
                (ModeName.ONLINE, False),
                (ModeName.OFFLINE, False),
                (ModeName.OFFLINE, True),
                (ModeName.RECOVERING, True),
            ],
        )
    ],
)
def test_what_each_mode_refuses_says_why_and_what_instead(act: Act, mode: ModeName, unsent: bool) -> None:
    station = in_mode(mode, unsent=unsent)
    assert station.mode is mode
    answer = station.asks(CALLS[act], STAFF)
    if act is Act.CHECKIN and mode is ModeName.ONLINE:
        assert isinstance(answer, e.Reply)
        assert isinstance(answer.result, CheckinAnswer)
        return
    assert isinstance(answer, e.Fail)
    error = answer.error
    if act is Act.RFID and mode is ModeName.ONLINE:
        assert (error.kind, error.more["device"]) == (ErrorKind.DEVICE, "rfid")
        assert error.more["advice"]
        return
    elsewhere = mode is ModeName.ONLINE
    assert CODES[error.kind] == (-32016 if elsewhere else -32010)
    assert (error.more["action"], error.more["reason"]) == (act.value, error.message)
    if not elsewhere:
        assert INSTEAD[act] in str(error.more["instead"])


def test_checkin_is_elsewhere_where_it_is_not_allowed() -> None:
    station = in_mode(ModeName.ONLINE, unsent=False, checkin=False)
    assert station.refused(CALLS[Act.CHECKIN], STAFF).kind is ErrorKind.ELSEWHERE


def test_a_checkin_that_is_not_answered_is_refused_as_offline() -> None:
    station = town()
    station.hangs = True
    request = station.call(CALLS[Act.CHECKIN], STAFF)
    station.advance(8.1)
    (answer,) = station.answers[request]
    assert isinstance(answer, e.Fail)
    assert (answer.error.kind, station.mode) == (ErrorKind.REFUSED_OFFLINE, ModeName.OFFLINE)


def test_what_is_being_lent_at_this_moment_is_not_checked_in() -> None:
    """Whose answer is lost after that is sent again: whoever brought it back would be charged."""
    station = town()
    station.scan(ANNA)
    station.hangs = True
    station.scan(BOOK)
    assert station.results() == [(BOOK, "checking")]
    assert station.refused(c.ItemCheckin(ItemBarcode(BOOK)), STAFF).kind is ErrorKind.NOT_NOW
    another = station.call(c.ItemCheckin(ItemBarcode(FILM)), STAFF)
    assert station.answers[another] == [], "of another item it is asked after the loan"


def test_a_refused_checkin_tells_the_library_systems_own_words() -> None:
    station = town()
    error = station.refused(c.ItemCheckin(ItemBarcode("31160000000099")), STAFF)
    assert (error.kind, error.more["message"]) == (ErrorKind.ILS, "not known")


def test_the_table_covers_every_act_in_every_mode() -> None:
    for mode, act in itertools.product(ModeName, Act):
        assert act in policy.PERMITTED[mode]
        if policy.PERMITTED[mode][act] is How.REFUSE:
            assert act in policy.REFUSAL
        if policy.PERMITTED[mode][act] is How.ELSEWHERE:
            assert act in policy.ELSEWHERE


@pytest.mark.parametrize("call", list(c.METHODS.values()))
def test_every_method_needs_its_role(call: type) -> None:
    samples = {
        c.SessionShow: c.SessionShow(c.ShowScreen.HELP),
        c.SessionStart: c.SessionStart(Flow.RENEW),
        c.SessionInput: c.SessionInput(c.Secret("x")),
        c.SessionConfirm: c.SessionConfirm(yes=True),
        c.SessionWithdraw: c.SessionWithdraw(1),
        c.SessionLanguage: c.SessionLanguage("en"),
        c.SessionDueDate: c.SessionDueDate(None),
        c.StaffUnlock: c.StaffUnlock(c.Secret("x")),
        c.ModeSet: c.ModeSet(c.ModeWish.AUTO),
        c.ItemCheckin: CALLS[Act.CHECKIN],
        c.JournalShow: c.JournalShow(1),
        c.ExceptionsResolve: c.ExceptionsResolve(1, c.ResolveAction.DONE_BY_HAND),
        c.SheetAdd: c.SheetAdd(dt.datetime(2026, 11, 24, tzinfo=dt.UTC), "C", c.Secret("x")),
        c.PatronRegister: c.PatronRegister(c.Secret("x"), c.Secret("x"), c.Secret("x"), "x"),
        c.JournalWithdraw: c.JournalWithdraw(1),
        c.JournalHandOver: c.JournalHandOver((1,), "x"),
        c.JournalHandedOver: c.JournalHandedOver("x"),
        c.JournalTakeBack: c.JournalTakeBack((1,), "x"),
        c.JournalTakeIn: c.JournalTakeIn("x", "1", ()),
        c.ScanInject: c.ScanInject(c.Secret("x")),
        d.DowntimeTick: d.DowntimeTick(BoardStep.UNSENT),
        d.CrateCount: d.CrateCount(3),
        d.RegistrationTick: d.RegistrationTick(1, "pin"),
        d.SlipPrint: d.SlipPrint(StaffSlip.SHEET),
        d.DraftKeep: d.DraftKeep(DraftForm.SHEET, {}),
        d.DraftGet: d.DraftGet(DraftForm.SHEET),
        d.DraftDrop: d.DraftDrop(DraftForm.SHEET),
    }
    sample = samples[call] if call in samples else call()
    for role in c.Role:
        answer = town().asks(sample, role)
        refused = isinstance(answer, e.Fail) and answer.error.kind is ErrorKind.NOT_ALLOWED
        if call is c.StaffUnlock:
            continue
        assert refused is (role < c.NEEDS[call])
        if refused:
            assert answer.error.more == {"needs": c.NEEDS[call].name.lower()}


@pytest.mark.parametrize(
    ("code", "asked"),
    [(f"]C0{BOOK}", BOOK), (f" {BOOK[:5]} {BOOK[5:]}", BOOK), (" OLD-77 ", "OLD-77"), (ANNA, None), ("  ", None)],
)
def test_what_is_checked_in_is_an_item(code: str, asked: str | None) -> None:
    station = town()
    answer = station.asks(c.ItemCheckin(ItemBarcode(code)), STAFF)
    heard = [question.item for question in station.library.heard if isinstance(question, AskCheckin)]
    assert heard == ([asked] if asked else [])
    if asked is None:
        assert isinstance(answer, e.Fail)
        assert answer.error.kind is ErrorKind.BAD_PARAMS
