"""The durable record: what a write returned from has survived whatever comes.

SQLite in WAL mode with synchronous=FULL: one flush a commit, none lost at a power cut. All in one thread; nothing is
started by itself, and the only clock is the one that bounds the check at opening.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import apsw

from kioskd.journal import columns, log, moved, opening, purging, salvage, schema, sqlite
from kioskd.journal.columns import CORRECTIONS, ENTRIES, NOTES, ROWS, Correction
from kioskd.journal.counts import WAITING, Counts
from kioskd.journal.errors import JournalDamaged, JournalError, NoSuchEntry, NotWritten
from kioskd.journal.folder import prepare
from kioskd.journal.lock import Lock
from kioskd.journal.moved import IsMoved
from kioskd.journal.names import JOURNAL, LOG
from kioskd.journal.reading import JournalReader
from kioskd.journal.salvage import Salvage
from kioskd.journal.statistics import COUNTED, Event, Reached, Statistics
from kioskd.journal.transaction import Transaction, Trouble
from kioskd.model.choices import StatsBy
from kioskd.model.entry import (
    UNSENT,
    AddEntry,
    AddNote,
    AddRow,
    EntryFilter,
    EntryState,
    ModeName,
    Seq,
    StorageProblem,
    Summary,
    Write,
)
from kioskd.model.written_late import dataclass

LOG_SOFT_BYTES: Final = 1 << 19
"""From this size on the log wants a checkpoint when nobody waits (`checkpoint_due`)."""
LOG_URGENT_BYTES: Final = 7 << 17
"""From this size on it wants one at the first moment in which no job waits (`checkpoint_urgent`)."""
LOG_ROOM_BYTES: Final = 1 << 20
"""So long the log is from the start; checkpoints come before it is full, so that it need not grow."""
LOG_LEAST_ROOM_BYTES: Final = 64 << 10
"""After a purge the log gets twice the room that it had needed, and at least this: with `keep_settled_days` 0 one
follows each visit, and a whole room of zeros each time would be six times what the visit itself writes."""
LOG_HARD_BYTES: Final = 4 << 20
"""At this size the write that reaches it also makes the checkpoint."""
PROBE_BYTES: Final = 4096
"""About what the greediest entry takes: the disk takes rows if it takes that."""
ROWS_AT_ONCE: Final = 1000
"""Rows that are counted into the statistics at once."""
ENTERED: Final = """
    SELECT rows.state, rows.at_wall_s, entries.mode FROM rows JOIN entries USING (seq)
    WHERE rows.n > ? AND rows.n <= ? AND rows.state <> rows.was
