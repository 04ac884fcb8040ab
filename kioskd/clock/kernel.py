"""What the kernel says of its clock: adjtimex(2) and the boot's name.

Sources: adjtimex(2), `/usr/include/linux/timex.h`, proc_sys_kernel(5) (`random/boot_id`).
"""

import ctypes
from pathlib import Path
from typing import Final

from kioskd.model.written_late import dataclass

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

STA_UNSYNC: Final = 0x0040
"""Bit in `timex.status`: nobody keeps the clock right."""
TIME_ERROR: Final = 5
"""What adjtimex returns while the clock is not synchronised."""


class _Timex(ctypes.Structure):
    """`struct timex` as far as the time itself; the rest is room for the kernel to fill (adjtimex(2))."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("microseconds", ctypes.c_long),
        ("rest", ctypes.c_char * 256),
    )


_libc: Final = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Timex:
    """What adjtimex(2) says: its result, its status bits, and the time itself."""

    returned: int
    status: int
    seconds: int


def read_timex() -> Timex:
    """Ask the kernel, changing nothing (`modes` 0)."""
    timex = _Timex()
    returned = int(_libc.adjtimex(ctypes.byref(timex)))
    return Timex(returned, int(timex.status), int(timex.seconds))


def synchronised() -> bool:
    """Whether time synchronisation keeps the clock right.

    A kernel that will not say (a sandbox that forbids the call) counts as no.
    """
    timex = read_timex()
    return is_synchronised(timex.returned, timex.status)


def is_synchronised(returned: int, status: int) -> bool:
    """Whether this answer of adjtimex means that the clock is right; -1 is a failure."""
    return returned not in {-1, TIME_ERROR} and not status & STA_UNSYNC


def boot_id(path: Path = BOOT_ID) -> str:
    """Return the name of this boot, a UUID that the kernel makes anew each time. Raises OSError."""
    return path.read_text(encoding="ascii").strip()
