"""BEGIN, then COMMIT or ROLLBACK; SQLite's errors become ours, with nothing changed."""

from pathlib import Path
from typing import Final

import apsw

from kioskd.journal import sqlite
from kioskd.journal.errors import JournalDamaged, JournalError, NotWritten
from kioskd.model.entry import StorageProblem
from kioskd.model.written_late import dataclass

TOO_MANY: Final = 2
"""Failures in a row after which the connection itself is suspected. One alone is no reason: as long as it is open, it
knows that what a failed flush may have left in the log does not count."""


@dataclass(slots=True)
class Trouble:
    """How often in a row the disk failed (a full disk does not count: the connection stays right)."""

    failures: int = 0

    @property
    def suspect(self) -> bool:
        """Whether the file should be opened anew."""
        return self.failures >= TOO_MANY

    def suspect_now(self) -> None:
        """Have the file opened anew before the next write."""
        self.failures = TOO_MANY


class Transaction:
    """A context: durable at its end. Raises NotWritten or JournalDamaged; then nothing was kept."""

    __slots__ = ("_connection", "_path", "_trouble")

    def __init__(self, connection: apsw.Connection, path: Path, trouble: Trouble) -> None:
        self._connection = connection
        self._path = path
        self._trouble = trouble

    def __enter__(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.Error as error:
            raise self._failed(error) from error

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            try:
                self._connection.execute("COMMIT")
            except apsw.Error as failed:
                raise self._failed(failed) from failed
            self._trouble.failures = 0
        elif isinstance(error, apsw.Error) and hasattr(error, "result"):
            raise self._failed(error) from error
        else:
            # Not SQLite's: a fault of ours, such as a wrong number of bindings, is to be seen as one.
            self._roll_back()

    def _failed(self, error: apsw.Error) -> JournalError:
        # Asked before the rollback, which may fail in its own way.
        problem, detail = sqlite.problem(error, self._connection)
        self._roll_back()
        # Our own statements are right: what SQLite finds wrong in one is a table that is not there any more.
        if isinstance(error, (*sqlite.DAMAGED, apsw.SQLError)):
            return JournalDamaged(self._path, detail)
        if problem is not StorageProblem.FULL:
            self._trouble.failures += 1
        return NotWritten(problem, detail)

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error:
            # A connection that cannot even forget is not to be relied on.
            self._trouble.suspect_now()
