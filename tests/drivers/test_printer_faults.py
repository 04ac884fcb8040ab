"""What goes wrong with printers, over each driver: real connections, ttys and USB transfers to a simulated printer."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.base import (
    CannotOpen,
    Fault,
    Paper,
    Printer,
    PrinterGone,
    PrinterStalled,
    PrinterStatus,
    PrintFailed,
    WhyNot,
)
from drivers.find_printers import find_usb_printers
from drivers.identity import Verdict
from tests.drivers.desk import CABLES, Desk

LINES = [f"3116800000{n:04}" for n in range(12)]
SLIP = b"\x1b@" + b"".join(line.encode() + b"\n" for line in LINES) + b"\x1dVB\x00"
NEXT = b"\x1b@NEXT\n\x1dVB\x00"
WELL = PrinterStatus(Paper.OK, online=True, cover_open=False, faults=frozenset(), answers=True)
SHORT_S = 0.15


@pytest.fixture(params=list(CABLES))
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with Desk(request.param, tmp_path) as made:
        yield made


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def goes(printer: Printer) -> None:
    """Notice that the printer went: a question fails sooner or later, and for good."""
    for _ in range(50):
        try:
            printer.status()
        except PrinterGone:
            return
    raise AssertionError("it is still there")


@pytest.mark.cell("network", "absent", on="tcp")
@pytest.mark.cell("serial usblp", "absent", on="pty")
@pytest.mark.cell("usb", "absent", on="usbip")
def test_nothing_there(desk: Desk) -> None:
    desk.fault(power_off=True)
    with pytest.raises(CannotOpen) as caught:
        desk.open()
    assert caught.value.why is WhyNot.ABSENT


@pytest.mark.cell("network", "unplugged", on="tcp")
@pytest.mark.cell("serial usblp", "unplugged", on="pty")
@pytest.mark.cell("usb", "unplugged", on="usbip")
def test_unplugged_and_plugged_in_again(desk: Desk) -> None:
    with desk.open() as printer:
        assert printer.status() == WELL
        desk.fault(power_off=True)
        goes(printer)
    desk.fault(power_off=False)
    began = time.monotonic()
    with desk.open() as printer:
        assert printer.status() == WELL
        assert time.monotonic() - began < 1
        printer.write(NEXT)
        desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)
    assert desk.papers()[0] == "NEXT"


@pytest.mark.cell("network", "unplugged", on="tcp")
@pytest.mark.cell("serial usblp", "unplugged", on="pty")
@pytest.mark.cell("usb", "unplugged", on="usbip")
def test_replugged_again_and_again_nothing_is_left_open(desk: Desk) -> None:
    def cycle() -> None:
        with desk.open() as printer:
            printer.status()
            desk.fault(power_off=True)
            goes(printer)
        desk.fault(power_off=False)

    cycle()
    before = descriptors()
    for _ in range(15):
        cycle()
    # The simulator's end of the last connection may still be closing.
    assert descriptors() <= before + 1


@pytest.mark.cell("network", "power off in a slip", on="tcp")
@pytest.mark.cell("serial usblp", "power off in a slip", on="pty")
@pytest.mark.cell("usb", "power off in a slip", on="usbip")
def test_power_fails_within_a_slip(desk: Desk) -> None:
    power_fails(desk, range(1, len(SLIP), {"network": 9, "serial": 1}.get(desk.driver, 9)))


@pytest.mark.long
def test_power_fails_at_every_byte_of_a_slip(desk: Desk) -> None:
    power_fails(desk, range(1, len(SLIP)))


def power_fails(desk: Desk, at: range) -> None:
    """Let the power fail after each of these counts of a slip's bytes, and print another one when it is back."""
    for sent in at:
        printer = desk.open()
        before = received(desk)
        desk.fault(power_off_after_bytes=sent)
        at_most = fails(printer, SLIP)
        if at_most is None:
            goes(printer)  # the line took the rest before anybody knew
        else:
            assert received(desk) - before <= at_most <= len(SLIP)
        printer.close()
        desk.until(lambda sim: sim.mechanism.faults.power_off)
        desk.fault(power_off=False)
        with desk.open() as printer:
            assert printer.status() == WELL
            printer.write(NEXT)
            desk.until(lambda sim: bool(sim.mechanism.roll.slips) and sim.mechanism.roll.slips[-1].ended == "cut")
        *torn, last, hanging = desk.papers()
        assert (last, hanging) == ("NEXT", ""), sent
        # What was on paper when the power failed is the head of the slip, once.
        head = "\n".join(LINES[: torn[0].count("\n") + 1]) if torn else ""
        assert torn in ([], [head]), (sent, torn)
        desk.run(clear(desk))


