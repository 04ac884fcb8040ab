"""What the journal tells: entries as they stand, their stories, the notes, the numbers."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Final, Self, TypeVar
from zoneinfo import ZoneInfo

import apsw

from kioskd.journal import columns, schema, sqlite
from kioskd.journal.columns import CORRECTIONS, ENTRIES, NOTES, ROWS, Cells, Correction, KeptRow
from kioskd.journal.counts import WAITING, Counts, counts_of
from kioskd.journal.errors import JournalDamaged, NoJournal, NotRead, OtherVersion
from kioskd.journal.folder import free_mib
from kioskd.journal.listing import moment
from kioskd.journal.lock import Lock
from kioskd.journal.names import JOURNAL
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import (
    BEFORE_ALL,
    UNSENT,
    AddNote,
    AddRow,
    Entry,
    EntryFilter,
    EntryState,
    NewEntry,
    Seq,
    Summary,
)
from kioskd.model.time import ClockTrust
from kioskd.model.written_late import dataclass

_T = TypeVar("_T")

AMONG: Final = "WHERE seq IN (SELECT value FROM json_each(?))"
SLICE: Final = 256
"""Entries read at once: short enough that a scan may wait for it."""
STRIDE: Final = 4096
"""Entries looked at for them."""
CHOOSE: Final = """
    SELECT seq FROM entries WHERE seq > ?1 AND seq <= ?2
    AND (?3 IS NULL OR ?3 = ifnull(
        (SELECT rows.state FROM rows WHERE rows.seq = entries.seq ORDER BY n DESC LIMIT 1), entries.state))
    AND (clock = 'unsure' OR (at_wall_s >= ifnull(?4, at_wall_s) AND (?5 IS NULL OR at_wall_s < ?5)))
    ORDER BY seq LIMIT ?6
