"""The kernel's hidraw interface, as far as a scanner needs it. Source: Linux, Documentation/hid/hidraw.rst."""

import array
import fcntl
import os
import struct
from typing import Final

from drivers.hid_descriptor import ReportKind

MAX_DESCRIPTOR: Final = 4096
QUEUE: Final = 63
"""Reports that the kernel keeps for a reader (HIDRAW_BUFFER_SIZE less one); later ones are dropped without a word."""
LONGEST_REPORT: Final = 16384
"""HID_MAX_BUFFER_SIZE."""


def _ioc(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("H") << 8 | number


HIDIOCGRDESCSIZE: Final = _ioc(2, 0x01, 4)
HIDIOCGRDESC: Final = _ioc(2, 0x02, 4 + MAX_DESCRIPTOR)


def open_hidraw(path: str) -> int:
    """Open a hidraw node without waiting, for this program alone among those that ask for the lock.

    There is no grab: a program that does not ask may read along. For reading alone where writing is not permitted.
    Raises OSError (EAGAIN: another holds the lock; ENOTTY, EINVAL: not a hidraw node).
    """
    flags = os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(path, os.O_RDWR | flags)
    except PermissionError:
        fd = os.open(path, os.O_RDONLY | flags)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        read_descriptor(fd)
    except OSError:
        os.close(fd)
        raise
    return fd


def read_descriptor(fd: int) -> bytes:
    """Return the device's report descriptor. Raises OSError."""
    size = array.array("i", [0])
    fcntl.ioctl(fd, HIDIOCGRDESCSIZE, size)
    answer = array.array("B", struct.pack("@I", size[0]) + bytes(MAX_DESCRIPTOR))
    fcntl.ioctl(fd, HIDIOCGRDESC, answer)
    return answer.tobytes()[4 : 4 + size[0]]


def send_report(fd: int, kind: ReportKind, report: bytes) -> None:
    """Send an output or feature report, its id first. Waits for the device, seconds if it does not answer.

    Raises OSError.
    """
    if kind is ReportKind.OUTPUT:
        os.write(fd, report)
    else:
        fcntl.ioctl(fd, _ioc(3, 0x06, len(report)), report)  # HIDIOCSFEATURE
