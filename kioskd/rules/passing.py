"""One entry on its way up: what is asked, what the answer makes of it, and what a line that dies does to it."""

import random
from collections.abc import Mapping
from dataclasses import replace

from kioskd.model.door import door_of, takes
from kioskd.model.entry import AddRow, Entry, EntryState, Kind, Look, Seq
from kioskd.model.ils import Answer, AskId, ItemAnswer, LoanAnswer, NoAnswer, PatronAnswer, Urgency
from kioskd.model.inputs import Answered, Unanswered
from kioskd.rules import asking, belief, mode, outcome, pace, reading, verdict
from kioskd.rules.changed import changed
from kioskd.rules.evidence import Deed, Facts, Past, Said, Step
from kioskd.rules.in_flight import AskFor, Asking, SaveFor, Saving
from kioskd.rules.link import Phase
from kioskd.rules.outcome import STATE, Outcome
from kioskd.rules.sending import Current, Stumbled
from kioskd.rules.terms import terms
from kioskd.rules.turn import Turn
from kioskd.rules.verdict import WITHOUT, Without

DEATHS_TO_DOUBT = 3
STUMBLES_TO_STEP_ASIDE = 8
"""Deaths in a row at the same question about the same entry: a line that merely drops now and then has others."""
FREE_STUMBLES = 3
"""Lines that may die in a row before the next is waited for: a line that drops now and then is opened at once."""
LONGEST_BACKOFF_S = 60.0
NO_SEAT_BACKOFF_S = 60.0
LONGEST_NO_SEAT_S = 600.0
PROGRESS_EVERY = 100
"""Entries to one line of the log: each has its own in the journal."""
LOOKS_KEPT = 24
"""Of a story that never ends, so much of its end."""


def _set(turn: Turn, **changes: object) -> None:
    turn.set(upload=changed(turn.state.upload, **changes))


def put(turn: Turn, current: Current) -> None:
    """Have an entry in hand, as it now stands."""
    _set(turn, currents={**turn.state.upload.currents, current.entry.seq: current})


def let_go(turn: Turn, seq: Seq) -> None:
    """Have it in hand no more."""
    currents = turn.state.upload.currents
    _set(turn, currents={each: current for each, current in currents.items() if each != seq})


def begun(turn: Turn, entry: Entry, lane: int) -> Current | None:
    """Return an entry as it is taken up, at its first step; None: it is over without a question."""
    upload, what = turn.state.upload, entry.what
    before = entry.behind or (upload.held_items.get(what.item) if what.item is not None else None)
    if before is not None:
        finish(turn, entry, Without.BEHIND, {"behind": str(before)})
        return None
    if what.kind is Kind.REGISTRATION:
        finish(turn, entry, Without.REGISTRATION)
        return None
    if what.item is None:
        finish(turn, entry, Without.UNSENDABLE)
        return None
    new = entry.state is EntryState.RECORDED or entry.seq in upload.marked
    if what.kind is Kind.RENEWAL or what.patron is None:
        deed = Deed.RENEWAL
    else:
        deed = Deed.LOAN if entry.due_before is None else Deed.TURNED
    facts = Facts(
        deed,
        Past.NEW if new else Past.LOST,
        dated=what.due_date is not None,
        by_item=what.patron is None,
        forces=deed is Deed.LOAN and terms(turn, entry).forces,
        doubted=entry.seq in upload.doubted,
        refused=belief.refused_honestly(turn, entry.seq),
    )
    return Current(entry, _first(turn, entry, facts), facts, lane)


def _first(turn: Turn, entry: Entry, facts: Facts) -> Step:
    if facts.past is Past.LOST:
        return Step.LOOK_PATRON if facts.deed is Deed.LOAN else Step.LOOK_ITEM
    if facts.deed is not Deed.LOAN:
        return Step.LOOK_DUE
    if registration(turn, entry) is not None:
        return Step.LOOK_CARD
    if facts.forces:
        return Step.LOOK_ITEM
    return Step.SEND if entry.seq in turn.state.upload.marked else Step.MARK


