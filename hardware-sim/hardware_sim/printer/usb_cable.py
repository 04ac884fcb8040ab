"""The printer's USB cable: a USB/IP server that exports one device, for pyusb or for the kernel's vhci_hcd."""

import asyncio
import contextlib
import errno
from collections import deque
from collections.abc import Callable
from typing import Final

from hardware_sim import usbip
from hardware_sim.addresses import Address

from .usb_function import IN_ENDPOINT, OUT_ENDPOINT, PACKET_BYTES, Function

BUSID: Final = "1-1"


class UsbCable:
    """The device and who has imported it. `arrived` takes what came out of the host; `takes` says whether it would."""

    def __init__(
        self,
        function: Function,
        *,
        nak_ms: float,
        arrived: Callable[[bytes, Callable[[bytes], None]], None],
        takes: Callable[[], bool],
    ) -> None:
        """`nak_ms`: a transfer that waits longer ends with a time-out, as some servers do; 0: it waits for ever."""
        self.function = function
        self.address: Address | None = None
        self.listens = True
        self.plugged = True
        self.nak_s = nak_ms / 1000
        self.arrived = arrived
        self.takes = takes
        self.said = bytearray()
        self.holder: _Client | None = None
        self.clients: set[_Client] = set()
        self._server: asyncio.Server | None = None

    async def open(self, address: Address) -> None:
        """Listen. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), address.host, address.port)
        self.address = Address(address.host, self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Take everything away."""
        self.listens = False
        if self._server is not None:
            self._server.close()
        self.unplug()

    def plug(self) -> None:
        """Be there."""
        self.plugged = True

    def unplug(self) -> None:
        """Be gone: whoever had the device imported loses its connection."""
        self.plugged = False
        self.said.clear()
        self.function.unplugged()
        for client in list(self.clients):
            client.drop()

    @property
    def exported(self) -> usbip.Exported:
        """The device as it stands in the list."""
        who = self.function.identity
        return usbip.Exported(BUSID, 1, 2, who.vendor, who.product, 0x0100, (self.function.interface,))

    def say(self, answer: bytes) -> None:
        """Hold an answer of the printer until the host asks for it."""
        self.said += answer
        if self.holder is not None:
            self.holder.go_on()

    def go_on(self) -> None:
        """Take what waits, if the printer takes anything now."""
        if self.holder is not None:
            self.holder.go_on()


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, cable: UsbCable) -> None:
        self._cable = cable
        self._wire = usbip.Wire()
        self._transport: asyncio.Transport | None = None
        self._out: deque[tuple[usbip.Submit, int]] = deque()
        """What the host has for the printer, and how much of it the printer took."""
        self._into: deque[usbip.Submit] = deque()
        self._busy = False
        self._later: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._cable.clients.add(self)
        if not self._cable.listens:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._transport = None
        self._cable.clients.discard(self)
        if self._cable.holder is self:
            self._cable.holder = None

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        if self._cable.holder is self:
            self._cable.holder = None

    def data_received(self, data: bytes) -> None:
        try:
            while requests := self._wire.feed(data):
                for request in requests:
                    self._obey(request)
                data = b""
        except usbip.NotUsbipError:
            self.drop()

    def _obey(self, request: usbip.Request) -> None:
        cable = self._cable
        match request:
            case usbip.ListDevices():
                self._write(usbip.device_list([cable.exported] if cable.plugged else []))
                self._end()
            case usbip.Import(busid):
                free = cable.plugged and busid == BUSID and (cable.holder is None or cable.holder is self)
                self._write(usbip.imported(cable.exported if free else None))
                if free:
                    cable.holder, self._wire.imported = self, True
                else:
                    self._end()
            case usbip.Unlink(_, which):
                self._write(usbip.unlinked(request, status=-errno.ECONNRESET if self._forget(which) else 0))
            case usbip.Submit(endpoint=0):
                answer = cable.function.control(request.setup)
                status = 0 if answer is not None else -errno.EPIPE
                into = answer or b"" if request.into_host else b""
                self._write(usbip.done(request, status=status, into_host=into))
            case usbip.Submit():
                self._queue(request)

    def _queue(self, submit: usbip.Submit) -> None:
        into = submit.into_host
        if submit.endpoint != (IN_ENDPOINT & 0x0F if into else OUT_ENDPOINT):
            self._write(usbip.done(submit, status=-errno.EPIPE))
            return
        if into:
            self._into.append(submit)
        else:
            self._out.append((submit, 0))
        self.go_on()
        if self._cable.nak_s:
            asyncio.get_running_loop().call_later(self._cable.nak_s, self._give_up, submit.number)

    def go_on(self) -> None:
        """Carry on with the transfers that wait."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._takes() and self._out and self._cable.holder is self:
                submit, taken = self._out.popleft()
                packet = submit.payload[taken : taken + PACKET_BYTES]
                taken += len(packet)
                if taken == len(submit.payload):
                    self._write(usbip.done(submit))
                else:
                    self._out.appendleft((submit, taken))
                kept = self._cable.function.out(packet, printer_takes=self._cable.takes())
                if kept:
                    self._cable.arrived(kept, self._cable.say)
            while self._into and self._cable.holder is self:
                chunk = self._cable.function.into(self._cable.said, self._into[0].length)
                if chunk is None:
                    break
                self._write(usbip.done(self._into.popleft(), into_host=chunk))
        finally:
            self._busy = False
        pause_s = self._cable.function.says_every_s
        if pause_s is not None and self._into and self._later is None:
            self._later = asyncio.get_running_loop().call_later(pause_s, self._go_on_later)

    def _takes(self) -> bool:
        return self._cable.function.takes(printer_takes=self._cable.takes())

    def _go_on_later(self) -> None:
        self._later = None
        if self._cable.holder is self:
            self.go_on()

    def _give_up(self, number: int) -> None:
        gone = self._forget(number)
        if gone is not None:
            submit, taken = gone
            self._write(usbip.done(submit, status=-errno.ETIMEDOUT, taken=taken))

    def _forget(self, number: int) -> tuple[usbip.Submit, int] | None:
        for waiting in [*self._out, *((submit, 0) for submit in self._into)]:
            if waiting[0].number == number:
                with contextlib.suppress(ValueError):
                    self._out.remove(waiting)
                with contextlib.suppress(ValueError):
                    self._into.remove(waiting[0])
                return waiting
        return None

    def _write(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)

    def _end(self) -> None:
        if self._transport is not None:
            self._transport.close()
