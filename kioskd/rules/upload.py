"""The upload: which unsent entry is next, what is asked about it, and what its answer makes of it.

It never gives an entry up. An answer that was lost is looked up before anything is sent again; what the library system
refuses waits as an exception for a person and holds up only later entries of the same item.
"""

import random
from collections.abc import Mapping
from dataclasses import replace

from kioskd.model.effects import FetchUnsent
from kioskd.model.entry import BEFORE_ALL, AddRow, Entry, EntryState, Kind, ModeName, Seq
from kioskd.model.ils import (
    Answer,
    Circulation,
    ItemAnswer,
    LoanAnswer,
    NoAnswer,
    PatronAnswer,
    Urgency,
)
from kioskd.model.inputs import Answered, Fetched, Saved, Unanswered
from kioskd.rules import asking, backlog, mode, outcome
from kioskd.rules.outcome import Outcome
from kioskd.rules.state import AskFor, Asking, Current, FetchFor, Phase, SaveFor, Saving, Step, Stumbled, Upload
from kioskd.rules.turn import Turn, awaited, taken

WINDOW = 100
"""Entries read at once: the memory of an upload does not grow with its length."""
MARK_AT_ONCE = 20
"""Entries that one sync marks as `sending`; after a power cut so many are looked up at most."""
DEATHS_TO_PARK = 3
STUMBLES_TO_STEP_ASIDE = 8
"""Deaths in a row at the same question about the same entry: a line that merely drops now and then has others."""
FREE_STUMBLES = 3
"""Lines that may die in a row before the next is waited for: a line that drops now and then is opened at once."""
LONGEST_BACKOFF_S = 60.0


def _set(turn: Turn, **changes: object) -> None:
    turn.set(upload=replace(turn.state.upload, **changes))  # type: ignore[arg-type]


def drive(turn: Turn) -> None:
    """Go on with the upload as far as this moment allows; called at the end of every step."""
    if turn.state.mode.name is ModeName.ONLINE and _waiting(turn):
        # Whatever left an entry behind (it was saved while the last outage ended, say), it is not left for good.
        mode.enter(turn, ModeName.RECOVERING, "")
    state = turn.state
    if state.mode.name is not ModeName.RECOVERING:
        if state.upload.running:
            stop(turn)
        return
    if not state.upload.running:
        _begin(turn)
    backlog.go_on(turn)
    if state.link.phase is not Phase.UP or state.storage is not None:
        return
    start = turn.state.upload.start_mono_s
    if start is not None:
        if turn.at.mono_s < start:
            return
        _set(turn, start_mono_s=None)
    while turn.state.upload.current is None:
        if not _next(turn):
            return
    current = turn.state.upload.current
    assert current is not None
    if current.ask is None and current.step is not Step.MARK and turn.at.mono_s >= turn.state.upload.next_send_mono_s:
        _ask(turn, current)


def _waiting(turn: Turn) -> bool:
    """Tell whether entries wait for the upload; one that is being saved is still its patron's."""
    saving = any(each.what in (SaveFor.ITEM, SaveFor.LOANS) for each in turn.state.saves.values())
    return not saving and turn.state.summary.unsent > len(awaited(turn.state))


def _begin(turn: Turn) -> None:
    spread_s = turn.state.settings.ils.upload_spread_s
    # Forty stations that come back in the same second take a library system down again.
    wait_s = random.Random(f"{turn.state.instance}{turn.number()}").uniform(0.0, spread_s)  # noqa: S311
    old = turn.state.upload
    backlog.begin(turn)
    turn.set(
        upload=Upload(
            running=True,
            start_mono_s=turn.at.mono_s + wait_s,
            started_mono_s=turn.at.mono_s + wait_s,
            marked=old.marked,
            deaths=old.deaths,
            last=old.last,
        )
    )
    turn.log("info", "upload_started", unsent=turn.state.summary.unsent, wait_s=round(wait_s, 1))


def stop(turn: Turn) -> None:
    """Leave the upload; what it asked is no longer awaited, and is looked up the next time."""
    old = turn.state.upload
    _forget_asks(turn)
    if turn.state.fetch in (FetchFor.WINDOW, FetchFor.BACKLOG):
        turn.set(fetch=FetchFor.NOBODY)
    turn.set(upload=Upload(marked=old.marked, deaths=old.deaths, last=old.last))


