"""The system's errors at opening a device, told apart by their remedy."""

import errno
from collections.abc import Mapping
from typing import Final

from drivers.base import CannotOpen, WhyNot

BY_ERRNO: Final[Mapping[int, WhyNot]] = {
    errno.ENOENT: WhyNot.ABSENT,
    errno.ENODEV: WhyNot.ABSENT,
    errno.ENXIO: WhyNot.ABSENT,
    errno.EIO: WhyNot.ABSENT,  # a tty whose other end has just gone
    errno.ENOTDIR: WhyNot.ABSENT,
    errno.EACCES: WhyNot.DENIED,
    errno.EPERM: WhyNot.DENIED,
    errno.EBUSY: WhyNot.BUSY,
    errno.EAGAIN: WhyNot.BUSY,  # flock, held by another
    errno.ENOTTY: WhyNot.UNSUITABLE,
    errno.EINVAL: WhyNot.UNSUITABLE,
    errno.EISDIR: WhyNot.UNSUITABLE,
    errno.ELOOP: WhyNot.UNSUITABLE,
}

GONE: Final = frozenset({errno.ENODEV, errno.EIO, errno.ENXIO, errno.EBADF, errno.ESHUTDOWN})
"""What reading or writing an unplugged device answers (evdev, usblp: ENODEV; a tty: EIO)."""


def cannot_open(device: str, error: OSError) -> CannotOpen:
    """Return the refusal to raise for `error`; what is not in the table counts as absent and keeps its words."""
    why = BY_ERRNO.get(error.errno or 0, WhyNot.ABSENT)
    return CannotOpen(device, why, error.strerror or str(error))
