"""Which programs have a device open. Others' are seen by root alone; nobody is told wrongly for that."""

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

NAMED: Final = re.compile(r"sudo fuser -v (/\S+) names it")
"""How the daemon's advice names the node that another program has."""


def holders(devices: Iterable[Mapping[str, Any]], root: Path) -> Mapping[str, tuple[str, ...]]:
    """Return for each device that another program has: its name → those programs, as `cupsd (812)`."""
    found = {}
    for device in devices:
        named = NAMED.search(str(device.get("advice") or ""))
        if named is not None:
            found[str(device.get("name"))] = tuple(sorted(_who_has(root / named[1].lstrip("/"), root / "proc")))
    return {name: programs for name, programs in found.items() if programs}


def _who_has(node: Path, proc: Path) -> Iterator[str]:
    """Yield the programs that have this node open, by whatever name they opened it."""
    try:
        wanted = _identity(node)
    except OSError:
        return
    for process in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if any(_is(link, wanted) for link in (process / "fd").iterdir()):
                yield f"{(process / 'comm').read_text().strip()} ({process.name})"


def _is(link: Path, wanted: tuple[int, ...]) -> bool:
    try:
        return _identity(link) == wanted
    except OSError:  # closed meanwhile
        return False


def _identity(path: Path) -> tuple[int, ...]:
    """Return what is the same for all names of a device; of a plain file, its place on its disk."""
    found = os.stat(path)  # noqa: PTH116 - links are followed, /proc's as well
    if stat.S_ISCHR(found.st_mode):
        return (found.st_rdev,)
    return (found.st_dev, found.st_ino)
