"""The journal's tables, and the steps that bring an older file up to them in place."""

from collections.abc import Sequence
from typing import Final

import apsw

from kioskd.journal.errors import OtherVersion

PAGE_SIZE: Final = 1024
"""Bytes a page. A commit writes whole pages; an SD card's life is counted in them, so they are small."""

STEPS: Final[Sequence[str]] = (
    # 1. Rows of `entries`, `rows`, `notes` and `corrections` are never changed and never deleted; `sum` (CRC-32, see
    # `columns`) tells a true row from a damaged one. `standing` (what waits: recorded, sending, exception) and `tally`
    # hold nothing that could not be counted again.
    """
    CREATE TABLE entries (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, how TEXT NOT NULL,
        unmatched INTEGER NOT NULL, patron TEXT, item TEXT, at_wall_s REAL NOT NULL, at_boot_s REAL NOT NULL,
        boot_id TEXT NOT NULL, clock TEXT NOT NULL, mode TEXT NOT NULL, by TEXT, station TEXT NOT NULL,
        session TEXT NOT NULL, due_date TEXT, state TEXT NOT NULL, sum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX unsure_of_boot ON entries (boot_id) WHERE clock = 'unsure';
    CREATE TABLE rows (
        n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, was TEXT NOT NULL, state TEXT NOT NULL, at_wall_s REAL NOT NULL,
        outcome TEXT, answer TEXT, by TEXT, reason TEXT, due_before TEXT, sum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX rows_of_entry ON rows (seq);
    CREATE TABLE notes (
        n INTEGER PRIMARY KEY, kind TEXT NOT NULL, at_wall_s REAL NOT NULL, content TEXT NOT NULL, sum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX notes_of_kind ON notes (kind);
    CREATE TABLE corrections (
        n INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, to_seq INTEGER NOT NULL, wall_minus_boot_s REAL NOT NULL,
        at_wall_s REAL NOT NULL, sum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE standing (seq INTEGER PRIMARY KEY, state TEXT NOT NULL, item TEXT) STRICT;
    CREATE INDEX exceptions_of_item ON standing (item) WHERE state = 'exception';
    CREATE TABLE tally (
        one INTEGER PRIMARY KEY CHECK (one = 1), to_seq INTEGER NOT NULL, to_n INTEGER NOT NULL, counts TEXT NOT NULL,
        next_seq INTEGER NOT NULL, probe BLOB
    ) STRICT;
    INSERT INTO tally VALUES (1, 0, 0, '{}', 1, NULL);
    """,
)


def version(connection: apsw.Connection) -> int:
    """Return the file's schema version; 0 for a file without any table of ours."""
    return int(connection.pragma("user_version"))


def migrate(connection: apsw.Connection, steps: Sequence[str]) -> int:
    """Bring the file up to `len(steps)`, all steps in one transaction; return the version that it had.

    Raises OtherVersion if the file is newer: nothing is touched.
    """
    found = version(connection)
    if found > len(steps):
        raise OtherVersion(connection.filename, found, len(steps))
    if found < len(steps):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for step in steps[found:]:
                connection.execute(step)
            connection.pragma("user_version", len(steps))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return found
