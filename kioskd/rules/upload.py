"""The upload: which unsent entries are next, on which line, and when; `passing` sees to each of them.

It never gives an entry up. An answer that was lost is looked up before anything is sent again; what the library system
refuses waits as an exception for a person and holds up only later entries of the same item.
"""

import random
from collections.abc import Mapping
from dataclasses import replace

from kioskd.model.door import door_of
from kioskd.model.effects import FetchUnsent, Forget
from kioskd.model.entry import BEFORE_ALL, AddRow, Entry, EntryState, Kind, ModeName, Seq
from kioskd.model.inputs import Fetched, Saved
from kioskd.rules import backlog, belief, mode, ordering, passing
from kioskd.rules.changed import changed
from kioskd.rules.evidence import Step
from kioskd.rules.in_flight import AskFor, FetchFor, SaveFor, Saving
from kioskd.rules.lanes import lanes
from kioskd.rules.link import Phase
from kioskd.rules.sending import Current, Upload
from kioskd.rules.terms import terms
from kioskd.rules.turn import Turn, awaited, taken

WINDOW = 50
"""Entries read at once: the memory of an upload does not grow with its length, and tracing them holds nobody up."""
AHEAD_AT_MOST = 5000
"""Registrations and rows of paper sheets read at once; more of them wait for another round."""
READ_ON_BELOW = 20
"""With fewer at hand, the next are read meanwhile."""
MARK_AT_ONCE = 16
"""Entries that one sync marks as `sending`, and what became of those before shares it."""
MARK_ON_BELOW = 8
"""With fewer of them left, the next are marked meanwhile, so that a card that takes 50 ms for a sync holds nothing up.

After a power cut the sum of both is looked up at most.
"""
OUTCOMES_AT_ONCE = 16
OUTCOMES_WITHIN_S = 0.25
"""While entries go up one after the other, so many outcomes share a sync at most, and none waits longer for it."""


def _set(turn: Turn, **changes: object) -> None:
    turn.set(upload=changed(turn.state.upload, **changes))


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
    door = door_of(state.settings)
    every = lanes(state.settings.ils, door.at_once if door is not None else 1)
    for lane in every:
        _drive_lane(turn, lane)
    # Only now: what a line that is free may carry does not wait behind another's.
    for lane in every:
        current = _in_hand(turn, lane)
        if current is not None and passing.may_be_followed(turn, current):
            _follow(turn, current)
    if turn.state.mode.name is not ModeName.RECOVERING and turn.state.upload.running:
        stop(turn)


def _drive_lane(turn: Turn, lane: int) -> None:
    """Have this line carry the next question, if there is one for it."""
    while (current := _in_hand(turn, lane)) is None:
        if not _next(turn, lane):
            return
    due = turn.at.mono_s >= turn.state.upload.next_send_mono_s
    if current.ask is None and current.step is not Step.MARK and due:
        passing.ask(turn, current)


def _follow(turn: Turn, current: Current) -> None:
    """Have the line ready with the next entry, so that it goes out with the yes to this one.

    Only what stands as `sending` durably, and needs no look before; one at a time is under way all the same.
    """
    _read_on(turn)
    upload, lane = turn.state.upload, current.lane
    if sum(other.lane == lane for other in upload.currents.values()) > 1 or door_of(turn.state.settings) is not None:
        return
    entry = _pick(turn, behind=current)
    if entry is None or entry.what.item == current.entry.what.item or not _plain(turn, entry):
        return
    following = passing.begun(turn, entry, lane)
    # Its first step is MARK where the journal does not hold it as `sending` yet.
    if following is not None and following.step is Step.SEND:
        passing.ask(turn, following, after=current.ask)


def _in_hand(turn: Turn, lane: int) -> Current | None:
    return next((current for current in turn.state.upload.currents.values() if current.lane == lane), None)


