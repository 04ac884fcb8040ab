"""What surrounds an outage at a station: exercises, forms begun and left, crates counted, the recovery board ticked."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kioskd.daemon.drill import CARD, ITEMS
from kioskd.model import calls as c
from kioskd.model import downtime_calls as d
from kioskd.model.downtime import BoardStep, DraftForm
from kioskd.model.entry import ModeName
from kioskd.model.errors import CallError
from kioskd.model.settings import Secret
from kioskd.model.slip import SlipKind
from kioskd.model.view import LineResult, View
from kioskd.rules.outage import Outage
from tests.simulation.kioskctl import answer
from tests.simulation.machine import Machine
from tests.simulation.plan import Planned, card, item

if TYPE_CHECKING:
    from tests.simulation.world import World

STAFF_CODE = "24682468"
SURNAMES = ("Quetzalli", "Wojciechowska", "Nguyễn-Tremblay", "Oyelaran")
STREETS = ("17 Larkspur Passage", "4 Quaking Aspen Mews")
"""Nobody else's words: they may stand nowhere."""
DRILLED = frozenset(ITEMS)


@dataclass
class Procedure:
    """What was seen of it."""

    drills: int = 0
    drafts: int = 0
    crates: int = 0
    ticks: int = 0
    wrong: list[str] = field(default_factory=list)
    busy: set[tuple[str, str]] = field(default_factory=set)
    """Where somebody is at it: a station has one form of a kind, and one drill."""

    def drilled(self, machine: Machine, view: View) -> None:
        """A View of a drill: nothing in it is anybody's."""
        if {line.item for line in view.items} - DRILLED:
            self.wrong.append(f"a drill at {machine.name} shows {[line.item for line in view.items]}")
        if view.patron is not None and not view.patron.label.endswith(CARD[-4:]):
            self.wrong.append(f"a drill at {machine.name} serves the card {view.patron.label}")


async def drill(world: "World", machine: Machine, planned: Planned) -> None:
    """An outage exercise: items are lent to a card of paper; it ends, nobody ends it, or the power does."""
    about = planned.about
    for _ in range(about["tries"]):
        started = await answer(machine, c.DrillStart(), c.Role.TECHNICIAN)
        if isinstance(started, dict):
            break
        await asyncio.sleep(60)
    else:
        return
    world.procedure.drills += 1
    instance = machine.process.instance if machine.process is not None else ""

    def on() -> bool:
        process = machine.process
        return process is not None and process.instance == instance and process.drills.on

    for code in (CARD, *ITEMS[: about["items"]]):
        if not on():
            return
        machine.scan(code)
        await asyncio.sleep(2)
    lines = machine.view.items if machine.view is not None else ()
    shown = [line.item for line in lines if line.result is LineResult.RECORDED]
    full = machine.disk.full or machine.disk.failing_flushes or not machine.cable.plugged
    if on() and not full and shown != list(ITEMS[: about["items"]]):
        world.procedure.wrong.append(f"a drill at {machine.name} showed {shown}")
    if on() and about["finish"]:
        machine.call(c.SessionFinish((SlipKind.RECEIPT,)))
        await asyncio.sleep(about["finish"])
    if not about["ends"]:
        return
    await answer(machine, c.DrillEnd(), c.Role.TECHNICIAN)


# --- forms that are begun ---------------------------------------------------------------------------


async def draft(world: "World", machine: Machine, planned: Planned) -> None:
    """Staff begin a form: it is there after a cut, and gone when they lock the station."""
    form = DraftForm(planned.about["form"])
    place = (machine.name, form.value)
    if place in world.procedure.busy:
        return
    world.procedure.busy.add(place)
    try:
        await _Form(world, machine, planned, form).go()
    finally:
        world.procedure.busy.discard(place)


