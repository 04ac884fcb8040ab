"""A library system, stations at it, and the time that passes for all of them."""

import asyncio
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hardware_sim.addresses import Address
from hardware_sim.ils.catalog import Catalog, FirstLoan, Item, Patron
from hardware_sim.ils.codes import ITEM_PREFIX, PATRON_PREFIX, code14
from hardware_sim.ils.ledger import Entry as Deed
from hardware_sim.ils.ledger import Origin
from hardware_sim.ils.personality import PERSONALITIES
from hardware_sim.ils.system import LibrarySystem
from kioskd.model.entry import EntryState
from tests.comeback.kiosk import ZONE, Kiosk, KioskClock, Time
from tests.comeback.memory import wire
from tests.ils.virtual import VirtualLoop

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=ZONE).timestamp()


def card(n: int) -> str:
    return code14(PATRON_PREFIX, n)


def book(n: int) -> str:
    return code14(ITEM_PREFIX, n)


class Scene:
    """Stations and their library system. `await` it open by `async with`."""

    def __init__(
        self,
        folder: Path,
        personality: str = "plain",
        *,
        patrons: int = 3,
        items: int = 8,
        loans: list[tuple[int, int]] | None = None,
        days_ago: int = 3,
        latency_ms: float = 0.0,
        start_wall_s: float = NOON,
        tcp: bool = False,
        **faults: Any,
    ) -> None:
        self.time = Time(start_wall_s)
        self.tcp = tcp
        self._folder = folder
        self._faults = faults
        self._numbers = itertools.count(1)
        self.kiosks: list[Kiosk] = []
        self.system = LibrarySystem(
            catalog=Catalog(
                patrons=[Patron(barcode=card(n), name=f"Reader {n}") for n in range(1, patrons + 1)],
                items=[Item(barcode=book(n), title=f"Volume {n}") for n in range(1, items + 1)],
                loans=[FirstLoan(patron=card(who), item=book(what), days_ago=days_ago) for who, what in loans or []],
            ),
            personality=PERSONALITIES[personality],
            latency_ms=latency_ms,
            clock=lambda: dt.datetime.fromtimestamp(self.time.wall_s(), ZONE),
        )

    async def __aenter__(self) -> "Scene":
        await self.system.open(Address("127.0.0.1", 0))
        if self._faults:
            await self.system.set_faults(self._faults)
        return self

    async def __aexit__(self, *_: object) -> None:
        for kiosk in self.kiosks:
            await kiosk.stop()
        await self.system.close()
        # What was aborted is closed in the next turns of the loop.
        await asyncio.sleep(0.01)

    def kiosk(
        self, *, name: str = "", trusted: bool = True, boot_id: str = "boot-1", folder: Path | None = None, **ils: Any
    ) -> Kiosk:
        """Make a station, not started yet."""
        name = name or f"CENTRAL-{next(self._numbers)}"
        clock = KioskClock(self.time, trusted=trusted, boot_id=boot_id)
        where = folder or self._folder / name
        if self.tcp:
            made = Kiosk(where, clock, name=name, **{"host": "127.0.0.1", "port": self.system.address.port, **ils})
        else:
            made = Kiosk(where, clock, name=name, open_line=wire(self.system, name), **ils)
        self.kiosks.append(made)
        return made

    @staticmethod
    def origin(message: str, login: str = "kiosk") -> Origin:
        """Who did it, for a deed that is done behind the line's back."""
        return Origin(connection=0, message=message, login=login)

    # What truly happened.

    def deeds(self, *kinds: str) -> list[Deed]:
        wanted = kinds or ("loan", "renewal", "return")
        return [deed for deed in self.system.ledger if deed.kind.value in wanted]

    def times_done(self) -> Counter[tuple[str, str]]:
        """How often each item was lent, renewed, returned."""
        return Counter((deed.kind.value, deed.item) for deed in self.deeds())

    def holder(self, item: str) -> str | None:
        loan = self.system.world.loans.get(item)
        return loan.patron if loan else None

    def requests(self, *codes: str) -> list[str]:
        said = [row.line for row in self.system.service.transcript if row.direction == ">"]
        return [line for line in said if not codes or line[:2] in codes]

    def waiting_for_a_person(self) -> list[tuple[str, int, str | None]]:
        """All exceptions: station, number, class."""
        return [
            (kiosk.settings.station.id, each.seq, each.outcome)
            for kiosk in self.kiosks
            if kiosk.running
            for each in kiosk.entries()
            if each.state is EntryState.EXCEPTION
        ]


TCP_PATIENCE_S = 0.002
"""What was written to a socket of this machine is there by then."""


def play(scene: Callable[[], Coroutine[Any, Any, Any]], *, tcp: bool = False) -> Any:
    """Play it in virtual time; what is raised in the loop's callbacks is raised here."""
    faults: list[BaseException] = []

    def noted(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        faults.append(context.get("exception") or RuntimeError(context["message"]))

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(TCP_PATIENCE_S if tcp else 0.0)) as runner:
        runner.get_loop().set_exception_handler(noted)
        result = runner.run(scene())
    if faults:
        raise faults[0]
    return result