def _forget_asks(turn: Turn) -> None:
    turn.set(asks={ask: each for ask, each in turn.state.asks.items() if each.what is not AskFor.UPLOAD})


def at_once(turn: Turn) -> None:
    """Staff or the night say: go on without further waiting."""
    _set(turn, start_mono_s=None, backoffs=0)


def drop(turn: Turn, seqs: tuple[Seq, ...]) -> None:
    """Somebody takes these entries back: they are not sent, and an answer on its way changes nothing."""
    upload = turn.state.upload
    _set(turn, queue=tuple(entry for entry in upload.queue if entry.seq not in seqs))
    if upload.current is not None and upload.current.entry.seq in seqs:
        _forget_asks(turn)
        _set(turn, current=None)


def start_over(turn: Turn, seqs: tuple[Seq, ...]) -> None:
    """These entries were not taken back after all: they are read again, and looked up if they may have been sent."""
    if seqs and turn.state.upload.running:
        _set(turn, queue=(), fetched_to=BEFORE_ALL)


def _next(turn: Turn) -> bool:
    """Take up the next entry; False: there is nothing to do for now."""
    upload = turn.state.upload
    if not upload.queue:
        return _refill(turn)
    entry = upload.queue[0]
    before = entry.behind or (upload.held_items.get(entry.what.item) if entry.what.item is not None else None)
    if before is not None:
        _finish(turn, entry, Outcome.BEHIND, {"behind": str(before)})
        return True
    if entry.what.kind is Kind.REGISTRATION or entry.what.item is None:
        # SIP2 has no message for it.
        _finish(turn, entry, Outcome.UNSENDABLE)
        return True
    fresh = entry.state is EntryState.RECORDED or entry.seq in upload.marked
    if not fresh:
        loan = entry.what.kind is Kind.CHECKOUT and entry.due_before is None
        step = Step.LOOK_PATRON if loan else Step.LOOK_ITEM
        _set(turn, current=Current(entry, step))
    elif entry.what.kind is Kind.RENEWAL:
        _set(turn, current=Current(entry, Step.LOOK_DUE))
    elif entry.seq in upload.marked:
        _set(turn, current=Current(entry, Step.SEND))
    else:
        _set(turn, current=Current(entry, Step.MARK))
        _mark(turn)
    return True


def _refill(turn: Turn) -> bool:
    state, upload = turn.state, turn.state.upload
    writing = any(saving.what is SaveFor.OUTBOX for saving in state.saves.values())
    if state.fetch is not None or state.outbox or writing:
        return False
    if state.summary.unsent - len(awaited(state)) <= 0:
        turn.log("info", "upload_finished", done=upload.done, exceptions=state.summary.exceptions)
        stop(turn)
        mode.enter(turn, ModeName.ONLINE, "")
        return False
    turn.set(fetch=FetchFor.WINDOW)
    turn.do(FetchUnsent(upload.fetched_to, WINDOW))
    return False


def fetched(turn: Turn, event: Fetched) -> None:
    """The journal gave the next entries."""
    if not turn.state.upload.running:
        return
    others = awaited(turn.state) | taken(turn.state)
    entries = tuple(entry for entry in event.entries if entry.seq not in others)
    aside = {entry.what.item for entry in entries if entry.seq in turn.state.upload.last}
    # Registrations first: a loan on a card that does not exist yet would be refused.
    ordered = tuple(
        sorted(entries, key=lambda each: (each.what.kind is not Kind.REGISTRATION, each.what.item in aside))
    )
    at_end = len(event.entries) < WINDOW
    to = BEFORE_ALL if at_end else event.entries[-1].seq
    _set(turn, queue=ordered, fetched_to=to)
    if not ordered and at_end:
        # All that is left waits for a live answer; that answer drives the upload on.
        _set(turn, start_mono_s=turn.at.mono_s + 1.0)


