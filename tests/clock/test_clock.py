import asyncio
import time
import uuid

import pytest

from kioskd.clock import WallClock, clock_of, kernel
from kioskd.model.time import Clock, ClockSource


@pytest.mark.parametrize(
    ("returned", "status", "right"),
    [
        (0, 0x2001, True),
        (1, 0x0001, True),  # a leap second is to be inserted
        (5, 0x0041, False),  # TIME_ERROR
        (0, 0x0040, False),  # STA_UNSYNC alone
        (5, 0, False),
        (-1, 0, False),  # the call is forbidden
    ],
)
def test_what_adjtimex_means(returned: int, status: int, right: bool) -> None:
    assert kernel.is_synchronised(returned, status) is right


def test_the_struct_is_the_kernels() -> None:
    # The kernel fills what lies beyond `status` too: a year within reason means that the layout is right.
    timex = kernel.read_timex()
    assert abs(timex.seconds - time.time()) < 5


def test_a_boot_has_a_name() -> None:
    assert str(uuid.UUID(kernel.boot_id())) == kernel.boot_id()


async def test_a_moment_is_all_three_clocks() -> None:
    clock = WallClock(asyncio.get_running_loop())
    before = (asyncio.get_running_loop().time(), time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))
    now = clock.now()
    after = (asyncio.get_running_loop().time(), time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))
    assert all(
        low <= each <= high for low, each, high in zip(before, (now.mono_s, now.wall_s, now.boot_s), after, strict=True)
    )
    assert clock.trust() == clock_of(kernel.synchronised(), kernel.boot_id())


def test_only_ntp_makes_it_trusted() -> None:
    assert clock_of(True, "b") == Clock(trusted=True, source=ClockSource.NTP, boot_id="b")
    assert clock_of(False, "b") == Clock(trusted=False, source=ClockSource.NONE, boot_id="b")
