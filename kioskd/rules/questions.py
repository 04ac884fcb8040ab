"""What stands on the screen while the station waits for somebody: its question, or what to do next."""

from typing import Final

from kioskd.model.barcode import last_digits
from kioskd.model.entry import ModeName
from kioskd.model.view import Flow, LineResult, Tone
from kioskd.rules.session import CardOrItem, FinishFirst, ListedCard, Question, Session, Stage, StillCard, TypedCard
from kioskd.rules.state import Message
from kioskd.rules.turn import Turn

BEFORE_QUESTIONS: Final = frozenset({"still_there", "storage"})
"""What lasts and matters more than a question."""


def wording(question: Question, session: Session | None) -> Message:
    """Return a question as the screen asks it."""
    own = last_digits(session.patron or "") if session is not None else ""
    match question:
        case CardOrItem():
            return Message("card_or_item", Tone.ASK)
        case FinishFirst():
            return Message("finish_first", Tone.ASK, {"card": own, "other": last_digits(question.card)})
        case StillCard():
            return Message("still_card", Tone.ASK, {"card": own})
        case ListedCard():
            return Message(question.reason.value, Tone.ASK)
        case TypedCard():
            return Message("typed_card_sure", Tone.ASK, {"card": str(question.card)})
        case _:
            key = "unmatched_card_sure" if question.card else "unmatched_item_sure"
            return Message(key, Tone.ASK, {"code": question.code})


def ask(turn: Turn, question: Question) -> None:
    """Put a question on the screen."""
    turn.set(question=question, message=wording(question, turn.state.session))


def drop(turn: Turn) -> None:
    """Take the question off the screen, unanswered."""
    question = turn.state.question
    if question is None:
        return
    asked, message = wording(question, turn.state.session), turn.state.message
    turn.set(question=None)
    if message is not None and message.key == asked.key:
        turn.hush()


def remind(turn: Turn) -> None:
    """Put the question on the screen again once what was said meanwhile has gone by; nothing lasting covers it."""
    message = turn.state.message
    if turn.state.question is None:
        return
    if message is None or (message.until_mono_s is None and message.key not in BEFORE_QUESTIONS):
        turn.set(message=wording(turn.state.question, turn.state.session))


def prompt(turn: Turn) -> None:
    """Say what the session waits for: the answer to its question, or else the next thing to do."""
    session = turn.session
    if turn.state.question is not None:
        turn.set(message=wording(turn.state.question, session))
        return
    match session.stage:
        case Stage.CARD:
            alone = session.flow is Flow.RENEW and turn.state.mode.name is not ModeName.ONLINE
            turn.say("scan_card_or_item" if alone else "scan_card", Tone.ASK, lasting=True)
        case Stage.LOOKUP:
            turn.say("card_checking", Tone.OK, lasting=True)
        case Stage.PIN:
            turn.say("enter_pin", Tone.ASK, lasting=True)
        case Stage.ITEMS:
            turn.say("scan_items", Tone.ASK, lasting=True)
        case Stage.FINISH:
            if turn.state.settings.station.gates and any(line.result is LineResult.RECORDED for line in session.lines):
                turn.say("choose_paper_gate", Tone.WARN, lasting=True)
            else:
                turn.say("choose_paper", Tone.ASK, lasting=True)
        case Stage.CLOSING | Stage.DONE:
            pass