def _mark(turn: Turn) -> None:
    """Make durable that the next entries are about to be sent, many with one sync."""
    upload = turn.state.upload
    seqs: list[Seq] = []
    for entry in upload.queue[:MARK_AT_ONCE]:
        fresh = entry.state is EntryState.RECORDED and entry.seq not in upload.marked
        if entry.what.kind is not Kind.CHECKOUT or not fresh or entry.behind is not None:
            break
        seqs.append(entry.seq)
    rows = tuple(AddRow(seq, EntryState.SENDING, turn.at.wall_s) for seq in seqs)
    turn.save(rows, Saving(SaveFor.MARK, seqs=tuple(seqs)))


def marked(turn: Turn, saving: Saving, _event: Saved) -> None:
    """The sending rows are durable: now it may be sent."""
    upload = turn.state.upload
    _set(turn, marked=upload.marked | set(saving.seqs))
    if upload.current is not None and upload.current.step is Step.MARK:
        _set(turn, current=replace(upload.current, step=Step.SEND))


def mark_failed(turn: Turn) -> None:
    """The disk took no sending rows: nothing is sent until it does."""
    _set(turn, current=None)


def _ask(turn: Turn, current: Current) -> None:
    seq = current.entry.seq
    until = turn.at.mono_s + mode.timeout_s(turn)
    ask = turn.ask(
        asking.question(turn.state.settings.ils, current), Asking(AskFor.UPLOAD, seq=seq), Urgency.UPLOAD, until
    )
    if current.step is Step.SEND:
        turn.set_line_of(seq, asked=True)
    upload = turn.state.upload
    rate = turn.state.settings.ils.upload_per_s
    sends = current.step is Step.SEND
    _set(
        turn,
        current=replace(current, ask=ask),
        marked=upload.marked - {seq} if sends else upload.marked,
        next_send_mono_s=turn.at.mono_s + 1.0 / rate if rate and sends else upload.next_send_mono_s,
    )


def answered(turn: Turn, by: Asking, event: Answered) -> None:
    """The library system answered about the present entry."""
    current = turn.state.upload.current
    if current is None or current.entry.seq != by.seq:
        return
    others = tuple(seq for seq in turn.state.link.answered if seq != current.entry.seq)[-1:]
    turn.set(link=replace(turn.state.link, answered=(*others, current.entry.seq)))
    current = replace(current, ask=None)
    # It answers: a line that drops all the same is opened again at once.
    _set(turn, current=current, backoffs=0)
    answer: Answer = event.answer
    match current.step, answer:
        case Step.LOOK_PATRON, PatronAnswer():
            _looked_at_patron(turn, current, answer)
        case Step.LOOK_ITEM, ItemAnswer():
            _looked_at_item(turn, current, answer)
        case Step.LOOK_DUE, ItemAnswer():
            _looked_at_due(turn, current, answer)
        case Step.SEND, LoanAnswer():
            _sent(turn, current, answer)
        case Step.VERIFY_PATRON, PatronAnswer():
            _verified_patron(turn, current, answer)
        case Step.VERIFY_ITEM, ItemAnswer():
            _verified_item(turn, current, answer)
        case _:
            # `kioskd.ils` hands on only answers that fit the question.
            _set(turn, current=None)


def _looked_at_patron(turn: Turn, current: Current, answer: PatronAnswer) -> None:
    if current.entry.what.item in answer.charged:
        _finish(turn, current.entry, Outcome.FOUND_ON_LOAN)
        return
    # A count above the list: this server does not tell all that is on loan, so the list proves nothing.
    silent = (answer.charged_count or 0) > len(answer.charged)
    _set(turn, current=replace(current, step=Step.LOOK_ITEM, patron_class="list_missing" if silent else None))


def _looked_at_item(turn: Turn, current: Current, answer: ItemAnswer) -> None:
    entry = current.entry
    if entry.what.kind is Kind.RENEWAL or entry.due_before is not None:
        moved = outcome.due_moved(entry.due_before, answer)
        if moved is None:
            _finish(turn, entry, Outcome.UNSURE)
        elif moved:
            _finish(turn, entry, Outcome.FOUND_RENEWED, {"AH": answer.due_text})
        else:
            _set(turn, current=replace(current, step=Step.SEND, as_renewal=True))
        return
    on_loan = answer.circulation is Circulation.CHARGED
    if on_loan and current.patron_class == "list_missing":
        _finish(turn, entry, Outcome.UNSURE)
    elif on_loan and entry.what.due_date is not None and turn.state.settings.ils.no_block:
        # No-block would take the loan away from whoever has it now.
        _finish(turn, entry, Outcome.ON_LOAN_TO_ANOTHER)
    else:
        _set(turn, current=replace(current, step=Step.SEND, patron_class=None))


