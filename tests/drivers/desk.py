"""A simulated printer in a thread of its own, on each kind of cable, and the product's driver that talks to it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

from usbip_backend import backend as usbip

from drivers import PRINTERS
from drivers.base import Printer
from hardware_sim.addresses import Address
from hardware_sim.printer.server import PrinterCables

T = TypeVar("T")
CABLES = {"network": "tcp", "serial": "pty", "usblp": "pty", "usb": "usbip"}
"""Driver → what stands between it and the simulator. usblp's descriptor is a tty's here: it can all but ENOSPC."""
USB_NAK_MS = 20


class Desk:
    """The printer before `driver`. Everything about the simulator runs in its loop."""

    def __init__(self, driver: str, folder: Path) -> None:
        self.driver = driver
        self.port = folder / "printer"
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.sim = self.run(self._start())
        self._backend: usbip.USBIPBackend | None = None

    async def _start(self) -> PrinterCables:
        sim = PrinterCables()
        free = Address("127.0.0.1", 0)
        match CABLES[self.driver]:
            case "tcp":
                await sim.open(free, None)
            case "pty":
                await sim.open(None, self.port)
            case _:
                await sim.open(None, None, usb=free, nak_ms=USB_NAK_MS)
        return sim

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def open(self, **settings: Any) -> Printer:
        settings = {"write_timeout_s": 2.0, "status_timeout_s": 1.0, **settings}
        match self.driver:
            case "network":
                return PRINTERS["network"](url=str(self.sim.address), **settings)
            case "serial":
                return PRINTERS["serial"](port=str(self.port), flow="none", **settings)
            case "usblp":
                return PRINTERS["usblp"](device=str(self.port), **settings)
            case _:
                assert self.sim.usb is not None
                assert self.sim.usb.address is not None
                # One for all openings: it keeps a connection to each device for ever, also one nobody has open.
                self._backend = self._backend or usbip.get_backend("127.0.0.1", self.sim.usb.address.port, timeout=1.0)
                if not self.sim.usb.plugged:
                    self._backend._devices = None
                return PRINTERS["usb"](device="04b8:0e03", backend=self._backend, **settings)

    def fault(self, **switches: Any) -> None:
        self.run(self.sim.set_faults(switches))

    def until(self, met: Callable[[PrinterCables], bool], wait_s: float = 10.0) -> None:
        assert self.run(self.sim.changes.wait_until(lambda: met(self.sim), wait_s=wait_s)), self.text()

    def papers(self) -> list[str]:
        """The text of each piece of paper, the hanging one last."""

        async def read() -> list[str]:
            roll = self.sim.mechanism.roll
            return ["\n".join(line.text for line in slip.lines) for slip in (*roll.slips, roll.open)]

        return self.run(read())

    def text(self) -> str:
        return "\n---\n".join(self.papers())

    async def _stop(self) -> None:
        await self.sim.close()
        # A connection that was accepted just now is nobody's yet, but a task's; it ends when it finds the printer off.
        while accepting := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(accepting, timeout=5)
        # Whatever line is left ends with the desk.
        for transport in list(self.loop._transports.values()):  # type: ignore[attr-defined]
            transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)

    def close(self) -> None:
        if self._backend is not None:
            # First, so that the printer's side sees them end while it still looks.
            for connection in self._backend._conns.values():
                connection.close()
        self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
