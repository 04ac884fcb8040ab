"""Rescue archives on sticks: written at a station or from its card, cut off and tried again, carried, taken in."""

import asyncio
import random
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kioskd.journal import moved
from kioskd.model.entry import Kind
from kioskd.model.spans import numbers_of
from kioskd.moving import rescue
from kioskd.moving.moving_out import part
from kioskd.vault.keys import keys_file
from kioskd.vault.recipient import new_pair
from tests.simulation import afterwards
from tests.simulation.kioskctl import CtlError, Cut, Kioskctl
from tests.simulation.machine import Machine
from tests.simulation.plan import Planned

if TYPE_CHECKING:
    from tests.simulation.world import World

AGAIN_S = 600.0
"""So long after it failed a technician types the same once more."""
TRIES = 6
"""If nothing came of it by then, nothing was to be done."""


@dataclass
class Stick:
    """One archive. `taken`: the stations that took it in; `copied`: those that took a copy in; `destroyed`: nobody ever
    did, and its entries go up at home.
    """

    path: Path
    home: str
    to: str = ""
    numbers: list[int] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    destroyed: bool = False
    from_card: bool = False


@cache
def pair() -> tuple[str, str]:
    """Return the library's key pair; one for all lives."""
    return new_pair()


class Carrying:
    """A technician with a stick."""

    def __init__(self, world: "World", machine: Machine, planned: Planned) -> None:
        self.world = world
        self.machine = machine
        self.about = planned.about
        self.chance = random.Random(planned.seed)
        folder = world.folder / f"stick-{planned.seed}"
        folder.mkdir()
        self.stick = Stick(folder / "unsent.rescue", machine.name)
        self.stick.destroyed = planned.about["destroyed"] and world.plan.settings["keep_days"] > 365
        self.nothing = False
        """There was nothing to be rescued."""
        self.key = folder / "library.key"
        self.key.write_text(pair()[1])

    async def go(self) -> None:
        """Carry it all the way."""
        self.world.sticks_under_way += 1
        if self.about["way"] == "card":
            await self._from_card()
        else:
            await self._from_station()
        self.world.sticks_under_way -= 1

    # At the station that it is from.

    async def _from_station(self) -> None:
        if not await self._export():
            return
        await asyncio.sleep(self.about["carry_s"])
        if self.stick.destroyed:
            await take_back(self, self.machine, self.stick.to)
        else:
            await self._take_in()

    async def _from_card(self) -> None:
        """The station is dead: its card goes into a reader, and back when the archive is where it is to be."""
        machine = self.machine
        if machine.process is None:
            return
        machine.cut()
        card = machine.card()
        self.stick.from_card = True
        done = await self._export("--state-dir", card)
        if done:
            await asyncio.sleep(self.about["carry_s"])
            self._must_not_start()
            if self.stick.destroyed:
                await self.until_done(machine, "station", "take-back", "--file-is-destroyed", "--state-dir", card)
            else:
                await self._take_in()
                self._must_not_start()
                while moved.look(card) is not None:
                    # Cut off in the midst it is typed again, as long as the mark is there.
                    await self.once(machine, "rescue", "settle", "--state-dir", card)
        machine.put_back()

    def _must_not_start(self) -> None:
        """Somebody puts the card back too early: what was rescued from it is not sent from there."""
        if moved.look(self.machine.settings.station.state_dir) is None:
            self.world.ledger.wrong.append(f"{self.machine.name} was rescued from and bears no mark")
            return
        self.machine.put_back()
        if self.machine.process is not None:
            self.world.ledger.wrong.append(f"{self.machine.name} started although its entries were rescued")
            self.machine.kill()
        self.machine.card()

    async def _export(self, *more: object) -> bool:
        """Write the archive; False: there was nothing to be rescued."""
        path = self.stick.path
        done = await self.until_done(
            self.machine, "rescue", "export", "--out", path, "--recipient", pair()[0],
            "--keys-file", keys_file(afterwards.codes_file()), *more,
            unfinished=lambda: (
                path.exists() or part(path).exists() or (bool(more) and moved.look(path_of(more)) is not None)
            ),
        )  # fmt: skip
        if done is None:
            return False
        cover = rescue.cover_of(path.read_bytes(), str(path))
        self.stick.to = cover.to
        self.stick.numbers = numbers_of(cover.numbers, cover.entries)
        self.world.sticks.append(self.stick)
        return True

    # At another one.

    async def _take_in(self) -> None:
        to, path = self.world.machines[self.about["to"]], self.stick.path
        third = self._another_than(to)
        if to.card_out:
            # Two dead ones that wait for each other's sticks would wait for ever.
            to, third = third, to
        to.start()
        if self.about["copy"]:
            shutil.copyfile(path, path.with_name("copy.rescue"))
        await self.until_done(to, "rescue", "import", path, "--key", self.key, unfinished=lambda: True)
        self.stick.taken.append(to.name)
        if self.about["twice"]:
            again = await self.until_done(to, "rescue", "import", path, "--key", self.key, unfinished=lambda: True)
            if again is not None and again["taken"]:
                self.world.ledger.wrong.append(f"{to.name} took {again['taken']} entries in a second time")
        if self.about["elsewhere"]:
            third.start()
            if await self.once(third, "rescue", "import", path, "--key", self.key) is not None:
                self.world.ledger.wrong.append(f"{third.name} took in what {to.name} had taken in")
        if self.about["copy"]:
            third.start()
            copy = path.with_name("copy.rescue")
            if await self.until_done(third, "rescue", "import", copy, "--key", self.key, unfinished=lambda: True):
                self.stick.copied.append(third.name)

    def _another_than(self, to: Machine) -> Machine:
        (third,) = (each for each in self.world.machines if each is not to and each is not self.machine)
        return third

    # Typing.

    async def until_done(self, machine: Machine, *arguments: object, unfinished: Any = lambda: False) -> Any:
        """Type it until it is done; None: it never was, and was not begun either."""
        tries = 0
        while True:
            tries += 1
            done = await self.once(machine, *arguments)
            if done is not None or ((tries >= TRIES or self.nothing) and not unfinished()):
                return done
            await asyncio.sleep(AGAIN_S * self.chance.uniform(0.5, 1.5))

    async def once(self, machine: Machine, *arguments: object) -> Any:
        cut_at = self.chance.randrange(9) if self.chance.random() < self.about["cuts"] else None
        try:
            done = await Kioskctl(machine, cut_at=cut_at).type(*arguments)
        except CtlError as problem:
            self.world.say(f"kioskctl at {machine.name}: {problem}")
            self.nothing = "nothing is unsent" in str(problem)
            return None
        except Cut:
            self.world.say(f"kioskctl at {machine.name} is cut off: {arguments[:2]}")
            self.world.count("kioskctl is cut off")
            return None
        self.world.say(f"kioskctl at {machine.name}: {arguments[:2]} {done}")
        return done


