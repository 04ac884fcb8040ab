"""A simulated printer on the host, plugged into the guest's kernel, and the guest's driver as if it were here."""

import base64
import json
import socket
from pathlib import Path
from typing import Any, Self

from drivers import base
from drivers.base import CannotOpen, Fault, Paper, PrinterStatus, PrintFailed, WhyNot
from hardware_sim.addresses import Address
from hardware_sim.printer.server import PrinterCables
from hardware_sim.printer.usb_serial import Handshake, UsbSerial
from hardware_sim.vm.machine import Machine
from tests.drivers.desk import Desk

PATIENCE_S = 240.0
IN_TIME_S = 20.0
"""For an answer that comes, in a machine that may stand still for seconds."""
NOT_AT_ALL_S = 3.0
"""For one that does not."""
HANDSHAKES = {"serial": Handshake.RTSCTS, "serial-xonxoff": Handshake.XONXOFF}


class FarPrinter:
    """The driver in the guest: `drivers.base.Printer`, each call a line over TCP."""

    def __init__(self, desk: "VmDesk") -> None:
        self._desk = desk

    def write(self, slip: bytes) -> None:
        self._desk.far("write", slip=base64.b64encode(slip).decode())

    def status(self) -> PrinterStatus:
        said = self._desk.far("status")
        faults = None if said["faults"] is None else frozenset(map(Fault, said["faults"]))
        return PrinterStatus(
            Paper(said["paper"]),
            online=said["online"],
            cover_open=said["cover_open"],
            faults=faults,
            answers=said["answers"],
        )

    def cancel(self) -> None:
        self._desk.far("cancel")

    def close(self) -> None:
        self._desk.far("close")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class VmDesk(Desk):
    """`driver` as in `tests.drivers.desk`, but its device is the kernel's own."""

    def __init__(self, machine: Machine, driver: str, folder: Path, *, handshake: Handshake | None = None) -> None:
        self._handshake = handshake
        self._machine = machine
        super().__init__(driver, folder)
        assert self.sim.usb is not None
        assert self.sim.usb.address is not None
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(PATIENCE_S)
            self._call = machine.begin(
                "tests.vm.guest.remote:serve",
                driver=driver,
                usbip=self.sim.usb.address.port,
                calls=listener.getsockname()[1],
            )
            self._line, _ = listener.accept()
        self._line.settimeout(PATIENCE_S)
        self._reads = self._line.makefile("rb")

    async def _start(self) -> PrinterCables:
        sim = PrinterCables()
        await sim.open(None, None, usb=Address("127.0.0.1", 0), handshake=self._handshake)
        return sim

    @property
    def adapter(self) -> UsbSerial:
        assert self.sim.usb is not None
        assert isinstance(self.sim.usb.function, UsbSerial)
        return self.sim.usb.function

    def open(self, **settings: Any) -> FarPrinter:
        patient = {
            "write_timeout_s": settings.pop("write_timeout_s", IN_TIME_S),
            "status_timeout_s": NOT_AT_ALL_S if "status_timeout_s" in settings else IN_TIME_S,
        }
        assert self.sim.usb is not None
        # Who lost the device's connection has lost the device, and its node may stand for a moment more.
        self.far("open", settings={**settings, **patient}, plugged=self.sim.usb.holder is not None)
        return FarPrinter(self)

    def far(self, do: str, **arguments: object) -> Any:
        """Call the guest. Raises what it raised there."""
        self._line.sendall(json.dumps({"do": do, "with": arguments}).encode() + b"\n")
        answer = json.loads(self._reads.readline())
        if "raised" not in answer:
            return answer["result"]
        if answer["raised"] == "CannotOpen":
            device, why, detail = answer["with"]
            raise CannotOpen(device, WhyNot(why), detail)
        kind: type[PrintFailed] = getattr(base, answer["raised"])
        raise kind(*answer["with"], sent=answer["sent"])

    def close(self) -> None:
        self._reads.close()
        self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()
        self._machine.finish(self._call, timeout_s=PATIENCE_S)
        super().close()
