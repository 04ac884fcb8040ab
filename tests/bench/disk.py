"""The limit beside everything durable: one append of 200 bytes and one fdatasync."""

import os
import time
from pathlib import Path


class RawFile:
    """A growing file on the same disk."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / "raw", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def sync_s(self) -> float:
        begun = time.perf_counter()
        os.write(self._fd, b"x" * 200)
        os.fdatasync(self._fd)
        return time.perf_counter() - begun

    def close(self) -> None:
        os.close(self._fd)
