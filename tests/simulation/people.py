"""Patrons and staff before a station: they look at its screen and do what people do."""

import asyncio
import datetime as dt
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kioskd.model import calls as c
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.settings import Secret, StationKind
from kioskd.model.slip import SlipKind
from kioskd.model.view import Flow, Screen
from tests.simulation.ledger import Visitor
from tests.simulation.machine import Machine
from tests.simulation.plan import Planned, card, item

if TYPE_CHECKING:
    from tests.simulation.world import World

STAFF_CODE = "24682468"
LOOK_S = 0.5
STILL_WAITS_S = 12.0


def pin(patron: int) -> str:
    """Return a PIN that no other number contains by chance."""
    return f"90{(patron * 7919 + 13) % 10_000:04d}71{patron % 10}5"


def mistyped(code: str, chance: random.Random) -> str:
    """Return a number with one digit wrong, not the first and none of the last four."""
    at = chance.randrange(2, len(code) - 5)
    return code[:at] + str((int(code[at]) + chance.randint(1, 8)) % 10) + code[at + 1 :]


class Visit:
    """One person's visit."""

    def __init__(self, world: "World", machine: Machine, planned: Planned) -> None:
        self.world = world
        self.machine = machine
        self.about = planned.about
        self.ways = frozenset(planned.about["ways"])
        self.chance = random.Random(planned.seed)
        self.who = Visitor(planned.about["patron"], machine.name, world.loop.time())

    async def go(self) -> None:
        """Come, borrow or renew, leave."""
        world, machine = self.world, self.machine
        if machine.name in world.present:
            # Somebody is still there; people wait a while and go.
            for _ in range(20):
                await asyncio.sleep(5)
                if machine.name not in world.present:
                    break
            else:
                return
        world.present[machine.name] = self.who
        try:
            await self._visit()
        finally:
            del world.present[machine.name]
            self.who.left_s = world.loop.time()
            world.last[machine.name] = self.who
            world.custody.update(dict.fromkeys(sorted(self.who.took), self.who))

    async def _visit(self) -> None:
        if self.machine.settings.station.kind is StationKind.STAFF:
            await self.world.unlock(self.machine)
        if self.about["flow"] == "renew":
            self.machine.call(c.SessionStart(Flow.RENEW))
            await asyncio.sleep(1)
        numbers = self._numbers()
        await self._card()
        if "scans items at once" not in self.ways and not await self._sees(self._ready):
            return
        for number in numbers:
            await self._item(number)
            if self._view_screen() in (None, Screen.IDLE, Screen.OUT_OF_SERVICE):
                break
        if "takes one back" in self.ways:
            self._take_one_back()
            await asyncio.sleep(2)
        await self._leave()

    def _numbers(self) -> list[str]:
        """What is in this person's hands: things from the shelf, or what they have at home."""
        if self.about["flow"] == "renew":
            mine = [number for number, who in self.world.custody.items() if who is not None]
            mine = [number for number in mine if self.world.custody[number].patron == self.who.patron]
            return sorted(mine)[: len(self.about["items"])]
        wanted = [item(n) for n in self.about["items"]]
        return [number for number in dict.fromkeys(wanted) if self.world.custody.get(number) is None]

    async def _card(self) -> None:
        number = card(self.who.patron)
        if "mistypes the card" in self.ways:
            number = mistyped(number, self.chance)
        self.who.cards.append(number)
        if "types the card" in self.ways or "mistypes the card" in self.ways:
            for _ in range(2):
                self.machine.call(c.SessionInput(Secret(number)))
                await asyncio.sleep(self.chance.uniform(3, 6))
                if self._has_card():
                    return
            return
        self.machine.scan(number)
        await asyncio.sleep(self.chance.uniform(0.3, 1.5))
        if self._view_screen() is Screen.CONFIRM:
            # Somebody's visit is open: this one ends it, by the screen or with the card once more.
            if self.chance.random() < 0.7:
                self._confirm()
            else:
                await asyncio.sleep(2)
                self.machine.scan(number)
            await asyncio.sleep(1)

    async def _item(self, number: str) -> None:
        if "takes long" in self.ways and self.chance.random() < 0.5:
            await asyncio.sleep(self.chance.uniform(10, 40))
        if "another due date" in self.ways:
            self._due_date()
        self.who.entered.add(number)
        if "types an item" in self.ways:
            self.machine.call(c.SessionInput(Secret(number)))
        elif "mistypes an item" in self.ways and self.chance.random() < 0.5:
            wrong = mistyped(number, self.chance)
            self.who.entered.add(wrong)
            self.machine.call(c.SessionInput(Secret(wrong)))
        else:
            self.machine.scan(number)
            if "scans twice" in self.ways:
                await asyncio.sleep(self.chance.choice((0.2, 0.8, 2.0)))
                self.machine.scan(number)
        await asyncio.sleep(0.1 if "scans items at once" in self.ways else self.chance.uniform(0.6, 4.0))
        if self._view_screen() is Screen.CONFIRM:
            await asyncio.sleep(self.chance.uniform(0.5, 2))
            self._confirm()
            await asyncio.sleep(1)
        elif self._view_screen() is Screen.PIN:
            await self._pin()

    def _take_one_back(self) -> None:
        view = self.machine.view
        lines = [line.n for line in view.items if line.result == "recorded"] if view is not None else []
        if lines and self._mine():
            self.world.withdrawals += 1
            self.machine.call(c.SessionWithdraw(self.chance.choice(lines), "not this one"))

    async def _leave(self) -> None:
        if "leaves without finishing" in self.ways or not self._mine():
            return
        if "cancels" in self.ways:
            self.machine.call(c.SessionCancel())
            await asyncio.sleep(1)
            return
        paper = []
        if "wants a receipt" in self.ways:
            paper.append(SlipKind.RECEIPT)
        if "wants a bookmark" in self.ways:
            paper.append(SlipKind.BOOKMARK)
        self.machine.call(c.SessionFinish(tuple(paper)))
        await self._sees(lambda: self._view_screen() in (Screen.DONE, Screen.IDLE, None), for_s=90)
        await asyncio.sleep(self.chance.choice((0.1, 2.0, 6.0)))

    # What they see.

    def _view_screen(self) -> Screen | None:
        return self.machine.view.screen if self.machine.view is not None else None

    def _has_card(self) -> bool:
        view = self.machine.view
        return view is not None and view.patron is not None and view.patron.label[-4:] == self.who.cards[-1][-4:]

    def _mine(self) -> bool:
        view = self.machine.view
        return view is not None and view.session in self.who.ids and view.screen is not Screen.DONE

    def _ready(self) -> bool:
        return self._has_card() and self._view_screen() in (Screen.ITEMS, Screen.FINISH)

    async def _sees(self, what: Callable[[], bool], for_s: float = STILL_WAITS_S) -> bool:
        until = self.world.loop.time() + for_s
        while not what():
            if self.world.loop.time() >= until:
                return False
            if self._view_screen() is Screen.PIN:
                await self._pin()
            await asyncio.sleep(LOOK_S)
        return True

    async def _pin(self) -> None:
        right = pin(self.who.patron)
        if "forgets the PIN" in self.ways and self.chance.random() < 0.6:
            right = pin(self.who.patron + 1)
        self.world.pins.add(right)
        self.machine.call(c.SessionInput(Secret(right)))
        await asyncio.sleep(1.5)

    def _confirm(self) -> None:
        self.machine.call(c.SessionConfirm(yes=True))

    def _due_date(self) -> None:
        if self.machine.settings.station.kind is StationKind.STAFF and self.chance.random() < 0.5:
            day = self.world.today() + dt.timedelta(days=self.chance.choice((3, 28, 60)))
            self.machine.call(c.SessionDueDate(day), c.Role.STAFF)


