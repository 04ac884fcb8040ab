"""A call of the socket: may this role make it, does this moment allow it, and who answers it."""

from dataclasses import asdict, replace

from kioskd.model import calls as c
from kioskd.model import downtime_calls as d
from kioskd.model import handed_over
from kioskd.model.barcode import ItemBarcode
from kioskd.model.effects import Query, ReadEntries, Reply
from kioskd.model.entry import AddNote, AddRow, EntryState, How, ModeName
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import AskCheckin, CheckinAnswer, Urgency
from kioskd.model.inputs import Answered, Asked, EntriesRead, Scanned, Unanswered
from kioskd.model.view import LineResult
from kioskd.rules import (
    board,
    by_hand,
    downtime,
    drafting,
    form,
    form_scan,
    from_elsewhere,
    lending,
    mode,
    papers,
    policy,
    retrying,
    reviewing,
    scanning,
    staffing,
    upload,
    visiting,
)
from kioskd.rules.in_flight import AskFor, Asking, SaveFor, Saving
from kioskd.rules.link import Phase
from kioskd.rules.policy import Act
from kioskd.rules.recognise import IsEither, IsItem, IsNothing, recognise
from kioskd.rules.turn import Turn, awaited, taken, unsent
from kioskd.texts import say


def asked(turn: Turn, event: Asked) -> None:
    """Answer a call, refuse it, or start what will answer it."""
    call, needs = event.call, c.NEEDS[type(event.call)]
    turn.request, turn.role = event.request, event.role
    lent = needs is c.Role.STAFF and turn.state.staff.by is not None
    if event.role < needs and not lent:
        turn.fail(ErrorKind.NOT_ALLOWED, say(turn.state.language, "staff_only"), {"needs": needs.name.lower()})
        return
    meant = getattr(call, "session", None)
    if meant is not None and turn.state.session is not None and turn.state.session.id != meant:
        policy.not_now(turn, "other_session")
        return
    staffing.used(turn)
    if not isinstance(call, d.FormScan):
        form_scan.end(turn)
    if isinstance(call, d.DowntimeCall):
        _procedure(turn, event, call)
    else:
        _dispatch(turn, event, call)
    turn.reply()


def _procedure(turn: Turn, event: Asked, call: d.DowntimeCall) -> None:
    match call:
        case d.WorklistGet() | d.ReportGet():
            turn.do(Query(event.request, call))
            turn.request = None
        case d.DowntimeGet():
            turn.do(Reply(event.request, {"downtime": board.drawn(turn.state, turn.at)}))
            turn.request = None
        case d.DowntimeReview() | d.DowntimeTick() | d.CrateCount():
            downtime.asked(turn, call)
        case d.RegistrationTick():
            reviewing.asked(turn, event, call)
        case d.SlipPrint():
            papers.asked(turn, call)
        case d.DraftKeep() | d.DraftGet() | d.DraftDrop():
            staffing.typed(turn)
            drafting.asked(turn, event, call)
        case d.FormChoices():
            turn.do(Reply(event.request, {"choices": form.choices(turn.state.settings.registration)}))
            turn.request = None
        case d.FormScan():
            form_scan.asked(turn)


def _dispatch(turn: Turn, event: Asked, call: c.Call) -> None:
    match call:
        case c.ViewGet():
            pass
        case (
            c.StatusGet()
            | c.JournalList()
            | c.JournalShow()
            | c.ExceptionsList()
            | c.RegistrationsList()
            | c.StatsGet()
            | c.TraceGet()
        ):
            turn.do(Query(event.request, call))
            turn.request = None
        case c.JournalSummary():
            summary = {**asdict(turn.state.summary), "unsent": unsent(turn.state)}
            turn.do(Reply(event.request, summary))
            turn.request = None
        case c.StaffUnlock():
            staffing.unlock(turn, call.code)
        case c.ItemCheckin():
            _checkin(turn, call)
        case c.RfidRead() | c.RfidSecure():
            _rfid(turn)
        case c.PaymentTake():
            policy.refuse(turn, Act.PAYMENT)
        case c.HoldsProcess():
            policy.refuse(turn, Act.HOLDS)
        case c.JournalWithdraw() | c.ExceptionsResolve():
            turn.do(ReadEntries(event.request, (call.seq,)))
            turn.set(reading={**turn.state.reading, event.request: event})
            turn.request = None
        case c.JournalHandedOver():
            _handed_over(turn, call)
        case c.JournalHandOver() | c.JournalTakeBack():
            turn.do(ReadEntries(event.request, call.seqs))
            turn.set(reading={**turn.state.reading, event.request: event})
            turn.request = None
        case c.JournalTakeIn():
            from_elsewhere.asked(turn, event, call)
        case c.SheetAdd() | c.PatronRegister():
            by_hand.asked(turn, event, call)
        case c.UploadStart():
            _upload(turn)
        case c.DrillStart() | c.DrillEnd():
            # `kioskd.daemon.drill` answers them before they come here.
            turn.fail(ErrorKind.NOT_NOW, "this station has no drills")
        case c.ScanInject():
            scanning.scanned(turn, Scanned(call.scanner, call.code, How.INJECTED), session_call)
        case _:
            session_call(turn, call, event)


