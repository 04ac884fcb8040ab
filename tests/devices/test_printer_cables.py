"""The printer's life around its slips: unplugged, found, wrongly configured, cut off in a picture; and what is told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from drivers.base import Printer
from drivers.hotplug import Change, PathEvent
from drivers.identity import Evidence, Found, Identity, KnownBy, Verdict
from hardware_sim.printer.server import PrinterCables
from kioskd.devices import printer_life
from kioskd.devices.printer import PrinterThread
from kioskd.devices.printer_life import Known, PrinterLife, Reports
from kioskd.devices.printer_place import PrinterPlace
from kioskd.devices.spool import Spool
from kioskd.model.device import DeviceState
from kioskd.model.settings import PrinterDriver, PrinterSettings
from kioskd.model.slip import SlipFate
from tests.devices.conftest import PRINTER_DRIVERS, Heard, descriptors, job, on_roll, serial, slips

Start = Callable[..., PrinterThread]
CHINESE = "请在到期日之前归还，谢谢您的光临"


@pytest.fixture(autouse=True)
def _prints_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printer_life, "LINE_S", 0.01)
    monkeypatch.setattr(printer_life, "LOOK_STOPPED_S", 0.05)


async def test_a_printer_on_a_cable_is_missed_and_welcomed_back_at_once(
    tty_sim: PrinterCables, tmp_path: Path, heard: Heard, printer: Start
) -> None:
    one = printer(PrinterSettings(PrinterDriver.SERIAL, port=str(tmp_path / "printer")))
    await heard.state("printer", "ready")
    held = 0
    for number in range(1, 21):
        await tty_sim.set_faults({"power_off": True})
        absent = await heard.state("printer", "absent", timeout_s=1.0)
        assert absent.problem
        await tty_sim.set_faults({"power_off": False})
        await heard.state("printer", "ready", timeout_s=1.0)
        one.print(job(number))
        assert await heard.fate(number) is SlipFate.PRINTED
        held = held or descriptors()
    assert descriptors() == held
    assert await tty_sim.changes.wait_until(lambda: len(slips(tty_sim)) == 20, wait_s=5)


class Node:
    """A printer behind usblp that comes and goes: a link in a folder like /dev/usb, and what the search says."""

    def __init__(self, folder: Path, verdict: Verdict) -> None:
        self.path = folder / "lp0"
        identity = Identity(0x04B8, 0x0202, KnownBy.SERIAL_NUMBER, "J1")
        self.found = Found("usblp", str(self.path), "EPSON TM-T20", verdict, Evidence.SAYS_SO, identity)

    def find(self) -> list[Found]:
        return [self.found] if self.path.exists() else []


async def test_a_receipt_printer_that_nobody_configured_is_found(
    tty_sim: PrinterCables, tmp_path: Path, heard: Heard, printer: Start
) -> None:
    folder = tmp_path / "usb"
    node = Node(folder, Verdict.TAKE)
    printer(None, find=node.find, usblp_folder=folder)
    absent = await heard.state("printer", "absent")
    assert absent.problem == "no receipt printer was found"
    assert await heard.paper("none", ready=False)
    folder.mkdir()
    for _ in range(2):
        node.path.symlink_to(tmp_path / "printer")
        ready = await heard.state("printer", "ready", timeout_s=1.0)
        assert (ready.identity, ready.driver) == ("04b8:0202/J1", "usblp")
        await heard.paper("ok", ready=True)
        node.path.unlink()
        await heard.state("printer", "absent", timeout_s=1.0)
        await heard.paper("none", ready=False)


@pytest.mark.parametrize(
    ("verdict", "problem"),
    [
        (Verdict.CANDIDATE, "no receipt printer was found"),
        (Verdict.DENIED, "no permission"),
    ],
)
async def test_an_office_printer_is_left_alone(
    tty_sim: PrinterCables, tmp_path: Path, heard: Heard, printer: Start, verdict: Verdict, problem: str
) -> None:
    node = Node(tmp_path, verdict)
    node.path.symlink_to(tmp_path / "printer")
    printer(None, find=node.find, usblp_folder=tmp_path)
    absent = await heard.state("printer", "absent")
    assert problem in str(absent.problem)
    assert tty_sim.pty is not None
    assert not tty_sim.pty.opened


async def test_usblp_without_a_path_takes_what_is_there(
    tty_sim: PrinterCables, tmp_path: Path, heard: Heard, printer: Start
) -> None:
    node = Node(tmp_path, Verdict.CANDIDATE)
    node.path.symlink_to(tmp_path / "printer")
    printer(PrinterSettings(PrinterDriver.USBLP), find=node.find, usblp_folder=tmp_path)
    assert (await heard.state("printer", "ready")).identity == "04b8:0202/J1"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (PrinterSettings(PrinterDriver.USB), ["printer.driver", "network"]),
        (PrinterSettings(PrinterDriver.NETWORK, url="127.0.0.1:9", codepage="cp1258"), ["printer.codepage", "cp858"]),
        (PrinterSettings(PrinterDriver.NETWORK, url="a b"), ["printer.url", "host:port"]),
    ],
)
async def test_what_cannot_be_is_told_and_drops_slips_on_time(
    heard: Heard, printer: Start, settings: PrinterSettings, words: list[str]
) -> None:
    one = printer(settings)
    failing = await heard.state("printer", "failing")
    assert all(word in str(failing.problem) for word in words)
    assert "[printer]" in str(failing.advice)
    one.print(job(1, wait_s=0.1))
    assert await heard.fate(1) is SlipFate.DROPPED


async def test_a_setting_that_only_opening_shows_is_told_as_well(heard: Heard, printer: Start) -> None:
    def refuses(**settings: str) -> Printer:
        raise ValueError("parity 'strange': one of none, even")

    settings = PrinterSettings(PrinterDriver.SERIAL, port="/dev/null")
    printer(settings, drivers={**PRINTER_DRIVERS, "serial": refuses})
    assert "parity" in str((await heard.state("printer", "failing")).problem)


class Relay:
    """A line that can break without the printer's losing power, after so many bytes of a slip, and be mended."""

    def __init__(self, sim: PrinterCables) -> None:
        self.sim = sim
        self.breaks_after: int | None = None
        self.server: asyncio.Server | None = None

    async def open(self) -> str:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return f"127.0.0.1:{self.port}"

    async def mend(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self.sim.address is not None
        assert self.server is not None
        back, there = await asyncio.open_connection("127.0.0.1", self.sim.address.port)

        async def answers() -> None:
            while chunk := await back.read(4096):
                writer.write(chunk)

        answering = asyncio.create_task(answers())
        try:
            while chunk := await reader.read(4096):
                if self.breaks_after is not None and len(chunk) > self.breaks_after:
                    there.write(chunk[: self.breaks_after])
                    await there.drain()
                    self.breaks_after = None
                    self.server.close()
                    break
                there.write(chunk)
        except ConnectionError:
            pass
        finally:
            answering.cancel()
            there.close()
            writer.transport.abort()


@pytest.fixture
async def relay(sim: PrinterCables) -> AsyncIterator[Relay]:
    one = Relay(sim)
    yield one
    if one.server is not None:
        one.server.close()


@pytest.mark.parametrize("cancel_ignored", [False, True])
async def test_a_line_that_breaks_in_a_picture_spoils_no_other_slip(
    sim: PrinterCables, relay: Relay, heard: Heard, printer: Start, cancel_ignored: bool
) -> None:
    await sim.set_faults({"cancel_ignored": cancel_ignored})
    one = printer(PrinterSettings(PrinterDriver.NETWORK, url=await relay.open()))
    await heard.paper("ok", ready=True)
    relay.breaks_after = 700  # within the dots
    one.print(job(1, CHINESE, CHINESE))
    assert await heard.fate(1) is SlipFate.BROKEN
    await heard.state("printer", "absent")
    await relay.mend()
    await heard.state("printer", "ready")
    one.print(job(2))
    assert await heard.fate(2) is SlipFate.PRINTED
    assert await sim.changes.wait_until(lambda: "SLIP 2" in "\n".join(slips(sim)), wait_s=5)
    assert slips(sim)[-1] == "SLIP 2\n31168000000012\n31168000000020"


async def test_paper_that_ends_in_a_slip_of_pictures(sim: PrinterCables, heard: Heard, printer: Start) -> None:
    """Larger than the printer's buffer: it is fed a piece at a time, so that the buffer can be emptied."""
    await sim.set_faults({"line_ms": 2})
    one = printer(PrinterSettings(PrinterDriver.NETWORK, url=str(sim.address)))
    await heard.paper("ok", ready=True)
    await sim.set_faults({"paper_lines": 6})
    one.print(job(1, *[CHINESE] * 30))
    assert await heard.fate(1, timeout_s=3.0) is SlipFate.BROKEN
    await heard.paper("out", ready=False)
    torn = len(on_roll(sim))
    await sim.set_faults({"paper": "ok"})
    await heard.paper("ok", ready=True)
    one.print(job(2))
    assert await heard.fate(2) is SlipFate.PRINTED
    assert await sim.changes.wait_until(lambda: "SLIP 2" in "\n".join(slips(sim)), wait_s=5)
    assert slips(sim)[-1] == "SLIP 2\n31168000000012\n31168000000020"
    assert len(on_roll(sim)) <= torn + 4


async def test_only_what_changed_is_told(sim: PrinterCables) -> None:
    told: list[Known] = []
    settings = PrinterSettings(PrinterDriver.NETWORK, url=str(sim.address))
    reports = Reports(known=told.append, ended=lambda slip, fate: None, sent=lambda payload: None)
    life = PrinterLife(PrinterPlace(settings, list), Spool(), reports, PRINTER_DRIVERS, asyncio.get_running_loop().time)

    async def turns(count: int) -> None:
        for _ in range(count):
            await asyncio.to_thread(life.turn)

    await turns(5)
    await sim.set_faults({"paper": "low"})
    await turns(5)
    await sim.set_faults({"cover_open": True})
    await turns(5)
    await sim.set_faults({"power_off": True})
    await turns(5)
    life.close()
    assert [(known.state, known.paper, known.ready) for known in told] == [
        (DeviceState.OPENING, "unknown", False),
        (DeviceState.READY, "ok", True),
        (DeviceState.READY, "low", True),
        (DeviceState.FAILING, "low", False),
        (DeviceState.ABSENT, "unknown", False),  # in the words of the connection that ended
        (DeviceState.OPENING, "unknown", False),
        (DeviceState.ABSENT, "unknown", False),  # in those of the one that cannot be made
    ]


async def test_how_long_a_turn_says_to_wait(sim: PrinterCables) -> None:
    settings = PrinterSettings(PrinterDriver.NETWORK, url=str(sim.address))
    spool = Spool()
    reports = Reports(known=lambda known: None, ended=lambda slip, fate: None, sent=lambda payload: None)
    life = PrinterLife(PrinterPlace(settings, list), spool, reports, PRINTER_DRIVERS, asyncio.get_running_loop().time)
    waits = [await asyncio.to_thread(life.turn) for _ in range(printer_life.QUIET_LOOKS + 3)]
    assert waits[:-2] == [printer_life.LOOK_S] * (printer_life.QUIET_LOOKS + 1)
    assert waits[-2:] == [printer_life.LOOK_IDLE_S] * 2
    await sim.set_faults({"paper": "out"})
    assert await asyncio.to_thread(life.turn) == printer_life.LOOK_STOPPED_S
    spool.add(job(1))
    assert await asyncio.to_thread(life.turn) == printer_life.LOOK_WAITING_S
    spool.drop()
    await sim.set_faults({"power_off": True})
    waits = [await asyncio.to_thread(life.turn) for _ in range(7)]
    assert waits == [0.5, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0]
    life.close()


async def test_the_loop_is_free_while_a_driver_opens(
    tty_sim: PrinterCables, tmp_path: Path, heard: Heard, printer: Start
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(*, port: str, **_: object) -> Printer:
        entered.set()
        leave.wait(10)
        return serial(port=port)

    one = printer(PrinterSettings(PrinterDriver.SERIAL, port=str(tmp_path / "printer")), drivers={"serial": slow})
    await asyncio.to_thread(entered.wait, 5)
    one.print(job(1, wait_s=0.05))
    one.print(job(2))
    assert await heard.fate(1) is SlipFate.DROPPED
    leave.set()
    assert await heard.fate(2) is SlipFate.PRINTED


async def test_the_kernels_word_that_comes_late_takes_no_printer_away(tty_sim: PrinterCables, tmp_path: Path) -> None:
    told: list[Known] = []
    link = tmp_path / "printer"
    place = PrinterPlace(PrinterSettings(PrinterDriver.SERIAL, port=str(link)), list)
    reports = Reports(known=told.append, ended=lambda slip, fate: None, sent=lambda payload: None)
    life = PrinterLife(place, Spool(), reports, PRINTER_DRIVERS, asyncio.get_running_loop().time)
    both = [PathEvent(link, Change.GONE), PathEvent(link, Change.APPEARED)]
    await asyncio.to_thread(life.turn)
    life.paths_changed(both)  # of the plugging before
    assert told[-1].state is DeviceState.READY
    await tty_sim.set_faults({"power_off": True})
    await tty_sim.set_faults({"power_off": False})
    life.paths_changed(both)  # another one by now, and perhaps under the old one's number
    assert told[-1].state is DeviceState.ABSENT
    await asyncio.to_thread(life.turn)
    assert told[-1].state is DeviceState.READY
    life.close()
