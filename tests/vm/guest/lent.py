"""The libusb driver: takes a printer from the kernel's usblp, and sees that it gets it back."""

import os
import signal
import time
from multiprocessing import Event, Process, synchronize
from pathlib import Path

from drivers import PRINTERS
from drivers.base import CannotOpen
from hardware_sim.kernel.nodes import await_truth
from tests.vm.guest.paper import LP, SLIP, Roll, printer_at_the_cable

DEVICE = "04b8:0e15"


def slips() -> dict[str, object]:
    """Print by libusb; usblp's node goes meanwhile and comes back after closing, and prints again."""
    with printer_at_the_cable() as device, Roll(device) as roll:
        with PRINTERS["usb"](device=DEVICE) as printer:
            node_meanwhile = Path(LP).exists()
            status = printer.status()
            printer.write(SLIP)
            await_truth(lambda: bytes(roll.taken) == SLIP, "the slip")
        await_truth(Path(LP).exists, LP)
        roll.taken.clear()
        with PRINTERS["usblp"](device=LP) as printer:
            printer.write(SLIP)
            await_truth(lambda: bytes(roll.taken) == SLIP, "usblp's slip")
            try:
                PRINTERS["usb"](device=DEVICE)
                refused = ""
            except CannotOpen as error:
                refused = error.why.value
        return {"node meanwhile": node_meanwhile, "ready": status.ready, "refused while usblp is open": refused}


def _print_and_wait(ready: synchronize.Event) -> None:
    printer = PRINTERS["usb"](device=DEVICE)
    printer.write(SLIP)
    ready.set()
    time.sleep(600)


def killed() -> dict[str, object]:
    """A program that holds the printer is killed: the kernel's driver has it back, without anybody's help."""
    with printer_at_the_cable() as device, Roll(device) as roll:
        ready = Event()
        holder = Process(target=_print_and_wait, args=(ready,))
        holder.start()
        assert ready.wait(60)
        during = Path(LP).exists()
        assert holder.pid is not None
        began = time.monotonic()
        os.kill(holder.pid, signal.SIGKILL)
        holder.join()
        await_truth(Path(LP).exists, LP)
        back_s = time.monotonic() - began
        roll.taken.clear()
        with PRINTERS["usblp"](device=LP) as printer:
            printer.write(SLIP)
            await_truth(lambda: roll.taken.endswith(SLIP), "usblp's slip")
        return {"node while it is held": during, "node after": True, "back_s": back_s}
