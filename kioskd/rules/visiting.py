"""What a screen may ask for a patron session, method by method."""

import datetime as dt
from collections.abc import Callable

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.calls import (
    Call,
    SessionConfirm,
    SessionDueDate,
    SessionFinish,
    SessionInput,
    SessionLanguage,
    SessionShow,
    SessionStart,
    SessionWithdraw,
    ShowScreen,
)
from kioskd.model.entry import How
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import Asked, Scanned
from kioskd.model.settings import Secret
from kioskd.model.view import Flow, Tone
from kioskd.rules import account, cards, finishing, keying, lending, questions, scanning
from kioskd.rules.deadlines import idle_leftovers
from kioskd.rules.policy import not_now
from kioskd.rules.session import (
    OPEN,
    AlternativeDue,
    CardOrItem,
    FinishFirst,
    ListedCard,
    Overlay,
    Stage,
    StillCard,
    TypedCard,
    Unmatched,
)
from kioskd.rules.turn import Turn
from kioskd.texts import say

LONGEST_LOAN_DAYS = 366 * 2


def is_open(turn: Turn) -> bool:
    """Tell whether a patron session is open."""
    return turn.state.session is not None and turn.state.session.stage in OPEN


def _at_items(turn: Turn) -> bool:
    """Tell whether the patron is at the list of items, and no question is to be answered first."""
    return is_open(turn) and turn.session.stage in (Stage.ITEMS, Stage.FINISH) and turn.state.question is None


def show(turn: Turn, call: SessionShow) -> None:
    """`session.show`."""
    scanning.touch(turn)
    if call.screen is ShowScreen.HELP:
        turn.set(overlay=Overlay.HELP)
        return
    if call.screen is ShowScreen.ITEMS and turn.state.overlay is not None:
        turn.set(overlay=None)
        if is_open(turn) and turn.session.stage is Stage.FINISH:
            turn.set_session(stage=Stage.ITEMS)
        return
    if not _at_items(turn):
        not_now(turn)
        return
    turn.set(overlay=None)
    match call.screen:
        case ShowScreen.ITEMS:
            turn.set_session(stage=Stage.ITEMS)
            questions.prompt(turn)
        case ShowScreen.FINISH:
            turn.set_session(stage=Stage.FINISH)
            questions.prompt(turn)
        case ShowScreen.DUE_DATE:
            if not turn.staffed:
                turn.fail(ErrorKind.NOT_ALLOWED, say(turn.state.language, "staff_only"), {"needs": "staff"})
                return
            turn.set(overlay=Overlay.DUE_DATE)


def start(turn: Turn, call: SessionStart) -> None:
    """`session.start`: open a session for a flow, or change the flow of the open one."""
    if is_open(turn) and turn.session.patron is not None:
        if turn.state.question is not None:
            not_now(turn)
            return
        back = Stage.ITEMS if turn.session.stage is Stage.FINISH else turn.session.stage
        turn.set_session(flow=call.flow, stage=back)
        scanning.touch(turn)
        questions.prompt(turn)
        return
    cards.close(turn)
    cards.begin(turn, None, call.flow)


def enter(turn: Turn, asked: Asked, call: SessionInput, command: Callable[[Turn, Call], None]) -> None:
    """`session.input`: a PIN where the View asks one, else a code. `command` carries out a typed command code."""
    if is_open(turn) and turn.session.stage is Stage.PIN and call.as_ is None:
        scanning.touch(turn)
        cards.look_up(turn, call.code)
        return
    if not call.code.strip():
        turn.fail(ErrorKind.BAD_PARAMS, "code: must not be empty; type the number under the barcode")
        return
    scanning.typed(turn, asked, call, command)


def confirm(turn: Turn, call: SessionConfirm) -> None:
    """`session.confirm`: yes or no to what the View asks."""
    question = turn.state.question
    warned = is_open(turn) and turn.session.warned
    if question is None and not warned:
        not_now(turn)
        return
    questions.drop(turn)
    scanning.touch(turn)
    match question:
        case None:
            # Yes to the idle warning is more time, which touching the session gave; no is goodbye.
            if not call.yes:
                cancel(turn)
        case FinishFirst():
            if call.yes:
                cards.end(turn)
                cards.begin(turn, question.card, Flow.CHECKOUT, unmatched=question.unmatched)
            else:
                questions.prompt(turn)
        case StillCard():
            if not call.yes:
                cards.end(turn)
                turn.say("card_first", Tone.ASK)
                return
            scanning.still_the_same(turn, question)
        case CardOrItem():
            if call.yes:
                cards.came(turn, PatronBarcode(question.code), question.how)
            else:
                source = Scanned("", Secret(question.code), question.how)
                scanning.item(turn, ItemBarcode(question.code), source, question.how, None)
        case ListedCard():
            cards.decided(turn, question, yes=call.yes)
        case TypedCard():
            if call.yes:
                cards.came(turn, question.card, How.TYPED)
        case Unmatched():
            if not call.yes:
                return
            if question.card:
                cards.came(turn, PatronBarcode(question.code), question.how, unmatched=True)
            else:
                source = Scanned("", Secret(question.code), question.how)
                scanning.item(turn, ItemBarcode(question.code), source, question.how, None, unmatched=True)


