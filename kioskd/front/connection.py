"""One client: its lines in, answers in the order of its requests out, and never more of either than it may have.

    lines ─▶ _take ─▶ a slot each ─▶ answered in any order ─▶ _flush from the oldest slot on ─▶ transport
                                                              view, diagnostics notifications ─▶ transport

What bounds a client: requests without an answer (then nothing more is read), a full socket buffer (then nothing more is
read, and Views are coalesced to the newest), time without reading (then it is dropped).
"""

import asyncio
import logging
from collections import deque
from typing import Protocol, assert_never

from kioskd.front import greeting, rpc
from kioskd.front.current_view import CurrentView
from kioskd.front.limits import Limits
from kioskd.front.params import DiagnosticsWatch, Hello, OwnCall, ViewWatch
from kioskd.front.peers import Peer, peer_of
from kioskd.front.protocol import DIAGNOSTICS, INVALID_REQUEST, MAX_REQUEST_BYTES, PARSE_ERROR
from kioskd.front.slot import Due, Slot
from kioskd.model.calls import Call, Role
from kioskd.model.errors import CallError

log = logging.getLogger(__name__)


class House(Protocol):
    """What a connection needs of the front."""

    limits: Limits
    view: CurrentView

    @property
    def crowded(self) -> bool:
        """Whether those who were not admitted are so many that they must go at once."""

    def admit(self, connection: "Connection", peer: Peer) -> Role | bytes:
        """Return the peer's role, or the error line it gets before it is closed."""

    def call(self, connection: "Connection", slot: Slot, role: Role, call: Call) -> None:
        """Pass a call on; the slot's answer comes by `Connection.reply` and its sisters."""

    def hello(self, role: Role) -> bytes:
        """Return the result of `hello`, JSON."""

    def watch(self, connection: "Connection") -> None:
        """Let this connection have the View with every change."""

    def watch_diagnostics(self, connection: "Connection") -> None:
        """Let this connection have the diagnostics."""

    def left(self, connection: "Connection", slots: deque[Slot]) -> None:
        """Forget a connection; nothing waits for the answers of `slots`."""