def _looked_at_due(turn: Turn, current: Current, answer: ItemAnswer) -> None:
    row = AddRow(current.entry.seq, EntryState.SENDING, turn.at.wall_s, due_before=answer.due_text or None)
    entry = replace(current.entry, due_before=answer.due_text or None)
    _set(turn, current=replace(current, entry=entry, step=Step.MARK))
    turn.save((row,), Saving(SaveFor.MARK, seqs=(current.entry.seq,)))


def _sent(turn: Turn, current: Current, answer: LoanAnswer) -> None:
    entry = current.entry
    renewal = entry.what.kind is Kind.RENEWAL or current.as_renewal
    said = outcome.words(answer)
    if answer.ok:
        wanted = entry.what.due_date
        if wanted is not None and answer.due is not None and answer.due != wanted:
            _finish(turn, entry, Outcome.DUE_DATE_NOT_KEPT, {**said, "wanted": wanted.isoformat()})
            return
        if wanted is not None and answer.due is None:
            # Said yes and told no date: 17 shows which one the loan got.
            done = Outcome.RENEWED if renewal or answer.renewal else Outcome.LENT
            _set(turn, current=replace(current, step=Step.VERIFY_ITEM, said=said, done=done))
            return
        _finish(turn, entry, Outcome.RENEWED if renewal or answer.renewal else Outcome.LENT, said)
    elif renewal:
        _set(turn, current=replace(current, step=Step.VERIFY_ITEM, said=said))
    elif answer.renewal:
        # "This patron has it already": what was meant as a loan is a renewal, and is sent once as one.
        _set(turn, current=replace(current, step=Step.LOOK_DUE, as_renewal=True, said=said))
    else:
        _set(turn, current=replace(current, step=Step.VERIFY_PATRON, said=said))


def _verified_patron(turn: Turn, current: Current, answer: PatronAnswer) -> None:
    if current.entry.what.item in answer.charged:
        _finish(turn, current.entry, Outcome.DONE_DESPITE_REFUSAL, current.said)
        return
    says: Outcome | None = None
    if answer.valid is False:
        says = Outcome.PATRON_NOT_FOUND
    elif answer.denied or answer.card_lost:
        says = Outcome.PATRON_BLOCKED
    _set(turn, current=replace(current, step=Step.VERIFY_ITEM, patron_class=says))


def _verified_item(turn: Turn, current: Current, answer: ItemAnswer) -> None:
    entry = current.entry
    wanted = entry.what.due_date
    if current.done is not None:
        if wanted is not None and answer.due is not None and answer.due != wanted:
            shown = {"AH": answer.due_text} if answer.due_text else {}
            _finish(turn, entry, Outcome.DUE_DATE_NOT_KEPT, {**current.said, **shown, "wanted": wanted.isoformat()})
        else:
            _finish(turn, entry, current.done, current.said)
        return
    if entry.what.kind is Kind.RENEWAL or current.as_renewal:
        if outcome.due_moved(entry.due_before, answer):
            _finish(turn, entry, Outcome.DONE_DESPITE_REFUSAL, current.said)
        else:
            kind = Outcome.RENEWAL_REFUSED if answer.known else Outcome.ITEM_NOT_FOUND
            _finish(turn, entry, kind, current.said)
        return
    says = Outcome(current.patron_class) if current.patron_class is not None else None
    _finish(turn, entry, outcome.refused_loan(says, answer), current.said)


