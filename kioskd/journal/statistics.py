"""How much was lent, by day, hour and mode, without anybody: kept when the entries are forgotten.

A file of its own beside the journal: its numbers, and how far in the journal they have been counted, change in one
transaction, so that whatever is cut off, each entry and each refusal counts once. It is worth less than the journal:
one that cannot be read is begun anew.
"""

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import apsw

from kioskd.journal import sqlite
from kioskd.journal.errors import NotRead, NotWritten
from kioskd.model.choices import StatsBy
from kioskd.model.entry import EntryState, ModeName
from kioskd.model.written_late import dataclass

FILE: Final = "statistics.sqlite3"
KEPT_DAYS: Final = 400
COUNTED: Final[Mapping[EntryState, str]] = {
    EntryState.REFUSED: "refused",
    EntryState.EXCEPTION: "exception",
    EntryState.WITHDRAWN: "withdrawn",
}
"""States that are counted as they are entered, and as what; what was done is counted by its kind."""

WHATS: Final = ("checkout", "renewal", "registration", "refused", "exception", "withdrawn")
"""What a line of the statistics has."""

_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS counts (
        day TEXT NOT NULL, hour INTEGER NOT NULL, mode TEXT NOT NULL, what TEXT NOT NULL, n INTEGER NOT NULL,
        PRIMARY KEY (day, hour, mode, what)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS counted (
        one INTEGER PRIMARY KEY CHECK (one = 1), to_seq INTEGER NOT NULL, to_n INTEGER NOT NULL
    ) STRICT;
    INSERT OR IGNORE INTO counted VALUES (1, 0, 0);
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that counts: what, when and in which mode."""

    what: str
    wall_s: float
    mode: ModeName


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the journal has been counted: its last entry and its last row."""

    seq: int
    n: int


class Statistics:
    """The file, open for writing by the journal's thread alone."""

    def __init__(self, state_dir: Path, zone: ZoneInfo) -> None:
        """Open it, or begin it anew. Raises NotWritten."""
        self._zone = zone
        self._path = state_dir / FILE
        self.begun_anew = False
        try:
            try:
                self._connection = self._open()
            except sqlite.DAMAGED:
                self._path.unlink()
                self._connection = self._open()
                self.begun_anew = True
        except (apsw.Error, OSError) as error:
            raise NotWritten(*sqlite.problem(error)) from error

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path))
        try:
            self._path.chmod(0o600)
            connection.pragma("journal_mode", "DELETE")
            connection.pragma("synchronous", "EXTRA")
            connection.execute(f"BEGIN IMMEDIATE; {_TABLES} COMMIT")
            connection.execute("PRAGMA quick_check(1)").fetchall()
        except BaseException:
            connection.close()
            raise
        return connection

    def reached(self, last: Reached) -> Reached:
        """Return how far has been counted of a journal whose last entry and row are these. Raises NotRead."""
        try:
            ((seq, n),) = self._connection.execute("SELECT to_seq, to_n FROM counted").fetchall()
        except apsw.Error as error:
            raise NotRead(*sqlite.problem(error, self._connection)) from error
        assert isinstance(seq, int)
        assert isinstance(n, int)
        if seq > last.seq:
            return Reached(0, 0)  # another journal: this station was begun anew
        return Reached(seq, min(n, last.n))  # a salvage may have lost the last rows, and gives their numbers again

    def add(self, events: Iterable[Event], to: Reached) -> None:
        """Count these, and note how far the journal is counted now; all or nothing, durable. Raises NotWritten."""
        counts: Counter[tuple[str, int, str, str]] = Counter()
        newest = ""
        for event in events:
            local = dt.datetime.fromtimestamp(event.wall_s, self._zone)
            day = local.date().isoformat()
            counts[day, local.hour, event.mode.value, event.what] += 1
            newest = max(newest, day)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT INTO counts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
                [(*key, n) for key, n in counts.items()],
            )
            if newest:
                oldest = dt.date.fromisoformat(newest) - dt.timedelta(days=KEPT_DAYS)
                self._connection.execute("DELETE FROM counts WHERE day < ?", (oldest.isoformat(),))
            self._connection.execute("UPDATE counted SET to_seq = ?, to_n = ?", (to.seq, to.n))
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            with contextlib.suppress(apsw.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise NotWritten(*sqlite.problem(error, self._connection)) from error

    def told(self, by: StatsBy, since: dt.date | None, until: dt.date | None) -> list[dict[str, object]]:
        """Return the counts by day, by day and hour, or by day and mode, the oldest first. Raises NotRead."""
        try:
            return _told(self._connection, by, since, until)
        except apsw.Error as error:
            raise NotRead(*sqlite.problem(error, self._connection)) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def read(state_dir: Path, by: StatsBy, since: dt.date | None, until: dt.date | None) -> list[dict[str, object]] | None:
    """Return the counts as they lie on the disk, for when no daemon runs; None: they cannot be read."""
    path = state_dir / FILE
    try:
        if not path.exists():
            return []
        connection = apsw.Connection(str(path), apsw.SQLITE_OPEN_READONLY)
        try:
            return _told(connection, by, since, until)
        finally:
            connection.close()
    except (OSError, apsw.Error):
        return None


def _told(
    connection: apsw.Connection, by: StatsBy, since: dt.date | None, until: dt.date | None
) -> list[dict[str, object]]:
    keys = ("day",) if by is StatsBy.DAY else ("day", by.value)
    named = ", ".join(keys)
    found = connection.execute(
        f"SELECT {named}, what, sum(n) FROM counts WHERE day >= ? AND day <= ? GROUP BY {named}, what ORDER BY {named}",  # noqa: S608 # our own names
        (since.isoformat() if since else "", until.isoformat() if until else "9"),
    )
    lines: dict[tuple[object, ...], dict[str, object]] = {}
    for *at, what, n in found:
        line = lines.setdefault(tuple(at), dict(zip(keys, at, strict=True)) | dict.fromkeys(WHATS, 0))
        line[str(what)] = n
    return list(lines.values())
