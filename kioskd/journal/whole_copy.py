"""The journal as one file, and one file in the journal's place: both whole or not at all, at a power cut too."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from kioskd.journal import columns, schema, sqlite
from kioskd.journal.columns import NOTES
from kioskd.journal.errors import JournalDamaged, NotWritten
from kioskd.journal.folder import sync_folder
from kioskd.journal.names import JOURNAL, LOG
from kioskd.model.entry import AddNote

PART: Final = f"{JOURNAL}.new"
"""What is to take the journal's place; worthless after a restart."""


@contextmanager
def reading(path: Path) -> Iterator[apsw.Connection]:
    """Open a journal's file of whatever version, so that nothing of it is changed. The caller holds the lock.

    Raises JournalDamaged, NotWritten, from within the block too.
    """
    with _in_our_words(path):
        connection = sqlite.open_for_reading(path)
        try:
            # VACUUM INTO counts as a write, though it leaves this file alone.
            connection.pragma("query_only", False)
            yield connection
        finally:
            connection.close()


def counted(path: Path) -> tuple[int, int]:
    """Return how many entries a journal's file holds, of whatever version it is, and how many of them are unsent."""
    with reading(path) as connection:
        if schema.version(connection) == 0:
            return 0, 0
        ((entries, unsent),) = connection.execute(
            "SELECT (SELECT count(*) FROM entries),"
            " (SELECT count(*) FROM standing WHERE state IN ('recorded', 'sending'))"
        ).fetchall()
    assert isinstance(entries, int)
    assert isinstance(unsent, int)
    return entries, unsent


def last_note(path: Path, kind: str) -> AddNote | None:
    """Return the newest note of this kind in a journal's file, of whatever version it is."""
    with reading(path) as connection:
        if schema.version(connection) == 0:
            return None
        found = connection.execute(f"{NOTES.select} WHERE kind = ? ORDER BY n DESC LIMIT 1", (kind,)).fetchall()
    return columns.note_of(found[0]) if found else None


def copy_whole(state_dir: Path, copy: Path) -> None:
    """Copy the journal, log included, into one new file (0600), durably. The caller holds the lock.

    Raises JournalDamaged, NotWritten, OSError.
    """
    copy.unlink(missing_ok=True)
    with reading(state_dir / JOURNAL) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    sync_file(copy)
    sync_folder(copy.parent)


def put_in_place(state_dir: Path, copy: Path) -> None:
    """Put a copy in the journal's place. The caller holds the lock.

    Raises JournalDamaged, NotWritten, OSError. At a cut in the middle either file stands
    there, whole: the log first becomes part of the file that goes, for a log
    that outlived its file would be taken for the other's.
    """
    journal = state_dir / JOURNAL
    if journal.exists():
        empty_log(journal)
    part = state_dir / PART
    shutil.copyfile(copy, part)
    part.chmod(0o600)
    like_its_folder(part)
    sync_file(part)
    (state_dir / LOG).unlink(missing_ok=True)
    sync_folder(state_dir)
    part.rename(journal)
    sync_folder(state_dir)


def empty_log(journal: Path) -> None:
    """Write the log into the tables and cut it to nothing. Raises JournalDamaged, NotWritten."""
    with _in_our_words(journal):
        connection = sqlite.open_for_writing(journal, None)
        try:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        finally:
            connection.close()


def sync_file(path: Path) -> None:
    """Make a file's content durable. Raises OSError."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def like_its_folder(path: Path) -> None:
    """Give a file that root made to whom its folder belongs: the daemon has to write it. Raises OSError."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite.DAMAGED as error:
        raise JournalDamaged(path, str(error)) from error
    except apsw.Error as error:
        raise NotWritten(*sqlite.problem(error)) from error
