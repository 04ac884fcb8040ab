"""An item's way: taken, saved, sent, answered. Save before say: nothing is promised that is not in the journal."""

from kioskd.model.barcode import ItemBarcode
from kioskd.model.calls import DueDateScope
from kioskd.model.effects import Beep, CheckDisk
from kioskd.model.entry import AddEntry, AddRow, EntryState, How, Kind, ModeName, NewEntry, Seq, StorageProblem
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import AskCheckout, AskRenew, LoanAnswer, NoAnswer, Urgency
from kioskd.model.inputs import Answered, NotSaved, Saved, Unanswered
from kioskd.model.view import Flow, LineResult, Tone
from kioskd.rules import backlog, belief, mode, policy, timekeeping, upload
from kioskd.rules.in_flight import AskFor, Asking, SaveFor, Saving
from kioskd.rules.policy import Act
from kioskd.rules.recognise import is_one_of
from kioskd.rules.session import GOOD, AlternativeDue, Line
from kioskd.rules.turn import Turn
from kioskd.texts import say

STORAGE_RETRY_S = 5.0


def take(
    turn: Turn,
    item: ItemBarcode,
    how: How,
    scanner: str | None,
    *,
    unmatched: bool = False,
    doubtful: bool = False,
) -> None:
    """Put an item on the session's list and ask the journal to keep it. `doubtful`: its check digit is wrong."""
    session, settings = turn.session, turn.state.settings
    if turn.state.storage is not None:
        refuse_storage(turn, turn.state.storage)
        _beep(turn, scanner, good=False)
        return
    if any(line.item == item and line.result in GOOD | {LineResult.CHECKING} for line in session.lines):
        turn.say("already_listed", Tone.WARN, item=item)
        _beep(turn, scanner, good=False)
        return
    renewal = session.flow is Flow.RENEW
    live = serves_live(turn, item, renewal=renewal)
    # Never a number that a screen may still hold: a line that was not saved leaves a gap.
    n = next_n(turn)
    taken = sum(line.result in GOOD | {LineResult.CHECKING} for line in session.lines)
    if not live and settings.offline.max_items and taken >= settings.offline.max_items:
        refused = Line(n, item, LineResult.REFUSED, turn.at.mono_s, reason="max_items", renewal=renewal)
        turn.set_session(lines=(*session.lines, refused))
        turn.say("max_items", Tone.STOP, max=str(settings.offline.max_items))
        _beep(turn, scanner, good=False)
        return
    if not (live or renewal or turn.staffed) and is_one_of(item, settings.barcodes.not_for_loan):
        refused = Line(n, item, LineResult.REFUSED, turn.at.mono_s, reason="not_for_loan")
        turn.set_session(lines=(*session.lines, refused))
        turn.say("not_for_loan", Tone.STOP, item=item)
        _beep(turn, scanner, good=False)
        return
    due = session.alternative_due
    line = Line(
        n,
        item,
        LineResult.CHECKING,
        turn.at.mono_s,
        reason="check_digit" if doubtful else None,
        alternative_due=due.date if due else None,
        renewal=renewal,
    )
    turn.set_session(lines=(*session.lines, line))
    if due and due.scope is DueDateScope.NEXT_ITEM:
        turn.set_session(alternative_due=None)
    entry = entry_of(turn, line, how, unmatched=unmatched)
    state = EntryState.SENDING if live else EntryState.RECORDED
    saving = Saving(SaveFor.ITEM, session.id, n, request=turn.request, scanner=scanner, live=live)
    turn.save((AddEntry(entry, state),), saving)
    turn.request = None


def next_n(turn: Turn) -> int:
    """Return the number of the session's next line: one more than any before, also of those that are gone."""
    return max((line.n for line in turn.session.lines), default=0) + 1


def entry_of(turn: Turn, line: Line, how: How, *, unmatched: bool = False) -> NewEntry:
    """Return what the journal keeps of a line."""
    session, clock = turn.session, turn.state.clock
    return NewEntry(
        id=turn.uuid(),
        kind=Kind.RENEWAL if line.renewal else Kind.CHECKOUT,
        how=how,
        patron=session.patron,
        item=line.item,
        at_wall_s=turn.at.wall_s,
        at_boot_s=turn.at.boot_s,
        boot_id=clock.boot_id,
        clock=timekeeping.trust(clock),
        mode=turn.state.mode.name,
        station=turn.state.settings.station.id,
        session=session.id,
        unmatched=unmatched or session.patron_unmatched,
        by=turn.state.staff.by,
        due_date=line.alternative_due,
    )


