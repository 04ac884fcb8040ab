"""A card's way: opening a session, asking the library system about the card, and whose session it is."""

from kioskd.model.barcode import PatronBarcode, masked
from kioskd.model.effects import DropSlips
from kioskd.model.entry import How
from kioskd.model.ils import AskEndSession, AskPatron, NoAnswer, PatronAnswer, Urgency
from kioskd.model.inputs import Answered, Unanswered
from kioskd.model.settings import Secret
from kioskd.model.view import Flow, LineResult, Tone
from kioskd.rules import backlog, lending, listed, mode, questions
from kioskd.rules.in_flight import AskFor, Asking
from kioskd.rules.link import Phase
from kioskd.rules.session import GOOD, OPEN, FinishFirst, ListedCard, Session, Stage, TypedCard
from kioskd.rules.state import TypedOnce
from kioskd.rules.turn import Turn

TYPE_AGAIN_S = 30.0
GOODBYE_S = 5.0


def came(turn: Turn, card: PatronBarcode, how: How, *, unmatched: bool = False) -> None:
    """A card was scanned, or typed and accepted."""
    session = turn.state.session
    if session is None or session.stage not in OPEN:
        close(turn)
        begin(turn, card, Flow.CHECKOUT, unmatched=unmatched)
        return
    if session.patron is None:
        adopt(turn, card, unmatched=unmatched)
        return
    if session.patron == card:
        turn.set(question=None)
        if session.stage is Stage.FINISH:
            turn.set_session(stage=Stage.ITEMS)
        questions.prompt(turn)
        return
    question = turn.state.question
    again = isinstance(question, FinishFirst) and question.card == card
    if session.stage is Stage.FINISH or not turn.self_service or again:
        end(turn)
        begin(turn, card, Flow.CHECKOUT, unmatched=unmatched)
        return
    questions.ask(turn, FinishFirst(card, how, unmatched))


def typed(turn: Turn, card: PatronBarcode, *, proven: bool) -> None:
    """A card number was typed: unless its check digit proves it, it is typed twice or confirmed by staff."""
    session = turn.state.session
    own = session is not None and session.stage in OPEN and session.patron == card
    if proven or own or not turn.state.settings.barcodes.typed_twice:
        came(turn, card, How.TYPED)
        return
    if turn.staffed:
        questions.ask(turn, TypedCard(card))
        return
    once = turn.state.typed_once
    if once is not None and once.card == card and turn.at.mono_s <= once.until_mono_s:
        turn.set(typed_once=None)
        came(turn, card, How.TYPED)
        return
    turn.set(typed_once=TypedOnce(card, turn.at.mono_s + TYPE_AGAIN_S))
    turn.say("type_card_again" if once is None else "typed_differs", Tone.ASK)


def begin(turn: Turn, card: PatronBarcode | None, flow: Flow, *, unmatched: bool = False) -> None:
    """Open a session; with a card, ask the library system about it where that is possible.

    None is opened while nothing could be saved in it.
    """
    if turn.state.storage is not None:
        lending.refuse_storage(turn, turn.state.storage)
        return
    session = Session(
        id=turn.uuid(),
        flow=flow,
        stage=Stage.CARD,
        last_input_mono_s=turn.at.mono_s,
    )
    turn.set(session=session, question=None, overlay=None, typed_once=None, keyed=None)
    turn.hush()
    questions.prompt(turn)
    if card is not None:
        adopt(turn, card, unmatched=unmatched)


def adopt(turn: Turn, card: PatronBarcode, *, unmatched: bool = False) -> None:
    """Let the open session be this card's."""
    turn.set_session(patron=card, patron_unmatched=unmatched)
    turn.set(question=None)
    if not backlog.serves_live(turn.state, card):
        unasked(turn)
    elif turn.state.settings.ils.ask_pin:
        turn.set_session(stage=Stage.PIN)
        questions.prompt(turn)
    else:
        look_up(turn, None)


def unasked(turn: Turn) -> None:
    """Nobody can be asked about the session's card: take it as it is, unless the block list has it."""
    session = turn.session
    assert session.patron is not None
    asked = listed.question(turn, session.patron, unmatched=session.patron_unmatched)
    if asked is None:
        turn.set_session(lookup=None, stage=Stage.ITEMS, pin=None)
        if turn.state.message is None or turn.state.message.tone is not Tone.WARN:
            questions.prompt(turn)
    elif turn.staffed:
        # Nothing is lent to it before staff have decided.
        turn.set_session(lookup=None, stage=Stage.CARD, pin=None, patron=None, patron_unmatched=False)
        questions.ask(turn, asked)
    else:
        _turn_away(turn, "card_blocked")


