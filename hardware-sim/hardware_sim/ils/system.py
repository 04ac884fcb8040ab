"""The library system as a whole: its listener, its connections, its faults, its memory."""

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from hardware_sim.addresses import Address
from hardware_sim.control import Changes
from hardware_sim.errors import SimulatorError
from hardware_sim.switches import merged

from .catalog import Catalog
from .cuts import Cuts
from .desk import Desk
from .doings import Others
from .faults import Faults, check
from .ledger import Ledger, Origin
from .line import Line
from .logins import Logins
from .personality import Personality
from .service import Service
from .world import World


def local_now() -> datetime:
    """Return the time of day with the offset of this machine's zone."""
    return datetime.now().astimezone()


class LibrarySystem:
    """A SIP2 server; made and used inside a running event loop."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        personality: Personality,
        faults: Faults | None = None,
        latency_ms: float = 0.0,
        ledger_path: Path | None = None,
        institution: str = "DEMO",
        library: str = "Demonstration Library",
        clock: Callable[[], datetime] = local_now,
    ) -> None:
        self.changes = Changes()
        self._loop = asyncio.get_running_loop()
        self.ledger = Ledger(ledger_path, clock=clock, on_entry=self.changes.note, monotonic=self._loop.time)
        self.world = World(catalog, self.ledger, clock=clock)
        self.others = Others(self.world, self.changes.note)
        self.logins = Logins(self._loop.time)
        self.desk = Desk(self.world, personality, self.logins, institution=institution, library=library)
        self.service = Service(
            desk=self.desk,
            logins=self.logins,
            others=self.others,
            personality=personality,
            faults=faults or Faults(),
            latency_ms=latency_ms,
            changes=self.changes,
        )
        self.address = Address("127.0.0.1", 0)
        self._lines: set[Line] = set()
        self._server: asyncio.Server | None = None
        self._guard: socket.socket | None = None
        self._coming: set[asyncio.Task[None]] = set()

    @property
    def faults(self) -> Faults:
        """The switches that stand."""
        return self.service.faults

    # listening

    async def open(self, address: Address) -> None:
        """Bind, and listen unless `down`. Raises SimulatorError if the address cannot be had."""
        try:
            self._guard = _bound(address)
        except OSError as wrong:
            raise SimulatorError(f"--listen: cannot listen on {address}: {wrong.strerror}; choose another") from wrong
        self.address = Address(address.host, self._guard.getsockname()[1])
        await self._obey()

    async def close(self) -> None:
        """Stop listening and drop everybody."""
        self._go_down()
        if self._guard is not None:
            self._guard.close()
        self.ledger.close()

    def line(self) -> Line:
        """Return the protocol of one more connection, for the listener or for a line of memory."""
        return Line(self.service, joins=self._lines.add, leaves=self._lines.discard)

    async def _come_up(self) -> None:
        self._server = await self._loop.create_server(self.line, sock=_bound(self.address), backlog=1024)
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    def _go_down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            # Bound but not listening: connections are refused and nobody else gets the port meanwhile.
            self._guard = _bound(self.address)
        self._drop_all()

    def _drop_all(self) -> None:
        for line in list(self._lines):
            line.drop(reset=True)

    # faults

    async def set_faults(self, document: dict[str, object]) -> None:
        """Merge switches into those that stand. Raises msgspec.ValidationError, and then nothing is changed."""
        self.service.put_faults(check(merged(self.faults, document)))
        if any(name.startswith("drop_") for name in document):
            self._count_anew()
        await self._obey()

    async def clear_faults(self) -> None:
        """Put every switch back."""
        self.service.put_faults(Faults())
        self._count_anew()
        await self._obey()

    def _count_anew(self) -> None:
        self.service.cuts = Cuts(self.faults)
        for line in self._lines:
            line.cuts = Cuts(self.faults)

    async def _obey(self) -> None:
        if self.faults.lose_memory:
            self.faults.lose_memory = False
            self._drop_all()
            self.world.forget_loans(Origin(connection=0, message="restart"))
        if self.faults.down_for_s and not self.faults.down:
            self._loop.call_later(self.faults.down_for_s, self._back_by_itself)
            self.faults.down, self.faults.down_for_s = True, 0
        if self.faults.down:
            self._go_down()
        elif self._server is None:
            await self._come_up()
        if self.faults.starting_for_s and not self.faults.down:
            self.faults.starting = True
            self._loop.call_later(self.faults.starting_for_s, self._started)
            self.faults.starting_for_s = 0
        for line in list(self._lines):
            line.faults_changed()
        self.changes.note()

    def _back_by_itself(self) -> None:
        self.faults.down = False
        task = self._loop.create_task(self._obey())
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    def _started(self) -> None:
        self.faults.starting = False
        self.changes.note()

    def begin_anew(self, *, world: bool, ledger: bool, transcript: bool) -> None:
        """Put the world back to the catalogue, empty the ledger, forget the transcript."""
        if ledger:
            self.ledger.begin_anew()
        if world:
            self.world.open_doors()
        if transcript:
            self.service.transcript.clear()
            self.service.requests.clear()
            self.logins.tried.clear()
        self.changes.note()


def _bound(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it small answers wait for an ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address.host, address.port))
    except OSError:
        sock.close()
        raise
    return sock
