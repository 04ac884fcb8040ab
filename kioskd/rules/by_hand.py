"""What staff type in afterwards or beside the lending: rows of a paper downtime sheet, and registrations.

Both are looked at against what is recorded here before they are saved; `sure` says that staff have seen the warning.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kioskd.model import calls as c
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.downtime import DraftForm
from kioskd.model.effects import FindEntries, Reply, Seal
from kioskd.model.entry import AddEntry, AddNote, AddRow, Entry, EntryState, How, Kind, ModeName, NewEntry, Source
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import Asked, CannotSeal, NotSaved, Saved, Sealed
from kioskd.model.settings import Secret
from kioskd.model.time import ClockTrust
from kioskd.model.written_late import dataclass
from kioskd.rules import backlog, drafting, form, lending, papers, reviewing, timekeeping
from kioskd.rules.in_flight import SaveFor, Saving
from kioskd.rules.outcome import Outcome
from kioskd.rules.recognise import IsCard, IsEither, IsItem, IsNothing, recognise
from kioskd.rules.turn import Turn
from kioskd.rules.wrong import Wrong, doubt, refuse
from kioskd.texts import long_date

KINDS: Final = {"checkout": Kind.CHECKOUT, "c": Kind.CHECKOUT, "renewal": Kind.RENEWAL, "r": Kind.RENEWAL}
SAME_S: Final = 600.0
"""A loan recorded here within ten minutes of a row of the sheet may be the same one."""
OLDEST_DAYS: Final = 400
AHEAD_S: Final = 60.0
NOTE: Final = "registration"
"""The kind of note that holds a registration's sealed fields; `id` is its entry's."""
GONE: Final = frozenset({EntryState.WITHDRAWN, EntryState.REFUSED})


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as staff typed it. `unmatched`: no pattern knows it."""

    text: str
    unmatched: bool = False


def asked(turn: Turn, event: Asked, call: c.SheetAdd | c.PatronRegister) -> None:
    """Look at what was typed, then ask the journal what it knows of that item or card."""
    assert turn.request is not None
    find: FindEntries | None = None
    match call:
        case c.SheetAdd():
            row = _row(turn, call)
            find = FindEntries(turn.request, item=row.item) if row is not None else None
        case c.PatronRegister():
            card = _card(turn, call.card, sure=call.sure, field="card")
            filled = _filled(turn, call) if card is not None else None
            if card is not None and filled is not None:
                find = FindEntries(turn.request, patron=PatronBarcode(card.text))
    if find is not None:
        turn.do(find)
        turn.set(reading={**turn.state.reading, find.request: event})
        turn.request = None


def found(turn: Turn, event: Asked, entries: Sequence[Entry]) -> None:
    """The journal told what it knows: save the row, or seal the form."""
    match event.call:
        case c.SheetAdd() as call:
            _save_row(turn, call, entries)
        case c.PatronRegister() as call:
            known = next(
                (each for each in entries if each.what.kind is Kind.REGISTRATION and each.state not in GONE), None
            )
            filled = _filled(turn, call)
            if known is not None and not call.sure:
                doubt(turn, Wrong("card", "form_known_card", {"seq": str(known.seq)}))
            elif filled is not None:
                card = _card(turn, call.card, sure=call.sure, field="card")
                assert card is not None
                content = {**filled.content, "card": card.text}
                turn.do(Seal(event.request, content, form.twin(filled)))
                turn.set(reading={**turn.state.reading, event.request: event})
                turn.request = None
        case _:
            raise TypeError(type(event.call).__name__)


def sealed(turn: Turn, event: Sealed) -> None:
    """The form is sealed: record it."""
    reading = dict(turn.state.reading)
    by = reading.pop(event.request, None)
    turn.set(reading=reading)
    if by is None or not isinstance(by.call, c.PatronRegister):
        return
    turn.request, turn.role = event.request, by.role
    if event.problem is CannotSeal.NO_KEYS:
        turn.fail(ErrorKind.NOT_NOW, "there are no keys to seal it with; `kioskctl staff add INITIALS` makes them")
        return
    if event.problem is not None:
        turn.fail(ErrorKind.STORAGE, "the keys of the registrations cannot be read; see the daemon's log")
        return
    if event.known and not by.call.sure:
        doubt(turn, Wrong("last", "form_known_person"))
        return
    card = _card(turn, by.call.card, sure=True, field="card")
    assert card is not None
    entry = _entry(turn, Kind.REGISTRATION, patron=card)
    missing = " ".join(name for name in reviewing.MAY_BE_MISSING if not getattr(by.call, name).strip())
    content = {"id": entry.id, "sealed": event.sealed, "twin": event.twin, "missing": missing}
    note = AddNote(NOTE, turn.at.wall_s, content)
    turn.save((AddEntry(entry), note), Saving(SaveFor.BY_HAND, request=turn.request, registers=True))
    turn.request = None


def saved(turn: Turn, saving: Saving, event: Saved) -> None:
    """It is durable: staff hear its number."""
    (seq,) = event.seqs
    if saving.row is not None:
        turn.later(replace(saving.row, seq=seq))
    backlog.add(turn, saving.patron, saving.item)
    if saving.request is not None:
        turn.do(Reply(saving.request, {"seq": int(seq)}))
    if saving.registers:
        drafting.drop(turn, (DraftForm.REGISTER,))
        papers.print_slip(turn, papers.stub(turn.state, int(seq)))


def not_saved(turn: Turn, event: NotSaved) -> None:
    """The disk took nothing of it."""
    lending.storage_failed(turn, event.problem)
    lending.refuse_storage(turn, event.problem)


# --- a row of a sheet -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the sheet as it will be recorded."""

    kind: Kind
    item: ItemBarcode
    patron: PatronBarcode | None
    unmatched: bool


