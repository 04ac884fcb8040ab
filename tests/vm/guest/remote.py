"""The product's printer driver in the guest, called from the host one call after the other; the guest dials."""

import array
import base64
import contextlib
import fcntl
import glob
import json
import socket
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from drivers import PRINTERS
from drivers.base import CannotOpen, Printer, PrintFailed
from hardware_sim.kernel.nodes import await_truth
from hardware_sim.kernel.usbip_port import UsbipPort

HOST: Final = "10.0.2.2"
NODES: Final = {"usblp": "/dev/usb/lp*", "serial": "/dev/ttyUSB*"}
MODULES: Final = {"usblp": "usblp", "serial": "ftdi_sio"}
SETTINGS: Final = {"usblp": "device", "serial": "port"}
LET_GO_S: Final = 30.0


class Desk:
    """The device on a port of the guest's kernel, and the driver that has it open."""

    def __init__(self, driver: str, usbip: int) -> None:
        self._driver = driver
        self._port = UsbipPort(HOST, usbip, module=MODULES[driver])
        self._printer: Printer | None = None

    def open(self, settings: dict[str, Any], *, plugged: bool) -> None:
        """Open the device; `plugged`: it is on its port already, else it is plugged in if there is one."""
        if not plugged:
            self._plug()
        path = next(iter(self._nodes()), NODES[self._driver].replace("*", "0"))
        self._printer = PRINTERS[self._driver](**{SETTINGS[self._driver]: path}, **settings)

    def _nodes(self) -> list[str]:
        return glob.glob(NODES[self._driver])  # noqa: PTH207 - one plain path

    def _plug(self) -> None:
        await_truth(lambda: not self._nodes(), "the end of the node that was there before")
        until_s = time.monotonic() + LET_GO_S
        while True:
            try:
                self._port.plug()
            except ConnectionError:
                return  # there is no device
            except OSError:
                # The port is still letting go of the device that went.
                if time.monotonic() > until_s:
                    raise
                time.sleep(0.1)
            else:
                break
        await_truth(lambda: bool(self._nodes()), NODES[self._driver])

    @property
    def _open(self) -> Printer:
        assert self._printer is not None
        return self._printer

    def write(self, slip: str) -> None:
        self._open.write(base64.b64decode(slip))

    def status(self) -> dict[str, Any]:
        said = self._open.status()
        faults = None if said.faults is None else sorted(said.faults)
        return {
            "paper": said.paper,
            "online": said.online,
            "cover_open": said.cover_open,
            "faults": faults,
            "answers": said.answers,
        }

    def cancel(self) -> None:
        self._open.cancel()

    def close(self) -> None:
        if self._printer is not None:
            self._printer.close()

    def lines(self) -> dict[str, bool]:
        """Return which of the lines into the computer are up, of a tty that is not open for more than this."""
        answer = array.array("i", [0])
        with Path(self._nodes()[0]).open("rb", buffering=0) as tty:
            fcntl.ioctl(tty, termios.TIOCMGET, answer)
        return {"cts": bool(answer[0] & termios.TIOCM_CTS), "dsr": bool(answer[0] & termios.TIOCM_DSR)}

    def unplug(self) -> None:
        self._port.unplug()
        await_truth(lambda: not self._nodes(), "the node's end")


def serve(driver: str, usbip: int, calls: int) -> None:
    """Take calls from the host's port `calls` until it hangs up."""
    desk = Desk(driver, usbip)
    with socket.create_connection((HOST, calls)) as line, line.makefile("rb") as reads:
        for text in reads:
            call = json.loads(text)
            line.sendall(json.dumps(_answer(getattr(desk, call["do"]), call["with"])).encode() + b"\n")
    desk.close()
    with contextlib.suppress(OSError, TimeoutError):
        desk.unplug()


def _answer(act: Callable[..., object], arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": act(**arguments)}
    except CannotOpen as error:
        return {"raised": "CannotOpen", "with": [error.device, error.why, error.detail]}
    except PrintFailed as error:
        return {"raised": type(error).__name__, "with": [str(error)], "sent": error.sent}
