"""Forms that staff have begun, the review of registrations, and papers for staff: nothing of any person is on those."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from kioskd.model import calls as c
from kioskd.model import downtime_calls as d
from kioskd.model import effects as e
from kioskd.model.downtime import DraftForm
from kioskd.model.entry import EntryState
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import CannotSeal
from kioskd.model.settings import CratesSettings, Secret, StationKind
from kioskd.model.slip import LineKind, Slip, SlipFate, StaffSlip
from tests.rules import invariants
from tests.rules.library import Book, Library, Patron
from tests.rules.station import ANNA, BEN, BOOK, FILM, ZONE, Station, settings
from tests.rules.test_by_hand import form

STAFF = c.Role.STAFF
TYPED = {"last": Secret("Čapek-Nováková"), "birth_date": Secret("02/3"), "card": Secret("")}


@pytest.fixture
def station() -> Station:
    """A self station whose library system is away, unlocked by AB, with a printer."""
    config = replace(settings(StationKind.SELF), crates=CratesSettings("Sort Center", ("leads@sort.example",)))
    library = Library({ANNA: Patron(), BEN: Patron()}, {BOOK: Book(), FILM: Book()})
    made = Station(config=config, library=library).start().with_printer().offline()
    made.unlock()
    return made


def done(station: Station, call: c.Call) -> Any:
    answer = station.asks(call, STAFF)
    assert isinstance(answer, e.Reply), answer
    return answer.result


def drafted(station: Station, form: DraftForm = DraftForm.REGISTER) -> Any:
    return done(station, d.DraftGet(form))["fields"]


# Scans into a form.


def waiting(station: Station) -> c.RequestId:
    """A form waits for a code: the number of its call."""
    asked = station.call(d.FormScan(), STAFF)
    assert not station.answers[asked]
    return asked


def heard(station: Station, asked: c.RequestId) -> Any:
    (answer,) = station.answers[asked]
    assert isinstance(answer, e.Reply)
    return answer.result


def test_a_scan_goes_to_the_form_that_waits_and_opens_no_visit(station: Station) -> None:
    asked = waiting(station)
    station.scan(ANNA)
    assert heard(station, asked) == {"code": ANNA, "other": False}
    assert station.view.session is None
    assert ANNA not in repr(station.view)
    station.scan(BEN)
    assert station.view.session is not None, "nobody waits any more"


def test_a_wait_ends_with_any_other_call_with_the_lock_and_with_another_form(station: Station) -> None:
    first = waiting(station)
    second = waiting(station)
    assert heard(station, first) == {"code": None, "other": True}
    assert done(station, d.FormChoices())["choices"]["ticks"]
    assert heard(station, second) == {"code": None, "other": False}
    third = waiting(station)
    station.call(c.StaffLock())
    assert heard(station, third) == {"code": None, "other": False}
    station.scan(ANNA)
    assert station.view.session is not None


def test_a_command_barcode_stays_a_command_while_a_form_waits(station: Station) -> None:
    waiting(station)
    station.scan("KIOSK42")
    assert not station.view.staff.unlocked


# Drafts.


def test_a_draft_comes_back_as_it_was_typed_and_stands_in_no_view(station: Station) -> None:
    assert done(station, d.DraftKeep(DraftForm.REGISTER, TYPED)) == {}
    assert station.view.drafts == ("register",)
    assert drafted(station) == TYPED
    for effect in station.of(e.Show):
        assert "apek" not in invariants._all_text(effect)
    assert "apek" not in repr([effect for effect in station.effects if not isinstance(effect, e.Reply)])
    assert "apek" not in repr(station.state)


def test_a_refused_form_leaves_the_draft(station: Station) -> None:
    done(station, d.DraftKeep(DraftForm.REGISTER, TYPED))
    assert station.refused(form(birth_date=Secret("02/3")), STAFF).more["field"] == "birth_date"
    assert drafted(station) == TYPED


def test_a_registration_ends_its_draft_and_no_other(station: Station) -> None:
    done(station, d.DraftKeep(DraftForm.REGISTER, TYPED))
    done(station, d.DraftKeep(DraftForm.SHEET, {"card": Secret(ANNA)}))
    done(station, form())
    assert station.view.drafts == ("sheet",)
    assert list(station.drafts_on_disk) == [DraftForm.SHEET]
    done(station, d.DraftDrop(DraftForm.SHEET))
    assert station.refused(d.DraftGet(DraftForm.SHEET), STAFF).kind is ErrorKind.NOT_NOW


def test_it_ends_with_the_lock(station: Station) -> None:
    done(station, d.DraftKeep(DraftForm.REGISTER, TYPED))
    station.call(c.StaffLock())
    assert (station.view.drafts, station.drafts_on_disk) == ((), {})
    station.unlock()
    assert station.refused(d.DraftGet(DraftForm.REGISTER), STAFF).kind is ErrorKind.NOT_NOW


@pytest.mark.parametrize("before", [False, True], ids=["the first word", "another word"])
def test_the_lock_ends_what_is_just_being_kept(station: Station, before: bool) -> None:
    if before:
        done(station, d.DraftKeep(DraftForm.REGISTER, TYPED))
    station.drafts_wait = True
    station.call(d.DraftKeep(DraftForm.REGISTER, {**TYPED, "first": Secret("Božena")}), STAFF)
    station.call(c.StaffLock())
    station.keep_draft()
    assert (station.view.drafts, station.drafts_on_disk) == ((), {})


def test_the_lock_leaves_what_nobody_here_could_open(station: Station) -> None:
    station.drafts_on_disk[DraftForm.REGISTER] = "of one whose code opens it"
    station.call(c.StaffLock())
    assert station.drafts_on_disk


def test_who_types_is_not_locked_out_and_who_left_is(station: Station) -> None:
    for _ in range(4):
        station.advance(200)
        done(station, d.DraftKeep(DraftForm.REGISTER, TYPED))
    assert station.view.staff.by == "AB"
    station.advance(301)
    assert (station.view.staff.by, station.drafts_on_disk) == (None, {})


def test_a_restart_keeps_it_for_whoever_has_a_code(station: Station) -> None:
    done(station, d.DraftKeep(DraftForm.REGISTER, TYPED))
    again = Station(config=station.config, library=station.library, journal=station.journal)
    again.drafts_on_disk = station.drafts_on_disk
    again.start()
    assert again.view.drafts == ()
    assert again.refused(d.DraftGet(DraftForm.REGISTER)).kind is ErrorKind.NOT_ALLOWED
    again.unlock("1111")
    assert again.view.drafts == ()
    again.unlock()
    assert again.view.drafts == ("register",)
    assert drafted(again) == TYPED


@pytest.mark.parametrize("problem", CannotSeal)
def test_a_draft_that_was_not_kept_is_told(station: Station, problem: CannotSeal) -> None:
    station.cannot_seal = problem
    error = station.refused(d.DraftKeep(DraftForm.REGISTER, TYPED), STAFF)
    assert error.kind in (ErrorKind.NOT_NOW, ErrorKind.STORAGE)
    assert station.view.drafts == ()


def test_one_that_is_kept_while_the_station_is_locked_is_gone(station: Station) -> None:
    """The lock came while it was being sealed."""
    from kioskd.model import inputs

    request = c.RequestId(77)
    station.answers[request] = []
    before = station.state
    station.tell(inputs.Asked(request, STAFF, d.DraftKeep(DraftForm.REGISTER, TYPED)))
    assert station.state.drafts
    station.state = before
    from kioskd.rules.step import step

    kept = d.DraftKeep(DraftForm.REGISTER, TYPED)
    state, effects = step(before, inputs.Event(station.now, inputs.Asked(request, STAFF, kept)))
    (keep,) = (effect for effect in effects if isinstance(effect, e.KeepDraft))
    lock = inputs.Asked(c.RequestId(78), STAFF, c.StaffLock())
    state = replace(state, drafts={DraftForm.SHEET: {}})
    state, effects = step(state, inputs.Event(station.now, lock))
    (drop,) = (effect for effect in effects if isinstance(effect, e.DropDrafts))
    assert drop.number > keep.number
    state, _ = step(state, inputs.Event(station.now, inputs.DraftKept(keep.request, keep.number)))
    assert not state.drafts


# The review of registrations.


def test_what_a_registration_lacks_is_ticked(station: Station) -> None:
    done(station, form(email=Secret("zoe@example.org")))
    notes = [note for note in station.journal.notes if note.kind == "registration"]
    assert notes[0].content["missing"] == "first address phone library profile"
    done(station, d.RegistrationTick(1, "pin"))
    (tick,) = (note for note in station.journal.notes if note.kind == "registration_tick")
    assert tick.content == {"id": station.entries[0].what.id, "item": "pin", "by": "AB"}


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (d.RegistrationTick(1, "shoe size"), "item"),
        (d.RegistrationTick(1, "pin"), "seq"),
        (d.RegistrationTick(9, "pin"), "seq"),
    ],
    ids=str,
)
def test_what_is_no_registration_cannot_be_ticked(station: Station, call: d.RegistrationTick, field: str) -> None:
    station.scan(ANNA)
    station.scan(BOOK)
    assert station.refused(call, STAFF).more["field"] == field


# Papers.


def text(slip: Slip) -> str:
    return "\n".join(line.text for line in slip.lines)


def test_a_registration_prints_its_stub_with_the_number_alone(station: Station) -> None:
    done(station, form(first=Secret("Zoë"), address=Secret("17 Unforgettable Lane")))
    slip = station.printed[-1].what
    assert slip.kind is StaffSlip.STUB
    assert "1" in [line.text for line in slip.lines]
    for personal in ("apek", "Zoë", "Unforgettable", ANNA, ANNA[-4:], "1996"):
        assert personal not in text(slip)
    printed = len(station.printed)
    assert done(station, d.SlipPrint(StaffSlip.STUB, 1)) == {"printed": True}
    assert len(station.printed) == printed + 1
    assert station.refused(d.SlipPrint(StaffSlip.STUB, 2), STAFF).more["field"] == "n"


def test_a_crates_label_says_when_it_may_be_checked_in(station: Station) -> None:
    done(station, d.CrateCount(12))
    done(station, d.SlipPrint(StaffSlip.CRATE, 1))
    label = text(station.printed[-1].what)
    for wanted in (
        "Crate 1",
        "CENTRAL-3",
        "Returned on 2026-11-24",
        "Items: 12",
        "Check in with this return date: 2026",
    ):
        assert wanted in label
    assert "DO NOT CHECK IN UNTIL EVERY STATION OF THE BRANCH SHOWS 0 UNSENT" in label
    done(station, d.SlipPrint(StaffSlip.MAIL, 1))
    (code,) = (line for line in station.printed[-1].what.lines if line.kind is LineKind.QR)
    assert code.text.startswith("mailto:leads@sort.example?subject=")
    assert station.refused(d.SlipPrint(StaffSlip.CRATE, 2), STAFF).more["field"] == "n"


def test_the_settlement_has_counts_and_times_and_nobody(station: Station) -> None:
    station.scan(ANNA)
    station.scan(BOOK)
    station.scan(FILM)
    station.finish()
    station.advance(60)
    assert station.entries[0].state is EntryState.RECORDED
    done(station, d.SlipPrint(StaffSlip.SETTLEMENT))
    slip = text(station.printed[-1].what)
    for wanted in (
        "Recorded: 2",
        "Settled: 0",
        "Waiting to be sent: 2",
        "Waiting for staff: 0",
        "First: 2026-11-24 12:0",
    ):
        assert wanted in slip
    for personal in (ANNA, ANNA[-4:], BOOK, FILM):
        assert personal not in slip
    station.back()
    station.advance(300)
    done(station, d.SlipPrint(StaffSlip.SETTLEMENT))
    assert "Settled: 2\nWaiting to be sent: 0" in text(station.printed[-1].what)


def test_an_empty_sheet_on_receipt_paper(station: Station) -> None:
    done(station, d.SlipPrint(StaffSlip.SHEET))
    assert text(station.printed[-1].what).count("Card: ___") == 12


def test_a_call_is_answered_when_the_paper_is_out_or_will_never_be(station: Station) -> None:
    station.printer_waits = True
    request = station.call(d.SlipPrint(StaffSlip.SHEET), STAFF)
    assert station.answers[request] == []
    station.slip(SlipFate.BROKEN)
    (answer,) = station.answers[request]
    assert isinstance(answer, e.Fail)
    assert (answer.error.kind, answer.error.more["device"]) == (ErrorKind.DEVICE, "printer")


def test_without_paper_it_says_so_and_a_registration_is_recorded_all_the_same(station: Station) -> None:
    from kioskd.model import inputs
    from kioskd.model.view import Paper

    station.tell(inputs.PrinterChanged(Paper.OUT, ready=False))
    assert station.refused(d.SlipPrint(StaffSlip.SHEET), STAFF).kind is ErrorKind.DEVICE
    assert done(station, form()) == {"seq": 1}


def test_papers_are_in_the_stations_language_whatever_the_screens(station: Station) -> None:
    station.call(c.SessionLanguage("es"))
    done(station, d.CrateCount(1))
    done(station, d.SlipPrint(StaffSlip.CRATE, 1))
    assert "DO NOT CHECK IN" in text(station.printed[-1].what)


def test_no_outage_no_settlement() -> None:
    station = Station().start().with_printer()
    assert station.refused(d.SlipPrint(StaffSlip.SETTLEMENT), STAFF).kind is ErrorKind.NOT_NOW


# The order of what goes up.


def test_a_row_typed_late_never_overtakes_what_the_library_system_knows(station: Station) -> None:
    """A sheet row of the morning, typed after the item came back and was lent to another."""
    station.back()
    station.advance(300)
    station.scan(BEN)
    station.scan(BOOK)
    station.finish()
    station.advance(30)
    morning = dt.datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
    done(station, c.SheetAdd(morning, "C", Secret(BOOK), Secret(ANNA), by="KM"))
    station.advance(600)
    assert station.library.books[BOOK].holder == BEN
    assert (station.entries[-1].state, station.entries[-1].outcome) == (EntryState.EXCEPTION, "later_activity")


def test_a_loan_on_a_new_card_waits_for_its_registration(station: Station) -> None:
    new = "21168000000017"
    done(station, form(card=Secret(new), sure=True))
    station.scan(new)
    station.scan(BOOK)
    station.finish()
    station.back()
    station.advance(600)
    registration, loan = station.entries
    assert (registration.outcome, loan.outcome) == ("register_by_hand", "card_not_registered")
    station.library.patrons[new] = Patron()
    done(station, c.ExceptionsResolve(registration.seq, c.ResolveAction.DONE_BY_HAND, by="KM"))
    station.advance(600)
    assert station.entries[1].state is EntryState.SETTLED
    assert station.library.books[BOOK].holder == new
