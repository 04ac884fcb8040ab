"""One process at a time: a lock file, held by flock(2), that names who holds it."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final, Self

from kioskd.journal.errors import JournalHeld
from kioskd.journal.names import LOCK

READERS_WAIT_S: Final = 3.0
"""A reader (`kioskctl` while no daemon runs) is soon done; a starting daemon waits that long for it."""
RETRY_S: Final = 0.02
PID_WIDTH: Final = 10


class Lock:
    """Held until `release`, or until the process ends in whatever way."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @classmethod
    def exclusive(cls, state_dir: Path) -> Self:
        """Take it for writing. Raises JournalHeld, or OSError where the file cannot be made."""
        fd = os.open(state_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            until = time.monotonic() + READERS_WAIT_S
            while not _lock(fd, fcntl.LOCK_EX):
                if not _lock(fd, fcntl.LOCK_SH):
                    raise JournalHeld(state_dir, _pid(fd))
                fcntl.flock(fd, fcntl.LOCK_UN)
                if time.monotonic() > until:
                    raise JournalHeld(state_dir, 0)
                time.sleep(RETRY_S)
            # The same width each time: a full disk takes it, for nothing grows.
            os.pwrite(fd, f"{os.getpid():<{PID_WIDTH}}\n".encode(), 0)
        except BaseException:
            os.close(fd)
            raise
        return cls(fd)

    @classmethod
    def shared(cls, state_dir: Path) -> Self | None:
        """Take it for reading, writing nothing. None: nobody ever held it. Raises JournalHeld, OSError."""
        try:
            fd = os.open(state_dir / LOCK, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if not _lock(fd, fcntl.LOCK_SH):
            pid = _pid(fd)
            os.close(fd)
            raise JournalHeld(state_dir, pid)
        return cls(fd)

    def release(self) -> None:
        """Let others have it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _lock(fd: int, how: int) -> bool:
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(fd: int) -> int:
    text = os.pread(fd, PID_WIDTH + 1, 0).strip()
    return int(text) if text.isdigit() else 0
