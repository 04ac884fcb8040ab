"""Which device stands behind a path: the kernel's word on a path may come after the device was opened."""

import os
from pathlib import Path

Node = tuple[int, int, int, int]


def node_at(path: str | Path) -> Node | None:
    """Return what tells the device at `path` from one that had the path before; None if nothing is there.

    The time of its making belongs to it: a tty's number and inode are soon used again.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 (of one path, a str or a Path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_rdev, status.st_ctime_ns
