"""The state directory: made once, durably, and for nobody else's eyes."""

import os
from pathlib import Path

from kioskd.journal.names import JOURNAL


def sync_folder(path: Path) -> None:
    """Make the names in this directory durable (fsync)."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def prepare(state_dir: Path) -> None:
    """Make the directory (0700) and an empty journal file (0600), both durable by name.

    As long as there is no journal, every start syncs the parent directories that may have been made by an earlier
    start that did not get far. Raises OSError.
    """
    journal = state_dir / JOURNAL
    if journal.exists():
        return
    missing = [path for path in (state_dir, *state_dir.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    for path in missing or [state_dir]:
        sync_folder(path.parent)
    # SQLite gives its log the mode of this file.
    os.close(os.open(journal, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    sync_folder(state_dir)


def free_mib(path: Path) -> int | None:
    """Return the space left for this program on the file system, in MiB; None if it does not tell."""
    try:
        room = os.statvfs(path)
    except OSError:
        return None
    return room.f_bavail * room.f_frsize // (1024 * 1024)
