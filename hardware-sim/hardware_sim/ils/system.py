"""The library system as a whole: its listener, its connections, its faults, what was heard and said."""

import asyncio
import socket
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from hardware_sim.addresses import Address
from hardware_sim.control import Changes
from hardware_sim.errors import SimulatorError

from .catalog import Catalog
from .cuts import Cuts
from .desk import Desk
from .disguise import Disguise
from .faults import Faults, merged
from .ledger import Ledger, Origin
from .line import Line
from .personality import Personality
from .wire import Answer
from .world import World

TRANSCRIPT_LINES: Final = 50_000


class Spoken(msgspec.Struct, frozen=True):
    """A line of the transcript. `direction` is `>` for a request and `<` for an answer."""

    n: int
    monotonic: float
    connection: int
    direction: str
    line: str


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
        self.loop = asyncio.get_running_loop()
        self.personality = personality
        self.faults = faults or Faults()
        self.latency_ms = latency_ms
        self.changes = Changes()
        self.ledger = Ledger(ledger_path, clock=clock, on_entry=self.changes.note)
        self.world = World(catalog, self.ledger, clock=clock)
        self.desk = Desk(self.world, personality, institution=institution, library=library)
        self.disguise = Disguise(personality)
        self.last: tuple[Answer, bool] | None = None
        self.transcript: deque[Spoken] = deque(maxlen=TRANSCRIPT_LINES)
        self.connections: dict[int, Line] = {}
        self.accepted = 0
        self.requests: dict[str, int] = {}
        self.cuts_happened = 0
        self.address = Address("127.0.0.1", 0)
        self._spoken = 0
        self._cuts = Cuts(self.faults)
        self._server: asyncio.Server | None = None
        self._guard: socket.socket | None = None
        self._share_faults()

    # listening

    async def open(self, address: Address) -> None:
        """Bind, and listen unless `down`. Raises SimulatorError if the address cannot be had."""
        try:
            self._guard = _bound(address)
        except OSError as wrong:
            raise SimulatorError(f"--listen: cannot listen on {address}: {wrong.strerror}; choose another") from wrong
        self.address = Address(address.host, self._guard.getsockname()[1])
        if not self.faults.down:
            await self._come_up()

    async def close(self) -> None:
        """Stop listening and drop everybody."""
        self._go_down()
        if self._guard is not None:
            self._guard.close()
        self.ledger.close()

    async def _come_up(self) -> None:
        sock = _bound(self.address)
        self._server = await self.loop.create_server(lambda: Line(self), sock=sock, backlog=1024)
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    def _go_down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            # Bound but not listening: connections are refused and nobody else gets the port meanwhile.
            self._guard = _bound(self.address)
        for line in list(self.connections.values()):
            line.drop(reset=True)

    # faults

    async def set_faults(self, document: dict[str, object]) -> None:
        """Merge switches into those that stand. Raises msgspec.ValidationError, and then nothing is changed."""
        self.faults = merged(self.faults, document)
        if any(name.startswith("drop_") for name in document):
            self._cuts = Cuts(self.faults)
            for line in self.connections.values():
                line.cuts = Cuts(self.faults)
        await self._obey()

    async def clear_faults(self) -> None:
        """Put every switch back."""
        self.faults = Faults()
        self._cuts = Cuts(self.faults)
        await self._obey()

    async def _obey(self) -> None:
        if self.faults.lose_memory:
            self.faults.lose_memory = False
            for line in list(self.connections.values()):
                line.drop(reset=True)
            self.world.forget_loans(Origin(connection=0, message="restart"))
        self._share_faults()
        if self.faults.down:
            self._go_down()
        elif self._server is None:
            await self._come_up()
        for line in list(self.connections.values()):
            line.faults_changed()
        self.changes.note()

    def _share_faults(self) -> None:
        self.desk.faults = self.faults
        self.disguise.faults = self.faults

    def cuts_of(self, line: Line) -> Cuts:
        """Return the count that holds for this connection."""
        return self._cuts if self.faults.drop_count == "all" else line.cuts

    def note_cut(self) -> None:
        """Count a cut that happened."""
        self.cuts_happened += 1
        self.changes.note()

    # connections

    def joined(self, line: Line) -> int:
        """Number a new connection."""
        self.accepted += 1
        self.connections[self.accepted] = line
        self.changes.note()
        return self.accepted

    def left(self, line: Line) -> None:
        """Forget a connection that ended."""
        self.connections.pop(line.caller.connection, None)
        self.changes.note()

    def logged_in(self, *, but: Line) -> int:
        """Count the other connections with a good 93."""
        return sum(1 for line in self.connections.values() if line is not but and line.caller.login)

    def heard(self, connection: int, line: bytes) -> None:
        """Write a request into the transcript."""
        code = line[:2].decode("ascii", "replace")
        self.requests[code] = self.requests.get(code, 0) + 1
        self._speak(connection, ">", line)

    def said(self, connection: int, line: bytes) -> None:
        """Write an answer into the transcript."""
        self._speak(connection, "<", line)

    def _speak(self, connection: int, direction: str, line: bytes) -> None:
        self._spoken += 1
        text = line.decode(self.disguise.encoding, "replace").rstrip("\r\n")
        self.transcript.append(Spoken(self._spoken, time.monotonic(), connection, direction, text))
        self.changes.note()

    def begin_anew(self, *, world: bool, ledger: bool, transcript: bool) -> None:
        """Put the world back to the catalogue, empty the ledger, forget the transcript."""
        if ledger:
            self.ledger.begin_anew()
        if world:
            self.world.open_doors()
        if transcript:
            self.transcript.clear()
            self.requests.clear()
        self.changes.note()


def _bound(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address.host, address.port))
    except OSError:
        sock.close()
        raise
    return sock