def registration(turn: Turn, entry: Entry) -> Seq | None:
    """Return the registration of this entry's card that waits for a person, if one does."""
    card = entry.what.patron
    return entry.registration or (turn.state.upload.held_cards.get(card) if card is not None else None)


def ask(turn: Turn, current: Current, after: AskId | None = None) -> None:
    """Ask what the present step wants to know; `after`: as soon as that question about another entry has its yes."""
    seq, sends = current.entry.seq, current.step is Step.SEND
    on = terms(turn, current.entry)
    question, door = asking.question(current, on), door_of(turn.state.settings)
    by_door = door is not None and takes(door, question)
    until = turn.at.mono_s + (turn.state.settings.door.timeout_s if by_door else mode.timeout_s(turn))
    asked = Asking(AskFor.UPLOAD, seq=seq, lane=current.lane)
    number = turn.ask(question, asked, Urgency.UPLOAD, until, lane=current.lane, after=after)
    put(turn, changed(current, ask=number, terms=on))
    if sends:
        turn.set_line_of(seq, asked=True)
        upload, rate = turn.state.upload, turn.state.settings.ils.upload_per_s
        _set(
            turn,
            marked=upload.marked - {seq},
            next_send_mono_s=turn.at.mono_s + 1.0 / rate if rate else upload.next_send_mono_s,
        )


def may_be_followed(turn: Turn, current: Current) -> bool:
    """Tell whether a yes to what is asked about an entry settles it, whatever else the answer says.

    Then what comes next may go out with that yes, and what was decided here need not be awaited.
    """
    return (
        current.ask is not None
        and current.step is Step.SEND
        and not current.facts.forces
        and current.terms is not None
        and current.terms.wanted is None
        and not turn.state.settings.ils.upload_per_s
        and not turn.state.upload.pace.gap_s
    )


def answered(turn: Turn, by: Asking, event: Answered) -> None:
    """The library system answered about an entry."""
    assert by.seq is not None
    current = turn.state.upload.currents.get(by.seq)
    if current is None:
        return
    _note_answer(turn, by, event)
    current = changed(current, ask=None)
    known = _facts(current, event.answer)
    if known is None:
        # `kioskd.ils` hands on only answers that fit the question.
        let_go(turn, by.seq)
        return
    said = current.said
    if isinstance(event.answer, LoanAnswer):
        said = outcome.words(event.answer)
    elif isinstance(event.answer, ItemAnswer) and event.answer.due_text and "AH" not in said:
        said = {**said, "AH": event.answer.due_text}
    if not isinstance(event.answer, LoanAnswer) or not event.answer.ok:
        _trail(turn, current, reading.kept(event.answer, known))
    row = verdict.decide(current.step, known)
    if row is None:
        turn.log("error", "nothing_fits", seq=by.seq, step=current.step.value)
        finish(turn, current.entry, Without.NOTHING_FITS, said)
        return
    current = changed(current, facts=_after(row, known), said=said)
    if isinstance(row.then, Outcome):
        _decided(turn, current, row.name, row.then)
    else:
        _go(turn, current, row.then, event.answer)


def _note_answer(turn: Turn, by: Asking, event: Answered) -> None:
    upload = turn.state.upload
    others = tuple(seq for seq in upload.heard.get(by.lane, ()) if seq != by.seq)[-1:]
    assert by.seq is not None
    now = pace.heard(upload.pace, event.round_trip_s)
    adaptive = not turn.state.settings.ils.upload_per_s
    # A look says nothing about a door: one that errs at once would be tried, and looked behind, many times a second.
    works = isinstance(event.answer, LoanAnswer) or door_of(turn.state.settings) is None
    _set(
        turn,
        heard={**upload.heard, by.lane: (*others, by.seq)},
        # It answers: a line that drops all the same is opened again at once.
        backoffs=0 if works else upload.backoffs,
        pace=now,
        next_send_mono_s=turn.at.mono_s + now.gap_s if adaptive and now.gap_s else upload.next_send_mono_s,
    )
    if turn.state.link.upload_problem:
        turn.set(link=replace(turn.state.link, upload_problem=""))


