"""A library system with its door, and stations that upload through it, in virtual time and over real sockets."""

import asyncio
import datetime as dt
import ssl
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from hardware_sim.ils.doors import Doors
from kioskd.model.entry import EntryState, Kind, NewEntry
from kioskd.model.settings import DoorSettings, Secret
from tests.comeback.kiosk import Kiosk, entry
from tests.comeback.scene import NOON, Scene, book, card
from tests.ils.virtual import VirtualLoop

USERS = {"uploader": "secret"}
PATIENCE_S = 0.01
"""What was written to a socket of this machine, or by a thread, is there by then."""
LENT_S = NOON - 3600.0
DUE = dt.date(2026, 12, 24)


class Shop(Scene):
    """The scene, and its doors on an address of their own."""

    def __init__(self, folder: Path, profile: str, **more: Any) -> None:
        super().__init__(folder, "koha" if profile == "koha" else "plain", tcp=True, **more)
        self.profile = profile
        self.doors = Doors(self.system.world, dict(USERS))

    async def __aenter__(self) -> "Shop":
        await super().__aenter__()
        app = web.Application()
        app.add_routes(self.doors.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0)
        await self._runner.setup()
        await self.listen()
        return self

    async def listen(self, tls: ssl.SSLContext | None = None) -> None:
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        self.port = self._runner.addresses[-1][1]

    async def __aexit__(self, *told: object) -> None:
        for kiosk in self.kiosks:
            await kiosk.stop()
        await self._runner.cleanup()
        await super().__aexit__(*told)

    def settings(self, **more: Any) -> DoorSettings:
        own: dict[str, Any] = {
            "url": f"http://127.0.0.1:{self.port}",
            "user": "uploader",
            "password": Secret("secret"),
            "branch": "4",
            "workstation": "BR4-kiosk",
            "client_id": "KIOSK",
        }
        return DoorSettings(**{**own, **more})

    def station(self, *entries: NewEntry, folder: Path | None = None, **door: Any) -> Kiosk:
        """A station whose journal holds these, not started yet."""
        made = self.kiosk(profile=self.profile, door=self.settings(**door), timeout_s=8.0, folder=folder)
        if entries:
            made.fill(entries)
        return made

    def lent(self) -> dict[str, int]:
        """How often each item was lent or renewed."""
        found: dict[str, int] = {}
        for deed in self.deeds("loan", "renewal"):
            found[deed.item] = found.get(deed.item, 0) + 1
        return found


def loans(count: int, **more: Any) -> list[NewEntry]:
    """Loans of an hour ago, each of another card and item."""
    return [entry(card(n), book(n), LENT_S + n, **more) for n in range(1, count + 1)]


def renewals(*items: int, card_too: bool = False) -> list[NewEntry]:
    return [entry(card(n) if card_too else None, book(n), LENT_S + n, Kind.RENEWAL) for n in items]


def states(kiosk: Kiosk) -> list[tuple[str, str | None]]:
    return [(each.state.value, each.outcome) for each in kiosk.entries()]


def all_settled(kiosk: Kiosk) -> bool:
    return all(each.state is EntryState.SETTLED for each in kiosk.entries())


class Loop(VirtualLoop):
    """Its threads are waited for in real time, at the end too."""

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the loop's own
        executor = self._default_executor  # type: ignore[attr-defined]
        if executor is not None:
            executor.shutdown(wait=True)


def play(scene: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Play it; what is raised in the loop's callbacks is raised here."""
    faults: list[BaseException] = []

    def noted(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        fault = context.get("exception") or RuntimeError(context["message"])
        if not isinstance(fault, ConnectionError):  # the server's end of a line that was let die
            faults.append(fault)

    with asyncio.Runner(loop_factory=lambda: Loop(PATIENCE_S)) as runner:
        runner.get_loop().set_exception_handler(noted)
        result = runner.run(scene())
    if faults:
        raise faults[0]
    return result


async def uploaded(shop: Shop, entries: Sequence[NewEntry], **door: Any) -> Kiosk:
    kiosk = shop.station(*entries, **door).start()
    await kiosk.settled()
    return kiosk


async def seen(met: Callable[[], Any]) -> None:
    """Wait until something is so that no View tells."""
    async with asyncio.timeout(3600):
        while not met():  # noqa: ASYNC110 - virtual time, and nothing tells
            await asyncio.sleep(0.5)
