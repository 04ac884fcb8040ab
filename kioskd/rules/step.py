"""The core: `step(state, event) -> (state, effects)`. Called from one place; knows no I/O and no clock."""

import datetime as dt
from dataclasses import replace

from kioskd.model.calls import Role, StatusGet
from kioskd.model.effects import CheckDisk, Effect, Forget, Reply
from kioskd.model.entry import ModeName, SaveToken
from kioskd.model.ils import NoAnswer, PatronAnswer, StatusAnswer
from kioskd.model.inputs import (
    Answered,
    Asked,
    BlockListRead,
    ClockChanged,
    DeviceChanged,
    DiskChecked,
    DraftKept,
    EntriesRead,
    Event,
    ExceptionsFetched,
    Fetched,
    FetchFailed,
    FiguresRead,
    Heard,
    Input,
    LineDown,
    LineUp,
    NotSaved,
    PrinterChanged,
    Probed,
    Saved,
    ScanLost,
    Scanned,
    Sealed,
    SlipEnded,
    StaffCodeChecked,
    Started,
    TakenRead,
    Tick,
    Unanswered,
)
from kioskd.model.view import Tone
from kioskd.rules import (
    account,
    backlog,
    belief,
    by_hand,
    calls,
    cards,
    downtime,
    drafting,
    finishing,
    forgetting,
    from_elsewhere,
    lending,
    listed,
    mode,
    papers,
    passing,
    policy,
    questions,
    retrying,
    scanning,
    second_look,
    showing,
    staffing,
    timekeeping,
    upload,
    visiting,
)
from kioskd.rules.deadlines import deadline
from kioskd.rules.in_flight import AskFor, Asking, FetchFor, SaveFor, Saving
from kioskd.rules.outcome import Outcome
from kioskd.rules.quiet import quiet_until
from kioskd.rules.session import Stage
from kioskd.rules.state import State
from kioskd.rules.turn import Turn

__all__ = ["deadline", "step"]

WAITING_AT_MOST = 64
"""Scans and calls that may wait for a save; a person cannot make more while a disk hangs."""
NIGHTLY_HOUR = 3
BEFORE_OPENING = dt.timedelta(hours=1)
FOR_A_PATRON = frozenset(
    {AskFor.CARD, AskFor.LOAN, AskFor.SECOND_LOOK, AskFor.CHECKIN, AskFor.ACCOUNT, AskFor.RENEW_ALL}
)
"""Somebody stands there and waits for the answer."""
HOLDING = (Stage.LOOKUP, Stage.PIN)
"""While a session is here, what was scanned waits."""


def step(state: State, event: Event) -> tuple[State, list[Effect]]:
    """Take one input in; return the state after it and what the world is asked to do, in order.

    Saves come first, then the View, then all else: nothing is said before it was asked to be saved, and a call is
    answered after the View that it led to was shown.
    """
    return end(begin(state, event), state)


def begin(state: State, event: Event) -> Turn:
    """Take one input in, and decide all that is to be asked of the library system because of it.

    Whoever carries the turn out may ask that already, before `end` makes the rest of it.
    """
    turn = Turn(state, timekeeping.now(state, event.at), event.at)
    timekeeping.watch(turn)
    _take(turn, event.input)
    _nobody_waits(turn)
    _let_in(turn)
    finishing.go_on(turn)
    # Before the upload reads entries: they are to have their exact time.
    timekeeping.correct(turn, state)
    upload.drive(turn)
    return turn


def end(turn: Turn, state: State) -> tuple[State, list[Effect]]:
    """Make the rest of a turn: what is saved, shown and logged. `state` is the one before it."""
    upload.mark_on(turn)
    downtime.follow(turn, state)
    downtime.keep_time(turn)
    downtime.write_notes(turn)
    _empty_outbox(turn)
    forgetting.follow(turn, state)
    listed.follow(turn, state)
    questions.remind(turn)
    return showing.shown(turn, state)


def _take(turn: Turn, what: Input) -> None:
    match what:
        case Scanned():
            if turn.busy:
                _wait(turn, what)
            else:
                staffing.used(turn)
                scanning.scanned(turn, what, calls.session_call)
        case Asked():
            if turn.busy and not isinstance(what.call, StatusGet):
                _wait(turn, what)
            else:
                calls.asked(turn, what)
        case ScanLost():
            turn.log("warning", "scan_lost", scanner=what.scanner)
            turn.say("scan_lost", Tone.WARN)
            scanning.refused(turn, what.scanner)
            scanning.touch(turn)
        case _:
            _hear(turn, what)


