"""The library system comes back, and is not itself for a while: nobody waits twice, nothing is refused by mistake, and
it is not hammered.

A station has what an outage left unsent, patrons come all the time, and the library system's bad hour begins.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.ils.logins import Caller
from tests.comeback.kiosk import Kiosk
from tests.comeback.scene import Scene, book, card, play

A_VISIT_EVERY_S = 45.0
OUTAGE_S = 300.0
WELL_S = 400.0
"""So long after the bad hour there are patrons still; by then it must have been believed again or be about to be."""
TIMEOUT_S = 8.0
SHORT_S = 0.5
"""What nobody calls a wait."""


@dataclass(frozen=True)
class Hour:
    """What is wrong, and what that may cost: log-ins an hour, people who wait in vain in all, seconds for an answer."""

    switches: Mapping[str, Any]
    logins_an_hour: int = 24
    wait_in_vain: int = 2
    answers_after_s: float = 0.0


HOURS = {
    "98 is good and all else hangs": Hour({"half_up": "hang"}),
    "98 is good and 11 hangs": Hour({"half_up": "hang", "half_up_codes": ["11"]}),
    "98 is good and 29 hangs": Hour({"half_up": "hang", "half_up_codes": ["29"]}),
    "98 is good and 63 hangs": Hour({"half_up": "hang", "half_up_codes": ["63"]}),
    "98 is good and 17 hangs": Hour({"half_up": "hang", "half_up_codes": ["17"]}),
    "98 is good and all else ends the line": Hour({"half_up": "close"}),
    "98 is good and 11 ends the line": Hour({"half_up": "close", "half_up_codes": ["11"]}, logins_an_hour=150),
    # A patron's look-up goes out a second time on a new line: two for each that comes.
    "98 is good and 63 ends the line": Hour({"half_up": "close", "half_up_codes": ["63"]}, logins_an_hour=200),
    "98 is good and all else is refused": Hour({"half_up": "refuse"}),
    "look-ups are good and 11 and 29 are refused": Hour({"half_up": "refuse", "half_up_codes": ["11", "29"]}),
    "it is starting, and knows nobody and nothing": Hour({"starting": True}),
    # Behind what the upload has just asked, and then its own.
    "it answers after three seconds": Hour({"slow_ms": 3000}, answers_after_s=6.1),
    # Not one answer in time: it is looked for every poll_offline_s, and each look begins with 93.
    "it answers after nine seconds": Hour({"slow_ms": 9000}, logins_an_hour=120),
    "it does the deed and answers with an error": Hour({"error_after_deed": True}),
    "940, for the house is full": Hour({"seats": 1}, logins_an_hour=14),
    "940, whoever asks": Hour({"login_refused": True}, logins_an_hour=14),
    "it restarts by itself, and more than once": Hour({"down_for_s": 60.0, "starting_for_s": 120.0}),
}
SHORT = (
    "98 is good and all else hangs",
    "98 is good and all else is refused",
    "it is starting, and knows nobody and nothing",
    "it does the deed and answers with an error",
    "940, for the house is full",
)
"""The rest, and longer of each, in the long tier."""


class Patrons:
    """They come one after the other, each with a card and two items that nobody else has."""

    def __init__(self, scene: Scene, kiosk: Kiosk) -> None:
        self._scene = scene
        self._kiosk = kiosk
        self._number = 0
        self.taken: list[str] = []
        """The items that the screen let them take."""
        self.refused: list[str] = []
        self.waits: list[list[float]] = []
        """For each patron, what they waited."""
        self.turned_away = 0

    async def come_until(self, until_s: float) -> None:
        while self._scene.time.loop.time() < until_s:
            await asyncio.sleep(A_VISIT_EVERY_S)
            await self._one()

    async def _one(self) -> None:
        self._number += 1
        items = [book(2 * self._number), book(2 * self._number + 1)]
        before = len(self._kiosk.waits)
        results = await self._kiosk.visit(card(self._number), items)
        self.turned_away += not results
        self.taken += [item for item, result in zip(items, results, strict=False) if result != "refused"]
        self.refused += [item for item, result in zip(items, results, strict=False) if result == "refused"]
        self.waits.append([wait.for_s for wait in self._kiosk.waits[before:] if wait.for_s > SHORT_S])


async def _hour(folder: Path, hour: Hour, for_s: float) -> dict[str, Any]:
    async with Scene(folder, patrons=500, items=1000) as scene:
        kiosk = scene.kiosk().start()
        patrons = Patrons(scene, kiosk)
        now = scene.time.loop.time
        await patrons.come_until(now() + 60.0)
        await scene.system.set_faults({"down": True})
        await patrons.come_until(now() + OUTAGE_S)
        if "seats" in hour.switches:
            scene.system.logins.joined(Caller(0, "elsewhere", "CENTRAL-9"))
        before, unsent = len(scene.system.logins.tried), kiosk.station.state.summary.unsent
        await scene.system.set_faults({"down": False, **hour.switches})
        begun = now()
        await patrons.come_until(begun + for_s)
        logins = len(scene.system.logins.tried) - before
        await scene.system.clear_faults()
        ended = now()
        await patrons.come_until(ended + WELL_S)
        await kiosk.settled()
        done = scene.times_done()
        return {
            "unsent": unsent,
            "taken": len(patrons.taken),
            "not once": [item for item in patrons.taken if done["loan", item] != 1 or done["renewal", item]],
            "lent unknown": [item for (deed, item) in done if deed == "loan" and item not in patrons.taken],
            "refused": patrons.refused,
            "exceptions": scene.waiting_for_a_person(),
            "turned away": patrons.turned_away,
            "waits": [waits for waits in patrons.waits if waits],
            "logins": logins,
        }


def _shown(folder: Path, name: str, for_s: float) -> None:
    hour = HOURS[name]

    async def scene() -> dict[str, Any]:
        return await _hour(folder, hour, for_s)

    seen = play(scene)
    print(f"{name}, {for_s:.0f} s: {seen}")
    assert seen["unsent"] >= 8
    assert seen["not once"] == []
    assert seen["lent unknown"] == []
    assert seen["exceptions"] == []
    assert seen["refused"] == []
    assert seen["turned away"] == 0
    in_vain = [[wait for wait in waits if wait > hour.answers_after_s + SHORT_S] for waits in seen["waits"]]
    assert all(len(waits) <= 1 for waits in in_vain), "nobody waits in vain twice"
    assert all(wait <= TIMEOUT_S + SHORT_S for waits in in_vain for wait in waits)
    assert sum(map(len, in_vain)) <= hour.wait_in_vain, "and few wait at all"
    assert seen["logins"] <= hour.logins_an_hour * for_s / 3600 + 8


@pytest.mark.parametrize("name", SHORT)
def test_bad_minutes_leave_nothing_behind(folder: Path, name: str) -> None:
    _shown(folder, name, for_s=300.0)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", HOURS)
def test_a_bad_third_of_an_hour_leaves_nothing_behind(folder: Path, name: str) -> None:
    _shown(folder, name, for_s=1200.0)