def withdraw(turn: Turn, call: SessionWithdraw) -> None:
    """`session.withdraw`."""
    if not _at_items(turn):
        not_now(turn)
        return
    scanning.touch(turn)
    lending.withdraw(turn, call.n, call.reason)


def finish(turn: Turn, call: SessionFinish) -> None:
    """`session.finish`."""
    if not _at_items(turn):
        not_now(turn)
        return
    finishing.finish(turn, call.paper)


def cancel(turn: Turn) -> None:
    """`session.cancel`: leave without paper; what was done stays done."""
    if turn.state.session is None:
        if turn.state.overlay is None and turn.state.question is None and turn.state.typed_once is None:
            not_now(turn)
            return
        turn.set(overlay=None, question=None, typed_once=None)
        turn.hush()
        return
    kept = cards.done_good(turn.session) if turn.session.stage in OPEN else 0
    cards.end(turn)
    if kept:
        turn.say("cancelled_kept", Tone.OK, count=str(kept))


def more_time(turn: Turn) -> None:
    """`session.more_time`."""
    if not is_open(turn):
        not_now(turn)
        return
    scanning.touch(turn)


def next_patron(turn: Turn) -> None:
    """`session.next_patron`: end this visit without paper and await the next card."""
    cards.close(turn)
    cards.begin(turn, None, Flow.CHECKOUT)


def language(turn: Turn, call: SessionLanguage) -> None:
    """`session.language`."""
    offered = turn.state.settings.station.languages
    if call.language not in offered:
        turn.fail(ErrorKind.BAD_PARAMS, f"language: {call.language!r} is not offered; one of {', '.join(offered)}")
        return
    turn.set(language=call.language)
    scanning.touch(turn)


def loans(turn: Turn) -> None:
    """`session.loans`."""
    scanning.touch(turn)
    account.show(turn)


def renew_all(turn: Turn) -> None:
    """`session.renew_all`."""
    scanning.touch(turn)
    account.renew_all(turn)


def due_date(turn: Turn, call: SessionDueDate) -> None:
    """`session.due_date`: staff's alternative date, for the next item or for the session."""
    if not is_open(turn) or turn.session.stage not in (Stage.ITEMS, Stage.FINISH, Stage.CARD):
        not_now(turn)
        return
    today = turn.local().date()
    if call.date is not None and not today < call.date <= today + dt.timedelta(days=LONGEST_LOAN_DAYS):
        turn.fail(ErrorKind.BAD_PARAMS, f"date: {call.date} is not after today ({today}) or too far ahead")
        return
    due = AlternativeDue(call.date, call.scope) if call.date is not None else None
    turn.set_session(alternative_due=due)
    turn.set(overlay=None)
    scanning.touch(turn)


def tick(turn: Turn) -> None:
    """The session's own deadlines: idle, warned, done."""
    session = turn.state.session
    message = turn.state.message
    if message is not None and message.until_mono_s is not None and turn.at.mono_s >= message.until_mono_s:
        turn.hush()
    if turn.state.typed_once is not None and turn.at.mono_s >= turn.state.typed_once.until_mono_s:
        turn.set(typed_once=None)
    keying.tick(turn)
    if session is None:
        if idle_leftovers(turn.state) and turn.at.mono_s >= turn.state.touched_mono_s + _idle_s(turn):
            forget(turn)
        return
    if session.stage is Stage.DONE:
        if session.done_until_mono_s is not None and turn.at.mono_s >= session.done_until_mono_s:
            cards.end(turn)
        return
    if session.stage not in OPEN or turn.busy:
        return
    settings = turn.state.settings.session
    quiet_s = turn.at.mono_s - session.last_input_mono_s
    if session.warned and quiet_s >= settings.idle_s + settings.warning_s:
        turn.log("info", "session_abandoned", items=len(session.lines))
        cards.end(turn)
    elif quiet_s >= settings.idle_s and not session.warned:
        # However late this tick is, the warning stands as long as it should.
        turn.set_session(warned=True, last_input_mono_s=turn.at.mono_s - settings.idle_s)
        if turn.state.overlay is Overlay.LOANS:
            # Whoever comes by now need not read what somebody else has at home.
            turn.set(overlay=None)
        turn.say("still_there", Tone.ASK, lasting=True)


def _idle_s(turn: Turn) -> float:
    return turn.state.settings.session.idle_s


def forget(turn: Turn) -> None:
    """Nobody is there, and there was no session: the next person finds the screen as it always is."""
    questions.drop(turn)
    turn.set(overlay=None, typed_once=None, language=turn.state.settings.station.languages[0])