def _facts(current: Current, answer: Answer) -> Facts | None:
    entry, step, on = current.entry, current.step, current.terms
    assert on is not None
    match step, answer:
        case ((Step.LOOK_CARD | Step.LOOK_PATRON | Step.VERIFY_PATRON), PatronAnswer()):
            return reading.patron(current.facts, entry.what.item, answer)
        case ((Step.LOOK_ITEM | Step.LOOK_DUE | Step.VERIFY_ITEM), ItemAnswer()):
            return reading.item(current.facts, step, on, entry.due_before, answer)
        case Step.SEND, LoanAnswer():
            return reading.loan(current.facts, on, answer)
        case _:
            return None


def _after(row: verdict.Row, facts: Facts) -> Facts:
    """Return what is known from here on."""
    if row.at is Step.SEND and row.then in (Step.VERIFY_PATRON, Step.VERIFY_ITEM):
        facts = changed(facts, past=Past.YES if row.name.startswith("yes") else Past.NO)
    return changed(facts, deed=Deed.TURNED, forces=False, past=Past.NEW) if row.turns else facts


def _go(turn: Turn, current: Current, step: Step, answer: Answer) -> None:
    """Go on to a step; MARK makes durable what must be before it is sent."""
    entry = current.entry
    if step is not Step.MARK:
        put(turn, changed(current, step=step))
        return
    if current.step is Step.LOOK_DUE or current.facts.deed is not Deed.LOAN:
        # The due date stands in the row: by it a lost answer is decided.
        before = current.said.get("AH") if not isinstance(answer, ItemAnswer) else answer.due_text
        entry = changed(entry, due_before=before or None)
    if entry.due_before is None and (entry.state is EntryState.SENDING or entry.seq in turn.state.upload.marked):
        put(turn, changed(current, step=Step.SEND))
        return
    row = AddRow(entry.seq, EntryState.SENDING, turn.at.wall_s, due_before=entry.due_before)
    put(turn, changed(current, entry=entry, step=Step.MARK))
    turn.save((row,), Saving(SaveFor.MARK, seqs=(entry.seq,)))


def _trail(turn: Turn, current: Current, heard: Mapping[str, str]) -> None:
    trails, seq = turn.state.upload.trails, current.entry.seq
    look = Look(turn.at.wall_s, asking.code(current), heard)
    _set(turn, trails={**trails, seq: (*trails.get(seq, ()), look)[-LOOKS_KEPT:]})


def _decided(turn: Turn, current: Current, name: str, what: Outcome) -> None:
    entry, said = current.entry, current.said
    if what is Outcome.DUE_DATE_NOT_KEPT and entry.what.due_date is not None:
        said = {**said, "wanted": entry.what.due_date.isoformat()}
    card = registration(turn, entry)
    if what is Outcome.PATRON_NOT_FOUND and card is not None:
        what = Outcome.CARD_NOT_REGISTERED
    if what is Outcome.CARD_NOT_REGISTERED:
        said = {**said, "registration": str(card)}
    row = _row(turn, entry, what, name, said)
    if belief.is_refusal(what, current.facts):
        belief.hold(turn, entry, what, row)
        _leave(turn, entry)
        belief.judge(turn, at_end=False)
        return
    _write(turn, entry, row)
    if current.facts.said is not Said.UNASKED and what is not Outcome.UNSURE:
        belief.agreed(turn)
        if what is Outcome.DONE_DESPITE_REFUSAL:
            belief.lied(turn)
        belief.judge(turn, at_end=False)


