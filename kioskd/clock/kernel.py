"""What the kernel says of its clock: adjtimex(2) and the boot's name.

Sources: adjtimex(2), `/usr/include/linux/timex.h`, proc_sys_kernel(5) (`random/boot_id`).
"""

import ctypes
from pathlib import Path
from typing import Final

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

STA_UNSYNC: Final = 0x0040
"""Bit in `timex.status`: nobody keeps the clock right."""
TIME_ERROR: Final = 5
"""What adjtimex returns while the clock is not synchronised."""


class _Timex(ctypes.Structure):
    """`struct timex`, as far as `status`; the rest is room for the kernel to fill (adjtimex(2))."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


_libc: Final = ctypes.CDLL(None, use_errno=True)


def synchronised() -> bool:
    """Ask the kernel, changing nothing (`modes` 0), whether time synchronisation keeps the clock right.

    A kernel that will not say (a sandbox that forbids the call) counts as no.
    """
    timex = _Timex()
    returned = int(_libc.adjtimex(ctypes.byref(timex)))
    return is_synchronised(returned, int(timex.status))


def is_synchronised(returned: int, status: int) -> bool:
    """Whether this answer of adjtimex means that the clock is right; -1 is a failure."""
    return returned not in {-1, TIME_ERROR} and not status & STA_UNSYNC


def boot_id(path: Path = BOOT_ID) -> str:
    """Return the name of this boot, a UUID that the kernel makes anew each time. Raises OSError."""
    return path.read_text(encoding="ascii").strip()