def fails(printer: Printer, slip: bytes) -> int | None:
    """Print; return how much of it may have left at most, or None if it went well."""
    try:
        printer.write(slip)
    except PrintFailed as failed:
        return failed.sent
    return None


def received(desk: Desk) -> int:
    async def count() -> int:
        return len(desk.sim.mechanism.received)

    return desk.run(count())


async def clear(desk: Desk) -> None:
    desk.sim.mechanism.roll.slips.clear()


@pytest.mark.cell("network", "takes no more", on="tcp")
@pytest.mark.cell("serial usblp", "takes no more", on="pty")
@pytest.mark.cell("usb", "takes no more", on="usbip")
def test_one_that_takes_no_more_is_stalled_in_time(desk: Desk) -> None:
    with desk.open(write_timeout_s=0.4) as printer:
        assert printer.status() == WELL
        desk.fault(stall=True)
        began = time.monotonic()
        with pytest.raises((PrinterStalled, PrinterGone)) as caught:
            printer.write(b"x" * 20_000_000)
        # pyusb's line to the simulator gives a transfer two seconds more than it was told.
        assert time.monotonic() - began < 4
        assert caught.value.sent < 20_000_000


@pytest.mark.cell("network", "silent", on="tcp")
@pytest.mark.cell("serial usblp", "silent", on="pty")
@pytest.mark.cell("usb", "silent", on="usbip")
def test_a_silent_one_is_asked_once_and_prints(desk: Desk) -> None:
    desk.fault(silent=True)
    with desk.open(status_timeout_s=SHORT_S) as printer:
        assert printer.status() == PrinterStatus(Paper.UNKNOWN, answers=False)
        desk.until(lambda sim: len(sim.mechanism.received) == 6)
        for _ in range(3):
            assert printer.status().ready is None
        printer.write(NEXT)
        desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)
        assert len(desk.sim.mechanism.received) == 6 + len(NEXT)


@pytest.mark.cell("network", "babbling", on="tcp")
@pytest.mark.cell("serial usblp", "babbling", on="pty")
@pytest.mark.cell("usb", "babbling", on="usbip")
@pytest.mark.parametrize("answers", ["noise", "bits", "flood"])
def test_what_is_no_answer_is_taken_for_none(desk: Desk, answers: str) -> None:
    desk.fault(wrong_answers=answers)
    with desk.open(status_timeout_s=SHORT_S) as printer:
        assert printer.status() == (WELL if answers == "noise" else PrinterStatus())
        printer.write(NEXT)
        desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)


@pytest.mark.cell("network", "stops answering", on="tcp")
@pytest.mark.cell("serial usblp", "stops answering", on="pty")
@pytest.mark.cell("usb", "stops answering", on="usbip")
def test_one_that_stops_answering_is_stalled_and_not_silent(desk: Desk) -> None:
    with desk.open(status_timeout_s=SHORT_S) as printer:
        assert printer.status() == WELL
        desk.fault(silent=True)
        with pytest.raises(PrinterStalled):
            printer.status()
        desk.fault(silent=False)
        assert printer.status() == WELL


@pytest.mark.cell("network", "paper near end", on="tcp")
@pytest.mark.cell("serial usblp", "paper near end", on="pty")
@pytest.mark.cell("usb", "paper near end", on="usbip")
def test_paper_near_its_end(desk: Desk) -> None:
    desk.fault(paper="low")
    with desk.open() as printer:
        status = printer.status()
        assert (status.paper, status.ready) == (Paper.LOW, True)
        printer.write(NEXT)
        desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)


@pytest.mark.cell("network", "paper out in a slip", on="tcp")
@pytest.mark.cell("serial usblp", "paper out in a slip", on="pty")
@pytest.mark.cell("usb", "paper out in a slip", on="usbip")
def test_paper_that_ends_in_a_slip(desk: Desk) -> None:
    desk.fault(paper_lines=4)
    with desk.open() as printer:
        assert printer.status().paper is Paper.LOW
        printer.write(SLIP)
        desk.until(lambda sim: sim.mechanism.condition.paper_out)
        status = printer.status()
        assert (status.paper, status.ready) == (Paper.OUT, False)
        printer.cancel()
        assert printer.status().paper is Paper.OUT  # by its answer it has obeyed
        desk.fault(paper="ok")
        assert printer.status() == WELL
        printer.write(NEXT)
        desk.until(lambda sim: len(sim.mechanism.roll.slips) == 2)
    assert desk.papers() == ["\n".join(LINES[:4]), "NEXT", ""]


