"""The printer's cables: TCP as on port 9100, a pseudo-terminal, and USB by USB/IP."""

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import Final

from hardware_sim.addresses import Address
from hardware_sim.control import Changes
from hardware_sim.errors import SimulatorError
from hardware_sim.pty_port import PtyPort
from hardware_sim.switches import merged

from .faults import Faults
from .mechanism import Answer, Mechanism
from .usb_cable import UsbCable
from .usb_function import Function, Sensors, UsbFunction, UsbIdentity
from .usb_serial import Handshake, UsbSerial

RECEIVE_BUFFER_BYTES: Final = 4096  # what a small printer holds; more waits on the line
_LOOK_AGAIN_S: Final = 0.02
_LAST_TURNS: Final = 8
_MOST_TURNS: Final = 1000


class _Connection(asyncio.Protocol):
    """A host on TCP."""

    def __init__(self, printer: "PrinterCables") -> None:
        self._printer = printer
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._printer.connections.add(self)
        if not self._printer.listens:
            # It was accepted just before the power went.
            transport.abort()
            return
        # A turn later: older Pythons begin to read after this call, paused or not.
        asyncio.get_running_loop().call_soon(self._printer.mind_flow)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self.transport = None
        self._printer.connections.discard(self)
        self._printer.changes.note()

    def data_received(self, data: bytes) -> None:
        self._printer.arrived(data, self.say)

    def say(self, answer: bytes) -> None:
        if self.transport is not None:
            self.transport.write(answer)


