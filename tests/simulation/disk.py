"""A disk in memory, handed to SQLite: it tells what was written from what was flushed, and can be cut off at any call.

After a power cut a file holds what it held at its last flush and, of the writes and truncations since, any subset, a
write also in part by sectors of 512 bytes; the seed chooses. A file that was never flushed may be missing. A flush that
fails leaves its writes to chance and counts them as done, as Linux does. What it does not simulate: a disk that lies
about flushing, bit rot, and names that outlive their folder (SQLite's own files are made and deleted singly).
"""

import ctypes
import random
from dataclasses import dataclass, field
from typing import Any

import apsw

SECTOR = 512
POWERSAFE_OVERWRITE = 0x1000
"""What SQLite's own file layer promises: bytes beside a write stay as they are."""
PERSIST_WAL = 10
"""SQLITE_FCNTL_PERSIST_WAL."""

Change = tuple[int, bytes] | int
"""A write (offset, bytes), or the length of a truncation."""


def _apply(content: bytearray, change: Change) -> None:
    if isinstance(change, int):
        del content[change:]
        return
    offset, new = change
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(new)] = new


@dataclass
class Content:
    """One file: as programs see it, as it surely is after a cut, and what lies between."""

    now: bytearray = field(default_factory=bytearray)
    durable: bytearray | None = None
    """None: not even its name was ever flushed."""
    pending: list[Change] = field(default_factory=list)

    def flush(self) -> None:
        if self.durable is None:
            self.durable = bytearray()
        for change in self.pending:
            _apply(self.durable, change)
        self.pending.clear()


@dataclass
class Disk:
    """The folder of one station. `name` is what SQLite knows it by; `close` forgets that."""

    name: str
    chance: random.Random
    files: dict[str, Content] = field(default_factory=dict)
    full: bool = False
    """No file can grow."""
    failing_flushes: int = 0
    """So many of the next flushes fail."""
    cut_in: int | None = None
    """The power goes in the middle of that many calls from now."""
    powered: bool = True
    flushes: int = 0
    cut_off: Any = None
    """Called when `cut_in` has come."""

    def __post_init__(self) -> None:
        self._vfs = _Vfs(self)

    def close(self) -> None:
        self._vfs.unregister()

    def call(self) -> None:
        """Count a call that changes something. Raises apsw.IOError where the power is gone."""
        if self.cut_in is not None and self.powered:
            self.cut_in -= 1
            if self.cut_in < 0:
                self.cut_in = None
                self.powered = False
                self.cut_off()
        if not self.powered:
            raise apsw.IOError

    def stop(self) -> None:
        """The process that used it is dead: nothing that is still in its hands gets here."""
        self.powered = False

    def go_on(self) -> None:
        """A new process begins."""
        self.powered = True
        self.cut_in = None

    def lose(self) -> int:
        """The power was cut: choose what is there afterwards; return how many changes were lost or torn."""
        lost = 0
        for path in sorted(self.files):
            content = self.files[path]
            how = self.chance.choice(("none", "all", "first", "some", "torn"))
            number = len(content.pending)
            if content.durable is None and how == "none":
                del self.files[path]
                continue
            left = content.durable if content.durable is not None else bytearray()
            first = self.chance.randrange(number + 1)
            for at, change in enumerate(content.pending):
                kept = {
                    "none": False,
                    "all": True,
                    "first": at < first,
                    "some": self.chance.random() < 0.5,
                    "torn": at < number - 1 or self.chance.random() < 0.5,
                }[how]
                if kept and (how != "torn" or at < number - 1):
                    _apply(left, change)
                    continue
                lost += 1
                if kept and not isinstance(change, int):
                    for part in self._torn(*change):
                        _apply(left, part)
            content.durable = left
            content.now = bytearray(left)
            content.pending.clear()
        return lost

    def doubt(self, content: Content) -> None:
        """A flush failed: each write since the last good one is there or not, and nobody will write it again."""
        if content.durable is None:
            content.durable = bytearray()
        for change in content.pending:
            if self.chance.random() < 0.5:
                _apply(content.durable, change)
        content.pending.clear()

    def _torn(self, offset: int, new: bytes) -> list[tuple[int, bytes]]:
        parts = []
        start = offset
        while start < offset + len(new):
            end = min(offset + len(new), (start // SECTOR + 1) * SECTOR)
            if self.chance.random() < 0.5:
                parts.append((start, new[start - offset : end - offset]))
            start = end
        return parts


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        files = self._disk.files
        if path not in files:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError
            self._disk.call()
            files[path] = Content()
        flags[1] = flags[0]
        return _File(self._disk, files[path])

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        self._disk.call()
        self._disk.files.pop(name, None)

    def xAccess(self, name: str, flags: int) -> bool:  # noqa: N802
        return name in self._disk.files

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class _File:
    def __init__(self, disk: Disk, content: Content) -> None:
        self._disk = disk
        self._content = content
        self._keeps_log = 0

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._content.now[offset : offset + amount])

    def xWrite(self, new: bytes, offset: int) -> None:  # noqa: N802
        content = self._content
        new = bytes(new)
        powered = self._disk.powered
        try:
            self._disk.call()
        except apsw.IOError:
            if powered:
                # It was under way when the power went: it may be there in part.
                content.pending.append((offset, new))
            raise
        if self._disk.full and offset + len(new) > len(content.now):
            raise apsw.FullError
        _apply(content.now, (offset, new))
        content.pending.append((offset, new))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.call()
        if size < len(self._content.now):
            _apply(self._content.now, size)
            self._content.pending.append(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.call()
        self._disk.flushes += 1
        if self._disk.failing_flushes:
            self._disk.failing_flushes -= 1
            self._disk.doubt(self._content)
            raise apsw.IOError
        self._content.flush()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._content.now)

    def xLock(self, level: int) -> None:  # noqa: N802
        return

    def xUnlock(self, level: int) -> None:  # noqa: N802
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, what: int, pointer: int) -> bool:  # noqa: N802
        if what != PERSIST_WAL:
            return False
        value = ctypes.c_int.from_address(pointer)
        if value.value >= 0:
            self._keeps_log = value.value
        value.value = self._keeps_log
        return True

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return POWERSAFE_OVERWRITE

    def xClose(self) -> None:  # noqa: N802
        return