def _hear(turn: Turn, what: Heard) -> None:
    """Take in what a room answers or notices."""
    match what:
        case Saved():
            _saved(turn, what)
        case NotSaved():
            _not_saved(turn, what)
        case Answered():
            _answered(turn, what)
        case Unanswered():
            _unanswered(turn, what)
        case Tick():
            _tick(turn)
        case LineUp():
            mode.line_up(turn, what)
        case LineDown():
            mode.line_down(turn, what)
        case Fetched():
            _fetched(turn, what)
        case FetchFailed():
            turn.set(fetch=None)
            lending.storage_failed(turn, what.problem)
        case ExceptionsFetched():
            retrying.fetched(turn, what.entries)
        case EntriesRead():
            calls.entries_read(turn, what)
        case StaffCodeChecked() | Sealed() | DraftKept() | Probed() | FiguresRead() | BlockListRead() | TakenRead():
            _hear_beside(turn, what)
        case DiskChecked():
            _disk_checked(turn, what)
        case PrinterChanged():
            turn.set(paper=what.paper, printer_ready=what.ready)
        case SlipEnded():
            if not papers.ended(turn, what):
                finishing.slip_ended(turn, what)
        case DeviceChanged():
            others = tuple(device for device in turn.state.devices if device.name != what.status.name)
            turn.set(devices=(*others, what.status))
        case ClockChanged():
            timekeeping.changed(turn, what)
        case Started():
            _started(turn, what)


def _hear_beside(
    turn: Turn, what: StaffCodeChecked | Sealed | DraftKept | Probed | FiguresRead | BlockListRead | TakenRead
) -> None:
    """Take in what was done beside the loop."""
    match what:
        case StaffCodeChecked():
            staffing.checked(turn, what)
        case Sealed():
            by_hand.sealed(turn, what)
        case DraftKept():
            drafting.kept(turn, what)
        case Probed():
            downtime.probed(turn, what)
        case FiguresRead():
            papers.figures_read(turn, what)
        case BlockListRead():
            listed.read(turn, what)
        case TakenRead():
            from_elsewhere.read(turn, what)


def _fetched(turn: Turn, event: Fetched) -> None:
    """Hand unsent entries to whoever asked for them."""
    what = turn.state.fetch
    turn.set(fetch=None)
    if what is FetchFor.PROOF:
        mode.proof_fetched(turn, event.entries)
    elif what is FetchFor.BACKLOG:
        backlog.fetched(turn, event.entries)
    elif what is FetchFor.AHEAD:
        upload.ahead_fetched(turn, event.entries)
    elif what is FetchFor.WINDOW:
        upload.fetched(turn, event)


def _started(turn: Turn, event: Started) -> None:
    turn.set(
        instance=event.instance,
        started_wall_s=turn.at.wall_s,
        summary=event.summary,
        clock=event.clock,
        mode=replace(turn.state.mode, since_wall_s=turn.at.wall_s, forced=event.forced_reason),
        nightly_wall_s=_next_night(turn),
    )
    downtime.remember(turn, event.outage)
    if event.forced_reason is not None:
        mode.enter(turn, ModeName.OFFLINE, "forced")
    if event.interrupted is not None:
        turn.say("session_interrupted", Tone.WARN, lasting=True, count=str(event.interrupted))
    mode.connect(turn)


def _wait(turn: Turn, what: Scanned | Asked) -> None:
    if len(turn.state.waiting) < WAITING_AT_MOST:
        turn.set(waiting=(*turn.state.waiting, what))
    elif isinstance(what, Asked):
        turn.request = what.request
        policy.not_now(turn)
    else:
        turn.say("scan_lost", Tone.WARN)


def _nobody_waits(turn: Turn) -> None:
    """Once the library system is not believed to be there, nobody waits for it: what is saved stands recorded."""
    if turn.state.mode.name is not ModeName.OFFLINE:
        return
    asked = {ask: asking for ask, asking in turn.state.asks.items() if asking.what in FOR_A_PATRON}
    if asked:
        turn.set(asks={ask: asking for ask, asking in turn.state.asks.items() if ask not in asked})
    for ask, asking in asked.items():
        # What waits for its turn on the line is not sent any more: nobody is told what comes of it.
        turn.do(Forget(ask))
        _in_vain(turn, asking, Unanswered(ask, NoAnswer.NO_LINE))
    account.nobody_waits(turn)
    session = turn.state.session
    if session is not None and session.stage is Stage.PIN:
        cards.unasked(turn)


