"""The usblp driver on the kernel's usblp, with a USB printer at the other end of the cable."""

import contextlib
import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from drivers import PRINTERS
from drivers.base import CannotOpen, PrinterGone, PrinterStalled
from hardware_sim.kernel.gadget import UsbPrinter
from hardware_sim.kernel.nodes import await_truth

LP = "/dev/usb/lp0"
SLIP = bytes(range(256)) * 80 + b"\x1dV\x00"
"""Every byte, 20 KiB: five times what the driver hands over at once. It ends in a short packet: the gadget gives its
reader whole buffers of 8 KiB, or what a short packet ends."""
BUFFER_BYTES = 8192
"""Read in one piece: the gadget keeps the rest of a buffer that was read in part, over unplugging too."""


ANSWERS = {1: 0x16, 2: 0x12, 3: 0x12, 4: 0x12}
"""To `DLE EOT` n: online, nothing wrong, enough paper."""


class Roll:
    """The printer's own end: takes what comes, until told to stop, and answers status questions."""

    def __init__(self, device: UsbPrinter, *, answers: bool = True) -> None:
        self._fd = device.open()
        self._answers = answers
        self.taken = bytearray()
        self.jammed = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def await_quiet(self, quiet_s: float = 0.5) -> None:
        """Wait until nothing has come for so long."""
        before, since_s = -1, time.monotonic()
        while time.monotonic() - since_s < quiet_s:
            if len(self.taken) != before:
                before, since_s = len(self.taken), time.monotonic()
            time.sleep(0.02)

    def close(self) -> None:
        """Let go of it; a second call does nothing."""
        if not self._over:
            self._over = True
            self._thread.join()
            os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        while not self._over:
            if self.jammed.is_set():
                time.sleep(0.01)
            elif poll.poll(20):
                with contextlib.suppress(OSError):
                    chunk = os.read(self._fd, BUFFER_BYTES)
                    if self._answers and chunk[:2] == b"\x10\x04" and len(chunk) == 3:
                        os.write(self._fd, bytes((ANSWERS[chunk[2]],)))
                    else:
                        self.taken += chunk


def _plugged(device: UsbPrinter) -> None:
    device.plug()
    await_truth(lambda: Path(LP).exists(), LP)


@contextlib.contextmanager
def printer_at_the_cable(*, buffers: int = 10) -> Iterator[UsbPrinter]:
    device = UsbPrinter(buffers=buffers)
    try:
        _plugged(device)
        yield device
    finally:
        device.remove()


def byte_for_byte() -> dict[str, object]:
    with printer_at_the_cable() as device, Roll(device) as roll, PRINTERS["usblp"](device=LP) as printer:
        status = printer.status()
        for _ in range(3):
            printer.write(SLIP)
        await_truth(lambda: len(roll.taken) >= 3 * len(SLIP), "the slips on the roll")
        after = printer.status()
        try:
            PRINTERS["usblp"](device=LP)
            second = ""
        except CannotOpen as error:
            second = error.why.value
        return {
            "same": bytes(roll.taken) == SLIP * 3,
            "bytes": len(roll.taken),
            "ready": [status.ready, after.ready],
            "second opener": second,
        }


def silent() -> dict[str, object]:
    with (
        printer_at_the_cable() as device,
        Roll(device, answers=False) as roll,
        PRINTERS["usblp"](device=LP) as printer,
    ):
        status = printer.status()
        printer.write(SLIP)
        await_truth(lambda: SLIP in roll.taken, "the slip on the roll")
        return {"answers": status.answers, "paper": status.paper, "ready": status.ready}