@pytest.mark.cell("network", "cover open", on="tcp")
@pytest.mark.cell("serial usblp", "cover open", on="pty")
@pytest.mark.cell("usb", "cover open", on="usbip")
def test_an_open_cover(desk: Desk) -> None:
    with desk.open() as printer:
        desk.fault(cover_open=True)
        status = printer.status()
        assert (status.cover_open, status.online, status.ready) == (True, False, False)
        desk.fault(cover_open=False)
        assert printer.status() == WELL


@pytest.mark.cell("network", "cutter jam", on="tcp")
@pytest.mark.cell("serial usblp", "cutter jam", on="pty")
@pytest.mark.cell("usb", "cutter jam", on="usbip")
def test_a_jammed_cutter(desk: Desk) -> None:
    desk.fault(cutter_jam=True)
    with desk.open() as printer:
        printer.write(NEXT)
        desk.until(lambda sim: sim.mechanism.condition.cutter_error)
        status = printer.status()
        assert (status.faults, status.ready) == (frozenset({Fault.CUTTER}), False)
        printer.cancel()
        desk.fault(cutter_jam=False)
        assert printer.status() == WELL


@pytest.mark.cell("network", "slow", on="tcp")
@pytest.mark.cell("serial usblp", "slow", on="pty")
@pytest.mark.cell("usb", "slow", on="usbip")
def test_a_slow_one_only_takes_time(desk: Desk) -> None:
    desk.fault(line_ms=20, status_delay_ms=60)
    with desk.open() as printer:
        assert printer.status() == WELL
        printer.write(SLIP)
        desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)
        assert printer.status() == WELL
    assert desk.papers()[0].splitlines() == LINES


CAN_I = """
import os, sys
import drivers.serial_printer, drivers.usblp_printer
from drivers import PRINTERS
from drivers.base import CannotOpen
os.chdir("/")
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
try:
    PRINTERS[sys.argv[1]](**{sys.argv[2]: sys.argv[3]})
except CannotOpen as error:
    print(error.why)
"""


