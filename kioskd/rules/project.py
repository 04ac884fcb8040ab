"""The View: what a front screen needs, drawn from the state and from nothing else."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter, is_not
from typing import Final

from kioskd.model.barcode import last_digits
from kioskd.model.entry import ModeName
from kioskd.model.slip import SlipKind
from kioskd.model.time import Instant
from kioskd.model.view import (
    AccountView,
    DueDateView,
    Flow,
    LineResult,
    LineView,
    LoanView,
    MessageView,
    ModeView,
    Paper,
    PatronView,
    Screen,
    StaffView,
    StationView,
    TimerView,
    Tone,
    UploadView,
    View,
)
from kioskd.rules import board, keying, on_loan
from kioskd.rules.mode import slow
from kioskd.rules.session import OPEN, Line, Loan, Overlay, Session, Stage
from kioskd.rules.slips import bookmark_offered
from kioskd.rules.state import Message, State
from kioskd.rules.turn import awaited, unsent
from kioskd.rules.wording import local_rfc3339, station_time
from kioskd.texts import say


def screen(state: State) -> Screen:
    """Return which screen shows."""
    session = state.session
    if state.overlay is Overlay.HELP:
        return Screen.HELP
    if state.question is not None:
        return Screen.CONFIRM
    if session is None:
        if state.storage is not None:
            return Screen.OUT_OF_SERVICE
        unlocked_self = state.staff.by is not None and state.settings.station.kind == "self"
        return Screen.STAFF if unlocked_self else Screen.IDLE
    if state.overlay is Overlay.DUE_DATE:
        return Screen.DUE_DATE
    if state.overlay is Overlay.LOANS:
        return Screen.LOANS
    match session.stage:
        case Stage.CARD | Stage.LOOKUP:
            return Screen.CARD
        case Stage.PIN:
            return Screen.PIN
        case Stage.ITEMS:
            return Screen.ITEMS
        case Stage.FINISH:
            return Screen.FINISH
        case Stage.CLOSING:
            return Screen.PRINTING
        case Stage.DONE:
            return Screen.DONE


_BESIDES: Final = (
    "patron.register",
    "sheet.add",
    "downtime.review",
    "downtime.tick",
    "crate.count",
    "worklist.get",
    "exceptions.resolve",
    "registrations.list",
    "registration.tick",
    "slip.print",
)
"""What staff do around an outage, as long as nobody is served."""


def choices(state: State) -> Sequence[str]:
    """Return the methods that make sense now, in the order a screen may show them."""
    session = state.session
    staff = state.staff.by is not None
    found: list[str] = []
    if state.question is not None:
        found += ["session.confirm", "session.cancel"]
    elif session is None:
        found += ["session.start", "session.input"]
        if state.overlay is not None:
            found += ["session.show", "session.cancel"]
    elif session.stage in OPEN:
        found += ["session.input", "session.cancel"]
        if session.stage in (Stage.ITEMS, Stage.FINISH):
            found += ["session.finish", "session.show", "session.start"]
            if any(line.result is LineResult.RECORDED for line in session.lines):
                found.append("session.withdraw")
            if on_loan.offered(state):
                found.append("session.loans")
                if on_loan.renewable(state):
                    found.append("session.renew_all")
        if session.warned:
            found += ["session.more_time", "session.confirm"]
        if staff and session.stage in (Stage.CARD, Stage.ITEMS, Stage.FINISH):
            found.append("session.due_date")
    elif session.stage is Stage.DONE:
        found += ["session.start", "session.input", "session.cancel"]
    found += ["session.next_patron", "session.language"]
    if state.overlay is None and "session.show" not in found:
        found.append("session.show")
    if state.settings.staff.codes_file is not None:
        found.append("staff.lock" if staff else "staff.unlock")
    if staff:
        found.append("mode.set")
        if session is None and state.question is None:
            found += _BESIDES
    return tuple(found)


def _lines(state: State, was: State | None) -> tuple[LineView, ...]:
    """Draw the lines, of which a step changes one mostly: the others are those that were drawn before."""
    session = state.session
    if session is None:
        return ()
    known: dict[int, LineView] = {}
    if was is not None and was.session is not None and was.view is not None and _said_alike(was, state):
        lines, drawn = was.session.lines, was.view.items
        known = {id(line): view for line, view in zip(lines, drawn, strict=False)} if len(lines) == len(drawn) else {}
    return tuple(known.get(id(line)) or _line(state, line) for line in session.lines)


def _said_alike(was: State, now: State) -> bool:
    """Tell whether a line that did not change reads as it did."""
    return (was.language, was.staff.by is None, was.settings) == (now.language, now.staff.by is None, now.settings)


def _line(state: State, line: Line) -> LineView:
    staff = state.staff.by is not None or state.settings.station.kind == "staff"
    text = say(state.language, _line_key(line))
    if line.said and staff:
        text = line.said
    due = line.due or (line.alternative_due.isoformat() if line.alternative_due else None)
    return LineView(line.n, line.item, line.result, line.reason, text, line.title, due)


_OF_A_RENEWAL: Final = {
    LineResult.RECORDED: "line_renewal_recorded",
    LineResult.REFUSED: "line_renewal_refused",
}
"""Nobody who renews has the thing to leave here or to take along."""


def _line_key(line: Line) -> str:
    key = _OF_A_RENEWAL.get(line.result) if line.renewal else None
    return key or f"line_{line.reason or line.result.value}"


def _account(state: State) -> AccountView | None:
    """Draw the loans, by due date, on their own screen alone."""
    session = state.session
    if session is None or session.account is None or screen(state) is not Screen.LOANS:
        return None
    known = session.account
    lines = {line.item: line for line in session.lines}
    far = dt.date.max
    return AccountView(
        state=known.state,
        loans=tuple(
            _loan(state, loan, lines.get(loan.item)) for loan in sorted(known.loans, key=lambda each: each.due or far)
        ),
        complete=known.complete,
        holds_ready=known.hold_count,
        holds=tuple(loan.title for loan in known.holds if loan.title),
    )


def _loan(state: State, loan: Loan, line: Line | None) -> LoanView:
    due = loan.due.isoformat() if loan.due else loan.due_text or None
    if line is None:
        return LoanView(loan.item, loan.title, due, None, None)
    shown = _line(state, line)
    return LoanView(loan.item, loan.title or line.title, line.due or due, line.result, shown.text)


def _timer(state: State, at: Instant) -> TimerView | None:
    session = state.session
    if session is None or not session.warned or session.stage not in OPEN:
        return None
    settings = state.settings.session
    ends = session.last_input_mono_s + settings.idle_s + settings.warning_s
    return TimerView(max(0, round(ends - at.mono_s)), "idle")


def _upload(state: State) -> UploadView | None:
    upload = state.upload
    if not upload.running or state.mode.name is not ModeName.RECOVERING:
        return None
    left = max(0, state.summary.unsent - len(awaited(state)))
    return UploadView(upload.done, left, upload.per_s)


_UNDRAWN: Final = frozenset(
    {
        "instance",
        "started_wall_s",
        "count",
        "wall_minus_boot_s",
        "devices",
        "storage_check_mono_s",
        "free_mib",
        "waiting",
    }
    | {"to_note", "probe_mono_s", "drafts_dropped", "papers", "outbox_since_mono_s"}
    | {"reading", "last_scans", "typed_once", "touched_mono_s", "fetch", "blocks", "nightly_wall_s", "view"}
)
"""Fields of the state that no View is drawn from."""
_LINE: Final = attrgetter("n", "item", "result", "reason", "said", "title", "due", "alternative_due", "renewal")
_SESSION: Final = attrgetter("id", "flow", "stage", "patron", "alternative_due", "warned", "account")


def _shows_the_same(was: Session | None, now: Session | None) -> bool:
    """Tell whether two sessions are drawn alike; a line that stayed is the same one."""
    if was is now or was is None or now is None:
        return was is now
    if len(was.lines) != len(now.lines) or _SESSION(was) != _SESSION(now):
        return False
    pairs = zip(was.lines, now.lines, strict=True)
    return all(before is after or _LINE(before) == _LINE(after) for before, after in pairs)


def _of_link(state: State) -> object:
    return slow(state.link), on_loan.offered(state)


def _of_upload(state: State) -> object:
    return (state.upload.done, state.upload.per_s) if state.upload.running else None


def _of_summary(state: State) -> object:
    return state.summary.exceptions, state.summary.oldest_unsent, state.summary.oldest_exception


def _of_staff(state: State) -> object:
    return state.staff.by


_IN_PART: Final[Mapping[str, tuple[Callable[[State], object], ...]]] = {
    "session": (unsent, on_loan.offered),
    "summary": (_of_summary, unsent),
    "link": (_of_link,),
    "backlog": (on_loan.offered,),
    "upload": (_of_upload,),
    "staff": (_of_staff,),
    "saves": (unsent,),
    "asks": (unsent,),
    "outbox": (unsent,),
}
"""Fields of the state that a View is drawn from in part: what of each, as far as the View goes."""
_WHOLE: Final = attrgetter(*(each.name for each in fields(State) if each.name not in _UNDRAWN | _IN_PART.keys()))
_PARTLY: Final = attrgetter(*_IN_PART)


def draws_the_same(before: State, after: State) -> bool:
    """Tell, for much less than drawing costs, that two states give the same View but for its clock; False: perhaps.

    What time alone changes is told elsewhere (`board.aged`).

    Polls, ticks and saves are most of a station's steps, and few of them change anything that people see.
    """
    if any(map(is_not, _WHOLE(before), _WHOLE(after))) or not _shows_the_same(before.session, after.session):
        return False
    pairs = zip(_IN_PART.values(), _PARTLY(before), _PARTLY(after), strict=True)
    parts = {part for its, was, now in pairs if was is not now for part in its}
    return all(part(before) == part(after) for part in parts)


def project(state: State, at: Instant, seq: int, was: State | None = None) -> View:
    """Draw the View. `was`: the state before, whose View may have a part that needs no drawing."""
    session = state.session
    message = state.message
    if message is None and state.storage is not None:
        message = Message("storage", Tone.STOP)
    language = state.language
    due = session.alternative_due if session else None
    patron = session.patron if session is not None and session.stage is not Stage.DONE else None
    flow: Flow | None = session.flow if session else None
    return View(
        seq=seq,
        session=session.id if session else None,
        station=StationView(
            state.settings.station.id, state.settings.station.kind, station_time(at.wall_s, state.zone)
        ),
        screen=screen(state),
        flow=flow,
        language=language,
        mode=mode_view(state),
        patron=PatronView("••••" + last_digits(patron)) if patron else None,
        items=_lines(state, was),
        message=MessageView(message.key, message.params, say(language, message.key, **message.params), message.tone)
        if message
        else None,
        timer=_timer(state, at),
        choices=tuple(choices(state)),
        due_date=DueDateView(due.date.isoformat(), due.scope.value) if due else None,
        staff=StaffView(state.staff.by is not None, state.staff.by),
        unsent=unsent(state),
        exceptions=state.summary.exceptions,
        paper=state.paper,
        upload=_upload(state),
        offers=_offers(state),
        helpdesk=state.settings.helpdesk_phone,
        account=_account(state),
        keyed=keying.shown(state),
        contact=state.settings.library.contact,
        downtime=board.shown(state, at, was),
        alarm=board.alarm(state, at.wall_s),
        drafts=tuple(form.value for form in state.drafts) if state.staff.by is not None else (),
    )


def _offers(state: State) -> tuple[str, ...]:
    """Return the papers that could be printed for this visit now."""
    if state.paper in (Paper.NONE, Paper.OUT) or not state.printer_ready:
        return ()
    offered = [SlipKind.RECEIPT.value]
    if bookmark_offered(state):
        offered.append(SlipKind.BOOKMARK.value)
    return tuple(offered)


def mode_view(state: State) -> ModeView:
    """Draw the mode, as the View and the Status show it."""
    mode = state.mode
    return ModeView(
        name=mode.name,
        since=local_rfc3339(mode.since_wall_s, state.zone),
        reason=mode.forced if mode.forced is not None else mode.reason,
        forced=mode.forced is not None,
        slow=slow(state.link),
    )
