"""Entries that come from elsewhere: out of another station's rescue archive, or back from a file that nobody loaded.

Somebody else may have sent them meanwhile. So a loan is taken in as one whose answer was lost: it is looked up at the
library system before it is sent, and lands once, whoever else has it too. A renewal cannot be told from another one by
looking; there the archive's claim and its parts decide.
"""

from collections.abc import Sequence
from typing import Final

from kioskd.model import calls as c
from kioskd.model import handed_over
from kioskd.model.effects import ReadTaken, Reply
from kioskd.model.entry import UNSENT, AddEntry, AddNote, AddRow, Entry, EntryState, Kind, NewEntry, Source
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import Asked, Saved, TakenRead
from kioskd.model.time import ClockTrust
from kioskd.rules import backlog, by_hand, lending
from kioskd.rules.in_flight import SaveFor, Saving
from kioskd.rules.outcome import Outcome
from kioskd.rules.turn import Turn, taken

RESCUE: Final = "rescue"
"""The kind of note that says which part of which archive was taken in."""
TAKEN_BACK: Final = "taken_back"


def asked(turn: Turn, event: Asked, call: c.JournalTakeIn) -> None:
    """Look at what was sent, then ask the journal what it has of it already."""
    assert turn.request is not None
    wrong = next((why for each in call.entries if (why := _wrong(each)) is not None), None)
    if not call.archive or not call.part or not call.entries:
        wrong = "the archive, the part, and its entries must be named"
    if wrong is not None:
        turn.fail(ErrorKind.BAD_PARAMS, f"entries: {wrong}", {"field": "entries"})
        return
    if any(isinstance(each.call, c.JournalTakeIn) for each in turn.state.reading.values()):
        # What the first one finds missing, the second one would find missing too.
        turn.fail(ErrorKind.NOT_NOW, "another part is being taken in at this moment; try again")
        return
    items = frozenset(each.item for each in call.entries if each.item is not None)
    turn.do(ReadTaken(turn.request, call.archive, frozenset(each.id for each in call.entries), items))
    turn.set(reading={**turn.state.reading, turn.request: event})
    turn.request = None


def _wrong(entry: c.Rescued) -> str | None:
    """Return what is the matter with an entry, or None."""
    name = f"entry {entry.id or '?'}"
    if not entry.id or not entry.station:
        return f"{name} says neither what it is called nor where it is from"
    if entry.state not in UNSENT:
        return f"{name} is {entry.state.value}, so it does not wait to be sent"
    if entry.at.utcoffset() is None:
        return f"{name} has a time without its offset"
    if entry.kind is Kind.REGISTRATION:
        return None if entry.patron else f"{name} registers no card"
    if not entry.item:
        return f"{name} has no item"
    return f"{name} lends to nobody" if entry.kind is Kind.CHECKOUT and not entry.patron else None


def read(turn: Turn, event: TakenRead) -> None:
    """The journal told what is here already: save the rest, and that this part is in."""
    reading = dict(turn.state.reading)
    by = reading.pop(event.request, None)
    turn.set(reading=reading)
    if by is None or not isinstance(by.call, c.JournalTakeIn):
        return
    call, turn.request, turn.role = by.call, event.request, by.role
    if event.problem is not None:
        lending.refuse_storage(turn, event.problem)
        return
    here = {entry.what.id for entry in event.entries}
    fresh = () if call.part in event.parts else tuple(each for each in _once(call.entries) if each.id not in here)
    known = len(call.entries) - len(fresh)
    if not fresh and call.part in event.parts:
        turn.do(Reply(event.request, {"taken": 0, "known": known}))
        turn.request = None
        return
    note = AddNote(RESCUE, turn.at.wall_s, {"archive": call.archive, "part": call.part})
    forms = tuple(
        AddNote(by_hand.NOTE, turn.at.wall_s, {"id": each.id, "sealed": each.sealed, "keys": each.keys})
        for each in fresh
        if each.sealed
    )
    numbers = frozenset[str](number for each in fresh for number in (each.patron, each.item) if number is not None)
    saving = Saving(
        SaveFor.TAKE_IN,
        n=known,
        request=turn.request,
        notes=tuple(_later(turn, each, event.entries) for each in fresh),
        numbers=numbers,
    )
    turn.save((*(AddEntry(_entry(each), _state(each)) for each in fresh), *forms, note), saving)
    turn.log("info", "entries_taken_in", archive=call.archive, taken=len(fresh), known=known)
    turn.request = None


