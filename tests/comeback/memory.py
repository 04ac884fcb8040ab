"""A line of memory between a station and the simulated library system, for virtual time: bytes, in order, a latency."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from hardware_sim.ils.system import LibrarySystem
from kioskd.ils.line import Line

LATENCY_S = 0.0005


class End(asyncio.Transport):
    """One end. What it writes reaches the other end's protocol after the latency, its end too."""

    def __init__(self, protocol: asyncio.Protocol, name: str) -> None:
        super().__init__()
        self.protocol = protocol
        self.peer: End | None = None
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._coming: deque[bytes | None] = deque()
        self._held: list[bytes | None] = []
        self._closing = False
        self._paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self._name, 0) if name == "peername" else default

    def is_closing(self) -> bool:
        return self._closing

    def write(self, data: Any) -> None:
        if not self._closing:
            self._send(bytes(data))

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self._closing:
            self._closing = True
            self._send(None)
            self._loop.call_soon(self.protocol.connection_lost, None)

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        held, self._held = self._held, []
        for piece in held:
            self._take(piece)

    def _send(self, piece: bytes | None) -> None:
        assert self.peer is not None
        # A queue, for timers of the same moment have no order.
        self.peer._coming.append(piece)
        self._loop.call_later(LATENCY_S, self.peer._arrive)

    def _arrive(self) -> None:
        piece = self._coming.popleft()
        if self._paused:
            self._held.append(piece)
        else:
            self._take(piece)

    def _take(self, piece: bytes | None) -> None:
        if self._closing:
            return
        if piece is not None:
            self.protocol.data_received(piece)
        elif not self.protocol.eof_received():
            self.abort()


def wire(system: LibrarySystem, name: str) -> Callable[..., Any]:
    """Return an `OpenLine` to that system; it refuses while the system is down."""

    async def open_line(make: Callable[[], Line], host: str, port: int) -> None:
        await asyncio.sleep(LATENCY_S)
        if system.faults.down:
            raise ConnectionRefusedError(111, "Connection refused")
        ours = End(make(), name)
        theirs = End(system.line(), name)
        ours.peer, theirs.peer = theirs, ours
        theirs.protocol.connection_made(theirs)
        ours.protocol.connection_made(ours)

    return open_line