"""
"""Those that may pass: an unsure time may have been corrected, which is seen later."""


@dataclass(frozen=True, slots=True)
class Story:
    """An entry as it stands, and all its rows from its recording on."""

    entry: Entry
    rows: tuple[AddRow, ...]


class JournalReader:
    """A journal that is only read. One thread at a time; use as a context or call `close`."""

    def __init__(self, state_dir: Path, connection: apsw.Connection, zone: ZoneInfo, lock: Lock | None) -> None:
        self._state_dir = state_dir
        self._connection = connection
        self._zone = zone
        self._lock = lock
        self._closed = False
        self._counts = Counts()
        self._oldest: Seq | None = None
        self._oldest_text: str | None = None
        self._exception: Seq | None = None
        """The oldest exception, and its time."""
        self._exception_text: str | None = None
        self._next_seq = 1
        self._next_row = 1
        self._corrections: dict[str, list[Correction]] = {}
        self._load()

    @classmethod
    def read_only(cls, state_dir: Path, *, timezone: str) -> "JournalReader":
        """Open it without writing anything anywhere; while it is open, a daemon that starts waits a moment.

        Raises NoJournal, JournalHeld, OtherVersion, JournalDamaged, NotRead.
        """
        path = state_dir / JOURNAL
        if not path.exists():
            raise NoJournal(path)
        try:
            lock = Lock.shared(state_dir)
        except OSError as error:
            raise NotRead(*sqlite.problem(error)) from error
        try:
            connection = sqlite.open_for_reading(path)
        except sqlite.DAMAGED as error:
            raise JournalDamaged(path, str(error)) from error
        except apsw.Error as error:
            raise NotRead(*sqlite.problem(error)) from error
        try:
            found = schema.version(connection)
            if found != len(schema.STEPS):
                raise NoJournal(path) if found == 0 else OtherVersion(path, found, len(schema.STEPS))
            return JournalReader(state_dir, connection, ZoneInfo(timezone), lock)
        except BaseException:
            connection.close()
            if lock is not None:
                lock.release()
            raise

    def close(self) -> None:
        """Close the file and let others have it; a second time changes nothing."""
        self._closed = True
        self._connection.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- numbers -----------------------------------------------------------------------------------

    def summary(self) -> Summary:
        """Return the journal in numbers; costs nothing."""
        return self._counts.summary(self._oldest_text, self._exception_text)

    def free_mib(self) -> int | None:
        """Return the space left on the journal's disk, in MiB."""
        return free_mib(self._state_dir)

    def check(self, limit_s: float) -> bool:
        """Look at the file's structure for at most `limit_s`; True: all of it. Raises JournalDamaged, NotRead."""
        try:
            return sqlite.quick_check(self._connection, limit_s)
        except apsw.Error as error:
            raise self._unread(error) from error

    # --- entries -----------------------------------------------------------------------------------

    def unsent(self, after: Seq = BEFORE_ALL, limit: int | None = None) -> list[Entry]:
        """Return those in `recorded` or `sending` with a greater number, oldest first."""
        seqs = self._query(
            "SELECT seq FROM standing WHERE seq > ? AND state IN ('recorded', 'sending') ORDER BY seq LIMIT ?",
            (after, -1 if limit is None else limit),
        )
        return list(chain.from_iterable(self._by_number([Seq(_int(seq)) for (seq,) in part]) for part in _parts(seqs)))

    def ahead(self, limit: int) -> list[Entry]:
        """Return unsent entries whose turn is not their number's: registrations, and rows from elsewhere."""
        seqs = self._query(
            "SELECT seq FROM standing JOIN entries USING (seq) WHERE standing.state IN ('recorded', 'sending')"
            " AND (entries.kind = 'registration' OR entries.source <> 'station') ORDER BY seq LIMIT ?",
            (limit,),
        )
        return self.those([Seq(_int(seq)) for (seq,) in seqs])

    def exceptions_of(self, outcome: str, limit: int) -> list[Entry]:
        """Return the exceptions of one kind, oldest first."""
        which = EntryFilter(state=EntryState.EXCEPTION)
        found = (entry for part in self.scan(which) for entry in part if entry.outcome == outcome)
        return list(islice(found, limit))

    def those(self, seqs: Sequence[Seq]) -> list[Entry]:
        """Return the entries with these numbers that exist, in sequence."""
        numbers = sorted(set(seqs))
        return list(chain.from_iterable(self._by_number(part) for part in _parts(numbers)))

    def entries(self, which: EntryFilter) -> list[Entry]:
        """Return all that the filter lets through, in sequence (`since` included, `until` excluded)."""
        return list(chain.from_iterable(self.scan(which)))

    def scan(self, which: EntryFilter) -> Iterator[list[Entry]]:
        """Yield the same a slice at a time, each from a moment's work; between slices others may write."""
        left = which.limit
        after = which.after
        while left is None or left > 0:
            entries, last = self._slice(after, which)
            if last is None:
                return
            after = last
            chosen = [entry for entry in entries if _passes(entry, which)][:left]
            if left is not None:
                left -= len(chosen)
            yield chosen

    def story(self, seq: Seq) -> Story | None:
        """Return an entry with all its rows; None if there is no such entry."""
        entries = self._by_number([seq])
        if not entries:
            return None
        first = columns.entry_of(self._query(f"{ENTRIES.select} WHERE seq = ?", (seq,))[0])
        recorded = AddRow(seq, first[2], entries[0].what.at_wall_s, by=entries[0].what.by)
        return Story(entries[0], (recorded, *(kept.row for kept in self._rows_of([seq]))))

    def newest_rows(self, seqs: Sequence[Seq]) -> dict[Seq, float]:
        """Return when the newest row of each of these entries was written; one without rows is not in it."""
        return {kept.row.seq: kept.row.at_wall_s for kept in self._rows_of(seqs)}

    def unsent_of_item(self, item: ItemBarcode) -> bool:
        """Whether an entry of this item stands in `recorded` or `sending`."""
        found = self._query(
            "SELECT 1 FROM standing JOIN entries USING (seq) WHERE standing.state IN ('recorded', 'sending')"
            " AND entries.item = ? LIMIT 1",
            (item,),
        )
        return bool(found)

    def of_number(self, item: ItemBarcode | None, patron: PatronBarcode | None) -> Iterator[list[Entry]]:
        """Yield the entries of this item or this card, a stretch of the journal at a time, in sequence."""
        newest = self._next_seq - 1
        for after in range(0, newest, STRIDE):
            found = self._query(
                "SELECT seq FROM entries WHERE seq > ? AND seq <= ? AND (item = ? OR patron = ?) ORDER BY seq",
                (after, after + STRIDE, item, patron),
            )
            yield list(chain.from_iterable(self._by_number([Seq(_int(s)) for (s,) in part]) for part in _parts(found)))

    def of_ids(self, ids: Set[str], items: Set[ItemBarcode]) -> Iterator[list[Entry]]:
        """Yield the entries with one of these ids or of one of these items, a stretch at a time, in sequence."""
        wanted = (json.dumps(sorted(ids)), json.dumps(sorted(items)))
        newest = self._next_seq - 1
        for after in range(0, newest, STRIDE):
            found = self._query(
                "SELECT seq FROM entries WHERE seq > ? AND seq <= ? AND (id IN (SELECT value FROM json_each(?))"
                " OR item IN (SELECT value FROM json_each(?))) ORDER BY seq",
                (after, after + STRIDE, *wanted),
            )
            yield list(chain.from_iterable(self._by_number([Seq(_int(s)) for (s,) in part]) for part in _parts(found)))

    def notes(self, kind: str) -> list[AddNote]:
        """Return all notes of this kind, oldest first."""
        return [columns.note_of(cells) for cells in self._query(f"{NOTES.select} WHERE kind = ? ORDER BY n", (kind,))]

    def registrations(self) -> list[tuple[Entry, AddNote]]:
        """Return the registrations with the notes that hold their sealed fields, oldest first."""
        notes = {note.content.get("id"): note for note in self.notes("registration")}
        if not notes:
            return []
        seqs = [Seq(_int(seq)) for (seq,) in self._query("SELECT seq FROM entries WHERE kind = 'registration'")]
        entries = chain.from_iterable(self._by_number(part) for part in _parts(seqs))
        return [(entry, notes[entry.what.id]) for entry in entries if entry.what.id in notes]

    def last_note(self, kind: str) -> AddNote | None:
        """Return the newest note of this kind."""
        found = self._query(f"{NOTES.select} WHERE kind = ? ORDER BY n DESC LIMIT 1", (kind,))
        return columns.note_of(found[0]) if found else None

    # --- within ------------------------------------------------------------------------------------

    def _query(self, statement: str, bindings: Cells = ()) -> list[Cells]:
        try:
            return self._connection.execute(statement, bindings).fetchall()
        except apsw.Error as error:
            raise self._unread(error) from error

    def _unread(self, error: apsw.Error) -> JournalDamaged | NotRead:
        # Our own statements are right: what SQLite finds wrong in one is a table that is not there any more.
        if isinstance(error, (*sqlite.DAMAGED, apsw.SQLError)):
            return JournalDamaged(self._state_dir / JOURNAL, str(error))
        return NotRead(*sqlite.problem(error, self._connection))

    def _load(self) -> None:
        """Read what is kept in memory: the numbers as they were last tallied, and what came after."""
        ((to_seq, to_n, plain, next_seq),) = self._query("SELECT to_seq, to_n, counts, next_seq FROM tally")
        counts = counts_of(json.loads(str(plain)))
        for state, number in self._query("SELECT state, count(*) FROM entries WHERE seq > ? GROUP BY 1", (to_seq,)):
            counts.add(EntryState(str(state)), _int(number))
        moved = self._query("SELECT was, state, count(*) FROM rows WHERE n > ? GROUP BY 1, 2", (to_n,))
        for was, state, number in moved:
            counts.move(EntryState(str(was)), EntryState(str(state)), _int(number))
        ((last_seq, last_n),) = self._query(
            "SELECT (SELECT max(seq) FROM entries), (SELECT max(n) FROM rows)",
        )
        self._counts = counts
        self._next_seq = max(_int(last_seq or 0) + 1, _int(next_seq))
        self._next_row = max(_int(last_n or 0), _int(to_n)) + 1
        self._corrections = {}
        for cells in self._query(f"{CORRECTIONS.select} ORDER BY n"):
            correction = columns.correction_of(cells)
            self._corrections.setdefault(correction.boot_id, []).append(correction)
        self._set_oldest(self._find_oldest())
        self._set_exception(self._find_exception())

    def _find_oldest(self) -> Seq | None:
        found = self._query("SELECT seq FROM standing WHERE state IN ('recorded', 'sending') ORDER BY seq LIMIT 1")
        return Seq(_int(found[0][0])) if found else None

    def _set_oldest(self, seq: Seq | None) -> None:
        self._oldest = seq
        self._oldest_text = self._moment_of(seq)

    def _find_exception(self) -> Seq | None:
        # The plus keeps SQLite from walking along all that waits: the index of exceptions has few rows.
        ((seq,),) = self._query("SELECT min(+seq) FROM standing WHERE state = 'exception'")
        return Seq(_int(seq)) if seq is not None else None

    def _set_exception(self, seq: Seq | None) -> None:
        self._exception = seq
        self._exception_text = self._moment_of(seq)

    def _moment_of(self, seq: Seq | None) -> str | None:
        if seq is None or not (found := self._query(f"{ENTRIES.select} WHERE seq = ?", (seq,))):
            return None
        _, entry, _ = columns.entry_of(found[0])
        return moment(self._corrected(seq, entry).at_wall_s, self._zone)

    def _slice(self, after: Seq, which: EntryFilter) -> tuple[list[Entry], Seq | None]:
        """Return the next entries that may be asked for, and the last number looked at; None: there is no more."""
        if which.state is not None and which.state in WAITING:
            found = self._query(
                "SELECT seq FROM standing WHERE seq > ? AND state = ? ORDER BY seq LIMIT ?",
                (after, which.state.value, SLICE),
            )
            seqs = [Seq(_int(seq)) for (seq,) in found]
            return self._by_number(seqs), seqs[-1] if seqs else None
        newest = self._next_seq - 1
        if after >= newest:
            return [], None
        to = min(after + STRIDE, newest)
        state = which.state.value if which.state is not None else None
        found = self._query(CHOOSE, (after, to, state, which.since_wall_s, which.until_wall_s, SLICE))
        seqs = [Seq(_int(seq)) for (seq,) in found]
        return self._by_number(seqs), seqs[-1] if len(seqs) == SLICE else Seq(to)

    def _by_number(self, seqs: Sequence[Seq]) -> list[Entry]:
        if not seqs:
            return []
        statement = f"{ENTRIES.select} {AMONG} ORDER BY seq"
        return self._stand(self._query(statement, (json.dumps(seqs),)))

    def _stand(self, cells: list[Cells]) -> list[Entry]:
        """Return the entries of these rows as they stand."""
        read = [columns.entry_of(row) for row in cells]
        rows = {
            seq: [kept.row for kept in group]
            for seq, group in groupby(self._rows_of([seq for seq, _, _ in read]), lambda kept: kept.row.seq)
        }
        entries = [stand(seq, self._corrected(seq, what), state, rows.get(seq, ())) for seq, what, state in read]
        if not any(entry.state in UNSENT for entry in entries):
            return entries
        cards = self._cards_to_register()
        return [self._with_behind(entry, cards) if entry.state in UNSENT else entry for entry in entries]

    def _rows_of(self, seqs: Sequence[Seq]) -> list[KeptRow]:
        if not seqs:
            return []
        found = self._query(f"{ROWS.select} {AMONG} ORDER BY seq, n", (json.dumps(seqs),))
        return [columns.row_of(cells) for cells in found]

    def _cards_to_register(self) -> dict[str, Seq]:
        """Return the cards whose registration waits for a person."""
        found = self._query(
            "SELECT entries.patron, seq FROM standing JOIN entries USING (seq) WHERE standing.state = 'exception'"
            " AND standing.item IS NULL AND entries.kind = 'registration' ORDER BY seq"
        )
        return {str(patron): Seq(_int(seq)) for patron, seq in found}

    def _with_behind(self, entry: Entry, cards: Mapping[str, Seq]) -> Entry:
        found = self._query(
            "SELECT max(seq) FROM standing WHERE item = ? AND state = 'exception' AND seq < ?",
            (entry.what.item, entry.seq),
        )
        behind = found[0][0]
        card = cards.get(entry.what.patron) if entry.what.patron is not None else None
        if behind is None and card is None:
            return entry
        return replace(entry, behind=Seq(_int(behind)) if behind is not None else None, registration=card)

    def _corrected(self, seq: Seq, entry: NewEntry) -> NewEntry:
        """Return the entry with its exact time, if its clock was unsure and was corrected later in its boot."""
        if entry.clock is not ClockTrust.UNSURE:
            return entry
        for correction in self._corrections.get(entry.boot_id, ()):
            if seq <= correction.to_seq:
                at_wall_s = entry.at_boot_s + correction.wall_minus_boot_s
                return replace(entry, at_wall_s=at_wall_s, clock=ClockTrust.CORRECTED)
        return entry


def stand(seq: Seq, what: NewEntry, added_as: EntryState, rows: Iterable[AddRow]) -> Entry:
    """Return an entry as its rows, oldest first, leave it."""
    entry = Entry(seq, what, added_as, sendings=int(added_as is EntryState.SENDING))
    for row in rows:
        sends = row.state is EntryState.SENDING
        entry = replace(
            entry,
            state=row.state,
            outcome=row.outcome,
            answer=row.answer,
            reason=row.reason,
            sendings=entry.sendings + sends,
            due_before=row.due_before if sends else entry.due_before,
        )
    return entry


def _passes(entry: Entry, which: EntryFilter) -> bool:
    at = entry.what.at_wall_s
    return (
        (which.state is None or entry.state is which.state)
        and (which.since_wall_s is None or at >= which.since_wall_s)
        and (which.until_wall_s is None or at < which.until_wall_s)
    )


def _parts(whole: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (whole[start : start + SLICE] for start in range(0, len(whole), SLICE))


def _int(cell: columns.Cell) -> int:
    assert isinstance(cell, int)
    return cell