def holds_off() -> dict[str, object]:
    """The printer takes no more in the middle of a slip, then all is well again."""
    with (
        printer_at_the_cable(buffers=2) as device,
        Roll(device) as roll,
        PRINTERS["usblp"](device=LP, write_timeout_s=1.0) as printer,
    ):
        printer.write(b"before")
        await_truth(lambda: roll.taken == b"before", "the first bytes")
        roll.jammed.set()
        began = time.monotonic()
        long_slip = SLIP * 10
        try:
            printer.write(long_slip)
            sent = -1
        except PrinterStalled as stalled:
            sent = stalled.sent
        took_s = time.monotonic() - began
        roll.jammed.clear()
        roll.await_quiet()
        arrived = len(roll.taken) - len(b"before")
        del roll.taken[:]
        printer.write(SLIP)
        await_truth(lambda: roll.taken.endswith(SLIP), "the next slip")
        return {
            "sent at most": sent,
            "arrived": arrived,
            "of": len(long_slip),
            "waited_s": took_s,
            "reset before the next": roll.taken[: -len(SLIP)].endswith(b"\x18\x1b@"),
        }


def eagain() -> dict[str, object]:
    """What the kernel says, without a driver: the first transfer is taken, the next is not, while nobody reads."""
    with printer_at_the_cable(buffers=1):
        fd = os.open(LP, os.O_RDWR | os.O_NONBLOCK)
        said: list[str] = []
        try:
            for _ in range(8):
                try:
                    said.append(str(os.write(fd, bytes(8192))))
                except BlockingIOError:
                    said.append("EAGAIN")
        finally:
            os.close(fd)
        return {"said": said}


def unplugged_mid_slip() -> dict[str, object]:
    """Pull the plug while a slip is going out; plug in again; the next one is whole and nothing comes twice."""
    with printer_at_the_cable(buffers=1) as device:
        told: dict[str, object] = {}
        with Roll(device) as roll:
            printer = PRINTERS["usblp"](device=LP, write_timeout_s=20.0)
            await_truth(lambda: printer.status().ready is True, "the printer's word")

            def pull() -> None:
                await_truth(lambda: len(roll.taken) > 3000, "the slip's beginning")
                roll.jammed.set()
                time.sleep(0.1)
                device.unplug()

            thread = threading.Thread(target=pull)
            thread.start()
            began = time.monotonic()
            try:
                printer.write(SLIP * 10)
                told["raised"] = ""
            except PrinterGone as gone:
                told["raised"], told["sent"] = type(gone).__name__, gone.sent
            told["after_s"] = time.monotonic() - began
            thread.join()
            told["on the roll"] = len(roll.taken)
            told["a beginning"] = (SLIP * 10).startswith(bytes(roll.taken))
            printer.close()
        await_truth(lambda: not Path(LP).exists(), "the node's end")
        _plugged(device)
        with Roll(device) as roll, PRINTERS["usblp"](device=LP) as printer:
            printer.write(SLIP)
            await_truth(lambda: len(roll.taken) >= len(SLIP), "the next slip")
            told["next is whole"] = bytes(roll.taken) == SLIP
        return told


def unplugged_at(fractions: list[float]) -> list[dict[str, int | bool]]:
    """Pull the plug after so much of a slip has arrived; each time the next slip is whole."""
    results = []
    with printer_at_the_cable(buffers=1) as device:
        for fraction in fractions:
            wanted = int(len(SLIP) * 4 * fraction)
            with Roll(device) as roll:
                printer = PRINTERS["usblp"](device=LP, write_timeout_s=20.0)

                def pull(roll: Roll = roll, wanted: int = wanted) -> None:
                    await_truth(lambda: len(roll.taken) >= wanted, "the slip's beginning")
                    device.unplug()

                thread = threading.Thread(target=pull)
                thread.start()
                try:
                    printer.write(SLIP * 4)
                    sent = len(SLIP) * 4
                except PrinterGone as gone:
                    sent = gone.sent
                thread.join()
                arrived = len(roll.taken)
                printer.close()
            await_truth(lambda: not Path(LP).exists(), "the node's end")
            _plugged(device)
            with Roll(device) as roll, PRINTERS["usblp"](device=LP) as printer:
                printer.write(SLIP)
                await_truth(lambda: len(roll.taken) >= len(SLIP), "the next slip")
                whole = bytes(roll.taken) == SLIP
            results.append({"wanted": wanted, "arrived": arrived, "sent": sent, "next is whole": whole})
    return results
