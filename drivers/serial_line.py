"""A tty opened for a device: exclusive, raw, non-blocking. Shared by the serial scanner and the serial printer."""

import contextlib
import fcntl
import os
import stat
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import serial

from drivers.base import CannotOpen, WhyNot
from drivers.opening import BY_ERRNO

PARITIES: Final[Mapping[str, str]] = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
    "mark": serial.PARITY_MARK,
    "space": serial.PARITY_SPACE,
}
FLOWS: Final = ("none", "xonxoff", "rtscts", "dsrdtr")
PTY_MAJORS: Final = range(136, 144)
"""Major numbers of pseudo terminals. Source: Linux, Documentation/admin-guide/devices.txt."""


def open_tty(port: str, *, baud: int, bits: int, parity: str, stop_bits: float, flow: str) -> serial.Serial:
    """Open `port` (a tty, a link to one, a pty) for this program alone.

    Reading it non-blocking gives EAGAIN without bytes and EIO or an empty read after unplug. Raises CannotOpen;
    ValueError for a setting that does not exist.
    """
    if parity not in PARITIES:
        raise ValueError(f"parity {parity!r}: one of {', '.join(PARITIES)}")
    if flow not in FLOWS:
        raise ValueError(f"flow {flow!r}: one of {', '.join(FLOWS)}")
    try:
        line = serial.Serial(
            port,
            baudrate=baud,
            bytesize=bits,
            parity=PARITIES[parity],
            stopbits=stop_bits,
            xonxoff=flow == "xonxoff",
            rtscts=flow == "rtscts",
            dsrdtr=flow == "dsrdtr",
            timeout=0,
            inter_byte_timeout=0,  # VMIN 1: an empty read then means hang-up, not *nothing yet*
            exclusive=True,  # by flock
        )
    except serial.SerialException as error:
        why = BY_ERRNO.get(error.errno or 0, WhyNot.ABSENT)
        if error.errno is None and Path(port).exists():
            why = WhyNot.UNSUITABLE
        raise CannotOpen(port, why, str(error)) from error
    except (OSError, termios.error) as error:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        raise CannotOpen(port, BY_ERRNO.get(number, WhyNot.ABSENT), str(error)) from error
    if not _is_pty(line.fileno()):
        # Programs that do not ask for the lock are kept out as well. Not on a pty: there it outlives our close
        # as long as the other end lives, and answers EBUSY to our own next opening.
        fcntl.ioctl(line.fileno(), termios.TIOCEXCL)
    return line


def close_tty(line: serial.Serial) -> None:
    """Close `line`; a second call, or one after unplug, does nothing."""
    if not line.is_open:
        return
    with contextlib.suppress(OSError):
        if not _is_pty(line.fileno()):
            fcntl.ioctl(line.fileno(), termios.TIOCNXCL)
    with contextlib.suppress(OSError, termios.error):
        line.close()


def _is_pty(fd: int) -> bool:
    status = os.fstat(fd)
    return stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) in PTY_MAJORS