def as_nobody(script: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.cell("serial usblp", "not permitted", on="pty")
@pytest.mark.parametrize(("driver", "key"), [("serial", "port"), ("usblp", "device")])
def test_another_users_printer(tmp_path: Path, driver: str, key: str) -> None:
    master, slave = os.openpty()
    name = os.ttyname(slave)
    os.fchmod(slave, 0o600)
    try:
        assert as_nobody(CAN_I, driver, key, name) == "denied"
    finally:
        os.close(slave)
        os.close(master)


LOOK = """
import os, pathlib, sys
from drivers.find_printers import find_usb_printers
os.setresuid(65534, 65534, 65534)
root = pathlib.Path(sys.argv[1])
for found in find_usb_printers(device_folder=root / "dev", sysfs_folder=root / "sys", udev_folder=root):
    print(found.driver, found.verdict, found.evidence)
"""


def usb_printer(root: Path, port: str, **attributes: str) -> Path:
    """Lay out a USB printer as sysfs and devtmpfs do; return its node."""
    device = root / "sys" / port
    (device / f"{port}:1.0").mkdir(parents=True)
    (device / f"{port}:1.0" / "bInterfaceClass").write_text(attributes.pop("interface", "07"))
    number = port.partition("-")[2]
    for name, value in {"busnum": "1", "devnum": number, **attributes}.items():
        (device / name).write_text(value)
    (root / "sys" / f"{port}:1.0").symlink_to(device / f"{port}:1.0")
    node = root / "dev" / "001" / f"{int(number):03}"
    node.parent.mkdir(parents=True, exist_ok=True)
    node.touch()
    return node


@pytest.mark.cell("usb", "not permitted", on="files")
def test_a_usb_printer_that_may_not_be_opened_is_seen_all_the_same(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(0o755)
    usb_printer(tmp_path, "1-4", idVendor="04b8", idProduct="0e03", product="TM-T20").chmod(0o600)
    assert as_nobody(LOOK, str(tmp_path)) == "usb denied no_permission"


def test_usb_printers_are_found_by_their_interface(tmp_path: Path) -> None:
    usb_printer(tmp_path, "1-4", idVendor="04b8", idProduct="0e03", manufacturer="EPSON", product="TM-T20", serial="X1")
    usb_printer(tmp_path, "1-5", idVendor="03f0", idProduct="0517", product="LaserJet")
    usb_printer(tmp_path, "1-6", idVendor="046d", idProduct="c31c", product="Keyboard", interface="03")
    found = find_usb_printers(device_folder=tmp_path / "dev", sysfs_folder=tmp_path / "sys", udev_folder=tmp_path)
    assert [(one.name, one.verdict, str(one.identity)) for one in found] == [
        ("EPSON TM-T20", Verdict.TAKE, "04b8:0e03/X1"),
        ("LaserJet", Verdict.CANDIDATE, "03f0:0517/1-5"),
    ]
    assert found[0].path == str(tmp_path / "dev/001/004")


@pytest.mark.cell("serial", "held by another", on="pty")
def test_a_line_that_another_program_holds(tmp_path: Path) -> None:
    with Desk("serial", tmp_path) as desk, desk.open(), pytest.raises(CannotOpen) as caught:
        desk.open()
    assert caught.value.why is WhyNot.BUSY


@pytest.mark.cell("usblp", "held by another", on="pty")
def test_a_node_that_lets_one_in_at_a_time(tmp_path: Path) -> None:
    # TIOCEXCL: the kernel then answers EBUSY as usblp does, to all but root.
    import fcntl
    import termios

    master, slave = os.openpty()
    os.fchmod(slave, 0o666)
    fcntl.ioctl(slave, termios.TIOCEXCL)
    try:
        assert as_nobody(CAN_I, "usblp", "device", os.ttyname(slave)) == "busy"
    finally:
        os.close(slave)
        os.close(master)


@pytest.mark.cell("network", "takes no more", on="tcp")
def test_while_one_printer_stalls_another_prints(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with Desk("network", tmp_path / "a") as stuck, Desk("network", tmp_path / "b") as well:
        stuck.fault(stall=True)
        with stuck.open(write_timeout_s=5.0) as first, well.open() as second:
            thread = threading.Thread(target=fails, args=(first, b"x" * 20_000_000))
            thread.start()
            second.write(NEXT)
            well.until(lambda sim: len(sim.mechanism.roll.slips) == 1)
            assert thread.is_alive()
            stuck.fault(power_off=True)
            thread.join(10)


class TestAutomaticStatus:
    """`GS a`: the printer reports, and is asked only whether it is still there."""

    def test_reports_are_what_status_says(self, desk: Desk) -> None:
        with desk.open(status="automatic") as printer:
            assert printer.status() == WELL
            desk.fault(cover_open=True)
            desk.until(lambda sim: sim.mechanism.condition.cover_open)
            assert until(printer, lambda status: bool(status.cover_open)).ready is False
            desk.fault(cover_open=False)
            assert until(printer, lambda status: not status.cover_open) == WELL
            desk.fault(paper="out")
            assert until(printer, lambda status: status.paper is Paper.OUT).ready is False
        assert b"\x10\x04" not in desk.sim.mechanism.received

    def test_a_silent_one_is_unknown_and_one_that_falls_silent_has_stalled(self, desk: Desk) -> None:
        with desk.open(status="automatic", status_timeout_s=SHORT_S) as printer:
            assert printer.status() == WELL
            desk.fault(silent=True)
            with pytest.raises(PrinterStalled):
                printer.status()
        with desk.open(status="automatic", status_timeout_s=SHORT_S) as printer:
            assert printer.status() == PrinterStatus()

    def test_one_that_goes_is_gone(self, desk: Desk) -> None:
        with desk.open(status="automatic") as printer:
            assert printer.status() == WELL
            desk.fault(power_off=True)
            goes(printer)

    def test_a_printer_known_to_say_nothing_is_not_asked(self, desk: Desk) -> None:
        with desk.open(status="none") as printer:
            assert printer.status() == PrinterStatus()
        assert desk.sim.mechanism.received == b""

    def test_another_way_is_refused(self, desk: Desk) -> None:
        with pytest.raises(ValueError, match="telepathy"):
            desk.open(status="telepathy")


def until(printer: Printer, met: Callable[[PrinterStatus], bool]) -> PrinterStatus:
    """Look until the report has come through the line."""
    deadline_s = time.monotonic() + 5
    while not met(status := printer.status()):
        assert time.monotonic() < deadline_s, status
    return status
