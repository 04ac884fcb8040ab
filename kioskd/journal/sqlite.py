"""How the file is opened, and what SQLite's errors mean to us."""

import ctypes
import errno
import time
from pathlib import Path
from typing import Final

import apsw

from kioskd.journal.errors import JournalDamaged, JournalHeld
from kioskd.journal.schema import PAGE_SIZE
from kioskd.model.entry import StorageProblem

SYNCHRONOUS: Final[str] = "FULL"
"""In WAL mode: one flush a commit, and none acknowledged is lost at a power cut. NORMAL loses many."""
BUSY_MS: Final = 2000
STEPS_A_LOOK: Final = 1000

READ_ONLY_ERRNO: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
FULL_ERRNO: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DAMAGED: Final = (apsw.CorruptError, apsw.NotADBError)


def open_for_writing(path: Path | str, vfs: str | None) -> apsw.Connection:
    """Open the file, exclusively and in WAL mode; nothing is written unless it is new.

    In exclusive mode SQLite keeps the log's index in its own memory: no shared-memory file wears the card out, and no
    other program changes the file meanwhile. Raises apsw.Error.
    """
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags, vfs)
    try:
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("page_size", PAGE_SIZE)
        connection.pragma("locking_mode", "EXCLUSIVE")
        _common(connection)
        mode = connection.pragma("journal_mode", "WAL")
        if mode != "wal":
            raise apsw.CantOpenError(f"journal_mode is {mode}")
        connection.pragma("synchronous", SYNCHRONOUS)
        # Checkpoints cost flushes; they come when nobody waits (`Journal.checkpoint`).
        connection.wal_autocheckpoint(0)
        # A page that splits, or is joined with another by a purge, leaves copies of its cells where nothing counts
        # them; zeroed, freed pages whole, a later purge need not seek them. FAST leaves freed pages as they were.
        connection.pragma("secure_delete", True)
        keep_log(connection)
        # Take the locks now: a second program is found out here, not at the first scan.
        connection.execute("BEGIN IMMEDIATE; ROLLBACK")
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path, vfs: str | None = None) -> apsw.Connection:
    """Open the file so that nothing is ever written, not even beside it; also on read-only media. Raises apsw.Error.

    The caller holds the lock. With a log beside it, SQLite's own ways need a writable shared-memory file; exclusive
    mode needs none, but would lock the file for writing, so its locks are left out (`unix-none`). Without a log,
    `immutable` keeps SQLite from creating one.
    """
    log = path.with_name(path.name + "-wal")
    has_log = log.exists() and log.stat().st_size > 0
    quoted = str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    address = f"file:{quoted}?mode=ro" + ("" if has_log else "&immutable=1")
    connection = apsw.Connection(address, apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI, vfs or "unix-none")
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.pragma("locking_mode", "EXCLUSIVE")
        connection.pragma("query_only", True)
        _common(connection)
        connection.pragma("schema_version")
    except BaseException:
        connection.close()
        raise
    return connection


def _common(connection: apsw.Connection) -> None:
    connection.pragma("cache_size", -1024)
    connection.pragma("temp_store", "MEMORY")
    connection.pragma("trusted_schema", False)
    connection.pragma("cell_size_check", True)


def keep_log(connection: apsw.Connection) -> None:
    """Let the log stay when the file is closed: making room for it again would wear the card."""
    wanted = ctypes.c_int(1)
    connection.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, ctypes.addressof(wanted))


def quick_check(connection: apsw.Connection, limit_s: float) -> bool:
    """Look at the structure of the file for at most `limit_s`; False: it was not enough for all of it.

    Raises JournalDamaged.
    """
    until = time.monotonic() + limit_s
    connection.set_progress_handler(lambda: time.monotonic() > until, STEPS_A_LOOK)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchall()
    except apsw.InterruptError:
        return False
    except DAMAGED as error:
        raise JournalDamaged(connection.filename, str(error)) from error
    finally:
        connection.set_progress_handler(None)
    if found != [("ok",)]:
        raise JournalDamaged(connection.filename, str(found[0][0]).replace("\n", " ") if found else "no answer")
    return True


def problem(error: apsw.Error | OSError, connection: apsw.Connection | None = None) -> tuple[StorageProblem, str]:
    """Return why the disk did not do it, and SQLite's words for technicians."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and connection is not None and isinstance(error, (apsw.IOError, apsw.CantOpenError)):
        number = connection.system_errno
    detail = str(error) or type(error).__name__
    if number:
        detail += f" ({errno.errorcode.get(number, str(number))})"
    if isinstance(error, apsw.FullError) or number in FULL_ERRNO:
        return StorageProblem.FULL, detail
    if isinstance(error, (apsw.ReadOnlyError, apsw.PermissionsError)) or number in READ_ONLY_ERRNO:
        return StorageProblem.READ_ONLY, detail
    return StorageProblem.BROKEN, detail


def held(error: apsw.Error, state_dir: Path) -> JournalHeld | None:
    """Return the error to raise if another program (a technician's `sqlite3`) holds SQLite's own locks."""
    return JournalHeld(state_dir, 0) if isinstance(error, (apsw.BusyError, apsw.LockedError)) else None
