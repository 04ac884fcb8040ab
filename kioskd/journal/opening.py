"""How the journal comes to be open: the right one, whole, of the right version; a damaged one is replaced first."""

import contextlib
from pathlib import Path
from typing import Final

import apsw

from kioskd.journal import log, salvage, schema, sqlite
from kioskd.journal.errors import JournalDamaged, NotWritten, OtherVersion
from kioskd.journal.names import JOURNAL, LOG
from kioskd.journal.salvage import Salvage

CHECK_S: Final = 0.1
"""The check at opening takes no longer; all of a journal of some ten thousand entries."""


def open_connection(state_dir: Path, vfs: str | None) -> tuple[apsw.Connection, Salvage | None]:
    """Open the file, salvaging it first if it is damaged. Raises JournalHeld, OtherVersion, NotWritten."""
    try:
        return _connect(state_dir, vfs), None
    except JournalDamaged as damaged:
        if vfs is not None:
            raise
        try:
            found = salvage.replace(state_dir, damaged.detail)
        except (apsw.Error, OSError) as error:
            raise NotWritten(*sqlite.problem(error)) from error
    return _connect(state_dir, vfs), found


def _connect(state_dir: Path, vfs: str | None) -> apsw.Connection:
    path = state_dir / JOURNAL
    log_path = state_dir / LOG
    if vfs is None and path.stat().st_size == 0 and log_path.exists() and log_path.stat().st_size > log.HEADER:
        # SQLite deletes the log of an empty file; ours never has one.
        raise JournalDamaged(path, "empty beside a log that is not")
    try:
        connection = sqlite.open_for_writing(path, vfs)
    except sqlite.DAMAGED as error:
        raise JournalDamaged(path, str(error)) from error
    except apsw.Error as error:
        raise sqlite.held(error, state_dir) or NotWritten(*sqlite.problem(error)) from error
    try:
        if vfs is None:
            beyond = log.commits_beyond(log_path, log_length(connection), schema.PAGE_SIZE)
            if beyond > 1:
                raise JournalDamaged(log_path, f"{beyond} commits stand behind a damaged one")
        sqlite.quick_check(connection, CHECK_S)
        schema.migrate(connection, schema.STEPS)
    except (*sqlite.DAMAGED, apsw.SQLError) as error:
        abandon(connection)
        raise JournalDamaged(path, str(error)) from error
    except apsw.Error as error:
        failed = NotWritten(*sqlite.problem(error, connection))
        connection.close()
        raise failed from error
    except (JournalDamaged, OtherVersion):
        abandon(connection)
        raise
    return connection


def log_length(connection: apsw.Connection) -> int:
    """Return the frames of the log that SQLite takes as true."""
    pages, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
    return max(pages, 0)


def abandon(connection: apsw.Connection) -> None:
    """Close it so that nothing is written: neither log into tables nor anything else. A closed one stays closed."""
    with contextlib.suppress(apsw.ConnectionClosedError):
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.close()