"""
"""What entries became within a stretch of rows."""
NOT_SAVED: Final = "not_saved"
"""The outcome of an entry that was answered with *not written* and came back from a failing disk all the same."""


@dataclass(frozen=True, slots=True)
class Written:
    """A write is durable. `seqs`: the numbers of its new entries, in the order of the writes."""

    seqs: tuple[Seq, ...]
    summary: Summary


@dataclass(slots=True)
class _Pending:
    """What a transaction will have changed in memory, once it is durable."""

    counts: Counts
    next_seq: int
    next_row: int
    seqs: list[Seq] = field(default_factory=list)
    new_unsent: Seq | None = None
    left: set[Seq] = field(default_factory=set)
    excepted: set[Seq] = field(default_factory=set)
    decided: set[Seq] = field(default_factory=set)
    """Exceptions that have come, and those that are none any more."""


class Journal(JournalReader):
    """The journal, open for writing by this process alone.

    `salvaged`: what became of a damaged file that was found at opening or later.
    """

    salvaged: Salvage | None = None

    def __init__(self, state_dir: Path, zone: ZoneInfo, lock: Lock | None, vfs: str | None) -> None:
        self._vfs = vfs
        self._log_pages = 0
        self._trouble = Trouble()
        self._unpromised: int | None = None
        self._statistics: Statistics | None = None
        self._purged = True
        """Entries were taken out since the log was emptied last; at the start nobody knows."""
        try:
            connection, self.salvaged = opening.open_connection(state_dir, vfs)
            try:
                super().__init__(state_dir, connection, zone, lock)
                self._watch_log()
            except BaseException:
                opening.abandon(connection)
                raise
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    @classmethod
    def open(cls, state_dir: Path, *, timezone: str, vfs: str | None = None, though_moved: bool = False) -> "Journal":
        """Open it, making what is missing, bringing an older one up, and salvaging a damaged one.

        `though_moved`: for whoever is about to take the mark off.
        `vfs`: an apsw VFS by name; then the directory, the lock and the salvage are left to whoever hands it in.
        Raises JournalHeld, IsMoved, OtherVersion (newer), NotWritten (the disk does not even let it be opened), and
        with a `vfs` JournalDamaged.
        """
        lock = None
        if vfs is None:
            try:
                prepare(state_dir)
                lock = Lock.exclusive(state_dir)
                if not though_moved:
                    moved.refuse(state_dir)
                salvage.finish(state_dir)
            except IsMoved:
                if lock is not None:
                    lock.release()
                raise
            except OSError as error:
                if lock is not None:
                    lock.release()
                raise NotWritten(*sqlite.problem(error)) from error
        return cls(state_dir, ZoneInfo(timezone), lock, vfs)

    def close(self) -> None:
        """Write the log back into the tables, if the disk lets us, and close; a second time changes nothing."""
        if self._closed:
            return
        if self._statistics is not None:
            self._statistics.close()
            self._statistics = None
        try:
            self.checkpoint()
        except JournalError:
            # Nothing is lost by it: the next opening reads the log. Its writing back is left to that, too.
            opening.abandon(self._connection)
        super().close()

    # --- writing -----------------------------------------------------------------------------------

    def write(self, writes: Sequence[Write]) -> Written:
        """Write all of these, or none, as one transaction; when this returns, they are durable.

        Raises NotWritten, NoSuchEntry: nothing was kept.
        """
        try:
            written = self._write(writes)
        except JournalDamaged as error:
            self.mend(error.detail)
            written = self._write(writes)
        if self._log_bytes >= LOG_HARD_BYTES:
            self._try_checkpoint()
        return written

    def correct_clock(self, boot_id: str, wall_minus_boot_s: float, now_wall_s: float) -> int:
        """Give this boot's unsure entries their exact time (their time since boot + this); return how many.

        What was written stays: the correction is a row of its own, and covers what was written until now.
        Raises NotWritten.
        """
        done = max((correction.to_seq for correction in self._corrections.get(boot_id, ())), default=0)
        found = self._query(
            "SELECT count(*) FROM entries WHERE boot_id = ? AND clock = 'unsure' AND seq > ?", (boot_id, done)
        )
        number = found[0][0]
        assert isinstance(number, int)
        if number == 0:
            return 0
        correction = Correction(boot_id, Seq(self._next_seq - 1), wall_minus_boot_s)
        n = sum(len(kept) for kept in self._corrections.values()) + 1
        with self._transaction():
            self._connection.execute(CORRECTIONS.insert, columns.correction_cells(n, correction, now_wall_s))
        self._corrections.setdefault(boot_id, []).append(correction)
        self._set_oldest(self._oldest)
        self._set_exception(self._exception)
        return number

    def takes_rows(self) -> StorageProblem | None:
        """Find out, by writing something harmless, whether the disk takes rows; None: it does."""
        try:
            if self._trouble.suspect or self._unpromised is not None:
                self._write(())
            with self._transaction():
                self._connection.execute("UPDATE tally SET probe = zeroblob(?)", (PROBE_BYTES,))
        except NotWritten as error:
            return error.problem
        except JournalDamaged as error:
            try:
                self.mend(error.detail)
            except NotWritten as again:
                return again.problem
        return None

    # --- when nobody waits -------------------------------------------------------------------------

    @property
    def checkpoint_due(self) -> bool:
        """Whether the log has grown so far that the next idle moment should be used."""
        return self._log_bytes >= LOG_SOFT_BYTES

    @property
    def checkpoint_urgent(self) -> bool:
        """Whether the first moment without a waiting job should be used."""
        return self._log_bytes >= LOG_URGENT_BYTES

    def checkpoint(self) -> None:
        """Write the log back into the tables, so that it begins anew. Costs three flushes. Raises NotWritten.

        The numbers are tallied in the same breath, so that the next opening counts little.
        """
        if not self._log_pages:
            return
        with self._transaction():
            self._tally()
        self._write_back(apsw.SQLITE_CHECKPOINT_PASSIVE)

    def count_up(self) -> bool:
        """Count some of what came since into the statistics; True: there is more. Raises NotWritten.

        With a `vfs` nothing is counted: what hands one in hands in one file.
        """
        if self._vfs is not None:
            return False
        statistics = self._opened_statistics()
        last = Reached(self._next_seq - 1, self._next_row - 1)
        reached = statistics.reached(last)
        entries, to_seq = self._slice(Seq(reached.seq), EntryFilter())
        to = Reached(to_seq if to_seq is not None else last.seq, min(reached.n + ROWS_AT_ONCE, last.n))
        if to == reached:
            return False
        events = [Event(each.what.kind.value, each.what.at_wall_s, each.what.mode) for each in entries]
        for state, wall_s, mode in self._query(ENTERED, (reached.n, to.n)):
            what = COUNTED.get(EntryState(str(state)))
            if what is not None:
                assert isinstance(wall_s, float)
                events.append(Event(what, wall_s, ModeName(str(mode))))
        statistics.add(events, to)
        return to != last

    def statistics(self, by: StatsBy, since: dt.date | None, until: dt.date | None) -> list[dict[str, object]]:
        """Return what has been counted. Raises NotWritten."""
        return self._opened_statistics().told(by, since, until) if self._vfs is None else []

    def _opened_statistics(self) -> Statistics:
        if self._statistics is None:
            self._statistics = Statistics(self._state_dir, self._zone)
        return self._statistics

    def purge(self, before_wall_s: float) -> int:
        """Forget some of the entries that were over before that time (`purging.AT_ONCE` at most); return how many.

        Their numbers are never given out again, and they stay counted. Call it again until it returns 0: then the log,
        in which they could still be read, has been emptied too. Raises NotWritten.
        """
        while self.count_up():
            pass
        with self._transaction():
            self._tally()
            number = purging.forget(self._connection, before_wall_s)
        if number:
            self._purged = True
        elif self._purged:
            needed = self._log_bytes
            self._write_back(apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._purged = False
            if self._vfs is None:
                room = min(LOG_ROOM_BYTES, max(LOG_LEAST_ROOM_BYTES, 2 * needed))
                log.make_room(self._state_dir / LOG, room)
        return number

    def _tally(self) -> None:
        """Note the numbers, so that what is below them need not be counted again."""
        self._connection.execute(
            "UPDATE tally SET to_seq = ?, to_n = ?, counts = ?, next_seq = ?",
            (self._next_seq - 1, self._next_row - 1, json.dumps(self._counts.plain()), self._next_seq),
        )

    def _write_back(self, mode: int) -> None:
        try:
            pages, moved = self._connection.wal_checkpoint(mode=mode)
        except sqlite.DAMAGED as error:
            raise JournalDamaged(self._state_dir / JOURNAL, str(error)) from error
        except apsw.Error as error:
            raise NotWritten(*sqlite.problem(error, self._connection)) from error
        if pages == moved:
            self._log_pages = 0

    def mend(self, detail: str) -> Salvage:
        """Set the damaged file aside, salvage what reads, and go on with that. Raises NotWritten.

        With a `vfs` handed in: JournalDamaged.
        """
        if self._vfs is not None:
            raise JournalDamaged(self._state_dir / JOURNAL, detail)
        opening.abandon(self._connection)
        try:
            found = salvage.replace(self._state_dir, detail)
        except (apsw.Error, OSError) as error:
            self._trouble.suspect_now()
            raise NotWritten(*sqlite.problem(error)) from error
        self._trouble.suspect_now()
        self._reopen()
        self.salvaged = found
        return found

    # --- within ------------------------------------------------------------------------------------

    @property
    def _log_bytes(self) -> int:
        return self._log_pages * schema.PAGE_SIZE

    def _transaction(self) -> Transaction:
        return Transaction(self._connection, self._state_dir / JOURNAL, self._trouble)

    def _watch_log(self) -> None:
        def noted(_connection: apsw.Connection, _name: str, pages: int) -> int:
            self._log_pages = pages
            return apsw.SQLITE_OK

        self._connection.set_wal_hook(noted)
        self._log_pages = opening.log_length(self._connection)
        if self._log_pages:
            self._make_sure()
        if self._vfs is None:
            log.make_room(self._state_dir / LOG, LOG_ROOM_BYTES)

    def _make_sure(self) -> None:
        """See that what the log holds is on the disk, whatever became of the flushes of those who wrote it."""
        try:
            log.write_again(self._state_dir / LOG, self._log_pages, schema.PAGE_SIZE, self._vfs)
        except (apsw.Error, OSError) as error:
            problem, detail = sqlite.problem(error)
            if problem is not StorageProblem.FULL:
                raise NotWritten(problem, detail) from error

    def _reopen(self) -> None:
        """Open the file anew after the disk failed twice in a row. Raises NotWritten, JournalDamaged."""
        known = self._next_seq
        opening.abandon(self._connection)
        self._connection, salvaged = opening.open_connection(self._state_dir, self._vfs)
        self.salvaged = salvaged or self.salvaged
        self._load()
        if self._unpromised is None and known < self._next_seq:
            self._unpromised = known
        self._watch_log()
        self._trouble.failures = 0

    def _take_back(self, pending: _Pending) -> None:
        """Withdraw what was answered with *not written*, yet stands in the log: its flush alone had failed."""
        for cells in self._query(f"{ENTRIES.select} WHERE seq >= ?", (self._unpromised,)):
            seq, what, _ = columns.entry_of(cells)
            if self._state_of(seq) is not EntryState.WITHDRAWN:
                self._add_row(pending, AddRow(seq, EntryState.WITHDRAWN, what.at_wall_s, NOT_SAVED))

    def _write(self, writes: Sequence[Write]) -> Written:
        if self._trouble.suspect:
            self._reopen()
        pending = _Pending(self._counts.copy(), self._next_seq, self._next_row)
        with self._transaction():
            if self._unpromised is not None:
                self._take_back(pending)
            for write in writes:
                match write:
                    case AddEntry():
                        self._add_entry(pending, write)
                    case AddRow():
                        self._add_row(pending, write)
                    case AddNote():
                        self._add_note(write)
        self._unpromised = None
        self._counts = pending.counts
        self._next_seq = pending.next_seq
        self._next_row = pending.next_row
        self._follow_oldest(pending)
        return Written(tuple(pending.seqs), self.summary())

    def _add_note(self, note: AddNote) -> None:
        ((n,),) = self._connection.execute("SELECT ifnull(max(n), 0) + 1 FROM notes").fetchall()
        assert isinstance(n, int)
        self._connection.execute(NOTES.insert, columns.note_cells(n, note))

    def _add_entry(self, pending: _Pending, add: AddEntry) -> None:
        seq = Seq(pending.next_seq)
        self._connection.execute(ENTRIES.insert, columns.entry_cells(seq, add.entry, add.state))
        pending.next_seq += 1
        pending.seqs.append(seq)
        pending.counts.add(add.state)
        if add.state in WAITING:
            item = add.entry.item if add.state is EntryState.EXCEPTION else None
            self._connection.execute("INSERT INTO standing VALUES (?, ?, ?)", (seq, add.state.value, item))
        if add.state in UNSENT and pending.new_unsent is None:
            pending.new_unsent = seq
        if add.state is EntryState.EXCEPTION:
            pending.excepted.add(seq)

    def _add_row(self, pending: _Pending, row: AddRow) -> None:
        was = self._state_of(row.seq)
        self._connection.execute(ROWS.insert, columns.row_cells(pending.next_row, was, row))
        pending.next_row += 1
        pending.counts.move(was, row.state)
        if row.state in WAITING and row.state is not was:
            self._connection.execute(
                "INSERT OR REPLACE INTO standing SELECT seq, ?2, iif(?2 = 'exception', item, NULL) FROM entries"
                " WHERE seq = ?1",
                (row.seq, row.state.value),
            )
        elif was in WAITING and row.state not in WAITING:
            self._connection.execute("DELETE FROM standing WHERE seq = ?", (row.seq,))
        if row.state in UNSENT:
            pending.left.discard(row.seq)
            if was not in UNSENT and (pending.new_unsent is None or row.seq < pending.new_unsent):
                pending.new_unsent = row.seq
        else:
            pending.left.add(row.seq)
        if row.state is EntryState.EXCEPTION:
            pending.excepted.add(row.seq)
            pending.decided.discard(row.seq)
        elif was is EntryState.EXCEPTION:
            pending.excepted.discard(row.seq)
            pending.decided.add(row.seq)

    def _state_of(self, seq: Seq) -> EntryState:
        for statement in (
            "SELECT state FROM standing WHERE seq = ?",
            "SELECT state FROM rows WHERE seq = ? ORDER BY n DESC LIMIT 1",
            "SELECT state FROM entries WHERE seq = ?",
        ):
            found = self._connection.execute(statement, (seq,)).fetchall()
            if found:
                return EntryState(str(found[0][0]))
        raise NoSuchEntry(seq)

    def _follow_oldest(self, pending: _Pending) -> None:
        new = pending.new_unsent
        if self._oldest in pending.left or new in pending.left:
            self._set_oldest(self._find_oldest())
        elif new is not None and (self._oldest is None or new < self._oldest):
            self._set_oldest(new)
        first = min(pending.excepted, default=None)
        if self._exception in pending.decided:
            self._set_exception(self._find_exception())
        elif first is not None and (self._exception is None or first < self._exception):
            self._set_exception(first)

    def _try_checkpoint(self) -> None:
        try:
            self.checkpoint()
        except JournalError:
            # The log goes on growing, and nothing that was promised depends on its being written back.
            return
