"""SQLite's write-ahead log, read by ourselves: what SQLite would silently leave out, and what can be salvaged.

Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

import contextlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import apsw

from kioskd.model.written_late import dataclass

HEADER: Final = 32
FRAME_HEADER: Final = 24
MAGIC: Final = (0x377F0682, 0x377F0683)
AGAIN_BYTES: Final = 1 << 16
"""Read and written again at once."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One page in the log. `db_pages` is not 0 in the last frame of a commit. `offset`: where the page begins."""

    page: int
    db_pages: int
    salt: bytes
    offset: int


def make_room(path: Path, room: int) -> None:
    """Lengthen the log with zeros to this size, durably, as far as the disk has space.

    In a file that grows, each flush also writes the file's new length, which costs an SD card more than the entry does.
    SQLite takes zeros for frames of no round, and overwrites them.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(fd).st_size
        if size < room:
            with contextlib.suppress(OSError):
                os.pwrite(fd, bytes(room - size), size)
                os.fsync(fd)
    finally:
        os.close(fd)


def write_again(path: Path, valid: int, size: int, vfs: str | None) -> None:
    """Write the log's `valid` frames over themselves, and flush. Raises OSError; with a `vfs` apsw.Error.

    After a flush that failed, Linux takes what was not written for written: it is read back from memory as if it stood
    on the disk, and no later flush brings it there. SQLite takes such frames for true when it opens the log, and what
    is promised behind them would be lost with them at a power cut.
    Source: https://www.postgresql.org/docs/current/wal-reliability.html, and the errors of fsync(2)
    """
    end = HEADER + valid * (FRAME_HEADER + size)
    if vfs is None:
        # The system's own calls, whose errors say whether the disk is full, read-only or broken.
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            for start in range(0, end, AGAIN_BYTES):
                os.pwrite(fd, os.pread(fd, min(AGAIN_BYTES, end - start), start), start)
            os.fsync(fd)
        finally:
            os.close(fd)
        return
    file = apsw.VFSFile(vfs, str(path), [apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_WAL, 0])
    try:
        for start in range(0, end, AGAIN_BYTES):
            file.xWrite(file.xRead(min(AGAIN_BYTES, end - start), start), start)
        file.xSync(apsw.SQLITE_SYNC_NORMAL)
    finally:
        file.xClose()


def page_size(path: Path, otherwise: int) -> int:
    """Return the page size that the log's header names, or the other one where the header is no header."""
    with path.open("rb") as log:
        head = log.read(HEADER)
    if len(head) < HEADER:
        return otherwise
    magic, _, size = struct.unpack(">III", head[:12])
    return int(size) if magic in MAGIC and plausible(size) else otherwise


def plausible(size: int) -> bool:
    """Whether SQLite has pages of this size."""
    return 512 <= size <= 65536 and size & (size - 1) == 0


def frames(log: BinaryIO, size: int, start: int = 0) -> Iterator[Frame]:
    """Yield the frames from number `start` on, of any age and without a look at their checksums."""
    offset = HEADER + start * (FRAME_HEADER + size)
    while True:
        log.seek(offset)
        head = log.read(FRAME_HEADER)
        if len(head) < FRAME_HEADER:
            return
        page, db_pages = struct.unpack(">II", head[:8])
        yield Frame(page, db_pages, head[8:16], offset + FRAME_HEADER)
        offset += FRAME_HEADER + size


def committed(path: Path, size: int) -> list[Frame]:
    """Return the frames of the log's present round up to its last commit, damaged ones among them.

    A round begins when the log is written from its start again, with another salt; what stands after it is of an
    older round, and the tables have it. Its salt is the first frame's; of a first frame that is damaged, the next.
    """
    with path.open("rb") as log:
        every = list(frames(log, size))
    salts = [frame.salt for frame in every[:3]]
    if not salts:
        return []
    salt = max(salts, key=salts.count)
    present = [frame for frame in every if frame.salt == salt]
    commits = [number for number, frame in enumerate(present) if frame.db_pages]
    return present[: commits[-1] + 1] if commits else []


def commits_beyond(path: Path, valid: int, size: int) -> int:
    """Return how many commits of the present round stand after the `valid` frames that SQLite takes.

    A power cut leaves one at most: each was flushed before the next began. More of them mean that the log was damaged
    and that SQLite would drop what had been promised.
    """
    try:
        with path.open("rb") as log:
            head = log.read(HEADER)
            first = next(frames(log, size), None)
            if first is None:
                return 0
            header_salt = head[16:24]
            # A header that was written anew belongs to no frame yet; a damaged one belongs to none either.
            salt = header_salt if valid else first.salt
            if not valid and header_salt != salt and _sound(head):
                return 0
            return sum(1 for frame in frames(log, size, valid) if frame.salt == salt and frame.db_pages)
    except FileNotFoundError:
        return 0


def _sound(head: bytes) -> bool:
    """Whether the log's header carries its right checksum."""
    magic = struct.unpack(">I", head[:4])[0]
    if len(head) < HEADER or magic not in MAGIC:
        return False
    words = struct.unpack((">" if magic & 1 else "<") + "6I", head[:24])
    one = two = 0
    for left, right in zip(words[::2], words[1::2], strict=True):
        one = (one + left + two) & 0xFFFFFFFF
        two = (two + right + one) & 0xFFFFFFFF
    return struct.pack(">II", one, two) == head[24:32]