def serves_live(turn: Turn, item: ItemBarcode, *, renewal: bool) -> bool:
    """Tell whether the library system is asked about an item of the session's patron at once."""
    patron = turn.session.patron
    act = Act.RENEW if renewal else Act.CHECKOUT
    permitted = policy.how(turn.state, act) is policy.How.LIVE and patron is not None
    return permitted and backlog.serves_live(turn.state, patron, item)


def _beep(turn: Turn, scanner: str | None, *, good: bool) -> None:
    if scanner is not None:
        turn.do(Beep(scanner, good))


def saved(turn: Turn, saving: Saving, answer: Saved) -> None:
    """The item is durable: say so, or ask the library system."""
    _beep(turn, saving.scanner, good=True)
    line = turn.line(saving.session, saving.n)
    if line is None:
        return
    (seq,) = answer.seqs
    turn.set_line(line.n, seq=seq)
    # Saved as `recorded`, it is the upload's: sent from here, a power cut would make the upload send it again.
    if not saving.live or not serves_live(turn, line.item, renewal=line.renewal):
        recorded(turn, line)
        if turn.state.mode.name is ModeName.ONLINE:
            # The outage ended while it was being saved: what comes now queues behind it.
            mode.enter(turn, ModeName.RECOVERING, "")
        return
    send(turn, line, seq, line.since_mono_s + mode.timeout_s(turn))


def recorded(turn: Turn, line: Line) -> None:
    """It is saved, and nobody waits for the library system: the upload sees to it."""
    backlog.add(turn, turn.session.patron, line.item)
    turn.set_line(line.n, result=LineResult.RECORDED)
    turn.say("recorded_renewal" if line.renewal else "recorded", Tone.OK, item=line.item)


def send(turn: Turn, line: Line, seq: Seq, until_mono_s: float) -> None:
    """Ask the library system about a line whose entry stands as `sending`."""
    session, due = turn.session, line.alternative_due
    assert session.patron is not None
    no_block = due is not None and turn.state.settings.ils.no_block
    question: AskRenew | AskCheckout
    if line.renewal:
        question = AskRenew(session.patron, line.item, turn.at.wall_s, no_block, due, session.pin)
    else:
        question = AskCheckout(session.patron, line.item, turn.at.wall_s, no_block, due, pin=session.pin)
    turn.set_line(line.n, asked=True)
    about = Asking(AskFor.LOAN, session.id, line.n, seq, renewal=line.renewal, until_mono_s=until_mono_s)
    turn.ask(question, about, Urgency.PATRON, until_mono_s)


def not_saved(turn: Turn, saving: Saving, answer: NotSaved) -> None:
    """The disk took nothing: the item leaves the list and stays here."""
    storage_failed(turn, answer.problem)
    _beep(turn, saving.scanner, good=False)
    gone = turn.line(saving.session, saving.n)
    if gone is not None:
        turn.set_session(lines=tuple(line for line in turn.session.lines if line is not gone))
        if gone.alternative_due is not None and turn.session.alternative_due is None:
            # It was for the next item, and that is still to come.
            due = AlternativeDue(gone.alternative_due, DueDateScope.NEXT_ITEM)
            turn.set_session(alternative_due=due)
    refuse_storage(turn, answer.problem)


def storage_failed(turn: Turn, problem: StorageProblem) -> None:
    """Stop accepting, and look again soon."""
    if turn.state.storage is None:
        turn.log("error", "storage_failed", problem=problem.value)
        turn.say("storage", Tone.STOP, lasting=True)
    turn.set(storage=problem, storage_check_mono_s=turn.at.mono_s + STORAGE_RETRY_S)


def storage_back(turn: Turn, free_mib: int | None = None) -> None:
    """The journal takes rows again."""
    if turn.state.storage is None:
        return
    turn.set(storage=None, storage_check_mono_s=None)
    if turn.state.message is not None and turn.state.message.key == "storage":
        turn.hush()
    turn.log("info", "storage_back", free_mib=free_mib)


def refuse_storage(turn: Turn, problem: StorageProblem) -> None:
    """Say that nothing can be accepted, to the screen and to whoever called; and look again at once."""
    turn.say("storage", Tone.STOP, lasting=True)
    message = say(turn.state.language, "storage")
    turn.fail(ErrorKind.STORAGE, message, {"problem": problem.value})
    turn.do(CheckDisk())


