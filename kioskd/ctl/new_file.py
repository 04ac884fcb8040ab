"""A file that is there whole or not at all, whatever happens to the power; for the user's eyes alone (0600)."""

import os
from pathlib import Path

from kioskd.ctl.errors import CtlError


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path`: beside it first, synced, then renamed, and the folder synced. Raises CtlError."""
    beside = _beside(path)
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 # a descriptor, for its mode
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        sync_folder(path.parent)
    except OSError as problem:
        beside.unlink(missing_ok=True)
        raise CtlError(f"{path}: {problem.strerror}; nothing was written there") from None


def remove(path: Path) -> None:
    """Take a file away, durably, and what a cut left of its writing. Raises CtlError."""
    try:
        for each in (path, _beside(path)):
            each.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as problem:
        raise CtlError(f"{path}: {problem.strerror}") from None


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a rename alone is not. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
