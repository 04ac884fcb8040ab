"""A code's way: recognised by pattern, then to the card, the item, the command or the question it answers."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.calls import (
    NEEDS,
    Call,
    CodeAs,
    ModeSet,
    ModeWish,
    Role,
    SessionCancel,
    SessionConfirm,
    SessionDueDate,
    SessionFinish,
    SessionInput,
    SessionLanguage,
    SessionLoans,
    SessionMoreTime,
    SessionNextPatron,
    SessionRenewAll,
    SessionShow,
    SessionStart,
    SessionWithdraw,
    ShowScreen,
    StaffLock,
)
from kioskd.model.commands import Command
from kioskd.model.effects import Beep
from kioskd.model.entry import How, ModeName
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import Asked, Scanned
from kioskd.model.settings import CheckDigit
from kioskd.model.slip import SlipKind
from kioskd.model.view import Flow, Tone
from kioskd.rules import cards, form_scan, keying, lending, policy, questions
from kioskd.rules.recognise import (
    CheckDigitState,
    IsCard,
    IsCommand,
    IsEither,
    IsItem,
    IsNothing,
    Recognised,
    recognise,
)
from kioskd.rules.session import GOOD, OPEN, CardOrItem, FinishFirst, Stage, StillCard, TypedCard, Unmatched
from kioskd.rules.state import LastScan
from kioskd.rules.turn import Turn
from kioskd.texts import say

COMMAND_CALLS: Final[Mapping[Command, Call]] = {
    Command.YES: SessionConfirm(yes=True),
    Command.NO: SessionConfirm(yes=False),
    Command.FINISH: SessionFinish(),
    Command.FINISH_RECEIPT: SessionFinish((SlipKind.RECEIPT,)),
    Command.FINISH_BOOKMARK: SessionFinish((SlipKind.BOOKMARK,)),
    Command.FINISH_BOTH: SessionFinish((SlipKind.RECEIPT, SlipKind.BOOKMARK)),
    Command.CANCEL: SessionCancel(),
    Command.MORE_TIME: SessionMoreTime(),
    Command.NEXT_PATRON: SessionNextPatron(),
    Command.CHECKOUT: SessionStart(Flow.CHECKOUT),
    Command.RENEW: SessionStart(Flow.RENEW),
    Command.ITEMS: SessionShow(ShowScreen.ITEMS),
    Command.HELP: SessionShow(ShowScreen.HELP),
    Command.LOANS: SessionLoans(),
    Command.RENEW_ALL: SessionRenewAll(),
    Command.ENGLISH: SessionLanguage("en"),
    Command.SPANISH: SessionLanguage("es"),
    Command.VIETNAMESE: SessionLanguage("vi"),
    Command.RUSSIAN: SessionLanguage("ru"),
    Command.CHINESE: SessionLanguage("zh-Hans"),
    Command.GO_OFFLINE: ModeSet(ModeWish.OFFLINE, "command card"),
    Command.GO_AUTO: ModeSet(ModeWish.AUTO),
    Command.LOCK: StaffLock(),
    Command.DUE_NONE: SessionDueDate(None),
}

DUE_DAYS: Final[Mapping[Command, int]] = {
    Command.DUE_7: 7,
    Command.DUE_14: 14,
    Command.DUE_21: 21,
    Command.DUE_28: 28,
}


def scanned(turn: Turn, scan: Scanned, call: Callable[[Turn, Call], None]) -> None:
    """A scanner's code; `call` carries out what a command barcode asks for."""
    settings = turn.state.settings.barcodes
    what = recognise(scan.code, settings, typed=False)
    last = turn.state.last_scans.get(scan.scanner)
    scans = dict(turn.state.last_scans)
    if isinstance(what, IsNothing):
        # What is not ours is kept nowhere, not even to know it again.
        scans.pop(scan.scanner, None)
    else:
        scans[scan.scanner] = LastScan(scan.code, turn.at.mono_s)
    turn.set(last_scans=scans)
    if last is not None and last.code == scan.code and turn.at.mono_s - last.mono_s < settings.repeat_s:
        return
    if isinstance(what, IsCommand):
        _commanded(turn, what.command, call)
        return
    if not form_scan.took(turn, scan.code):
        recognised(turn, what, scan, scan.how, scan.scanner)