def answered(turn: Turn, asking: Asking, event: Answered) -> None:
    """The library system's word on a loan or a renewal that a patron waits for."""
    answer = event.answer
    assert isinstance(answer, LoanAnswer)
    assert asking.seq is not None
    words = {"AF": answer.message} if answer.message else {}
    if answer.due_text:
        words["AH"] = answer.due_text
    line = turn.line(asking.session, asking.n)
    waited = line is not None and line.result is LineResult.CHECKING
    outcome = ("renewed" if asking.renewal or answer.renewal else "lent") if answer.ok else "refused"
    # A no is final only if the patron hears it; to whoever has gone, perhaps with the item, a person must see.
    refused = EntryState.REFUSED if waited else EntryState.EXCEPTION
    state = EntryState.SETTLED if answer.ok else refused
    decided = "live_yes" if answer.ok else "live_no"
    turn.later(AddRow(asking.seq, state, turn.at.wall_s, outcome, words or None, decided=decided))
    if answer.ok:
        mode.settled(turn)
        belief.vouch(turn)
    if line is None or not waited:
        return
    if not answer.ok:
        told_no(turn, line, answer)
        return
    due = answer.due.isoformat() if answer.due else answer.due_text or None
    result = LineResult.RENEWED if asking.renewal else LineResult.CHECKED_OUT
    turn.set_line(line.n, result=result, title=answer.title or line.title, due=due)
    turn.say(result.value, Tone.OK, item=line.item)


def told_no(turn: Turn, line: Line, answer: LoanAnswer) -> None:
    """Tell the patron that the item stays here, or is not renewed."""
    turn.set_line(line.n, result=LineResult.REFUSED, reason="ils_refused", said=answer.message or None)
    turn.say("refused_renewal" if line.renewal else "refused_item", Tone.STOP, item=line.item)


def unanswered(turn: Turn, asking: Asking, event: Unanswered) -> None:
    """No word came: it is saved, the upload sees to the rest, and nobody waits again."""
    line = turn.line(asking.session, asking.n)
    if line is not None and line.result is LineResult.CHECKING:
        recorded(turn, line)
    if event.why is NoAnswer.UNSENDABLE and asking.seq is not None:
        turn.later(AddRow(asking.seq, EntryState.EXCEPTION, turn.at.wall_s, "unsendable"))


def withdraw(turn: Turn, n: int, reason: str) -> None:
    """Take back a line of the open session: never sent if it was not, else a person must check the item in."""
    line = next((line for line in turn.session.lines if line.n == n), None)
    if line is None or line.seq is None or line.result not in GOOD:
        turn.say("nothing_to_withdraw", Tone.WARN)
        turn.fail(ErrorKind.NOT_NOW, say(turn.state.language, "nothing_to_withdraw"))
        return
    if line.result is not LineResult.RECORDED:
        turn.say("withdraw_at_desk", Tone.WARN)
        turn.fail(ErrorKind.NOT_NOW, say(turn.state.language, "withdraw_at_desk"))
        return
    take_back(turn, line.seq, reason, sent=line.asked or maybe_sent(turn, line.seq))


def take_back(turn: Turn, seq: Seq, reason: str, *, sent: bool) -> None:
    """Ask the journal to keep that an entry is taken back; from now on the upload leaves it alone."""
    row = withdrawal(turn, seq, reason, sent=sent)
    turn.write_up()
    upload.drop(turn, (seq,))
    turn.save((row,), Saving(SaveFor.WITHDRAWAL, request=turn.request, seqs=(seq,)))
    turn.request = None


def withdrawn(turn: Turn, seqs: tuple[Seq, ...]) -> None:
    """It is durable that these are taken back: say so where they stand on the screen."""
    for line in turn.state.session.lines if turn.state.session is not None else ():
        if line.seq in seqs:
            turn.set_line(line.n, result=LineResult.WITHDRAWN)
            turn.say("withdrawn", Tone.OK, item=line.item)


def withdrawal(turn: Turn, seq: Seq, reason: str, *, sent: bool) -> AddRow:
    """Return the row that takes an entry back; if the library system may know of it, a person must check it in."""
    state = EntryState.EXCEPTION if sent else EntryState.WITHDRAWN
    outcome = "check_this_in" if sent else "withdrawn"
    return AddRow(seq, state, turn.at.wall_s, outcome, by=turn.state.staff.by, reason=reason or None)


def maybe_sent(turn: Turn, seq: Seq) -> bool:
    """Tell whether the upload may have told the library system of an entry."""
    now = turn.state.upload
    if seq in now.currents or seq in now.marked or any(held.entry.seq == seq for held in now.belief.held):
        return True
    return any(entry.seq == seq and entry.state is EntryState.SENDING for entry in (*now.queue, *now.ahead))