def _waiting(turn: Turn) -> bool:
    """Tell whether entries wait for the upload; one that is being saved is still its patron's."""
    if not turn.state.summary.unsent:
        return False
    saving = any(each.what in (SaveFor.ITEM, SaveFor.LOANS) for each in turn.state.saves.values())
    return not saving and turn.state.summary.unsent > len(awaited(turn.state))


def _begin(turn: Turn) -> None:
    spread_s = turn.state.settings.ils.upload_spread_s
    # Forty stations that come back in the same second take a library system down again.
    wait_s = random.Random(f"{turn.state.instance}{turn.number()}").uniform(0.0, spread_s)  # noqa: S311
    backlog.begin(turn)
    turn.set(
        upload=replace(
            _kept(turn.state.upload),
            running=True,
            start_mono_s=turn.at.mono_s + wait_s,
            started_mono_s=turn.at.mono_s + wait_s,
        )
    )
    turn.log("info", "upload_started", unsent=turn.state.summary.unsent, wait_s=round(wait_s, 1))


def _kept(old: Upload) -> Upload:
    """Return what one run leaves to the next."""
    return Upload(
        marked=old.marked,
        deaths=old.deaths,
        doubted=old.doubted,
        last=old.last,
        trails=old.trails,
        belief=belief.begin(old.belief),
        pace=old.pace,
    )


def stop(turn: Turn) -> None:
    """Leave the upload; what it asked is no longer awaited, and is looked up the next time."""
    _forget_asks(turn, None)
    if turn.state.fetch in (FetchFor.WINDOW, FetchFor.AHEAD, FetchFor.BACKLOG):
        turn.set(fetch=FetchFor.NOBODY)
    turn.set(upload=_kept(turn.state.upload))


def _forget_asks(turn: Turn, seqs: tuple[Seq, ...] | None) -> None:
    """Await no answer about these entries, or about any; what is not on the line yet is not sent."""
    kept = {}
    for ask, each in turn.state.asks.items():
        if each.what is AskFor.UPLOAD and (seqs is None or each.seq in seqs):
            turn.do(Forget(ask))
        else:
            kept[ask] = each
    turn.set(asks=kept)


def at_once(turn: Turn) -> None:
    """Staff or the night say: go on without further waiting."""
    _set(turn, start_mono_s=None, backoffs=0)


def drop(turn: Turn, seqs: tuple[Seq, ...]) -> None:
    """Somebody takes these entries back: they are not sent, and an answer on its way changes nothing."""
    upload = turn.state.upload
    held = tuple(each for each in upload.belief.held if each.entry.seq not in seqs)
    _set(
        turn,
        queue=tuple(entry for entry in upload.queue if entry.seq not in seqs),
        ahead=tuple(entry for entry in upload.ahead if entry.seq not in seqs),
        currents={seq: current for seq, current in upload.currents.items() if seq not in seqs},
        belief=replace(upload.belief, held=held),
    )
    _forget_asks(turn, seqs)


def start_over(turn: Turn, seqs: tuple[Seq, ...]) -> None:
    """These entries were not taken back after all: they are read again, and looked up if they may have been sent."""
    if seqs and turn.state.upload.running:
        _set(turn, queue=(), ahead=(), ahead_read=False, at_end=False, fetched_to=BEFORE_ALL)


def _next(turn: Turn, lane: int) -> bool:
    """Take up the next entry on a line; False: there is nothing for it to do now."""
    _read_on(turn)
    upload = turn.state.upload
    registrations = upload.ahead and upload.ahead[0].what.kind is Kind.REGISTRATION
    if not upload.ahead_read or (not upload.queue and not upload.at_end and not registrations):
        return False
    entry = _pick(turn)
    if entry is None:
        if not upload.currents:
            _end(turn)
        return False
    current = passing.begun(turn, entry, lane)
    if current is not None:
        passing.put(turn, current)
        if current.step is Step.MARK:
            _mark(turn, entry)
    return True


