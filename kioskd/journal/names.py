"""The files in the state directory."""

from pathlib import Path
from typing import Final

JOURNAL: Final = "journal.sqlite3"
"""The journal itself; the contract names it."""
LOG: Final = JOURNAL + "-wal"
"""Its write-ahead log; SQLite names it."""
LOCK: Final = "lock"
"""Held (flock) by the process that has the journal open, whose number stands in it."""
PART: Final = "journal.part.sqlite3"
"""A salvaged journal that is not complete; worthless after a restart."""
COMPANIONS: Final = ("", "-wal", "-shm")
"""What may belong to one SQLite file: itself, its write-ahead log, its shared memory."""


def aside(state_dir: Path, number: int) -> Path:
    """Return where the damaged journal with this number is kept; with its log beside it, stock tools open it."""
    return state_dir / f"journal.damaged-{number}.sqlite3"


def salvaged(state_dir: Path, number: int) -> Path:
    """Return where the complete salvaged journal waits until the damaged one is set aside."""
    return state_dir / f"journal.salvaged-{number}.sqlite3"


def companions(path: Path) -> tuple[Path, ...]:
    """Return the file and those that may belong to it."""
    return tuple(path.with_name(path.name + suffix) for suffix in COMPANIONS)
