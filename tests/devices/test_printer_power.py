"""The power fails within a slip, at each byte: what the station says of it, and what the next person gets."""

import asyncio
import gc
import resource
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from drivers.slip import PaperProfile
from hardware_sim.printer.server import PrinterCables
from kioskd.devices import printer_life
from kioskd.devices.on_paper import on_paper
from kioskd.devices.printer import PrinterThread
from kioskd.model.settings import PrinterDriver, PrinterSettings
from kioskd.model.slip import SlipFate
from tests.devices.conftest import Heard, descriptors, job, slips

Start = Callable[..., PrinterThread]
LINES = ("31168000000012", "31168000000020")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time for paper to come out, and none between tries."""
    monkeypatch.setattr(printer_life, "LINE_S", 0.0)
    monkeypatch.setattr(printer_life, "OPEN_AGAIN_S", (0.02,))
    monkeypatch.setattr(printer_life, "LOOK_WAITING_S", 0.02)


async def settle(heard: Heard, sim: PrinterCables, number: int) -> SlipFate:
    """Wait for the cut, or for an end without one; put the power on again and return what became of the slip."""
    while not sim.mechanism.faults.power_off and number not in heard.fates():
        await sim.changes.wait_until(lambda: sim.mechanism.faults.power_off, wait_s=0.05)
    if number in heard.fates() and heard.fates()[number] is SlipFate.BROKEN:
        await sim.changes.wait_until(lambda: sim.mechanism.faults.power_off, wait_s=5)
    await sim.set_faults({"power_off": False, "power_off_after_bytes": 0})
    # Where only a question was cut off, the slip had not begun, and comes out now.
    return await heard.fate(number)


async def fails_at(places: Iterable[int], sim: PrinterCables, heard: Heard, one: PrinterThread) -> list[SlipFate]:
    said = []
    await heard.paper("ok", ready=True)
    number = 1
    for after in places:
        await sim.set_faults({"power_off_after_bytes": after})
        one.print(job(number, *LINES, wait_s=30))
        fate = await settle(heard, sim, number)
        one.print(job(number + 1, *LINES, wait_s=30))
        assert await heard.fate(number + 1) is SlipFate.PRINTED, after
        papers = slips(sim)
        whole = "\n".join(f"SLIP {number}\n{LINES[0]}\n{LINES[1]}".splitlines())
        first = [paper for paper in papers if f"SLIP {number}" in paper.splitlines()]
        following = [paper for paper in papers if f"SLIP {number + 1}" in paper.splitlines()]
        assert following == [whole.replace(f"SLIP {number}", f"SLIP {number + 1}")], (after, papers)
        assert len(first) <= 1, (after, papers)
        assert not first or whole.startswith(first[0]), (after, papers)
        assert fate is SlipFate.BROKEN or (fate is SlipFate.PRINTED and first == [whole]), (after, fate, papers)
        said.append(fate)
        sim.mechanism.roll.slips.clear()
        number += 2
    return said


def length() -> int:
    """Bytes of the slip, with the four questions before it and some more after."""
    pieces = on_paper(job(1, *LINES).what, PaperProfile())
    return sum(len(piece.payload) for piece in pieces) + 24


async def test_the_power_fails_within_a_slip(sim: PrinterCables, heard: Heard, printer: Start) -> None:
    said = await fails_at(range(1, length(), 23), sim, heard, printer(sim))
    assert SlipFate.BROKEN in said


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_the_power_fails_at_every_byte(sim: PrinterCables, heard: Heard, printer: Start) -> None:
    said = await fails_at(range(1, length()), sim, heard, printer(sim))
    print(f"{len(said)} power cuts: {said.count(SlipFate.BROKEN)} broken, {said.count(SlipFate.PRINTED)} printed")


async def cycles(count: int, tty_sim: PrinterCables, heard: Heard, printer: Start, tmp_path: Path) -> list[float]:
    """Unplug and plug in; return how long each replug took until the printer was ready."""
    link = tmp_path / "printer"
    printer(PrinterSettings(PrinterDriver.SERIAL, port=str(link)))
    await heard.state("printer", "ready")
    took_s, before, memory_kib = [], 0, 0
    for cycle in range(count):
        if cycle == count // 10:
            gc.collect()
            before, memory_kib = descriptors(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await tty_sim.set_faults({"power_off": True})
        await heard.state("printer", "absent")
        at = time.perf_counter()
        await tty_sim.set_faults({"power_off": False})
        await heard.state("printer", "ready")
        took_s.append(time.perf_counter() - at)
        heard.all.clear()
    gc.collect()
    assert descriptors() <= before
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_kib
    assert grown_kib < 4096, f"{grown_kib} KiB more after {count} cycles"
    usual_ms, worst_ms = statistics.median(took_s) * 1000, max(took_s) * 1000
    print(f"{count} cycles: ready after {usual_ms:.1f} ms, worst {worst_ms:.0f} ms; {grown_kib} KiB more at the peak")
    return took_s


async def test_unplugged_and_plugged_in_again_many_times(
    tty_sim: PrinterCables, heard: Heard, printer: Start, tmp_path: Path
) -> None:
    took_s = await cycles(40, tty_sim, heard, printer, tmp_path)
    assert statistics.median(took_s) < 1


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_thousand_times(tty_sim: PrinterCables, heard: Heard, printer: Start, tmp_path: Path) -> None:
    took_s = await cycles(1000, tty_sim, heard, printer, tmp_path)
    assert sorted(took_s)[-10] < 1


async def test_slips_by_usb_end_as_they_do_by_other_ways(heard: Heard, printer: Start) -> None:
    from usbip_backend import backend as client

    from drivers import PRINTERS
    from hardware_sim.addresses import Address

    sim = PrinterCables()
    await sim.open(None, None, usb=Address("127.0.0.1", 0), nak_ms=20)
    assert sim.usb is not None
    assert sim.usb.address is not None
    ways = client.get_backend("127.0.0.1", sim.usb.address.port, timeout=1.0)
    settings = PrinterSettings(PrinterDriver.USB, device="04b8:0e03", profile="epson-tm-t20")
    drivers = {"usb": lambda **arguments: PRINTERS["usb"](backend=ways, **arguments)}
    one = printer(settings, drivers=drivers)
    await heard.paper("ok", ready=True)
    one.print(job(1, *LINES))
    assert await heard.fate(1) is SlipFate.PRINTED
    await sim.set_faults({"cover_open": True})
    told = await heard.paper("ok", ready=False)
    assert told.problem == "the cover is open"
    one.print(job(2, *LINES, wait_s=0.2))
    assert await heard.fate(2) is SlipFate.DROPPED
    await sim.set_faults({"cover_open": False})
    await heard.paper("ok", ready=True)
    assert slips(sim) == ["SLIP 1\n31168000000012\n31168000000020"]
    assert heard.devices("printer")[-1].identity == "04b8:0e03"
    await asyncio.to_thread(one.close)
    for connection in ways._conns.values():
        connection.close()
    await sim.close()
    for _ in range(5):
        await asyncio.sleep(0)