def _once(entries: Sequence[c.Rescued]) -> Sequence[c.Rescued]:
    found: dict[str, c.Rescued] = {}
    for each in entries:
        found.setdefault(each.id, each)
    return tuple(found.values())


def _entry(each: c.Rescued) -> NewEntry:
    return NewEntry(
        id=each.id,
        kind=each.kind,
        how=each.how,
        patron=each.patron,
        item=each.item,
        at_wall_s=each.at.timestamp(),
        # Of another machine's boot: nothing here is ordered or corrected by it.
        at_boot_s=0.0,
        boot_id="",
        clock=each.clock,
        mode=each.mode,
        station=each.station,
        session=each.session,
        source=Source.RESCUE,
        unmatched=each.unmatched,
        by=each.by,
        due_date=each.due_date,
    )


def _state(each: c.Rescued) -> EntryState:
    maybe_sent = each.kind is Kind.CHECKOUT or (each.kind is Kind.RENEWAL and each.state is EntryState.SENDING)
    return EntryState.SENDING if maybe_sent else EntryState.RECORDED


def _later(turn: Turn, each: c.Rescued, entries: Sequence[Entry]) -> AddRow | None:
    """Return the row that leaves an entry to a person: the library system knows of something later about its item."""
    if each.item is None or each.clock is ClockTrust.UNSURE:
        return None
    at_s = each.at.timestamp()
    later = next((it for it in entries if it.what.item == each.item and by_hand.settled_after(it, at_s)), None)
    if later is None:
        return None
    said = {"later": str(later.seq)}
    return AddRow(later.seq, EntryState.EXCEPTION, turn.at.wall_s, Outcome.LATER_ACTIVITY.value, said)


def saved(turn: Turn, saving: Saving, event: Saved) -> None:
    """They are durable: whoever brought them hears how many were new."""
    for seq, row in zip(event.seqs, saving.notes, strict=False):
        if row is not None:
            turn.later(AddRow(seq, row.state, row.at_wall_s, row.outcome, row.answer))
    backlog.add_all(turn, saving.numbers)
    if saving.request is not None:
        turn.do(Reply(saving.request, {"taken": len(event.seqs or saving.seqs), "known": saving.n}))


def take_back(turn: Turn, call: c.JournalTakeBack, entries: Sequence[Entry]) -> None:
    """Entries that were handed over are sent from here after all, by a person's word: all of them or none."""
    by, reason = turn.state.staff.by or call.by.strip() or None, call.reason.strip()
    if not reason:
        turn.fail(ErrorKind.BAD_PARAMS, "reason: say why nobody loads that file any more", {"field": "reason"})
        return
    moving = taken(turn.state)
    back = {each.seq: each for each in entries if each.state is EntryState.HANDED_OVER and each.seq not in moving}
    missing = [str(seq) for seq in call.seqs if seq not in back]
    if missing or not call.seqs:
        turn.fail(ErrorKind.NOT_NOW, f"seqs: not handed over: {', '.join(missing) or 'none named'}")
        return
    rows = tuple(
        AddRow(
            entry.seq,
            # Somebody may have loaded it all the same: a loan is looked up before it is sent.
            EntryState.SENDING if entry.sendings or entry.what.kind is Kind.CHECKOUT else EntryState.RECORDED,
            turn.at.wall_s,
            TAKEN_BACK,
            by=by,
            reason=reason,
            due_before=entry.due_before,
        )
        for entry in back.values()
    )
    numbers = frozenset[str](
        number for each in back.values() for number in (each.what.patron, each.what.item) if number is not None
    )
    seqs = tuple(back)
    places = {str(entry.outcome) for entry in back.values()}
    notes = (
        handed_over.note(to, [seq for seq in seqs if back[seq].outcome == to], turn.at.wall_s, back=True)
        for to in sorted(places)
    )
    turn.save((*rows, *notes), Saving(SaveFor.TAKE_IN, request=turn.request, seqs=seqs, numbers=numbers))
    turn.request = None