def session_call(turn: Turn, call: c.Call, event: Asked | None = None) -> None:
    """Carry out a `session.*` call, from the socket or from a command barcode."""
    match call:
        case c.SessionInput():
            assert event is not None
            visiting.enter(turn, event, call, session_call)
        case c.SessionShow():
            visiting.show(turn, call)
        case c.SessionStart():
            visiting.start(turn, call)
        case c.SessionConfirm():
            visiting.confirm(turn, call)
        case c.SessionWithdraw():
            visiting.withdraw(turn, call)
        case c.SessionFinish():
            visiting.finish(turn, call)
        case c.SessionCancel():
            visiting.cancel(turn)
        case c.SessionMoreTime():
            visiting.more_time(turn)
        case c.SessionNextPatron():
            visiting.next_patron(turn)
        case c.SessionLanguage():
            visiting.language(turn, call)
        case c.SessionLoans():
            visiting.loans(turn)
        case c.SessionRenewAll():
            visiting.renew_all(turn)
        case c.SessionDueDate():
            visiting.due_date(turn, call)
        case c.ModeSet():
            _set_mode(turn, call)
        case c.StaffLock():
            staffing.lock(turn)
        case _:
            msg = f"no session call: {type(call).__name__}"
            raise TypeError(msg)


def _set_mode(turn: Turn, call: c.ModeSet) -> None:
    reason = call.reason.strip()
    if call.mode is c.ModeWish.OFFLINE and not reason:
        turn.fail(ErrorKind.BAD_PARAMS, "reason: say why the station is to stay offline; it stands on its screen")
        return
    forced = reason if call.mode is c.ModeWish.OFFLINE else None
    note = AddNote(
        "mode",
        turn.at.wall_s,
        {"mode": call.mode.value, "reason": reason, "by": turn.state.staff.by or ""},
    )
    turn.save((note,), Saving(SaveFor.MODE, request=turn.request, mode_reason=forced))
    turn.request = None


def mode_saved(turn: Turn, saving: Saving) -> None:
    """The mode that staff chose is durable: it holds."""
    turn.set(mode=replace(turn.state.mode, forced=saving.mode_reason))
    if saving.mode_reason is not None:
        mode.enter(turn, ModeName.OFFLINE, "forced")
    elif turn.state.link.phase is Phase.UP and turn.state.link.good:
        mode.come_back(turn)
    else:
        mode.enter(turn, ModeName.OFFLINE, turn.state.link.trouble or "starting")
    if saving.request is not None:
        turn.do(Query(saving.request, c.StatusGet()))


def _checkin(turn: Turn, call: c.ItemCheckin) -> None:
    if policy.how(turn.state, Act.CHECKIN) is not policy.How.LIVE:
        policy.refuse(turn, Act.CHECKIN)
        return
    match recognise(call.code, turn.state.settings.barcodes, typed=True):
        case IsItem(code, _) | IsEither(code):
            item = ItemBarcode(code)
        case IsNothing() if call.code.strip():
            # Staff know items that no pattern knows; the library system decides.
            item = ItemBarcode(call.code.strip())
        case _:
            turn.fail(ErrorKind.BAD_PARAMS, "code: this is no item's number; scan the barcode of the item")
            return
    session = turn.state.session
    if session is not None and any(each.item == item and each.result is LineResult.CHECKING for each in session.lines):
        # Its loan is on the way: should the answer be lost, the loan would be sent once more, after the return.
        policy.not_now(turn)
        return
    until = turn.at.mono_s + mode.timeout_s(turn)
    question = AskCheckin(item, turn.at.wall_s)
    turn.ask(question, Asking(AskFor.CHECKIN, request=turn.request), Urgency.PATRON, until)
    turn.request = None


def checkin_answered(turn: Turn, asking: Asking, event: Answered) -> None:
    """10 came."""
    assert isinstance(event.answer, CheckinAnswer)
    turn.request = asking.request
    if event.answer.ok:
        assert turn.request is not None
        turn.do(Reply(turn.request, event.answer))
        turn.request = None
    else:
        message = event.answer.message or say(turn.state.language, "checkin_refused")
        turn.fail(ErrorKind.ILS, message, {"message": event.answer.message})