def finish(turn: Turn, entry: Entry, why: Without, said: Mapping[str, str] | None = None) -> None:
    """Note what becomes of an entry about which no answer decides, and leave it."""
    _write(turn, entry, _row(turn, entry, WITHOUT[why], why.value, said or {}))


def _row(turn: Turn, entry: Entry, what: Outcome, name: str, said: Mapping[str, str]) -> AddRow:
    looked = turn.state.upload.trails.get(entry.seq, ())
    return AddRow(
        entry.seq, STATE[what], turn.at.wall_s, what.value, dict(said) if said else None, decided=name, looked=looked
    )


def _write(turn: Turn, entry: Entry, row: AddRow) -> None:
    turn.later(row)
    upload, what = turn.state.upload, entry.what
    settled = row.state is EntryState.SETTLED
    if settled:
        mode.settled(turn)
    else:
        if what.item is not None:
            _set(turn, held_items={**upload.held_items, what.item: entry.seq})
        elif what.kind is Kind.REGISTRATION and what.patron is not None:
            _set(turn, held_cards={**upload.held_cards, what.patron: entry.seq})
        turn.log("info", "entry_exception", seq=entry.seq, outcome=row.outcome)
    _leave(turn, entry)
    upload = turn.state.upload
    _set(
        turn,
        done=upload.done + 1,
        per_s=round((upload.done + 1) / max(turn.at.mono_s - upload.started_mono_s, 1.0), 1),
        backoffs=0,
    )
    if upload.done % PROGRESS_EVERY == PROGRESS_EVERY - 1:
        turn.log("info", "upload_progress", done=upload.done + 1, left=turn.state.summary.unsent)


def _leave(turn: Turn, entry: Entry) -> None:
    """Have done with an entry for this run."""
    upload, seq = turn.state.upload, entry.seq
    first = bool(upload.queue) and upload.queue[0].seq == seq
    _set(
        turn,
        queue=upload.queue[1:] if first else tuple(other for other in upload.queue if other.seq != seq),
        ahead=tuple(other for other in upload.ahead if other.seq != seq) if upload.ahead else (),
        currents={each: current for each, current in upload.currents.items() if each != seq},
        deaths={each: count for each, count in upload.deaths.items() if each != seq} if upload.deaths else {},
        trails={each: trail for each, trail in upload.trails.items() if each != seq} if upload.trails else {},
        last=upload.last - {seq},
        doubted=upload.doubted - {seq},
        marked=upload.marked - {seq},
    )


def unanswered(turn: Turn, by: Asking, event: Unanswered) -> None:
    """No word about an entry."""
    assert by.seq is not None
    current = turn.state.upload.currents.get(by.seq)
    if current is None:
        return
    upload, why, sent = turn.state.upload, event.why, current.step is Step.SEND
    if why is NoAnswer.UNSENDABLE:
        finish(turn, current.entry, Without.UNSENDABLE)
        return
    if why is NoAnswer.NOT_FOLLOWED:
        # Its turn comes again.
        let_go(turn, by.seq)
        _set(turn, marked=upload.marked | {by.seq})
        return
    if why in (NoAnswer.NO_LINE, NoAnswer.NO_SEAT):
        # Nothing was sent: it is as it was before.
        put(turn, changed(current, ask=None))
        _set(turn, marked=upload.marked | {by.seq} if sent and current.facts.past is Past.NEW else upload.marked)
        _no_line(turn, why)
        return
    _trail(turn, current, {"none": why.value})
    entry = current.entry
    if sent or current.facts.past in (Past.NO, Past.YES):
        # It was sent: whatever was answered, it is looked up before it is sent again.
        entry = changed(entry, state=EntryState.SENDING)
    if sent and current.facts.deed is Deed.TURNED and entry.due_before is None:
        finish(turn, entry, Without.DATELESS, current.said)
        return
    _set(
        turn,
        queue=tuple(entry if other.seq == by.seq else other for other in upload.queue),
        ahead=tuple(entry if other.seq == by.seq else other for other in upload.ahead),
    )
    let_go(turn, by.seq)
    died = why is not NoAnswer.TIMED_OUT and _died(turn, entry, current.step, by.lane)
    heard = turn.state.upload.heard
    _set(turn, heard={lane: seqs for lane, seqs in heard.items() if lane != by.lane})
    if died:
        finish(turn, entry, Without.DIED, current.said)
        return
    _back_off(turn)
    if sent and why not in (NoAnswer.TIMED_OUT, NoAnswer.DOOR_LOST):
        mode.send_lost(turn)
    if why is NoAnswer.TIMED_OUT:
        if asking.code(current) == "63":
            mode.card_unanswered(turn, why)
        # It answers 99 and hangs on the work itself: nobody is served by waiting for it again and again.
        mode.patron_waited(turn, why)