def decided(turn: Turn, asked: ListedCard, *, yes: bool) -> None:
    """Staff have looked at a listed card."""
    turn.log(
        "info",
        "listed_card_allowed" if yes else "listed_card_rejected",
        card=masked(asked.card),
        reason=asked.reason.value,
        by=turn.state.staff.by or "",
    )
    if not yes:
        end(turn)
        return
    turn.set_session(patron=asked.card, patron_unmatched=asked.unmatched, stage=Stage.ITEMS)
    questions.prompt(turn)


def look_up(turn: Turn, pin: Secret | None) -> None:
    """Ask the library system about the session's card (63)."""
    card = turn.session.patron
    assert card is not None
    until = turn.at.mono_s + mode.timeout_s(turn)
    ask = turn.ask(AskPatron(card, pin), Asking(AskFor.CARD, turn.session.id), Urgency.PATRON, until)
    turn.set_session(stage=Stage.LOOKUP, lookup=ask, pin=pin)
    questions.prompt(turn)


def answered(turn: Turn, asking: Asking, event: Answered) -> None:
    """64 came: take the card, ask for the PIN again, or send the patron to staff."""
    answer = event.answer
    assert isinstance(answer, PatronAnswer)
    session = turn.state.session
    if session is None or session.id != asking.session or session.stage is not Stage.LOOKUP:
        return
    turn.set_session(
        lookup=None, known_to_ils=True, denied=answer.denied or answer.card_lost, renewal_denied=answer.renewal_denied
    )
    if answer.valid is False:
        _turn_away(turn, "card_unknown")
    elif session.pin is not None and answer.pin_ok is False:
        turn.set_session(stage=Stage.PIN, pin=None)
        turn.say("pin_wrong", Tone.WARN, lasting=True)
    elif answer.card_lost or (answer.denied and turn.self_service):
        _turn_away(turn, "card_blocked")
    else:
        turn.set_session(stage=Stage.ITEMS, last_input_mono_s=turn.at.mono_s)
        if answer.denied:
            turn.say("card_blocked_staff", Tone.WARN, blocks=", ".join(answer.blocks))
        else:
            questions.prompt(turn)


def _turn_away(turn: Turn, key: str) -> None:
    end(turn)
    turn.say(key, Tone.STOP)


def unanswered(turn: Turn, asking: Asking, event: Unanswered) -> None:
    """No word on the card: lending goes on offline; a number that SIP2 cannot carry is no card."""
    session = turn.state.session
    if session is None or session.id != asking.session or session.stage is not Stage.LOOKUP:
        return
    if event.why is NoAnswer.UNSENDABLE:
        _turn_away(turn, "card_unknown")
        return
    unasked(turn)


def end(turn: Turn) -> None:
    """End the session without paper; its entries stay as they are."""
    session = turn.state.session
    if session is None:
        return
    goodbye(turn)
    turn.set(session=None, question=None, overlay=None, typed_once=None, keyed=None)
    turn.hush()
    turn.set(language=turn.state.settings.station.languages[0])
    turn.do(DropSlips())


def close(turn: Turn) -> None:
    """Take a session that is over off the screen, and what it still had to print with it."""
    if turn.state.session is not None:
        end(turn)


def goodbye(turn: Turn) -> None:
    """Tell the library system that the patron leaves (35), if it was asked about the card; nobody waits for it."""
    session = turn.session
    if session.known_to_ils and session.patron is not None and turn.state.link.phase is Phase.UP:
        until = turn.at.mono_s + GOODBYE_S
        turn.ask(AskEndSession(session.patron), Asking(AskFor.GOODBYE), Urgency.POLL, until)
    turn.set_session(known_to_ils=False, pin=None)


def done_good(session: Session) -> int:
    """Return how many items the patron may take."""
    return sum(line.result in GOOD for line in session.lines)


def still_checking(session: Session) -> bool:
    """Tell whether an answer is still awaited."""
    return any(line.result is LineResult.CHECKING for line in session.lines)
