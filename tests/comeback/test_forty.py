"""Forty stations come back in the same second: the library system's load stays bounded, and patrons are served.

The library system has one worker for all: each request keeps it busy for a while, so that forty who ask at once wait
for each other. Time is simulated; what is measured is what the library system saw and what the patrons waited.
"""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from kioskd.model.entry import ModeName
from tests.comeback.kiosk import Kiosk, entry
from tests.comeback.scene import NOON, Scene, book, card, play

STATIONS = 40
BUSY_MS = 20.0
"""Fifty requests a second are all that it can do."""
SPREAD_S = 60.0


class Crowd:
    """Patrons at one station, at random moments."""

    def __init__(self, kiosk: Kiosk, number: int, first_book: int) -> None:
        self._kiosk = kiosk
        self._chance = random.Random(number)
        self._card = card(1000 + number)
        self._book = first_book

    async def come(self, every_s: float, until_s: float) -> None:
        now = self._kiosk.clock.time.loop.time
        while now() < until_s:
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * every_s)
            self._book += 2
            await self._kiosk.visit(self._card, [book(self._book), book(self._book + 1)])


async def _return(folder: Path, each: int, for_s: float) -> dict[str, float]:
    async with Scene(folder, patrons=1000 + STATIONS, items=STATIONS * (each + 400), busy_ms=BUSY_MS, down=True) as it:
        total = STATIONS * each
        for number in range(STATIONS):
            kiosk = it.kiosk(upload_spread_s=SPREAD_S)
            own = range(number * each + 1, (number + 1) * each + 1)
            kiosk.fill([entry(card(1 + n % 900), book(n), NOON - 9000 + n) for n in own])
            kiosk.start()
        now = it.time.loop.time
        await asyncio.sleep(60.0)
        up = now()
        await it.system.set_faults({"down": False})
        crowds = [Crowd(kiosk, n, total + 400 * n) for n, kiosk in enumerate(it.kiosks)]
        await asyncio.gather(*(crowd.come(every_s=30.0, until_s=up + for_s) for crowd in crowds))
        for kiosk in it.kiosks:
            await kiosk.settled()
        done = it.times_done()
        assert all(done["loan", book(n)] == 1 for n in range(1, total + 1))
        assert it.waiting_for_a_person() == []
        second = Counter(int(row.monotonic) for row in it.system.service.transcript if row.direction == ">")
        logins = Counter(int(row.monotonic) // 60 for row in it.system.logins.tried)
        waits = [wait.for_s for kiosk in it.kiosks for wait in kiosk.waits]
        assert all(kiosk.mode is ModeName.ONLINE for kiosk in it.kiosks)
        live = [wait for kiosk in it.kiosks for wait in kiosk.waits if wait.result in {"checked_out", "items"}]
        return {
            "entries": total,
            "uploaded after s": round(max(e.monotonic for e in it.deeds("loan") if e.item <= book(total)) - up, 1),
            "most requests in a second": max(second.values()),
            "most log-ins in a minute": max(logins.values()),
            "log-ins": len(it.system.logins.tried),
            "most in its queue": it.system.service.longest_queue,
            "patrons' waits": len(waits),
            "served live": len(live),
            "longest wait s": round(max(waits), 2),
            "mean wait s": round(sum(waits) / len(waits), 3),
        }


def _shown(folder: Path, each: int, for_s: float) -> None:
    async def scene() -> dict[str, float]:
        return await _return(folder, each, for_s)

    seen = play(scene)
    print(f"{STATIONS} stations: {seen}")
    assert seen["longest wait s"] <= 2.5, "one station's question each may be before it, and no more"
    assert seen["most in its queue"] <= STATIONS + 1, "one question at a time from each station, whoever asks"
    assert seen["log-ins"] <= 2 * STATIONS
    assert seen["served live"] >= 0.9 * seen["patrons' waits"]


def test_forty_stations_return_at_once(folder: Path) -> None:
    _shown(folder, each=4, for_s=20.0)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_forty_stations_return_after_a_day(folder: Path) -> None:
    _shown(folder, each=100, for_s=300.0)