class PrinterCables:
    """A printer with what it is connected by; made and used inside a running event loop."""

    def __init__(self, *, faults: Faults | None = None, columns: int = 42) -> None:
        self.columns = columns
        self._loop = asyncio.get_running_loop()
        self.changes = Changes()
        self.mechanism = Mechanism(later=self._loop.call_later, on_change=self._changed)
        self.mechanism.faults = faults or Faults()
        self.connections: set[_Connection] = set()
        self.address: Address | None = None
        self.pty: PtyPort | None = None
        self.usb: UsbCable | None = None
        self._server: asyncio.Server | None = None
        self._bound: socket.socket | None = None
        self._reading_pty = False

    # opening and closing

    async def open(
        self,
        address: Address | None,
        pty: Path | None,
        *,
        usb: Address | None = None,
        identity: UsbIdentity | None = None,
        nak_ms: float = 0,
        handshake: Handshake | None = None,
    ) -> None:
        """Bind the addresses and plug the pseudo-terminal in. `handshake`: what hangs on USB is an adapter.

        Raises SimulatorError.
        """
        if address is not None:
            try:
                self._bound = self._bind(address)
            except OSError as wrong:
                raise SimulatorError(f"--listen: cannot listen on {address}: {wrong.strerror}") from wrong
            self.address = Address(address.host, self._bound.getsockname()[1])
        if pty is not None:
            self.pty = PtyPort(pty)
        if usb is not None:
            function: Function = UsbFunction(
                identity or UsbIdentity(),
                sensors=lambda: Sensors(self.mechanism.condition.paper_out, self.mechanism.condition.offline),
                soft_reset=self.mechanism.clear_buffers,
            )
            if handshake is not None:
                function = UsbSerial(handshake)
            cable = UsbCable(function, nak_ms=nak_ms, arrived=self.arrived, takes=lambda: self._reads)
            try:
                await cable.open(usb)
            except OSError as wrong:
                raise SimulatorError(f"--usbip: cannot listen on {usb}: {wrong.strerror}") from wrong
            self.usb = cable
        await self._obey()

    async def close(self) -> None:
        """Switch off and take the cables away."""
        await self._none_is_accepted()
        self._go_down()
        if self.usb is not None:
            self.usb.close()
        if self._bound is not None:
            self._bound.close()
        # Lines that were cut are gone some turns of the loop later.
        turns = 0
        while turns < _LAST_TURNS or (self.connections and turns < _MOST_TURNS):
            await asyncio.sleep(0)
            turns += 1

    @staticmethod
    async def _none_is_accepted() -> None:
        """Wait for lines that are just being accepted: made after their server has closed, they are never closed."""
        while accepting := [task for task in asyncio.all_tasks() if "_accept_connection" in repr(task.get_coro())]:
            await asyncio.wait(accepting, timeout=5)

    @staticmethod
    def _bind(address: Address) -> socket.socket:
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        # asyncio sets TCP_NODELAY only on sockets that name their protocol.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            sock.bind((address.host, address.port))
        except OSError:
            sock.close()
            raise
        return sock

    async def _go_up(self) -> None:
        if self.address is not None and self._server is None:
            sock = self._bind(self.address)
            self._server = await self._loop.create_server(lambda: _Connection(self), sock=sock)
            if self._bound is not None:
                self._bound.close()
                self._bound = None
        if self.pty is not None and not self.pty.plugged:
            self.pty.plug()
            self._await_host()
        if self.usb is not None:
            self.usb.plug()

    def _go_down(self) -> None:
        if self._server is not None and self.address is not None:
            self._server.close()
            self._server = None
            # Bound, not listening: refused, and the port stays ours.
            self._bound = self._bind(self.address)
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.abort()
        if self.pty is not None and self.pty.plugged:
            self._stop_reading_pty()
            self.pty.unplug()
        if self.usb is not None:
            self.usb.unplug()

    # faults

    async def set_faults(self, document: object) -> None:
        """Merge switches into those that stand. Raises msgspec.ValidationError, and then nothing is changed."""
        now = self.mechanism.faults
        if isinstance(document, dict) and document.get("paper") == "ok":
            # A new roll.
            document = {"paper_lines": None, **document}
        self.mechanism.faults = merged(now, document)
        await self._obey()

    async def clear_faults(self) -> None:
        """Put every switch back: a new roll, the cover shut, power on."""
        self.mechanism.faults = Faults()
        await self._obey()

    async def _obey(self) -> None:
        if self.mechanism.faults.power_off:
            await self._none_is_accepted()
            self._go_down()
            self.mechanism.lose_power()
        else:
            await self._go_up()
            self.mechanism.faults_changed()
        self.mind_flow()
        self.changes.note()

    # bytes

    def arrived(self, chunk: bytes, answer: Answer) -> None:
        """Hand bytes to the mechanism, as far as the power lasts."""
        faults = self.mechanism.faults
        lasts = faults.power_off_after_bytes
        if lasts and len(chunk) >= lasts:
            self.mechanism.receive(chunk[:lasts], answer)
            faults.power_off_after_bytes, faults.power_off = 0, True
            self._go_down()
            self.mechanism.lose_power()
            return
        if lasts:
            faults.power_off_after_bytes -= len(chunk)
        self.mechanism.receive(chunk, answer)
        self.mind_flow()

    def _changed(self) -> None:
        self.changes.note()
        self.mind_flow()

    @property
    def listens(self) -> bool:
        """Tell whether hosts are let in on TCP."""
        return self._server is not None

    @property
    def _reads(self) -> bool:
        return not self.mechanism.faults.stall and len(self.mechanism.waiting) < RECEIVE_BUFFER_BYTES

    def mind_flow(self) -> None:
        """Read on, or stop reading: stalled, or the receive buffer is full."""
        reads = self._reads
        if self.usb is not None:
            self.usb.go_on()
        for connection in self.connections:
            if connection.transport is None:
                continue
            if reads:
                connection.transport.resume_reading()
            else:
                connection.transport.pause_reading()
        if not reads:
            self._stop_reading_pty()
        elif self.pty is not None and self.pty.plugged and not self._reading_pty and self.pty.opened:
            self._reading_pty = True
            self._loop.add_reader(self.pty.master, self._read_pty)

    # the pseudo-terminal

    def _await_host(self) -> None:
        # A pseudo-terminal has no event for "opened"; the master only says HUP while nobody has it.
        if self.pty is None or not self.pty.plugged:
            return
        if not self._reading_pty:
            self.mind_flow()
        self._loop.call_later(_LOOK_AGAIN_S, self._await_host)

    def _stop_reading_pty(self) -> None:
        if self._reading_pty and self.pty is not None:
            self._reading_pty = False
            self._loop.remove_reader(self.pty.master)

    def _read_pty(self) -> None:
        assert self.pty is not None
        try:
            chunk = os.read(self.pty.master, RECEIVE_BUFFER_BYTES)
        except BlockingIOError:
            return
        except OSError:
            # EIO: the host closed its end.
            self._stop_reading_pty()
            return
        self.arrived(chunk, self._say_on_pty)

    def _say_on_pty(self, answer: bytes) -> None:
        if self.pty is not None and self.pty.opened:
            with contextlib.suppress(BlockingIOError):
                os.write(self.pty.master, answer)