async def checkin(world: "World", machine: Machine, planned: Planned) -> None:
    """Staff ask for all that is not done offline, and hear a refusal or an answer."""
    process = machine.process
    if process is None:
        return
    # As staff read it: a question under way that a patron waits for is nothing that is unsent.
    shown = machine.view
    was = (shown.mode.name, shown.unsent) if shown is not None else ("starting", 0)
    number = world.something_brought_back(planned.about["item"])
    asked = world.loop.time()
    requests: list[tuple[str, c.RequestId | None]] = [
        ("checkin", machine.call(c.ItemCheckin(number), c.Role.STAFF)),  # type: ignore[arg-type]
        ("payment", machine.call(c.PaymentTake(), c.Role.STAFF)),
        ("rfid", machine.call(c.RfidSecure(), c.Role.STAFF)),
    ]
    at_once = dict(machine.answers)
    await asyncio.sleep(20)
    allowed = was == ("online", 0)
    for what, request in requests:
        if request is None or request not in at_once:
            continue
        answer: Any = at_once[request]
        if what == "payment" and not isinstance(answer, CallError):
            world.ledger.wrong.append("a payment was taken")
        if what != "payment" and not allowed:
            kind = answer.kind if isinstance(answer, CallError) else None
            if kind not in (ErrorKind.REFUSED_OFFLINE, ErrorKind.ELSEWHERE):
                world.ledger.wrong.append(f"{what} while {was}: {answer}")
    world.checkins.append((machine.name, number, asked, allowed))
    request = requests[0][1]
    if request is not None and not isinstance(machine.answers.get(request), CallError):
        world.custody[number] = None
