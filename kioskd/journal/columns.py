"""Between the model's values and the tables' rows. Each row carries a sum over its content.

SQLite keeps no checksum of a page: without our own, a flipped bit in an item's number would be another book.
"""

import datetime as dt
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from kioskd.journal.errors import JournalDamaged
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import AddNote, AddRow, EntryState, How, Kind, Look, ModeName, NewEntry, Seq, Source
from kioskd.model.time import ClockTrust
from kioskd.model.written_late import dataclass

Cell = str | int | float | bytes | None
Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows are never changed: first its number, last the sum. `reals`: columns that hold floats."""

    name: str
    columns: tuple[str, ...]
    reals: frozenset[int]
    insert: str
    """The statement that adds a row."""

    @property
    def select(self) -> str:
        """The beginning of each statement that reads rows."""
        return f"SELECT {','.join(self.columns)} FROM {self.name}"  # noqa: S608


def _table(name: str, columns: str, reals: str) -> Table:
    names = tuple(columns.split())
    insert = f"INSERT INTO {name} ({','.join(names)}) VALUES ({','.join('?' * len(names))})"  # noqa: S608 - our own names
    return Table(name, names, frozenset(names.index(real) for real in reals.split()), insert)


ENTRIES: Final = _table(
    "entries",
    "seq id kind source how unmatched patron item at_wall_s at_boot_s boot_id clock mode by station session due_date"
    " state sum",
    "at_wall_s at_boot_s",
)
ROWS: Final = _table("rows", "n seq was state at_wall_s outcome answer by reason due_before sum", "at_wall_s")
NOTES: Final = _table("notes", "n kind at_wall_s content sum", "at_wall_s")
CORRECTIONS: Final = _table(
    "corrections", "n boot_id to_seq wall_minus_boot_s at_wall_s sum", "wall_minus_boot_s at_wall_s"
)
LASTING: Final = (ENTRIES, ROWS, NOTES, CORRECTIONS)


@dataclass(frozen=True, slots=True)
class Correction:
    """Unsure entries of this boot up to `to_seq` (and after the correction before) happened at boot_s + this."""

    boot_id: str
    to_seq: Seq
    wall_minus_boot_s: float


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row with its number; `was` is the state that it ended."""

    n: int
    was: EntryState
    row: AddRow


def summed(table: Table, cells: Cells) -> Cells:
    """Return the row with its sum."""
    return (*cells, _sum(table, cells))


def is_true(table: Table, cells: Cells) -> bool:
    """Whether the row is as it was written."""
    return cells[-1] == _sum(table, cells[:-1])


def _sum(table: Table, cells: Cells) -> int:
    return zlib.crc32(repr((table.name, cells)).encode("utf-8", "surrogatepass"))


def verify(table: Table, cells: Cells) -> Cells:
    """Return the row. Raises JournalDamaged if it is not as it was written."""
    if not is_true(table, cells):
        raise JournalDamaged("journal", f"{table.name}: row {cells[0]!r} is not as it was written")
    return cells


def entry_cells(seq: Seq, entry: NewEntry, state: EntryState) -> Cells:
    """Return an entry as a row of `entries`."""
    return summed(
        ENTRIES,
        (
            seq,
            entry.id,
            entry.kind.value,
            entry.source.value,
            entry.how.value,
            int(entry.unmatched),
            entry.patron,
            entry.item,
            float(entry.at_wall_s),
            float(entry.at_boot_s),
            entry.boot_id,
            entry.clock.value,
            entry.mode.value,
            entry.by,
            entry.station,
            entry.session,
            entry.due_date.isoformat() if entry.due_date is not None else None,
            state.value,
        ),
    )