def _let_in(turn: Turn) -> None:
    """Take up what waited: first what came while a card was looked up, then what came during a save."""
    session = turn.state.session
    while session is not None and session.held and session.stage not in HOLDING and not turn.busy:
        first, *rest = session.held
        turn.set_session(held=())
        turn.request, turn.role = None, Role.SCREEN
        scanning.again(turn, first)
        session = turn.state.session
        # If the first was the next patron's card, the rest came after it and is that patron's.
        if session is not None and rest:
            turn.set_session(held=(*session.held, *rest))
            session = turn.state.session
    while turn.state.waiting and not turn.busy:
        first, *rest = turn.state.waiting
        turn.set(waiting=tuple(rest))
        turn.request, turn.role = None, Role.SCREEN
        _take(turn, first)


def _saved(turn: Turn, event: Saved) -> None:
    saving = _saving(turn, event.token)
    turn.set(summary=event.summary)
    lending.storage_back(turn)
    if saving is None:
        return
    match saving.what:
        case SaveFor.ITEM:
            lending.saved(turn, saving, event)
        case SaveFor.LOANS:
            account.saved(turn, saving, event)
        case SaveFor.LOANS_MARK:
            account.marked(turn, saving)
        case SaveFor.WITHDRAWAL:
            upload.drop(turn, saving.seqs)
            lending.withdrawn(turn, saving.seqs)
        case SaveFor.MODE:
            calls.mode_saved(turn, saving)
            return
        case SaveFor.BY_HAND:
            by_hand.saved(turn, saving, event)
            return
        case SaveFor.TAKE_IN:
            from_elsewhere.saved(turn, saving, event)
            return
        case SaveFor.DOWNTIME:
            downtime.saved(turn, saving)
            return
        case SaveFor.HAND_OVER:
            upload.drop(turn, saving.seqs)
        case SaveFor.RESOLUTION:
            retrying.resolved(turn)
        case SaveFor.MARK:
            upload.marked(turn, saving, event)
        case SaveFor.OUTBOX | SaveFor.NOTES:
            pass
    if saving.request is not None:
        turn.do(Reply(saving.request))


def _saving(turn: Turn, token: SaveToken) -> Saving | None:
    saves = dict(turn.state.saves)
    saving = saves.pop(token, None)
    turn.set(saves=saves)
    return saving


def _not_saved(turn: Turn, event: NotSaved) -> None:
    saving = _saving(turn, event.token)
    if saving is None:
        return
    turn.request = saving.request
    match saving.what:
        case SaveFor.ITEM:
            lending.not_saved(turn, saving, event)
        case SaveFor.LOANS:
            account.not_saved(turn, saving, event)
        case SaveFor.LOANS_MARK:
            lending.storage_failed(turn, event.problem)
            account.mark_failed(turn, saving)
        case SaveFor.OUTBOX:
            lending.storage_failed(turn, event.problem)
            turn.set(outbox=(*saving.rows, *turn.state.outbox))
        case SaveFor.MARK:
            lending.storage_failed(turn, event.problem)
            upload.mark_failed(turn)
            turn.set(outbox=(*saving.rows, *turn.state.outbox))
        case SaveFor.BY_HAND | SaveFor.TAKE_IN | SaveFor.DOWNTIME:
            by_hand.not_saved(turn, event)
        case SaveFor.NOTES:
            downtime.not_noted(turn, saving, event)
        case SaveFor.WITHDRAWAL | SaveFor.MODE | SaveFor.HAND_OVER | SaveFor.RESOLUTION:
            upload.start_over(turn, saving.seqs)
            lending.storage_failed(turn, event.problem)
            lending.refuse_storage(turn, event.problem)


def _disk_checked(turn: Turn, event: DiskChecked) -> None:
    turn.set(free_mib=event.free_mib)
    if event.problem is not None:
        lending.storage_failed(turn, event.problem)
    else:
        lending.storage_back(turn, event.free_mib)


def _empty_outbox(turn: Turn) -> None:
    """Hand what became of entries to the journal, one batch at a time, so that many share a sync."""
    state = turn.state
    if not state.outbox or state.storage is not None or upload.gathers(turn):
        return
    if any(saving.rows for saving in state.saves.values()):
        return
    turn.write_up()