def _finish(turn: Turn, entry: Entry, what: Outcome, said: Mapping[str, str] | None = None) -> None:
    """Note what became of the entry, and leave it."""
    state = outcome.STATE[what]
    turn.later(AddRow(entry.seq, state, turn.at.wall_s, what.value, dict(said) if said else None))
    upload = turn.state.upload
    held = upload.held_items
    if state is EntryState.EXCEPTION and entry.what.item is not None:
        held = {**held, entry.what.item: entry.seq}
    if state is EntryState.SETTLED:
        mode.settled(turn)
    deaths = {seq: count for seq, count in upload.deaths.items() if seq != entry.seq}
    _set(
        turn,
        queue=tuple(other for other in upload.queue if other.seq != entry.seq),
        current=None,
        held_items=held,
        deaths=deaths,
        last=upload.last - {entry.seq},
        marked=upload.marked - {entry.seq},
        done=upload.done + 1,
        per_s=round((upload.done + 1) / max(turn.at.mono_s - upload.started_mono_s, 1.0), 1),
        backoffs=0,
    )
    turn.log("info", "entry_settled" if state is EntryState.SETTLED else "entry_exception", seq=entry.seq, outcome=what)


def unanswered(turn: Turn, by: Asking, event: Unanswered) -> None:
    """No word about the present entry."""
    upload = turn.state.upload
    current = upload.current
    if current is None or current.entry.seq != by.seq:
        return
    entry = current.entry
    if event.why is NoAnswer.UNSENDABLE:
        _finish(turn, entry, Outcome.UNSENDABLE)
        return
    if event.why is NoAnswer.NO_LINE:
        # Nothing was sent: it is as it was before.
        back = upload.marked | {entry.seq} if current.step is Step.SEND else upload.marked
        _set(turn, current=replace(current, ask=None), marked=back)
        return
    if current.step is Step.SEND:
        entry = replace(entry, state=EntryState.SENDING)
        as_renewal = current.as_renewal and entry.what.kind is Kind.CHECKOUT
        if as_renewal and entry.due_before is None:
            _finish(turn, entry, Outcome.UNSURE)
            return
    elif current.step in (Step.VERIFY_PATRON, Step.VERIFY_ITEM):
        # It was sent: whatever was answered, it is looked up before it is sent again.
        entry = replace(entry, state=EntryState.SENDING)
    queue = tuple(entry if other.seq == entry.seq else other for other in upload.queue)
    _set(turn, queue=queue, current=None)
    if event.why is not NoAnswer.TIMED_OUT and _died(turn, entry, current.step):
        _finish(turn, entry, Outcome.UNSURE)
        return
    over = upload.backoffs - FREE_STUMBLES
    wait_s = min(0.1 * 2 ** min(over, 10), LONGEST_BACKOFF_S) if over >= 0 else 0.0
    wait_s *= random.Random(f"{turn.state.instance}{turn.number()}").uniform(0.5, 1.0)  # noqa: S311
    _set(turn, backoffs=upload.backoffs + 1, start_mono_s=turn.at.mono_s + wait_s)
    if current.step is Step.SEND and event.why is not NoAnswer.TIMED_OUT:
        mode.send_lost(turn)
    if event.why is NoAnswer.TIMED_OUT:
        # It answers 99 and hangs on the work itself: nobody is served by waiting for it again and again.
        mode.patron_waited(turn, event.why)


def _died(turn: Turn, entry: Entry, step: Step) -> bool:
    """Count a line that died at this entry; True: the entry is to wait for a person, so that the rest goes on.

    It counts only if the line had carried something about another entry before it died. An entry at whose same
    question the line dies again and again lets the others go first (later ones of its item stay behind it), and then
    it is seen.
    """
    upload, seq = turn.state.upload, entry.seq
    answered = turn.state.link.answered
    counts = any(other != seq for other in answered)
    if not counts:
        same_step = upload.stumbled is not None and (upload.stumbled.seq, upload.stumbled.step) == (seq, step)
        stumbled = Stumbled(seq, step, upload.stumbled.times + 1 if same_step and upload.stumbled else 1)
        if stumbled.times >= STUMBLES_TO_STEP_ASIDE:
            same = tuple(other for other in upload.queue if other.what.item == entry.what.item)
            others = tuple(other for other in upload.queue if other.what.item != entry.what.item)
            counts = not others and bool(answered)
            stumbled = Stumbled(seq, step, 0)
            _set(turn, queue=others + same, last=upload.last | {seq})
        _set(turn, stumbled=stumbled)
    deaths = upload.deaths.get(seq, 0) + (1 if counts else 0)
    _set(turn, deaths={**upload.deaths, seq: deaths})
    return deaths >= DEATHS_TO_PARK