async def take_back(person: Carrying, machine: Machine, to: str) -> None:
    """Let entries go up after all that went to somewhere."""

    def there() -> bool:
        return machine.process is None or any(entry.outcome == to for entry in afterwards.entries(machine))

    await person.until_done(
        machine, "journal", "take-back", "--to", to, "--reason", "it was run over", "--by", "AB",
        "--file-is-destroyed", unfinished=there,
    )  # fmt: skip


def path_of(more: tuple[object, ...]) -> Path:
    """Return the folder that `--state-dir` names."""
    return Path(str(more[more.index("--state-dir") + 1]))


async def rescued(world: "World", machine: Machine, planned: Planned) -> None:
    """Carry what is unsent at one station to another one."""
    await Carrying(world, machine, planned).go()


async def taken_back(world: "World", machine: Machine, planned: Planned) -> None:
    """Let entries go up after all that were handed over to a file; some of those files had been loaded all the same."""
    files = [each for each in world.afterwards.exported if each.station == machine.name and not each.taken_back]
    if not files or world.plan.settings["keep_days"] < 365:
        return
    file, person = files[-1], Carrying(world, machine, planned)
    if planned.about["loaded"]:
        file.loaded = True
        _load(world, machine, file)
    file.taken_back = True
    world.sticks_under_way += 1
    await take_back(person, machine, file.to)
    world.sticks_under_way -= 1
    world.count("files taken back")


def _load(world: "World", machine: Machine, file: afterwards.Exported) -> None:
    """A person at the desk enters what stands in the file."""
    for entry in afterwards.entries(machine):
        patron, number = entry.what.patron, entry.what.item
        if entry.what.id in file.ids and entry.what.kind is Kind.CHECKOUT and patron is not None and number is not None:
            free = number in world.library.world.items and number not in world.library.world.loans
            if free and patron in world.library.world.patrons:
                world.library.world.force(patron, number, None, afterwards.LOADED, takes_away=False)
