"""A live no is looked at before it is told: some servers do the deed and answer with an error.

A refused loan is looked for among the patron's loans (63), and where that list is not whole, 17 tells whether the item
is out at all. A refused renewal shows by its due date (17), where that was known before. All of it takes no longer than
one answer may take: what cannot be seen by then is told as refused, and a person looks.
"""

from dataclasses import replace
from typing import Final

from kioskd.model.entry import AddRow, EntryState, Look
from kioskd.model.ils import AskItem, AskPatron, ItemAnswer, LoanAnswer, PatronAnswer, Urgency
from kioskd.model.inputs import Answered
from kioskd.model.view import LineResult, Tone
from kioskd.rules import belief, lending, mode, reading
from kioskd.rules.evidence import Card, Deed, Facts, Listed, Past, Shelf
from kioskd.rules.in_flight import AskFor, Asking, SecondLook
from kioskd.rules.outcome import STATE, Outcome, words
from kioskd.rules.session import Line
from kioskd.rules.turn import Turn

LIVE_NO: Final = "live_no"
LIVE_DONE: Final = "live_no_done"
LIVE_UNSEEN: Final = "live_no_unseen"
"""What decided, as the entry's story tells it."""


def begun(turn: Turn, asking: Asking, event: Answered) -> bool:
    """Ask whether what was refused was done all the same; False: the answer is to be told as it is."""
    answer, line = event.answer, turn.line(asking.session, asking.n)
    if not isinstance(answer, LoanAnswer) or answer.ok or line is None or line.result is not LineResult.CHECKING:
        return False
    session = turn.session
    # Where the card's own flags say why, there is nothing to find out.
    flagged = session.renewal_denied if line.renewal else session.denied
    due_before = _due_before(turn, line) if line.renewal else ""
    if flagged or session.patron is None or turn.at.mono_s >= asking.until_mono_s or (line.renewal and not due_before):
        return False
    look = SecondLook(line.item, answer, due_before)
    question = AskItem(line.item) if line.renewal else AskPatron(session.patron, session.pin, charged=True)
    _ask(turn, replace(asking, look=look), question)
    return True


def _ask(turn: Turn, asking: Asking, question: AskItem | AskPatron) -> None:
    turn.ask(question, replace(asking, what=AskFor.SECOND_LOOK), Urgency.PATRON, asking.until_mono_s)


def _due_before(turn: Turn, line: Line) -> str:
    """Return the due date of an item as the patron saw it in the list of loans; empty: it was not seen."""
    account = turn.session.account
    loans = account.loans if account is not None else ()
    return next((loan.due_text for loan in loans if loan.item == line.item), "")


def answered(turn: Turn, asking: Asking, event: Answered) -> bool:
    """Take a look in; False: it needs another one."""
    answer, look = event.answer, asking.look
    assert look is not None
    facts = Facts(Deed.RENEWAL if asking.renewal else Deed.LOAN, Past.NO)
    if isinstance(answer, PatronAnswer):
        facts = reading.patron(facts, look.item, answer)
        asking = _noted(asking, Look(turn.at.wall_s, "63", reading.kept(answer, facts)))
        if facts.card is Card.UNKNOWN:
            _forgotten(turn, asking)
        elif facts.listed is Listed.SILENT:
            _ask(turn, asking, AskItem(look.item))
            return False
        else:
            _tell(turn, asking, Outcome.DONE_DESPITE_REFUSAL if facts.listed is Listed.YES else Outcome.REFUSED)
        return True
    assert isinstance(answer, ItemAnswer)
    shelf = reading.SHELF.get(answer.circulation, Shelf.ELSEWHERE)
    asking = _noted(asking, Look(turn.at.wall_s, "17", reading.kept(answer, facts)))
    if not asking.renewal:
        _tell(turn, asking, Outcome.UNSURE if shelf is Shelf.CHARGED else Outcome.REFUSED)
    elif answer.due_text and answer.due_text.strip() != look.due_before.strip():
        _tell(turn, asking, Outcome.DONE_DESPITE_REFUSAL, seen=answer)
    else:
        _tell(turn, asking, Outcome.REFUSED)
    return True


def _noted(asking: Asking, look: Look) -> Asking:
    assert asking.look is not None
    return replace(asking, look=replace(asking.look, looked=(*asking.look.looked, look)))


def unanswered(turn: Turn, asking: Asking) -> None:
    """Nobody can tell in time whether it was done: a person looks."""
    _tell(turn, asking, Outcome.UNSURE)


def _tell(turn: Turn, asking: Asking, what: Outcome, *, seen: ItemAnswer | None = None) -> None:
    """Say how it stands, and note it."""
    look, line = asking.look, turn.line(asking.session, asking.n)
    assert look is not None
    assert asking.seq is not None
    waited = line is not None and line.result is LineResult.CHECKING
    done = what is Outcome.DONE_DESPITE_REFUSAL
    # A no is final only if the patron hears it, as with one that needed no look.
    state = EntryState.REFUSED if what is Outcome.REFUSED and waited else STATE[what]
    said = words(look.refusal)
    if seen is not None and seen.due_text:
        said = {**said, "AH": seen.due_text}
    decided = {Outcome.DONE_DESPITE_REFUSAL: LIVE_DONE, Outcome.UNSURE: LIVE_UNSEEN}.get(what, LIVE_NO)
    row = AddRow(asking.seq, state, turn.at.wall_s, what.value, said or None, decided=decided, looked=look.looked)
    turn.later(row)
    if done:
        mode.settled(turn)
        belief.vouch(turn)
        belief.lied(turn)
    if line is None or not waited:
        return
    if not done:
        lending.told_no(turn, line, look.refusal)
        return
    due = seen.due.isoformat() if seen is not None and seen.due is not None else seen.due_text if seen else None
    result = LineResult.RENEWED if asking.renewal else LineResult.CHECKED_OUT
    turn.set_line(line.n, result=result, title=look.refusal.title or line.title, due=due or None)
    turn.say(result.value, Tone.OK, item=line.item)


def _forgotten(turn: Turn, asking: Asking) -> None:
    """It does not know the card any more that it knew in this visit: it is not itself, and what it says is no answer.

    The entry stands as `sending` and is looked up once it is believed again.
    """
    line = turn.line(asking.session, asking.n)
    if line is not None and line.result is LineResult.CHECKING:
        lending.recorded(turn, line)
    mode.suspect(turn, 0, refused=1)