class Connection(asyncio.Protocol):
    """A client, from its acceptance to its end."""

    def __init__(self, house: House, loop: asyncio.AbstractEventLoop) -> None:
        self._house = house
        self._limits = house.limits
        self._loop = loop
        self._transport: asyncio.Transport
        self._incoming = bytearray()
        self._scanned = 0
        self._slots: deque[Slot] = deque()
        self._role = Role.SCREEN
        self._peer = Peer(0, 0, 0)
        self._working = False
        self._more_scheduled = False
        self._reading = True
        self._slow = False
        self._view_late = False
        self._diagnostics_lost = 0
        self._ended = False
        self._parting = False
        self._gone = False
        self._stalled: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the client in, or tell it why not."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # 0: told at the first byte that the kernel does not take, and again when it took all.
        transport.set_write_buffer_limits(high=0, low=0)
        self._peer = peer_of(transport.get_extra_info("socket"))
        admitted = self._house.admit(self, self._peer)
        if isinstance(admitted, bytes):
            self._part(admitted)
        else:
            self._role = admitted

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        if not self._parting:
            self._incoming += data
            self._work()

    def eof_received(self) -> bool:
        """Answer what was asked, then close: the client will ask nothing more."""
        self._ended = True
        if self._parting and not self._slots:
            return False
        self._work()
        return not self._gone

    def pause_writing(self) -> None:
        """Stop reading and coalesce: the client does not read as fast as it is written to."""
        self._slow = True
        self._stalled = self._loop.call_later(self._limits.stalled_s, self.drop, "it did not read what it was sent")

    def resume_writing(self) -> None:
        """Go on: the client has read all."""
        self._slow = False
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        if self._view_late:
            self.push_view()
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # asyncio's signature
        """Forget the client."""
        self._gone = True
        for timer in (self._stalled, self._linger):
            if timer is not None:
                timer.cancel()
        self._house.left(self, self._slots)
        self._slots.clear()
        self._incoming.clear()

    # What the front calls.

    def reply(self, slot: Slot, line: bytes) -> None:
        """Answer a request with a whole line, in its turn."""
        slot.due, slot.line = Due.LINE, line
        self._flush_unless_working()

    def reply_view(self, slot: Slot) -> None:
        """Answer a request with the View as it stands when its turn comes."""
        slot.due = Due.VIEW
        self._flush_unless_working()

    def push_view(self) -> None:
        """Notify of the View now, or, if the client is slow, of the newest one when it has read on."""
        self._view_late = self._slow
        if not self._slow and not self._gone:
            self._transport.write(self._house.view.notification(self._loop.time()))

    def push_diagnostics(self, fields: dict[str, object]) -> None:
        """Notify of an event, or count it as lost if the client is slow."""
        if self._slow:
            self._diagnostics_lost += 1
            return
        if self._diagnostics_lost:
            fields = {**fields, "lost": self._diagnostics_lost}
            self._diagnostics_lost = 0
        if not self._gone:
            self._transport.write(rpc.notification(DIAGNOSTICS, rpc.encode(fields)))

    def view_known(self) -> None:
        """Answer what waited for the first View."""
        self._flush_unless_working()

    def drop(self, why: str) -> None:
        """End the connection at once; what was not sent is lost."""
        if not self._gone:
            log.warning("client dropped: pid %d, uid %d: %s", self._peer.pid, self._peer.uid, why)
            self._transport.abort()

    def close(self) -> None:
        """End the connection once all that was written is sent."""
        self._parting = True
        self._transport.close()

    # Lines in.

    def _work(self) -> None:
        """Take the next lines, as many as one turn and this client's limits allow."""
        if self._working or self._gone:
            return
        self._working = True
        try:
            more = self._take_lines()
        finally:
            self._working = False
        self._flush()
        if more and not self._more_scheduled and not self._held():
            self._more_scheduled = True
            self._loop.call_soon(self._work_on)
        self._read(wanted=self._parting or not (more or self._held()))
        if self._ended and not more and not self._parting:
            self._end_of_lines()

    def _work_on(self) -> None:
        self._more_scheduled = False
        self._work()

    def _held(self) -> bool:
        return self._slow or len(self._slots) >= self._limits.outstanding

    def _take_lines(self) -> bool:
        """Take lines; tell whether another may stand in the buffer."""
        for _ in range(self._limits.lines_a_turn):
            if self._parting:
                return False
            if self._held():
                return True
            end = self._incoming.find(b"\n", self._scanned)
            if end < 0:
                self._scanned = len(self._incoming)
            if (end if end >= 0 else self._scanned) > MAX_REQUEST_BYTES:
                why = f"a request is at most {MAX_REQUEST_BYTES} bytes; the connection is closed"
                self._part(rpc.error(rpc.NO_ID, INVALID_REQUEST, why))
                return False
            if end < 0:
                return False
            line = bytes(self._incoming[:end])
            del self._incoming[: end + 1]
            self._scanned = 0
            self._take(line)
        return b"\n" in self._incoming

    def _take(self, line: bytes) -> None:
        asked = rpc.parse(line)
        if isinstance(asked, rpc.Refusal):
            if asked.answer is not None:
                self._slots.append(Slot(b"", Due.LINE, asked.answer))
            return
        if isinstance(asked.call, OwnCall):
            self._take_own(asked.id, asked.call)
            return
        slot = Slot(asked.id, Due.REPLY)
        self._slots.append(slot)
        self._house.call(self, slot, self._role, asked.call)

    def _take_own(self, id_: bytes | None, call: OwnCall) -> None:
        match call:
            case Hello():
                self._slots.append(Slot(id_, Due.LINE, self._hello(id_ or rpc.NO_ID, call)))
            case ViewWatch():
                self._slots.append(Slot(id_, Due.WATCH))
            case DiagnosticsWatch():
                self._slots.append(Slot(id_, Due.LINE, self._diagnostics(id_ or rpc.NO_ID)))
            case _:
                assert_never(call)

    def _hello(self, id_: bytes, call: Hello) -> bytes:
        role = greeting.role_asked(call, self._role)
        if isinstance(role, CallError):
            return rpc.failure(id_, role)
        self._role = role
        return rpc.answer(id_, self._house.hello(role))

    def _diagnostics(self, id_: bytes) -> bytes:
        if self._role < Role.TECHNICIAN:
            return rpc.failure(id_, greeting.not_allowed(Role.TECHNICIAN, self._role))
        self._house.watch_diagnostics(self)
        return rpc.answer(id_, b"{}")

    def _end_of_lines(self) -> None:
        """The client has closed its side: answer what is left and go."""
        if self._incoming:
            self._part(rpc.error(rpc.NO_ID, PARSE_ERROR, "the connection ended within a line; a line ends in LF"))
        else:
            self._parting = True
        self._flush()

    # Lines out.

    def _flush_unless_working(self) -> None:
        if self._working:
            return
        held = self._held()
        self._flush()
        if held and not self._held():
            self._work()

    def _flush(self) -> None:
        """Write the answers whose turn has come."""
        if self._gone:
            return
        lines: list[bytes] = []
        while self._slots and self._slots[0].due is not Due.REPLY:
            slot = self._slots[0]
            if slot.due is not Due.LINE and not self._house.view.known:
                break
            self._slots.popleft()
            if slot.due is Due.WATCH:
                self._house.watch(self)
                self._view_late |= slot.id is None  # it gets no answer, so the first View comes as a notification
            if slot.id is None:
                continue
            if slot.due is Due.LINE:
                lines.append(slot.line)
            else:
                lines.append(rpc.answer(slot.id, self._house.view.encoded(self._loop.time())))
        if lines:
            self._transport.write(b"".join(lines))
            if self._transport.get_write_buffer_size() > self._limits.outgoing_bytes:
                self.drop(f"more than {self._limits.outgoing_bytes} bytes wait for it")
        if self._view_late and not self._slow:
            self.push_view()
        if self._parting and not self._slots:
            self._bow_out()

    def _part(self, line: bytes) -> None:
        """Say a last line after all answers, then close; nothing more that the client sends is looked at."""
        self._parting = True
        self._incoming.clear()
        self._slots.append(Slot(b"", Due.LINE, line))
        self._flush_unless_working()

    def _bow_out(self) -> None:
        """Close our side, and read on for a while: to close on unread bytes resets, and resets lose the last answer."""
        if self._ended or self._house.crowded:
            self._transport.close()
        elif self._linger is None:
            self._transport.write_eof()
            self._linger = self._loop.call_later(self._limits.linger_s, self._transport.close)

    def _read(self, *, wanted: bool) -> None:
        if wanted != self._reading and not self._gone and not self._ended:
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()