def _commanded(turn: Turn, command: Command, call: Callable[[Turn, Call], None]) -> None:
    """Carry out a command barcode: a key, or the call that it stands for."""
    if command in keying.KEYS:
        touch(turn)
        code = keying.press(turn, command)
        if code is None:
            return
        if turn.state.session is not None and turn.state.session.stage is Stage.PIN:
            cards.look_up(turn, code)
            return
        recognised(
            turn,
            recognise(code, turn.state.settings.barcodes, typed=True),
            Scanned("", code, How.TYPED),
            How.TYPED,
            None,
        )
        return
    meant = _command(turn, command)
    if NEEDS[type(meant)] is Role.STAFF and not turn.staffed:
        turn.say("staff_only", Tone.WARN)
        turn.fail(ErrorKind.NOT_ALLOWED, say(turn.state.language, "staff_only"), {"needs": "staff"})
        return
    call(turn, meant)


def _command(turn: Turn, command: Command) -> Call:
    if command is Command.WITHDRAW_LAST:
        lines = turn.state.session.lines if turn.state.session else ()
        good = [line.n for line in lines if line.result in GOOD]
        return SessionWithdraw(good[-1] if good else 0)
    if command in DUE_DAYS:
        return SessionDueDate(turn.local().date() + dt.timedelta(days=DUE_DAYS[command]))
    return COMMAND_CALLS[command]


def typed(turn: Turn, asked: Asked, entered: SessionInput, call: Callable[[Turn, Call], None]) -> None:
    """A code typed at the screen."""
    what = recognise(entered.code, turn.state.settings.barcodes, typed=True)
    if isinstance(what, IsCommand):
        _commanded(turn, what.command, call)
        return
    if entered.as_ is not None:
        if isinstance(what, IsEither):
            what = _as(what.code, entered.as_)
        elif isinstance(what, IsNothing) and what.length:
            if not turn.staffed:
                turn.fail(ErrorKind.NOT_ALLOWED, say(turn.state.language, "staff_only"), {"needs": "staff"})
            elif turn.state.session is not None and turn.state.session.stage is Stage.LOOKUP:
                policy.not_now(turn)
            else:
                touch(turn)
                questions.ask(turn, Unmatched(entered.code.strip(), entered.as_ is CodeAs.PATRON, How.TYPED))
            return
    recognised(turn, what, asked, How.TYPED, None)


def _as(code: str, as_: CodeAs) -> IsCard | IsItem:
    if as_ is CodeAs.PATRON:
        return IsCard(PatronBarcode(code), CheckDigitState.NONE)
    return IsItem(ItemBarcode(code), CheckDigitState.NONE)


def again(turn: Turn, source: Scanned | Asked) -> None:
    """Take up a code that had to wait."""
    if isinstance(source, Scanned):
        what = recognise(source.code, turn.state.settings.barcodes, typed=False)
        recognised(turn, what, source, source.how, source.scanner)
    elif isinstance(source.call, SessionInput):
        turn.role = source.role
        what = recognise(source.call.code, turn.state.settings.barcodes, typed=True)
        if isinstance(what, IsEither) and source.call.as_ is not None:
            what = _as(what.code, source.call.as_)
        recognised(turn, what, source, How.TYPED, None)


def still_the_same(turn: Turn, question: StillCard) -> None:
    """It is still the person of this card: what was scanned meanwhile is taken."""
    turn.set(question=None)
    touch(turn)
    turn.hush()
    for source in question.items:
        again(turn, source)


