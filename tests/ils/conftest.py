"""A library system in the test's own loop, and a station's end of the line to it: real TCP between them."""

import asyncio
import datetime as dt
import itertools
import zoneinfo
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from hardware_sim.addresses import Address
from hardware_sim.ils.catalog import demonstration
from hardware_sim.ils.personality import PERSONALITIES
from hardware_sim.ils.system import LibrarySystem
from kioskd.ils.conversation import Conversation
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.effects import Ask
from kioskd.model.ils import AskId, Question, Urgency
from kioskd.model.inputs import Answered, Input, LineDown, LineUp, Unanswered
from kioskd.model.settings import IlsSettings

ZONE = zoneinfo.ZoneInfo("America/Los_Angeles")
NOW_WALL_S = dt.datetime(2026, 11, 23, 22, 21, 22, tzinfo=ZONE).timestamp()
TIMEOUT_S = 5.0
"""Longer than any test needs: a time-out that is not meant shows as a failure, not as luck."""


class Station:
    """What the rules see of the conversation. It connects again at once when a line ends, `reconnects` times."""

    def __init__(self, settings: IlsSettings, *, reconnects: int = 0, **more: Any) -> None:
        self.words: list[Input] = []
        self.reconnects = reconnects
        self.within = False
        self.lines: list[tuple[str, str]] = []
        self.conversation = Conversation(
            settings,
            ZONE,
            self._deliver,
            lambda: NOW_WALL_S,
            trace=lambda way, line: self.lines.append((way, line)),
            **more,
        )
        self._numbers = itertools.count(1)
        self._heard = asyncio.Event()
        self._up = False
        self._looked = 0

    def _deliver(self, what: Input) -> None:
        assert not self.within, "told from within a call"
        self.words.append(what)
        self._heard.set()
        if isinstance(what, LineUp):
            self._up = True
        if isinstance(what, LineDown):
            again = self._up and self.reconnects > 0
            self._up = False
            if again:
                self.reconnects -= 1
                self.connect()

    def connect(self, timeout_s: float = TIMEOUT_S) -> None:
        self.within = True
        self.conversation.connect(timeout_s)
        self.within = False

    def disconnect(self) -> None:
        self.within = True
        self.conversation.disconnect()
        self.within = False

    def ask(self, question: Question, urgency: Urgency = Urgency.PATRON, within_s: float = TIMEOUT_S) -> AskId:
        ask = AskId(next(self._numbers))
        self.within = True
        self.conversation.ask(Ask(ask, question, urgency, asyncio.get_running_loop().time() + within_s))
        self.within = False
        return ask

    async def until(self, there: Callable[[], Any]) -> Any:
        async with asyncio.timeout(TIMEOUT_S * 2):
            while not (found := there()):
                self._heard.clear()
                await self._heard.wait()
        return found

    async def line(self) -> LineUp | LineDown:
        """Wait for the next word on the line."""

        def following() -> LineUp | LineDown | None:
            words = self.words[self._looked :]
            return next((word for word in words if isinstance(word, LineUp | LineDown)), None)

        word: LineUp | LineDown = await self.until(following)
        self._looked = self.words.index(word, self._looked) + 1
        return word

    def outcomes(self, ask: AskId) -> list[Answered | Unanswered]:
        return [word for word in self.words if isinstance(word, Answered | Unanswered) and word.ask == ask]

    async def outcome(self, ask: AskId) -> Answered | Unanswered:
        await self.until(lambda: self.outcomes(ask))
        (word,) = self.outcomes(ask)
        return word

    async def asks(self, question: Question, urgency: Urgency = Urgency.PATRON, within_s: float = TIMEOUT_S) -> Any:
        """Ask; return the answer, or why there is none."""
        word = await self.outcome(self.ask(question, urgency, within_s))
        return word.answer if isinstance(word, Answered) else word.why

    async def up(self) -> "Station":
        self.connect()
        word = await self.line()
        assert isinstance(word, LineUp), word
        return self


class Branch:
    """A library system, its cards and books, and stations that talk to it."""

    def __init__(self, system: LibrarySystem) -> None:
        self.system = system
        self.cards = [PatronBarcode(card) for card in system.world.patrons]
        self.books = [ItemBarcode(book) for book in system.world.items]
        self.stations: list[Station] = []

    def station(self, *, reconnects: int = 0, open_line: Any = None, **settings: Any) -> Station:
        chosen = {"host": "127.0.0.1", "port": self.system.address.port, "login_user": "kiosk", **settings}
        more = {"open_line": open_line} if open_line else {}
        station = Station(IlsSettings(**chosen), reconnects=reconnects, **more)
        self.stations.append(station)
        return station

    def requests(self, *codes: str) -> list[str]:
        said = [row.line for row in self.system.service.transcript if row.direction == ">"]
        return [line for line in said if not codes or line[:2] in codes]

    def deeds(self) -> list[tuple[str, str, str]]:
        return [(entry.kind.value, entry.patron, entry.item) for entry in self.system.ledger]


@pytest.fixture
async def open_branch() -> AsyncIterator[Callable[..., Awaitable[Branch]]]:
    """Open a library system of a personality with some faults; closed at the end."""
    branches: list[Branch] = []

    async def begin(personality: str = "plain", *, faults: dict[str, object] | None = None, **more: Any) -> Branch:
        system = LibrarySystem(catalog=demonstration(), personality=PERSONALITIES[personality], **more)
        await system.open(Address("127.0.0.1", 0))
        if faults:
            await system.set_faults(faults)
        branches.append(Branch(system))
        return branches[-1]

    yield begin
    for branch in branches:
        for station in branch.stations:
            await station.conversation.close()
        await branch.system.close()
    # What was aborted is closed in the next turns of the loop.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
