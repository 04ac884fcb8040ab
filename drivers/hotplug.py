"""Tells when a device's path appears, goes, or changes its rights: inotify, no polling.

The kernel's events mostly mean *look again*; what is there is then looked up, so that an overflow of its queue, a
folder made later and a link set anew need no cases of their own. Source: inotify(7).
"""

import ctypes
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

IN_ATTRIB, IN_MOVED_FROM, IN_MOVED_TO = 0x4, 0x40, 0x80
IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_MOVE_SELF = 0x100, 0x200, 0x400, 0x800
IN_ONLYDIR: Final = 0x1000000
TOOK_AWAY: Final = IN_DELETE | IN_MOVED_FROM
MASK: Final = TOOK_AWAY | IN_ATTRIB | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
HEAD: Final = struct.Struct("@iIII")
"""struct inotify_event: watch, mask, cookie, length of the name that follows."""
MAX_LINKS: Final = 40
"""As the kernel: a longer chain of links is a loop."""


class Change(StrEnum):
    """What happened to a path."""

    APPEARED = "appeared"
    GONE = "gone"
    RIGHTS = "rights"
    """Owner or mode changed: udev sets them after the node appears, so a refused opening is worth another try."""


@dataclass(frozen=True, slots=True)
class PathEvent:
    """One change of one path."""

    path: Path
    change: Change


@dataclass(frozen=True, slots=True)
class _There:
    """What stands behind a path: the node, its rights, and every path on the way to it."""

    node: tuple[int, int, int]
    rights: tuple[int, int, int]
    way: frozenset[Path]


class PathWatch:
    """Watches paths; the last part may be a pattern (`/dev/input/event*`). A dangling link counts as nothing there.

    Folders that do not exist yet are waited for at their nearest parent.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._patterns = tuple(Path(os.path.abspath(path)) for path in paths)  # noqa: PTH100 (links must stay)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._folders: dict[int, set[Path]] = {}
        self._there: dict[Path, _There] = {}
        try:
            self._look()
        except OSError:
            self.close()
            raise

    @property
    def there(self) -> frozenset[Path]:
        """The paths that were there when the watch last looked."""
        return frozenset(self._there)

    def fileno(self) -> int:
        """Return the descriptor for `loop.add_reader`."""
        return self._fd

    def read(self) -> list[PathEvent]:
        """Return what changed since the last call, without waiting. A path replaced by another: gone, then appeared."""
        taken_away = self._drain()
        before = self._there
        self._look()
        events: list[PathEvent] = []
        for path in sorted(before.keys() | self._there.keys()):
            old, new = before.get(path), self._there.get(path)
            if old and new and old.node == new.node and not old.way & taken_away:
                events += [PathEvent(path, Change.RIGHTS)] if old.rights != new.rights else []
                continue
            events += [PathEvent(path, Change.GONE)] if old else []
            events += [PathEvent(path, Change.APPEARED)] if new else []
        return events

    def close(self) -> None:
        """Stop watching; a second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _drain(self) -> set[Path]:
        """Read the kernel's events; return what was taken away, for a pty's number and inode are soon used again."""
        taken_away: set[Path] = set()
        while True:
            try:
                chunk = os.read(self._fd, 65536)
            except BlockingIOError:
                return taken_away
            at = 0
            while at < len(chunk):
                watch, mask, _cookie, length = HEAD.unpack_from(chunk, at)
                at += HEAD.size + length
                if mask & TOOK_AWAY:
                    name = os.fsdecode(chunk[at - length : at].rstrip(b"\0"))
                    taken_away |= {folder / name for folder in self._folders.get(watch, ())}

    def _look(self) -> None:
        """Take stock of paths and folders, again as long as a folder is watched only since the last look."""
        while True:
            there: dict[Path, _There] = {}
            folders: set[Path] = set()
            for path in self._candidates(folders):
                found = _follow(path, folders)
                if found is not None:
                    there[path] = found
            watched: dict[int, set[Path]] = {}
            for folder in folders:
                watched.setdefault(self._watch(folder), set()).add(folder)
            fresh = watched.keys() - self._folders.keys()
            for stale in self._folders.keys() - watched.keys():
                self._libc.inotify_rm_watch(self._fd, stale)  # EINVAL: the folder is gone, and the watch with it
            self._folders = watched
            if not fresh:
                self._there = there
                return

    def _candidates(self, folders: set[Path]) -> Iterator[Path]:
        for pattern in self._patterns:
            folder = _nearest(pattern.parent)
            folders.add(folder)
            if not set(pattern.name) & set("*?["):
                yield pattern
            elif folder == pattern.parent:
                yield from folder.glob(pattern.name)

    def _watch(self, folder: Path) -> int:
        watch = int(self._libc.inotify_add_watch(self._fd, os.fsencode(folder), MASK))
        if watch < 0:
            problem = ctypes.get_errno()
            if folder.is_dir():
                raise OSError(problem, os.strerror(problem), str(folder))
            return self._watch(_nearest(folder))  # it went since it was looked up
        return watch


def _follow(path: Path, folders: set[Path]) -> _There | None:
    """Return what stands behind `path`, adding to `folders` where each link on the way can change."""
    way = [path]
    while len(way) <= MAX_LINKS:
        try:
            target = way[-1].readlink()
        except OSError:
            break  # no link, or nothing at all
        way.append(Path(os.path.normpath(way[-1].parent / target)))
        folders.add(_nearest(way[-1].parent))
    try:
        status = path.stat()
    except OSError:
        return None
    return _There(
        node=(status.st_dev, status.st_ino, status.st_rdev),
        rights=(status.st_mode, status.st_uid, status.st_gid),
        way=frozenset(way),
    )


def _nearest(folder: Path) -> Path:
    """Return `folder`, or its nearest parent that exists."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder
