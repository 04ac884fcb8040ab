"""Devices on real pseudo terminals and TCP: the simulators in the test's own loop, and ears for what is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from drivers import PRINTERS, SCANNERS
from drivers.base import Printer
from drivers.identity import Found
from hardware_sim.addresses import Address
from hardware_sim.printer.server import PrinterCables
from kioskd.devices.printer import PrinterThread
from kioskd.devices.scanners import Scanners
from kioskd.model import inputs
from kioskd.model.device import DeviceStatus
from kioskd.model.effects import Print
from kioskd.model.settings import PrinterDriver, PrinterSettings, ScannerSettings
from kioskd.model.slip import Slip, SlipFate, SlipKind, SlipLine

T = TypeVar("T")
NOW = "2026-11-23T09:00:00-08:00"


class Heard:
    """What was delivered, in order, and a way to wait for more."""

    def __init__(self) -> None:
        self.all: list[inputs.Input] = []
        self._more = asyncio.Event()

    def deliver(self, what: inputs.Input) -> None:
        self.all.append(what)
        self._more.set()

    async def until(self, found: Callable[[], T], timeout_s: float = 10.0) -> T:
        try:
            async with asyncio.timeout(timeout_s):
                while not (got := found()):
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"not heard within {timeout_s} s; heard: {self.all}") from None
        return got

    def devices(self, name: str) -> list[DeviceStatus]:
        return [what.status for what in self.all if isinstance(what, inputs.DeviceChanged) and what.status.name == name]

    def states(self, name: str) -> list[str]:
        return [status.state.value for status in self.devices(name)]

    async def state(self, name: str, state: str, **more: Any) -> DeviceStatus:
        await self.until(lambda: self.states(name)[-1:] == [state], **more)
        return self.devices(name)[-1]

    def scans(self, scanner: str | None = None) -> list[str]:
        return [
            str(what.code) for what in self.all if isinstance(what, inputs.Scanned) and scanner in (None, what.scanner)
        ]

    def lost(self) -> list[str]:
        return [what.scanner for what in self.all if isinstance(what, inputs.ScanLost)]

    def fates(self) -> dict[int, SlipFate]:
        ended = [what for what in self.all if isinstance(what, inputs.SlipEnded)]
        assert len({what.slip for what in ended}) == len(ended), "a slip ends once"
        return {what.slip: what.fate for what in ended}

    async def fate(self, slip: int, **more: Any) -> SlipFate:
        await self.until(lambda: slip in self.fates(), **more)
        return self.fates()[slip]

    def printer(self) -> inputs.PrinterChanged | None:
        told = [what for what in self.all if isinstance(what, inputs.PrinterChanged)]
        return told[-1] if told else None

    async def paper(self, paper: str, *, ready: bool, **more: Any) -> inputs.PrinterChanged:
        def found() -> inputs.PrinterChanged | None:
            told = self.printer()
            return told if told is not None and (told.paper, told.ready) == (paper, ready) else None

        told = await self.until(found, **more)
        assert told is not None
        return told


@pytest.fixture
async def heard() -> Heard:
    return Heard()


@pytest.fixture
async def scanners(heard: Heard) -> AsyncIterator[Callable[..., Scanners]]:
    """Start scanners; all given back at the end."""
    started: list[Scanners] = []

    def start(*configured: ScannerSettings, **more: Any) -> Scanners:
        one = Scanners(configured, heard.deliver, lambda: NOW, **{"drivers": DRIVERS, **more})
        started.append(one)
        one.start()
        return one

    yield start
    for one in started:
        one.close()


DRIVERS = {
    "serial": SCANNERS["serial"],
    # The life cycle is one for all drivers, and here is no event device: a found one is read on a pseudo terminal.
    "evdev": lambda *, device: SCANNERS["serial"](port=device),
}


def finder(found: Sequence[Found] | Callable[[], Sequence[Found]]) -> Callable[[], Any]:
    async def find() -> Sequence[Found]:
        return found() if callable(found) else found

    return find


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


# ---- printers


@pytest.fixture
async def sim() -> AsyncIterator[PrinterCables]:
    """A printer on TCP."""
    cables = PrinterCables()
    await cables.open(Address("127.0.0.1", 0), None)
    yield cables
    await cables.close()


@pytest.fixture
async def tty_sim(tmp_path: Path) -> AsyncIterator[PrinterCables]:
    """A printer on a serial line, `tmp_path / "printer"`."""
    cables = PrinterCables()
    await cables.open(None, tmp_path / "printer")
    yield cables
    await cables.close()


def network(*, url: str) -> Printer:
    """The driver of the product, with times that a test can wait for."""
    return PRINTERS["network"](url=url, status_timeout_s=0.5, write_timeout_s=1.0, connect_timeout_s=1.0)


def serial(*, port: str, **_: object) -> Printer:
    return PRINTERS["serial"](port=port, status_timeout_s=1.0, write_timeout_s=1.0, flow="none")


PRINTER_DRIVERS = {"network": network, "serial": serial, "usblp": lambda *, device: serial(port=device)}


@pytest.fixture
async def printer(heard: Heard) -> AsyncIterator[Callable[..., PrinterThread]]:
    """Start a printer's thread; given back at the end, off the loop in which the simulated printer lives."""
    started: list[PrinterThread] = []

    def start(where: PrinterCables | PrinterSettings | None, **more: Any) -> PrinterThread:
        if isinstance(where, PrinterCables):
            where = PrinterSettings(PrinterDriver.NETWORK, url=str(where.address))
        one = PrinterThread(where, heard.deliver, lambda: NOW, **{"drivers": PRINTER_DRIVERS, **more})
        started.append(one)
        one.start()
        return one

    yield start
    for one in started:
        await asyncio.to_thread(one.close)


def job(number: int, *lines: str, wait_s: float = 10.0) -> Print:
    """A slip; its first line tells it from others."""
    text = (f"SLIP {number}", *(lines or ("31168000000012", "31168000000020")))
    return Print(
        number,
        Slip(SlipKind.RECEIPT, tuple(SlipLine(line) for line in text)),
        asyncio.get_running_loop().time() + wait_s,
    )


def on_roll(sim: PrinterCables) -> list[str]:
    """Every line of text that was ever printed, pictures as such."""
    roll = sim.mechanism.roll
    return [line.text or f"<{line.kind}>" for slip in (*roll.slips, roll.open) for line in slip.lines]


def slips(sim: PrinterCables) -> list[str]:
    """The text of each piece of paper."""
    return ["\n".join(line.text or f"<{line.kind}>" for line in slip.lines) for slip in sim.mechanism.roll.slips]