def _answered(turn: Turn, event: Answered) -> None:
    asks = dict(turn.state.asks)
    asking = asks.pop(event.ask, None)
    turn.set(asks=asks)
    mode.answered(turn, event.round_trip_s)
    belief.seen(turn, event.answer)
    if isinstance(event.answer, PatronAnswer):
        mode.card_answered(turn)
    if asking is None:
        return
    match asking.what:
        case AskFor.CARD:
            cards.answered(turn, asking, event)
        case AskFor.LOAN:
            if not second_look.begun(turn, asking, event):
                lending.answered(turn, asking, event)
                account.one_renewed(turn, asking)
        case AskFor.SECOND_LOOK:
            if second_look.answered(turn, asking, event):
                account.one_renewed(turn, asking)
        case AskFor.ACCOUNT:
            account.answered(turn, asking, event)
        case AskFor.RENEW_ALL:
            account.all_renewed(turn, asking, event)
        case AskFor.CHECKIN:
            calls.checkin_answered(turn, asking, event)
        case AskFor.POLL:
            assert isinstance(event.answer, StatusAnswer)
            mode.poll_answered(turn, event.answer)
        case AskFor.UPLOAD:
            passing.answered(turn, asking, event)
        case AskFor.PROBE:
            mode.probed(turn, event.answer)
        case AskFor.GOODBYE:
            pass


def _unanswered(turn: Turn, event: Unanswered) -> None:
    asks = dict(turn.state.asks)
    asking = asks.pop(event.ask, None)
    turn.set(asks=asks)
    if asking is None:
        return
    match asking.what:
        case AskFor.CARD | AskFor.LOAN | AskFor.SECOND_LOOK | AskFor.CHECKIN | AskFor.ACCOUNT | AskFor.RENEW_ALL:
            if asking.what is AskFor.CARD:
                mode.card_unanswered(turn, event.why)
            mode.patron_waited(turn, event.why)
            _in_vain(turn, asking, event)
        case AskFor.UPLOAD:
            passing.unanswered(turn, asking, event)
        case AskFor.POLL:
            mode.poll_unanswered(turn, event.ask)
        case AskFor.PROBE:
            mode.unproved(turn, event.why)
        case AskFor.GOODBYE:
            pass


def _in_vain(turn: Turn, asking: Asking, event: Unanswered) -> None:
    """Whoever waited for this answer waits no longer."""
    if asking.what is AskFor.CARD:
        cards.unanswered(turn, asking, event)
    elif asking.what is AskFor.LOAN:
        lending.unanswered(turn, asking, event)
        account.one_renewed(turn, asking)
    elif asking.what is AskFor.SECOND_LOOK:
        second_look.unanswered(turn, asking)
        account.one_renewed(turn, asking)
    elif asking.what is AskFor.ACCOUNT:
        account.unanswered(turn, asking)
    elif asking.what is AskFor.RENEW_ALL:
        account.not_all_renewed(turn, asking)
    else:
        calls.checkin_unanswered(turn, asking, event)


def _tick(turn: Turn) -> None:
    mode.tick(turn)
    downtime.tick(turn)
    visiting.tick(turn)
    finishing.tick(turn)
    staffing.tick(turn)
    check = turn.state.storage_check_mono_s
    if check is not None and turn.at.mono_s >= check:
        turn.set(storage_check_mono_s=turn.at.mono_s + lending.STORAGE_RETRY_S)
        turn.do(CheckDisk())
    night = turn.state.nightly_wall_s
    if night is not None and turn.at.wall_s >= night:
        turn.set(nightly_wall_s=_next_night(turn))
        forgetting.nightly(turn)
        upload.at_once(turn)
        retrying.again(turn, Outcome.CARD_NOT_REGISTERED)


def _next_night(turn: Turn) -> float:
    """Return the next time at which the upload is begun whatever its back-off says: at night, and before opening."""
    now, settings = turn.local(), turn.state.settings
    opens = dt.datetime.combine(now.date(), settings.library.opens, turn.state.zone) - BEFORE_OPENING
    night = now.replace(hour=NIGHTLY_HOUR, minute=0, second=0, microsecond=0)
    found = []
    for moment in (night, opens):
        next_one = moment if moment > now else moment + dt.timedelta(days=1)
        # In the nightly halt nobody is asked; it is done as soon as that is over.
        halt_ends_s = quiet_until(settings.ils.quiet_hours, turn.state.zone, next_one.timestamp())
        found.append(halt_ends_s if halt_ends_s is not None else next_one.timestamp())
    return min(found)