class _Form:
    """A form under somebody's hands."""

    def __init__(self, world: "World", machine: Machine, planned: Planned, form: DraftForm) -> None:
        self.world = world
        self.machine = machine
        self.about = planned.about
        self.chance = random.Random(planned.seed)
        self.form = form
        self.path = machine.settings.station.state_dir / f"draft-{form}"
        self.registered = world.afterwards.registering[machine.name]
        self.unlocked: str | None = None
        """Which start of the station this person has unlocked."""

    async def go(self) -> None:
        """Fill it in field by field; then lock the station, amid a word or after it, or lose the power."""
        if not await self._unlock():
            return
        self.world.procedure.drafts += 1
        kept: list[dict[str, str]] = [{}]
        words = self._words()
        for number in range(1, len(words) + 1):
            fields = dict(list(words.items())[:number])
            if self.about["end"] == "lock amid" and number == len(words):
                self._keep(fields)
                break
            kept.append(fields)
            told = await self._kept(fields)
            if told is None:
                break
            if isinstance(told, CallError):
                # The disk, or the five minutes of a self station are over.
                kept.pop()
                break
            kept = [fields]
            await asyncio.sleep(self.chance.uniform(1, 4))
        if self.about["end"] == "cut":
            await self._cut(kept)
        if self._instance() != self.unlocked:
            # It died meanwhile, and nobody got in again, or it is an exercise: who did not unlock it locks nothing.
            return
        self.machine.call(c.StaffLock())
        await asyncio.sleep(3)
        if self.machine.process is not None and not self._used_again():
            self._is_gone()

    def _words(self) -> dict[str, str]:
        if self.form is DraftForm.REGISTER:
            return {"last": self.chance.choice(SURNAMES), "address": self.chance.choice(STREETS), "language": "English"}
        return {"patron": card(self.chance.randrange(900)), "item": item(self.chance.randrange(900)), "kind": "C"}

    async def _unlock(self) -> bool:
        self.machine.call(c.StaffUnlock(Secret(STAFF_CODE)))
        await asyncio.sleep(1)
        if self._by() is None:
            return False
        self.unlocked = self._instance()
        return True

    def _instance(self) -> str | None:
        return self.machine.process.instance if self.machine.process is not None else None

    def _by(self) -> str | None:
        process = self.machine.process
        return process.station.state.staff.by if process is not None else None

    def _keep(self, fields: dict[str, str]) -> c.RequestId | None:
        secrets = {name: Secret(value) for name, value in fields.items()}
        return self.machine.call(d.DraftKeep(self.form, secrets), c.Role.SCREEN)

    async def _kept(self, fields: dict[str, str]) -> Any:
        secrets = {name: Secret(value) for name, value in fields.items()}
        return await answer(self.machine, d.DraftKeep(self.form, secrets), c.Role.SCREEN)

    async def _cut(self, kept: list[dict[str, str]]) -> None:
        """The power goes; the next one who unlocks the station finds what was acknowledged, or what came after it."""
        machine = self.machine
        if machine.process is None or self._by() is None or machine.card_out:
            return
        self._in_clear()
        machine.cut()
        await asyncio.sleep(30)
        machine.start()
        await asyncio.sleep(30)
        if machine.process is None or not await self._unlock():
            return
        found = await answer(machine, d.DraftGet(self.form), c.Role.SCREEN)
        if isinstance(found, CallError) and self._used_again():
            return
        fields = found.get("fields", {}) if isinstance(found, dict) else {}
        if found is not None and fields not in kept:
            self.world.procedure.wrong.append(f"a form at {machine.name} held {len(fields)} fields after a power cut")

    def _used_again(self) -> bool:
        """Whether somebody has unlocked it since, or has sent off such a form: then that is another one's."""
        sent = (
            self.form is DraftForm.REGISTER and self.world.afterwards.registering[self.machine.name] != self.registered
        )
        return self._by() is not None or sent

    def _is_gone(self) -> None:
        process = self.machine.process
        assert process is not None
        if self.path.exists():
            self.world.procedure.wrong.append(f"{self.path.name} lies at {self.machine.name} after it was locked")
        if process.station.state.drafts.get(self.form) is not None:
            self.world.procedure.wrong.append(f"{self.machine.name} is locked and still has a form open")

    def _in_clear(self) -> None:
        in_clear(self.world, self.machine)


def in_clear(world: "World", machine: Machine) -> None:
    """See that nothing of a person lies readable in the folder of a station."""
    for path in sorted(machine.settings.station.state_dir.rglob("*")):
        if path.is_file():
            whole = path.read_bytes()
            for word in (*SURNAMES, *STREETS):
                if word.encode() in whole:
                    world.procedure.wrong.append(f"{word} stands in {path.name} of {machine.name}")


# --- crates and the board ---------------------------------------------------------------------------


async def crates(world: "World", machine: Machine, planned: Planned) -> None:
    """Staff count crates, and tick the recovery board as far as it lets them; what they heard of stays."""
    chance = random.Random(planned.seed)
    counted: dict[int, int] = {}
    since: float | None = None
    for _ in range(planned.about["times"]):
        outage = _outage(machine)
        if outage is None or outage.closed:
            break
        if since not in (None, outage.since_wall_s):
            break
        since = outage.since_wall_s
        if outage.back_wall_s is None or chance.random() < 0.4:
            number = chance.choice([0, *counted])
            items = chance.randrange(1, 60)
            told = await answer(machine, d.CrateCount(items, number, "AB"))
            if told is None:
                # Nobody knows whether it was taken: such a crate is not compared.
                counted.pop(number, None)
            elif isinstance(told, dict):
                counted[told["crate"]] = items
                world.procedure.crates += 1
        else:
            await _tick(world, machine, outage, chance)
        await asyncio.sleep(chance.uniform(5, planned.about["pause_s"]))
        _still_there(world, machine, since, counted)


async def _tick(world: "World", machine: Machine, outage: Outage, chance: random.Random) -> None:
    process = machine.process
    step = outage.next_step if chance.random() < 0.8 else chance.choice(list(BoardStep))
    if process is None or step is None:
        return
    state = process.station.state
    may = state.mode.name is ModeName.ONLINE and not state.summary.unsent
    told = await answer(machine, d.DowntimeTick(step, True, "AB"))
    if told is None or isinstance(told, CallError):
        return
    world.procedure.ticks += 1
    if step is not outage.next_step:
        world.procedure.wrong.append(f"{step} was ticked before {outage.next_step}")
    if step in (BoardStep.UNSENT, BoardStep.CRATES) and not may:
        world.procedure.wrong.append(f"{step} was ticked while something waited")


def _outage(machine: Machine) -> Outage | None:
    return machine.process.station.state.outage if machine.process is not None else None


def _still_there(world: "World", machine: Machine, since: float, counted: dict[int, int]) -> None:
    outage = _outage(machine)
    if outage is None or outage.since_wall_s != since:
        return
    has = {crate.number: crate.items for crate in outage.crates}
    lost = {number: items for number, items in counted.items() if has.get(number) != items}
    if lost:
        world.procedure.wrong.append(f"crates {lost} were counted at {machine.name}, which has {has}")