def _back_off(turn: Turn) -> None:
    backoffs = turn.state.upload.backoffs
    over = backoffs - FREE_STUMBLES
    wait_s = min(0.1 * 2 ** min(over, 10), LONGEST_BACKOFF_S) if over >= 0 else 0.0
    wait_s *= random.Random(f"{turn.state.instance}{turn.number()}").uniform(0.5, 1.0)  # noqa: S311
    _set(turn, backoffs=backoffs + 1, start_mono_s=turn.at.mono_s + wait_s)


def _no_line(turn: Turn, why: NoAnswer) -> None:
    """The upload has no line: where it is one of its own, it is tried again later, and not in a loop."""
    if why is NoAnswer.NO_SEAT:
        backoffs = turn.state.upload.backoffs
        wait_s = min(NO_SEAT_BACKOFF_S * 2 ** min(backoffs, 10), LONGEST_NO_SEAT_S)
        _set(turn, backoffs=backoffs + 1, start_mono_s=turn.at.mono_s + wait_s)
        turn.set(link=replace(turn.state.link, upload_problem="the login for uploads was refused"))
        turn.log("warning", "upload_login_refused", wait_s=round(wait_s))
    elif turn.state.link.phase is Phase.UP:
        _set(turn, backoffs=max(turn.state.upload.backoffs, FREE_STUMBLES))
        _back_off(turn)


def _died(turn: Turn, entry: Entry, step: Step, lane: int) -> bool:
    """Count a line that died at this entry; True: a person is to see to it.

    It counts only if the line had carried something about another entry before it died. An entry at whose same
    question the line dies again and again lets the others go first (later ones of its item stay behind it), and then
    it is seen. After three deaths it is looked up once more, after the others, and only then a person's.
    """
    upload, seq = turn.state.upload, entry.seq
    heard = upload.heard.get(lane, ())
    counts = any(other != seq for other in heard)
    if not counts:
        same_step = upload.stumbled is not None and (upload.stumbled.seq, upload.stumbled.step) == (seq, step)
        stumbled = Stumbled(seq, step, upload.stumbled.times + 1 if same_step and upload.stumbled else 1)
        if stumbled.times >= STUMBLES_TO_STEP_ASIDE:
            _step_aside(turn, entry)
            alone = all(other.what.item == entry.what.item for other in upload.queue)
            counts = alone and bool(heard)
            stumbled = Stumbled(seq, step, 0)
        _set(turn, stumbled=stumbled)
    if not counts:
        return False
    if seq in turn.state.upload.doubted:
        return True
    deaths = turn.state.upload.deaths.get(seq, 0) + 1
    _set(turn, deaths={**turn.state.upload.deaths, seq: deaths})
    if deaths >= DEATHS_TO_DOUBT:
        _step_aside(turn, entry)
        _set(turn, doubted=turn.state.upload.doubted | {seq})
    return False


def _step_aside(turn: Turn, entry: Entry) -> None:
    upload = turn.state.upload
    same = tuple(other for other in upload.queue if other.what.item == entry.what.item)
    others = tuple(other for other in upload.queue if other.what.item != entry.what.item)
    _set(turn, queue=others + same, last=upload.last | {entry.seq})
