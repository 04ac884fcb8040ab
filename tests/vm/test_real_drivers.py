"""The simulated printer with all its faults behind the kernel's own drivers: usblp, and ftdi_sio of a serial adapter.

The tests are those of `tests/drivers/test_printer_faults.py`, where a pseudo terminal stands in for both.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base import CannotOpen, PrinterGone, PrinterStalled, PrintFailed, WhyNot
from hardware_sim.printer.usb_serial import BY_RTS_CTS, BY_XON_XOFF, DTR, RTS, Handshake
from hardware_sim.vm.machine import Machine
from tests.drivers.test_printer_faults import (
    LINES,
    NEXT,
    SLIP,
    WELL,
    goes,
    power_fails,
    test_a_jammed_cutter,
    test_a_silent_one_is_asked_once_and_prints,
    test_a_slow_one_only_takes_time,
    test_an_open_cover,
    test_one_that_stops_answering_is_stalled_and_not_silent,
    test_paper_near_its_end,
    test_paper_that_ends_in_a_slip,
    test_what_is_no_answer_is_taken_for_none,
)
from tests.vm.desk import VmDesk

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]
__all__ = [
    "test_a_jammed_cutter",
    "test_a_silent_one_is_asked_once_and_prints",
    "test_a_slow_one_only_takes_time",
    "test_an_open_cover",
    "test_one_that_stops_answering_is_stalled_and_not_silent",
    "test_paper_near_its_end",
    "test_paper_that_ends_in_a_slip",
    "test_what_is_no_answer_is_taken_for_none",
]
LONG = b"".join(b"3116800000%04d\n" % number for number in range(1200)) + b"\x1dVB\x00"
"""Four times what the printer holds."""


@pytest.fixture(params=["usblp-vhci", "serial-vhci"])
def desk(request: pytest.FixtureRequest, machine: Machine, tmp_path: Path) -> Iterator[VmDesk]:
    driver = request.param.partition("-")[0]
    handshake = Handshake.RTSCTS if driver == "serial" else None
    with VmDesk(machine, driver, tmp_path, handshake=handshake) as made:
        yield made


@pytest.mark.cell("serial usblp", "absent", on="vhci")
@pytest.mark.cell("serial usblp", "unplugged", on="vhci")
def test_absent_unplugged_and_plugged_in_again(desk: VmDesk) -> None:
    desk.fault(power_off=True)
    with pytest.raises(CannotOpen) as caught:
        desk.open()
    assert caught.value.why is WhyNot.ABSENT
    desk.fault(power_off=False)
    with desk.open() as printer:
        assert printer.status() == WELL
        desk.fault(power_off=True)
        goes(printer)
    desk.fault(power_off=False)
    with desk.open() as printer:
        assert printer.status() == WELL
        printer.write(NEXT)
        desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)
    assert desk.papers()[0] == "NEXT"


@pytest.mark.cell("serial usblp", "power off in a slip", on="vhci")
def test_power_fails_within_a_slip(desk: VmDesk) -> None:
    power_fails(desk, range(1, len(SLIP), 40))


@pytest.mark.cell("serial usblp", "takes no more", on="vhci")
def test_one_that_takes_no_more_is_stalled_in_time(desk: VmDesk) -> None:
    with desk.open(write_timeout_s=1.0) as printer:
        assert printer.status() == WELL
        before = len(desk.sim.mechanism.received)
        desk.fault(stall=True)
        with pytest.raises((PrinterStalled, PrinterGone)) as caught:
            printer.write(LONG)
        assert len(desk.sim.mechanism.received) - before <= caught.value.sent < len(LONG)


# ---- what only a serial line has


def adapter(machine: Machine, folder: Path, handshake: Handshake) -> VmDesk:
    return VmDesk(machine, "serial", folder, handshake=handshake)


@pytest.mark.parametrize(
    ("flow", "handshake", "asked"),
    [("rtscts", Handshake.RTSCTS, BY_RTS_CTS), ("xonxoff", Handshake.XONXOFF, BY_XON_XOFF)],
)
def test_a_handshake_that_both_ends_keep_loses_nothing(
    machine: Machine, tmp_path: Path, flow: str, handshake: Handshake, asked: int
) -> None:
    """The printer's buffer is full again and again, for paper is slower than the line."""
    with adapter(machine, tmp_path, handshake) as desk:
        desk.fault(line_ms=1)
        with desk.open(flow=flow, write_timeout_s=120.0) as printer:
            assert desk.adapter.flow & asked
            printer.write(LONG)
            desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1, wait_s=60)
        assert desk.papers()[0].encode() + b"\n\x1dVB\x00" == LONG
        assert desk.adapter.lost == 0


@pytest.mark.parametrize("handshake", list(Handshake))
def test_without_a_handshake_a_full_printer_loses_bytes(machine: Machine, tmp_path: Path, handshake: Handshake) -> None:
    """So the simulated line can tell the difference."""
    with adapter(machine, tmp_path, handshake) as desk:
        desk.fault(line_ms=60_000)  # it holds what fits, and prints next to nothing
        with desk.open(flow="none", write_timeout_s=120.0) as printer:
            printer.write(LONG)
        assert desk.adapter.lost > 0


@pytest.mark.parametrize(("flow", "handshake"), [("rtscts", Handshake.RTSCTS), ("xonxoff", Handshake.XONXOFF)])
def test_a_printer_that_holds_off_for_good_ends_the_slip_and_prints_the_next(
    machine: Machine, tmp_path: Path, flow: str, handshake: Handshake
) -> None:
    with adapter(machine, tmp_path, handshake) as desk, desk.open(flow=flow, write_timeout_s=2.0) as printer:
        before = len(desk.sim.mechanism.received)
        desk.fault(stall=True)
        with pytest.raises(PrintFailed) as caught:
            printer.write(LONG)
        assert len(desk.sim.mechanism.received) - before <= caught.value.sent < len(LONG)
        desk.fault(stall=False)
        printer.write(NEXT)
        desk.until(lambda sim: any("NEXT" in line.text for slip in sim.mechanism.roll.slips for line in slip.lines))
        *torn, last = next(paper for paper in desk.papers() if "NEXT" in paper).splitlines()
        assert last == "NEXT", (
            "whole, on a line of its own; a piece of its own is the daemon's to make, which knows the cutter"
        )
        assert LONG.decode().splitlines()[: len(torn)] == torn, "the head of the slip that broke off, once"


def test_the_lines_are_up_while_it_is_open_and_the_printers_word_is_heard(machine: Machine, tmp_path: Path) -> None:
    with adapter(machine, tmp_path, Handshake.RTSCTS) as desk:
        with desk.open(flow="rtscts"):
            assert desk.adapter.lines == DTR | RTS
        desk.until(lambda _: desk.adapter.lines == 0)
        assert desk.far("lines") == {"cts": True, "dsr": True}
        desk.fault(stall=True)
        assert desk.far("lines") == {"cts": False, "dsr": True}


def test_a_printer_that_is_pulled_out_while_it_holds_off(machine: Machine, tmp_path: Path) -> None:
    with (
        adapter(machine, tmp_path, Handshake.RTSCTS) as desk,
        desk.open(flow="rtscts", write_timeout_s=60.0) as printer,
    ):
        desk.fault(stall=True)
        pulls = threading.Timer(1.0, lambda: desk.fault(power_off=True))
        pulls.start()
        with pytest.raises(PrinterGone):
            printer.write(LONG)
        pulls.join()
        desk.fault(power_off=False, stall=False)
        with desk.open(flow="rtscts") as again:
            again.write(SLIP)
            desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)
        assert desk.papers()[0].splitlines() == LINES
