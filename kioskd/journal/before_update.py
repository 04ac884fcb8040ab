"""The copy of the journal that an update can go back to, and the going back: for the package's own scripts.

A newer version brings the journal's tables up to its own at its first start, and an older one refuses such a file. So
the package keeps a copy of the file before that start, and puts it back if the newer version does not come up. A copy
that is behind by a single row is never put back: what was recorded meanwhile stands in the newer file alone.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import apsw

from kioskd.journal import schema
from kioskd.journal.columns import LASTING
from kioskd.journal.errors import JournalError
from kioskd.journal.lock import Lock
from kioskd.journal.names import JOURNAL
from kioskd.journal.whole_copy import copy_whole, put_in_place, reading

USAGE: Final = "journal-before keep|go-back STATE_DIR COPY_DIR"


class Gained(JournalError):  # noqa: N818 - a state of affairs, as all of the journal's
    """Raised when the journal holds rows that its copy lacks: going back would lose them."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: rows were added since the copy was made; nothing was changed")


def keep(state_dir: Path, copy_dir: Path) -> Path:
    """Copy the journal, durably. The daemon must be down. Raises JournalError, OSError."""
    copy = copy_dir / JOURNAL
    lock = Lock.shared(state_dir)
    try:
        copy_whole(state_dir, copy)
    finally:
        if lock is not None:
            lock.release()
    return copy


def go_back(state_dir: Path, copy_dir: Path) -> bool:
    """Put the copy in the journal's place, if the journal's tables were brought up meanwhile; return whether it was.

    The daemon must be down. Raises Gained, JournalError, OSError.
    """
    lock = Lock.exclusive(state_dir)
    try:
        journal, copy = state_dir / JOURNAL, copy_dir / JOURNAL
        with reading(journal) as now, reading(copy) as before:
            if schema.version(now) == schema.version(before):
                return False
            if _stock(now) != _stock(before):
                raise Gained(journal)
        put_in_place(state_dir, copy)
        return True
    finally:
        lock.release()


def _stock(connection: apsw.Connection) -> list[object]:
    """Return the number of rows and the greatest number in each table that only grows."""
    return [
        connection.execute(f"SELECT count(*), max({table.columns[0]}) FROM {table.name}").fetchall()  # noqa: S608 - our names
        for table in LASTING
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one of the two. Exit status: 0 done, 1 not, and nothing was changed, 2 wrong usage."""
    act: Callable[[Path, Path], object]
    match list(sys.argv[1:] if arguments is None else arguments):
        case ["keep", state_dir, copy_dir]:
            act = keep
        case ["go-back", state_dir, copy_dir]:
            act = go_back
        case _:
            print(f"usage: {USAGE}", file=sys.stderr)
            return 2
    try:
        act(Path(state_dir), Path(copy_dir))
    except (JournalError, OSError) as trouble:
        print(f"journal-before: {trouble}", file=sys.stderr)
        return 1
    return 0
