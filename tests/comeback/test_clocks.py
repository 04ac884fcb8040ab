"""Clocks that jump, summer time that begins or ends, a reboot without a network: the order and the dates are right.

The order is that of the deeds at the library system; the dates are those that 11 carries, as local time, against the
true moment at which the patron stood there.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from kioskd.model.time import ClockTrust
from tests.comeback.kiosk import ZONE, Kiosk
from tests.comeback.scene import Scene, book, card, play

TWO_DAYS_S = 2 * 86400.0


class Visits:
    """Patrons come; what is remembered is who truly came when."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.true: list[tuple[str, float]] = []

    async def one(self, kiosk: Kiosk, pause_s: float = 600.0) -> None:
        await asyncio.sleep(pause_s)
        number = len(self.true) + 1
        self.true.append((book(number), self._scene.time.wall_s()))
        assert await kiosk.visit(card(number), [book(number)]) == ["recorded"]

    def check(self, *, to_s: float = 1.0) -> None:
        """Compare with what the library system heard."""
        lent = self._scene.deeds("loan")
        assert [deed.item for deed in lent] == [item for item, _ in self.true], "in the order of the world"
        for deed, (_, at_s) in zip(lent, self.true, strict=True):
            local = dt.datetime.fromtimestamp(at_s, ZONE).replace(tzinfo=None)
            said = dt.datetime.fromisoformat(deed.transaction_date.replace("    ", "T"))
            assert abs((said - local).total_seconds()) <= to_s, deed


async def _returns(scene: Scene, kiosk: Kiosk) -> None:
    await scene.system.set_faults({"down": False})
    await kiosk.settled()
    assert scene.waiting_for_a_person() == []


Story = Callable[[Scene, Visits], Coroutine[Any, Any, None]]


async def _jumps_back_and_is_set_right(scene: Scene, visits: Visits) -> None:
    kiosk = scene.kiosk().start()
    await visits.one(kiosk)
    await visits.one(kiosk)
    kiosk.clock.wrong_s, kiosk.clock.trusted = -TWO_DAYS_S, False
    await visits.one(kiosk)
    await visits.one(kiosk)
    kiosk.clock.wrong_s, kiosk.clock.trusted = 0.0, True
    await visits.one(kiosk)
    await _returns(scene, kiosk)


async def _is_wrong_until_the_end(scene: Scene, visits: Visits) -> None:
    kiosk = scene.kiosk(trusted=False)
    kiosk.clock.wrong_s = -TWO_DAYS_S
    kiosk.start()
    for _ in range(4):
        await visits.one(kiosk)
    kiosk.clock.wrong_s, kiosk.clock.trusted = 0.0, True
    await asyncio.sleep(120.0)
    await _returns(scene, kiosk)
    assert {entry.what.clock for entry in kiosk.entries()} == {ClockTrust.CORRECTED}


async def _reboots_without_a_network(scene: Scene, visits: Visits) -> None:
    """No battery clock: after each boot it is New Year 1970 until the network is back, and with it the time."""
    kiosk = scene.kiosk().start()
    await visits.one(kiosk)
    await visits.one(kiosk)
    for boot in ("boot-2", "boot-3"):
        folder = kiosk.folder
        await kiosk.stop()
        kiosk = scene.kiosk(trusted=False, boot_id=boot, folder=folder)
        kiosk.clock.wrong_s = -scene.time.wall_s()
        kiosk.start()
        await visits.one(kiosk)
        await visits.one(kiosk)
        kiosk.clock.wrong_s, kiosk.clock.trusted = 0.0, True
        await asyncio.sleep(120.0)
    await _returns(scene, kiosk)


async def _nothing_happens_to_the_clock(scene: Scene, visits: Visits) -> None:
    kiosk = scene.kiosk().start()
    for _ in range(9):
        await visits.one(kiosk)
    await _returns(scene, kiosk)


def _on(*when: int) -> float:
    return dt.datetime(*when, tzinfo=ZONE).timestamp()  # type: ignore[misc,arg-type]  # year, month, day, hour, minute


STORIES: dict[str, tuple[float, Story]] = {
    "it jumps back two days and is set right": (_on(2026, 11, 24, 12, 0), _jumps_back_and_is_set_right),
    "it is two days behind until the end": (_on(2026, 11, 24, 12, 0), _is_wrong_until_the_end),
    "two reboots without a network": (_on(2026, 11, 24, 12, 0), _reboots_without_a_network),
    "summer time ends": (_on(2026, 11, 1, 1, 20), _nothing_happens_to_the_clock),
    "summer time begins": (_on(2027, 3, 14, 1, 20), _nothing_happens_to_the_clock),
    "summer time ends while it jumps": (_on(2026, 11, 1, 1, 20), _jumps_back_and_is_set_right),
    "summer time begins and it reboots": (_on(2027, 3, 14, 1, 20), _reboots_without_a_network),
    "a year ends": (_on(2026, 12, 31, 23, 20), _jumps_back_and_is_set_right),
}


@pytest.mark.parametrize("name", STORIES)
def test_order_and_dates_are_those_of_the_world(folder: Path, name: str) -> None:
    start_wall_s, story = STORIES[name]

    async def scene() -> None:
        async with Scene(folder, patrons=20, items=20, start_wall_s=start_wall_s, down=True) as it:
            visits = Visits(it)
            await story(it, visits)
            visits.check()

    play(scene)