def _row(turn: Turn, call: c.SheetAdd) -> _Row | None:
    """Return the row, or refuse the call naming the field that is wrong."""
    kind = KINDS.get(call.kind.strip().lower())
    if kind is None:
        refuse(turn, Wrong("kind", "form_kind"))
        return None
    at_s = call.at.timestamp()
    if at_s > turn.at.wall_s + AHEAD_S and turn.state.clock.trusted:
        refuse(turn, Wrong("at", "form_time_to_come"))
        return None
    if at_s < turn.at.wall_s - OLDEST_DAYS * 86_400.0 and turn.state.clock.trusted:
        refuse(turn, Wrong("at", "form_time_days", {"days": str(OLDEST_DAYS)}))
        return None
    day = dt.datetime.fromtimestamp(at_s, turn.state.zone).date()
    if call.due_date is not None and call.due_date < day:
        refuse(turn, Wrong("due_date", "form_due", {"day": long_date(turn.state.language, day)}))
        return None
    item = _item(turn, call)
    if item is None:
        return None
    if not call.patron.strip():
        if kind is Kind.CHECKOUT:
            refuse(turn, Wrong("patron", "form_card_checkout"))
            return None
        return _Row(kind, ItemBarcode(item.text), None, item.unmatched)
    card = _card(turn, call.patron, sure=call.sure, field="patron")
    if card is None:
        return None
    return _Row(kind, ItemBarcode(item.text), PatronBarcode(card.text), item.unmatched or card.unmatched)


def _save_row(turn: Turn, call: c.SheetAdd, entries: Sequence[Entry]) -> None:
    row = _row(turn, call)
    if row is None:
        return
    at_s = call.at.timestamp()
    live = [each for each in entries if each.state not in GONE]
    twin = next((each for each in live if _same(each, row, at_s)), None)
    if twin is not None and not call.sure:
        doubt(turn, Wrong("item", "form_known_row", {"seq": str(twin.seq)}))
        return
    entry = _entry(turn, row.kind, patron=_Number(row.patron, row.unmatched) if row.patron else None, item=row.item)
    entry = replace(
        entry,
        source=Source.SHEET,
        # The paper's own time, whatever the clock of this machine says.
        at_wall_s=at_s,
        clock=ClockTrust.TRUSTED,
        mode=ModeName.OFFLINE,
        unmatched=row.unmatched,
        by=call.by.strip() or turn.state.staff.by,
        due_date=call.due_date,
    )
    later = next((each for each in live if settled_after(each, at_s)), None)
    behind = None
    if later is not None:
        # Sent now it would undo what happened since: a person looks at it.
        said = {"later": str(later.seq)}
        behind = AddRow(later.seq, EntryState.EXCEPTION, turn.at.wall_s, Outcome.LATER_ACTIVITY.value, said)
    saving = Saving(SaveFor.BY_HAND, request=turn.request, row=behind, patron=row.patron, item=row.item)
    turn.save((AddEntry(entry),), saving)
    turn.request = None


def _same(entry: Entry, row: _Row, at_s: float) -> bool:
    what = entry.what
    alike = what.kind is row.kind and (row.patron is None or what.patron is None or what.patron == row.patron)
    return alike and what.clock is not ClockTrust.UNSURE and abs(what.at_wall_s - at_s) <= SAME_S


def settled_after(entry: Entry, at_s: float) -> bool:
    """Tell whether the library system knows of something later about this item."""
    settled = entry.state in (EntryState.SETTLED, EntryState.RESOLVED)
    return settled and entry.what.clock is not ClockTrust.UNSURE and entry.what.at_wall_s > at_s


# --- both -------------------------------------------------------------------------------------------


def _filled(turn: Turn, call: c.PatronRegister) -> form.Form | None:
    filled = form.filled(call, turn.state.settings.registration, turn.local().date())
    if isinstance(filled, Wrong):
        refuse(turn, filled)
        return None
    return filled


def _item(turn: Turn, call: c.SheetAdd) -> _Number | None:
    match recognise(call.item, turn.state.settings.barcodes, typed=True):
        case IsItem(code, _) | IsEither(code):
            return _Number(code)
        case IsNothing() if call.item.strip() and call.sure:
            return _Number(call.item.strip(), unmatched=True)
        case IsNothing() if call.item.strip():
            doubt(turn, Wrong("item", "form_no_item"))
        case _:
            refuse(turn, Wrong("item", "form_item"))
    return None


def _card(turn: Turn, code: Secret, *, sure: bool, field: str) -> _Number | None:
    match recognise(code, turn.state.settings.barcodes, typed=True):
        case IsCard(card, _) | IsEither(card):
            return _Number(card)
        case IsNothing() if code.strip() and sure:
            return _Number(code.strip(), unmatched=True)
        case IsNothing() if code.strip():
            doubt(turn, Wrong(field, "form_no_card"))
        case _:
            refuse(turn, Wrong(field, "form_card"))
    return None


def _entry(turn: Turn, kind: Kind, *, patron: _Number | None, item: ItemBarcode | None = None) -> NewEntry:
    clock = turn.state.clock
    return NewEntry(
        id=turn.uuid(),
        kind=kind,
        how=How.TYPED,
        patron=PatronBarcode(patron.text) if patron is not None else None,
        item=item,
        at_wall_s=turn.at.wall_s,
        at_boot_s=turn.at.boot_s,
        boot_id=clock.boot_id,
        clock=timekeeping.trust(clock),
        mode=turn.state.mode.name,
        station=turn.state.settings.station.id,
        session="",
        unmatched=patron is not None and patron.unmatched,
        by=turn.state.staff.by,
    )
