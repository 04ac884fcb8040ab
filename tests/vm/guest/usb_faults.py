"""The usb driver's faults on a real USB stack: held, not permitted, pulled out, holding off."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from drivers import PRINTERS
from drivers.base import CannotOpen, Printer, PrinterGone, PrinterStalled, WhyNot
from drivers.find_printers import find_usb_printers
from hardware_sim.kernel.gadget import UsbPrinter
from hardware_sim.kernel.nodes import await_truth
from tests.vm.guest.paper import LP, SLIP, Roll, printer_at_the_cable

OWNER = """
import time
from drivers import PRINTERS
printer = PRINTERS["usb"]()
print("open", flush=True)
time.sleep(600)
"""
NOBODY = 65534


def why_not() -> str:
    """Say why the printer cannot be opened, or that it can."""
    try:
        PRINTERS["usb"]().close()
    except CannotOpen as error:
        return error.why.value
    return "open"


def opened_soon() -> Printer:
    """Open the printer that was plugged in just now: libusb hears of it when udev has, after usblp."""
    until_s = time.monotonic() + 30
    while True:
        try:
            return PRINTERS["usb"]()
        except CannotOpen as error:
            if error.why is not WhyNot.ABSENT or time.monotonic() > until_s:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def another_owner() -> Iterator[subprocess.Popen[str]]:
    """Another program that has taken the printer by libusb."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    try:
        assert owner.stdout.readline() == "open\n"
        yield owner
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()


def held() -> list[str]:
    """Another program has it: by usblp's node, then by libusb; then none."""
    said = []
    with printer_at_the_cable() as device, Roll(device):
        fd = os.open(LP, os.O_RDWR | os.O_NONBLOCK)
        said.append(why_not())
        os.close(fd)
        with another_owner():
            said.append(why_not())
        await_truth(Path(LP).exists, f"{LP} after the owner's end")
        said.append(why_not())
    return said


def terminated() -> dict[str, object]:
    """SIGTERM ends the program that has the printer."""
    with printer_at_the_cable() as device, Roll(device):
        with another_owner() as owner:
            during = Path(LP).exists()
            owner.terminate()
            owner.wait()
            await_truth(Path(LP).exists, LP)
        return {"node while it is held": during, "afterwards": why_not()}


def not_permitted() -> list[str]:
    """Another user may not: said so when it is looked for and when it is opened."""
    with printer_at_the_cable() as device, Roll(device):
        (found,) = find_usb_printers()
        Path(found.path).chmod(0o600)
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            why_not()  # imports what the other user may not read
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            (seen,) = find_usb_printers()
            os.write(writes, f"{seen.verdict.value} {why_not()}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        said = os.read(reads, 100).decode().split()
        os.close(reads)
        os.close(writes)
        return said


def unplugged_mid_slip() -> dict[str, object]:
    """The plug is pulled while a slip goes out; plugged in again, the next one is whole and nothing comes twice."""
    told: dict[str, object] = {}
    slip = SLIP * 10
    with printer_at_the_cable(buffers=2) as device:
        with Roll(device) as roll, PRINTERS["usb"](write_timeout_s=20.0) as printer:
            await_truth(lambda: printer.status().ready is True, "the printer's word")

            def pull() -> None:
                await_truth(lambda: len(roll.taken) > 3000, "the slip's beginning")
                roll.jammed.set()
                device.unplug()

            thread = threading.Thread(target=pull)
            thread.start()
            try:
                printer.write(slip)
            except (PrinterGone, PrinterStalled) as error:
                told |= {"raised": type(error).__name__, "sent": error.sent}
            thread.join()
            told |= {"on the roll": len(roll.taken), "a beginning": slip.startswith(bytes(roll.taken))}
        _plugged_again(device)
        with Roll(device) as roll, opened_soon() as printer:
            printer.write(SLIP)
            await_truth(lambda: len(roll.taken) >= len(SLIP), "the next slip")
            told["next is whole"] = bytes(roll.taken) == SLIP
    return told


def holds_off() -> dict[str, object]:
    """The printer takes no more: the slip ends at its deadline, and what is counted as sent covers what arrived."""
    with (
        printer_at_the_cable(buffers=2) as device,
        Roll(device) as roll,
        PRINTERS["usb"](write_timeout_s=1.0) as printer,
    ):
        roll.jammed.set()
        began = time.monotonic()
        sent = -1
        try:
            printer.write(SLIP * 10)
        except PrinterStalled as error:
            sent = error.sent
        waited_s = time.monotonic() - began
        roll.jammed.clear()
        roll.await_quiet()
        return {"sent at most": sent, "arrived": len(roll.taken), "of": len(SLIP) * 10, "waited_s": waited_s}


def _plugged_again(device: UsbPrinter) -> None:
    device.plug()
    await_truth(Path(LP).exists, LP)