def entry_of(cells: Cells) -> tuple[Seq, NewEntry, EntryState]:
    """Return a row of `entries` as an entry, with the state it was added in. Raises JournalDamaged."""
    seq, id_, kind, source, how, unmatched, patron, item, wall, boot, boot_id, clock, mode, by, *rest = verify(
        ENTRIES, cells
    )
    station, session, due, state, _ = rest
    entry = NewEntry(
        id=str(id_),
        kind=Kind(str(kind)),
        how=How(str(how)),
        patron=PatronBarcode(str(patron)) if patron is not None else None,
        item=ItemBarcode(str(item)) if item is not None else None,
        at_wall_s=_float(wall),
        at_boot_s=_float(boot),
        boot_id=str(boot_id),
        clock=ClockTrust(str(clock)),
        mode=ModeName(str(mode)),
        station=str(station),
        session=str(session),
        source=Source(str(source)),
        unmatched=bool(unmatched),
        by=_text(by),
        due_date=dt.date.fromisoformat(str(due)) if due is not None else None,
    )
    return Seq(_int(seq)), entry, EntryState(str(state))


STORY: Final = "_"
"""Key of the `answer` column under which a row keeps how it came about; no field of SIP2 has that name."""


def row_cells(n: int, was: EntryState, row: AddRow) -> Cells:
    """Return what became of an entry as a row of `rows`."""
    kept: dict[str, object] | None = dict(row.answer) if row.answer is not None else None
    story: dict[str, object] = {"row": row.decided} if row.decided is not None else {}
    if row.looked:
        story["looked"] = [[look.at_wall_s, look.asked, dict(look.heard)] for look in row.looked]
    if story:
        kept = {**(kept or {}), STORY: story}
    answer = _json(kept) if kept is not None else None
    at = float(row.at_wall_s)
    cells = (n, row.seq, was.value, row.state.value, at, row.outcome, answer, row.by, row.reason, row.due_before)
    return summed(ROWS, cells)


def row_of(cells: Cells) -> KeptRow:
    """Return a row of `rows` as the value that was written. Raises JournalDamaged."""
    n, seq, was, state, at, outcome, answer, by, reason, due_before, _ = verify(ROWS, cells)
    told: dict[str, Any] | None = json.loads(str(answer)) if answer is not None else None
    story: dict[str, Any] = told.pop(STORY, {}) if told is not None else {}
    row = AddRow(
        seq=Seq(_int(seq)),
        state=EntryState(str(state)),
        at_wall_s=_float(at),
        outcome=_text(outcome),
        answer=told if told or not story else None,
        by=_text(by),
        reason=_text(reason),
        due_before=_text(due_before),
        decided=story.get("row"),
        looked=tuple(Look(float(at), asked, heard) for at, asked, heard in story.get("looked", ())),
    )
    return KeptRow(_int(n), EntryState(str(was)), row)


def note_cells(n: int, note: AddNote) -> Cells:
    """Return a note as a row of `notes`."""
    return summed(NOTES, (n, note.kind, float(note.at_wall_s), _json(note.content)))


def note_of(cells: Cells) -> AddNote:
    """Return a row of `notes` as the note. Raises JournalDamaged."""
    _, kind, at, content, _ = verify(NOTES, cells)
    return AddNote(kind=str(kind), at_wall_s=_float(at), content=json.loads(str(content)))


def correction_cells(n: int, correction: Correction, at_wall_s: float) -> Cells:
    """Return a correction as a row of `corrections`."""
    offset = float(correction.wall_minus_boot_s)
    return summed(CORRECTIONS, (n, correction.boot_id, correction.to_seq, offset, float(at_wall_s)))


def correction_of(cells: Cells) -> Correction:
    """Return a row of `corrections` as the correction. Raises JournalDamaged."""
    _, boot_id, to_seq, offset, _, _ = verify(CORRECTIONS, cells)
    return Correction(str(boot_id), Seq(_int(to_seq)), _float(offset))


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"))


def _text(cell: Cell) -> str | None:
    return str(cell) if cell is not None else None


def _int(cell: Cell) -> int:
    assert isinstance(cell, int)
    return cell


def _float(cell: Cell) -> float:
    assert isinstance(cell, (int, float))
    return float(cell)