def _pick(turn: Turn, behind: Current | None = None) -> Entry | None:
    """Return the next entry whose turn it is: none whose item, or whose card, an earlier one has in hand.

    `behind`: return the one whose turn it is when this is done.
    """
    upload = turn.state.upload
    in_hand = [current.entry.what for current in upload.currents.values() if current is not behind]
    items: set[object] = {each.entry.what.item for each in upload.belief.held} | {what.item for what in in_hand}
    cards: set[object] = {what.patron for what in in_hand}
    passed = behind.entry if behind is not None else None
    own = _free(upload.queue, upload.currents, set(items), set(cards), passed)
    ahead = _free(upload.ahead, upload.currents, items, cards, passed) if upload.ahead else None
    return ahead if ahead is not None and ordering.goes_before(ahead, own) else own


def _free(
    entries: tuple[Entry, ...],
    in_hand: Mapping[Seq, Current],
    items: set[object],
    cards: set[object],
    passed: Entry | None,
) -> Entry | None:
    """Return the first entry that none before it holds up; `passed` holds up nobody."""
    for entry in entries:
        if passed is not None and entry.seq == passed.seq:
            continue
        item, card = entry.what.item, entry.what.patron
        if entry.seq not in in_hand and (item is None or item not in items) and (card is None or card not in cards):
            return entry
        items.add(item)
        cards.add(card)
    return None


def _read_on(turn: Turn) -> None:
    """Read the next entries before the last of those at hand is gone."""
    state, upload = turn.state, turn.state.upload
    if state.fetch is not None:
        return
    if not upload.ahead_read:
        if not _writing(turn):
            turn.set(fetch=FetchFor.AHEAD)
            turn.do(FetchUnsent(BEFORE_ALL, AHEAD_AT_MOST, ahead=True))
    elif not upload.at_end and len(upload.queue) < READ_ON_BELOW:
        turn.set(fetch=FetchFor.WINDOW)
        turn.do(FetchUnsent(upload.fetched_to, WINDOW))


def _writing(turn: Turn) -> bool:
    """Tell whether what became of entries is still on its way to the journal, which would give them out again."""
    return bool(turn.state.outbox) or any(each.rows for each in turn.state.saves.values())


def _end(turn: Turn) -> None:
    """All that was read is done, or waits for a refusal to be believed: end the run, or go through the rest again."""
    state, upload = turn.state, turn.state.upload
    if state.fetch is not None or _writing(turn):
        return
    if upload.belief.held:
        belief.judge(turn, at_end=True)
    elif state.summary.unsent - len(awaited(state)) <= 0:
        turn.log("info", "upload_finished", done=upload.done, exceptions=state.summary.exceptions)
        stop(turn)
        mode.enter(turn, ModeName.ONLINE, "")
    else:
        _set(turn, ahead_read=False, at_end=False, fetched_to=BEFORE_ALL)
        if not upload.found:
            # All that is left waits for a live answer; that answer drives the upload on.
            _set(turn, start_mono_s=turn.at.mono_s + 1.0)
        _set(turn, found=False)
        _read_on(turn)


def ahead_fetched(turn: Turn, entries: tuple[Entry, ...]) -> None:
    """The journal gave what goes ahead: a round begins."""
    if turn.state.upload.running:
        fresh = _unhandled(turn, entries)
        _set(turn, ahead=ordering.ordered(fresh), ahead_read=True, found=bool(fresh))


def fetched(turn: Turn, event: Fetched) -> None:
    """The journal gave the next entries."""
    upload = turn.state.upload
    if not upload.running:
        return
    entries = tuple(entry for entry in _unhandled(turn, event.entries) if not ordering.goes_ahead(entry))
    aside = {entry.what.item for entry in entries if entry.seq in upload.last}
    _set(
        turn,
        queue=(*upload.queue, *sorted(entries, key=lambda each: each.what.item in aside)),
        fetched_to=event.entries[-1].seq if event.entries else upload.fetched_to,
        at_end=len(event.entries) < WINDOW,
        found=upload.found or bool(entries),
    )