def checkin_unanswered(turn: Turn, asking: Asking, _event: Unanswered) -> None:
    """10 did not come: nobody knows whether the item is checked in."""
    turn.request = asking.request
    policy.refuse(turn, Act.CHECKIN)


def _rfid(turn: Turn) -> None:
    if policy.how(turn.state, Act.RFID) is not policy.How.LIVE:
        policy.refuse(turn, Act.RFID)
        return
    language = turn.state.language
    turn.fail(
        ErrorKind.DEVICE,
        say(language, "rfid_missing"),
        {"device": "rfid", "advice": say(language, "scan_or_type")},
    )


def _upload(turn: Turn) -> None:
    if turn.state.link.phase is not Phase.UP or turn.state.mode.forced is not None:
        if turn.state.link.phase is Phase.DOWN:
            # Who knows that it is back need not wait for a back-off, which may be ten minutes.
            mode.connect(turn)
        language = turn.state.language
        turn.fail(
            ErrorKind.REFUSED_OFFLINE,
            say(language, "upload_needs_ils"),
            {
                "action": "upload",
                "reason": say(language, "upload_needs_ils"),
                "instead": say(language, "upload_by_itself"),
            },
        )
        return
    upload.at_once(turn)
    assert turn.request is not None
    summary = {**asdict(turn.state.summary), "unsent": unsent(turn.state)}
    turn.do(Reply(turn.request, summary))
    turn.request = None


def _handed_over(turn: Turn, call: c.JournalHandedOver) -> None:
    """Which entries were handed over to something, read when the journal has all that it was told of that."""
    # While rows are being saved no call comes here; before that a hand-over reads. Whoever was cut off and is back at
    # once would hear that nothing was handed over, and throw the file away.
    if any(isinstance(each.call, c.JournalHandOver | c.JournalTakeBack) for each in turn.state.reading.values()):
        turn.fail(ErrorKind.NOT_NOW, "entries are being handed over at this moment; try again")
        return
    assert turn.request is not None
    turn.do(Query(turn.request, call))
    turn.request = None


def entries_read(turn: Turn, event: EntriesRead) -> None:
    """The entries that staff want to withdraw or hand over, as they stand."""
    reading = dict(turn.state.reading)
    by = reading.pop(event.request, None)
    turn.set(reading=reading)
    if by is None:
        return
    turn.request, turn.role = event.request, by.role
    open_ = {EntryState.RECORDED, EntryState.SENDING, EntryState.EXCEPTION}
    # What the journal is being told at this moment, or waits for an answer, is older here than it looks.
    moving = awaited(turn.state) | taken(turn.state)
    entries = {entry.seq: entry for entry in event.entries if entry.state in open_ and entry.seq not in moving}
    if isinstance(by.call, c.ExceptionsResolve):
        retrying.resolve(turn, entries.get(by.call.seq), by.call)
        return
    if isinstance(by.call, c.JournalTakeBack):
        from_elsewhere.take_back(turn, by.call, event.entries)
        return
    if isinstance(by.call, c.SheetAdd | c.PatronRegister):
        by_hand.found(turn, by, event.entries)
        return
    if isinstance(by.call, d.RegistrationTick):
        reviewing.found(turn, by.call, event.entries)
        return
    if isinstance(by.call, c.JournalWithdraw):
        entry = entries.get(by.call.seq)
        if entry is None:
            turn.fail(ErrorKind.NOT_NOW, f"seq: {by.call.seq} is no entry that waits")
            return
        sent = entry.state is not EntryState.RECORDED or lending.maybe_sent(turn, entry.seq)
        lending.take_back(turn, entry.seq, by.call.reason, sent=sent)
        return
    assert isinstance(by.call, c.JournalHandOver)
    missing = [str(seq) for seq in by.call.seqs if seq not in entries]
    if missing or not by.call.seqs:
        turn.fail(ErrorKind.NOT_NOW, f"seqs: no entries that wait: {', '.join(missing) or 'none named'}")
        return
    maybe = [str(seq) for seq in by.call.seqs if lending.maybe_sent(turn, seq)]
    if maybe:
        turn.fail(ErrorKind.NOT_NOW, f"seqs: being sent right now: {', '.join(maybe)}; try again")
        return
    rows = tuple(
        AddRow(seq, EntryState.HANDED_OVER, turn.at.wall_s, by.call.to, by=turn.state.staff.by) for seq in by.call.seqs
    )
    upload.drop(turn, by.call.seqs)
    note = handed_over.note(by.call.to, by.call.seqs, turn.at.wall_s)
    turn.save((*rows, note), Saving(SaveFor.HAND_OVER, request=turn.request, seqs=by.call.seqs))
    turn.request = None