def recognised(turn: Turn, what: Recognised, source: Scanned | Asked, how: How, scanner: str | None) -> None:
    """Take a code for what it is. `source` is kept if the code has to wait its turn."""
    turn.set(overlay=None)
    session = turn.state.session
    if session is not None and session.stage is Stage.LOOKUP:
        turn.set_session(held=(*session.held, source))
        return
    if isinstance(what, IsNothing):
        turn.log("info", "code_not_ours", why=what.why.value, length=what.length, kind=what.kind)
        turn.say(what.why.value, Tone.WARN)
        touch(turn)
        if scanner is not None:
            turn.do(Beep(scanner, good=False))
        return
    if isinstance(what, IsEither):
        if session is not None and session.stage is Stage.DONE:
            cards.close(turn)
        questions.ask(turn, CardOrItem(what.code, how))
        touch(turn)
        return
    if isinstance(what, IsCard):
        question = turn.state.question
        if isinstance(question, StillCard) and session is not None and session.patron == what.card:
            still_the_same(turn, question)
            return
        if how is How.TYPED:
            cards.typed(turn, what.card, proven=what.check_digit is CheckDigitState.GOOD)
        else:
            cards.came(turn, what.card, how)
        session = turn.state.session
        accepted = session is not None and session.patron == what.card and turn.state.question is None
        if accepted and how is not How.TYPED and _doubtful(turn, what.check_digit):
            turn.say("card_check_digit", Tone.WARN)
        touch(turn)
        return
    assert isinstance(what, IsItem)
    item(turn, what.item, source, how, scanner, doubtful=_doubtful(turn, what.check_digit))


def item(
    turn: Turn,
    code: ItemBarcode,
    source: Scanned | Asked,
    how: How,
    scanner: str | None,
    *,
    unmatched: bool = False,
    doubtful: bool = False,
) -> None:
    """An item came: to the list, or to the question that must be answered first."""
    session = turn.state.session
    if isinstance(turn.state.question, CardOrItem | TypedCard | Unmatched):
        # Whoever was asked about one code has gone on to the next.
        questions.drop(turn)
    if session is None or session.stage not in OPEN:
        if session is not None and session.stage is Stage.DONE:
            cards.close(turn)
        # One that is still printing keeps its slip.
        turn.say("card_first", Tone.ASK)
        return
    question = turn.state.question
    if isinstance(question, StillCard):
        turn.set(question=StillCard((*question.items, source)))
        return
    if isinstance(question, FinishFirst):
        questions.ask(turn, question)
        return
    if session.stage is Stage.PIN:
        turn.say("enter_pin", Tone.ASK, lasting=True)
        touch(turn)
        return
    if session.patron is None:
        alone = session.flow is Flow.RENEW and turn.state.mode.name is not ModeName.ONLINE
        if not alone:
            turn.say("card_first", Tone.ASK, lasting=True)
            touch(turn)
            return
    quiet_s = turn.at.mono_s - session.last_input_mono_s
    after_s = turn.state.settings.session.confirm_after_s
    if turn.self_service and session.patron is not None and quiet_s >= after_s > 0:
        questions.ask(turn, StillCard((source,)))
        # Somebody is there, whoever it is: the question stands as long as any screen does.
        touch(turn)
        return
    turn.set_session(stage=Stage.ITEMS)
    turn.set(question=None)
    touch(turn)
    lending.take(turn, code, how, scanner, unmatched=unmatched, doubtful=doubtful)


def touch(turn: Turn) -> None:
    """Somebody is there: put off the idle warning, and what an idle screen forgets by itself."""
    turn.set(touched_mono_s=turn.at.mono_s)
    session = turn.state.session
    if session is None or session.stage not in OPEN:
        return
    turn.set_session(last_input_mono_s=turn.at.mono_s, warned=False)
    if session.warned and turn.state.message is not None and turn.state.message.key == "still_there":
        questions.prompt(turn)


def _doubtful(turn: Turn, state: CheckDigitState) -> bool:
    """Tell whether a wrong check digit is to be pointed out."""
    return turn.state.settings.barcodes.check_digit is CheckDigit.WARN and state is CheckDigitState.BAD


def refused(turn: Turn, scanner: str) -> None:
    """Let the scanner tell that its scan did not count."""
    turn.do(Beep(scanner, good=False))