def _unhandled(turn: Turn, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    upload = turn.state.upload
    others = awaited(turn.state) | taken(turn.state) | {each.entry.seq for each in upload.belief.held}
    return tuple(entry for entry in entries if entry.seq not in others)


def _mark(turn: Turn, entry: Entry) -> None:
    """Make durable that an entry and the next ones are about to be sent, many with one sync."""
    marking = _marking(turn)
    if entry.seq not in marking:
        _save_marks(turn, (entry.seq, *_plain_ones(turn, marking, MARK_AT_ONCE - 1)))


def mark_on(turn: Turn) -> None:
    """Mark the next entries before the last marked one is sent, so that none waits for the disk."""
    upload = turn.state.upload
    if not upload.running or upload.start_mono_s is not None or turn.state.storage is not None:
        return
    if len(upload.marked) >= MARK_ON_BELOW or not upload.queue or _marking(turn):
        return
    if any(current.step is not Step.SEND for current in upload.currents.values()):
        return
    seqs = _plain_ones(turn, frozenset(), MARK_AT_ONCE)
    if seqs:
        _save_marks(turn, seqs)


def _marking(turn: Turn) -> frozenset[Seq]:
    return frozenset(seq for each in turn.state.saves.values() if each.what is SaveFor.MARK for seq in each.seqs)


def _plain_ones(turn: Turn, marking: frozenset[Seq], at_most: int) -> tuple[Seq, ...]:
    """Return the next entries of the queue that can be marked, as far as nothing else stands between."""
    upload = turn.state.upload
    found: list[Seq] = []
    for other in upload.queue:
        if len(found) == at_most:
            break
        if other.seq not in marking and other.seq not in upload.currents and other.seq not in upload.marked:
            if not _plain(turn, other):
                break
            found.append(other.seq)
    return tuple(found)


def _save_marks(turn: Turn, seqs: tuple[Seq, ...]) -> None:
    """What became of others goes with it, in one sync."""
    marks = tuple(AddRow(seq, EntryState.SENDING, turn.at.wall_s) for seq in seqs)
    outcomes = turn.take_outbox()
    turn.save((*outcomes, *marks), Saving(SaveFor.MARK, seqs=seqs, rows=outcomes))


def gathers(turn: Turn) -> bool:
    """Tell whether outcomes may wait for others to share a sync: an answer is awaited, and none waits for long."""
    state = turn.state
    if not state.upload.running or len(state.outbox) >= OUTCOMES_AT_ONCE:
        return False
    if turn.at.mono_s >= state.outbox_since_mono_s + OUTCOMES_WITHIN_S:
        return False
    return any(current.ask is not None for current in state.upload.currents.values())


def _plain(turn: Turn, entry: Entry) -> bool:
    """Tell whether an entry is a loan that is sent without a look before."""
    upload, what = turn.state.upload, entry.what
    return (
        what.kind is Kind.CHECKOUT
        and what.patron is not None
        and entry.state is EntryState.RECORDED
        and entry.due_before is None
        and entry.behind is None
        and what.item not in upload.held_items
        and passing.registration(turn, entry) is None
        and not (_may_force(turn) and terms(turn, entry).forces)
    )


def _may_force(turn: Turn) -> bool:
    door = door_of(turn.state.settings)
    return turn.state.settings.ils.no_block_forces or (door is not None and door.forces)


def marked(turn: Turn, saving: Saving, _event: Saved) -> None:
    """The sending rows are durable: now it may be sent."""
    upload = turn.state.upload
    _set(turn, marked=upload.marked | set(saving.seqs))
    for current in upload.currents.values():
        if current.step is Step.MARK and current.entry.seq in saving.seqs:
            passing.put(turn, replace(current, step=Step.SEND))


def mark_failed(turn: Turn) -> None:
    """The disk took no sending rows: nothing is sent until it does."""
    currents = turn.state.upload.currents
    _set(turn, currents={seq: current for seq, current in currents.items() if current.step is not Step.MARK})
