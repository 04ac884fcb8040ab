"""Where the printer is: as configured, or as found."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from drivers.base import WhyNot
from drivers.identity import Found, Verdict
from kioskd.devices.advice import NO_PRINTER_FOUND, Trouble, advice
from kioskd.model.device import DeviceKind
from kioskd.model.settings import PrinterDriver, PrinterSettings

USBLP_FOLDER: Final = Path("/dev/usb")

FindPrinters = Callable[[], Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Place:
    """Which driver opens the printer, with what, and what identifies it."""

    driver: str
    arguments: Mapping[str, str]
    identity: str

    @property
    def path(self) -> Path | None:
        """The device's node; None for a printer on the network."""
        path = self.arguments.get("device") or self.arguments.get("port")
        return Path(os.path.abspath(path)) if path else None  # noqa: PTH100 (as the watch has it: links stay)


@dataclass(frozen=True, slots=True)
class PrinterPlace:
    """Looks up where the printer is. `settings` None: nobody configured one."""

    settings: PrinterSettings | None
    find: FindPrinters
    usblp_folder: Path = field(default=USBLP_FOLDER)

    @property
    def driver(self) -> str:
        """The driver's name, known before any device is."""
        return (self.settings.driver if self.settings is not None else PrinterDriver.USBLP).value

    @property
    def finds(self) -> bool:
        """Whether the file says no path, so that a printer behind usblp is looked for."""
        return self.settings is None or (self.settings.driver is PrinterDriver.USBLP and not self.settings.device)

    @property
    def watched(self) -> tuple[Path, ...]:
        """Paths of which the kernel tells when they come and go; a network printer has none."""
        if self.finds:
            return (self.usblp_folder / "lp*",)
        assert self.settings is not None
        path = self.settings.port if self.settings.driver is PrinterDriver.SERIAL else self.settings.device
        return (Path(path),) if path else ()

    def now(self) -> Place | Trouble:
        """Return where it is, or why nothing was found."""
        if self.finds:
            return self._found()
        assert self.settings is not None
        match self.settings.driver:
            case PrinterDriver.NETWORK:
                return Place("network", {"url": self.settings.url}, self.settings.url)
            case PrinterDriver.SERIAL:
                return Place("serial", {"port": self.settings.port}, self.settings.port)
            case PrinterDriver.USBLP | PrinterDriver.USB | PrinterDriver.NONE as driver:
                return Place(driver.value, {"device": self.settings.device}, self.settings.device)

    def _found(self) -> Place | Trouble:
        found = self.find()
        take = [printer for printer in found if printer.verdict is Verdict.TAKE]
        if not take and self.settings is not None:
            # The file says that there is a receipt printer behind usblp: whatever is there is meant.
            take = list(found)
        if not take:
            denied = [printer.path for printer in found if printer.verdict is Verdict.DENIED]
            if denied:
                problem = f"whether {', '.join(denied)} is a receipt printer cannot be asked: no permission"
                return Trouble(problem, advice(DeviceKind.PRINTER, WhyNot.DENIED))
            return NO_PRINTER_FOUND
        printer = take[0]
        return Place("usblp", {"device": printer.path}, str(printer.identity or printer.path))


def find_attached_printers() -> Sequence[Found]:
    """Look at this machine's printers behind usblp."""
    from drivers.find_printers import find_printers  # noqa: PLC0415 - a station with a configured one never looks

    return find_printers()
