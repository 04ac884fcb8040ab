"""Where the printer is, and of which family: as configured, or as found."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from drivers.base import WhyNot
from drivers.escpos_status import StatusWay
from drivers.identity import Found, Verdict
from drivers.printer_profiles import GENERIC, PROFILES, PrinterProfile, profile_for
from drivers.slip import PaperProfile
from kioskd.devices.advice import NO_PRINTER_FOUND, Trouble, advice
from kioskd.devices.wrong_settings import AUTO
from kioskd.model.device import DeviceCause, DeviceKind
from kioskd.model.settings import PrinterDriver, PrinterSettings
from kioskd.model.written_late import dataclass

USBLP_FOLDER: Final = Path("/dev/usb")
USB_FOLDER: Final = Path("/dev/bus/usb")

FindPrinters = Callable[[], Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Place:
    """Which driver opens the printer, with what, and what identifies it. `path` is its node; None on the network."""

    driver: str
    arguments: Mapping[str, Any]
    identity: str
    path: Path | None
    profile: str
    paper: PaperProfile


@dataclass(frozen=True, slots=True)
class PrinterPlace:
    """Looks up where the printer is. `settings` None: nobody configured one."""

    settings: PrinterSettings | None
    find: FindPrinters
    usblp_folder: Path = field(default=USBLP_FOLDER)
    usb_folder: Path = field(default=USB_FOLDER)

    @property
    def driver(self) -> str:
        """The driver's name, known before any device is."""
        return str(self.settings.driver if self.settings is not None else PrinterDriver.USBLP)

    @property
    def finds(self) -> bool:
        """Whether the file says no path, so that a printer on USB is looked for."""
        by_usb = (PrinterDriver.USBLP, PrinterDriver.USB)
        return self.settings is None or (self.settings.driver in by_usb and not self.settings.device)

    @property
    def watched(self) -> tuple[Path, ...]:
        """Paths of which the kernel tells when they come and go; a network printer has none."""
        usblp = (self.usblp_folder / "lp*",)
        if self.settings is None:
            return (*usblp, *self._usb_nodes())
        match self.settings.driver:
            case PrinterDriver.USB:
                return self._usb_nodes()
            case PrinterDriver.USBLP:
                return (Path(self.settings.device),) if self.settings.device else usblp
            case PrinterDriver.SERIAL:
                return (Path(self.settings.port),)
            case PrinterDriver.NETWORK | PrinterDriver.NONE:
                return ()
            case _:
                path = self.settings.port or self.settings.device
                return (Path(path),) if path.startswith("/") else ()

    def now(self) -> Place | Trouble:
        """Return where it is, or why nothing was found."""
        settings = self.settings
        if settings is None or self.finds:
            return self._found()
        match settings.driver:
            case PrinterDriver.NETWORK:
                return self._place("network", {"url": settings.url}, settings.url)
            case PrinterDriver.SERIAL:
                arguments = {"port": settings.port, "baud": settings.baud, "flow": settings.flow.value}
                return self._place("serial", arguments, settings.port, path=settings.port)
            case PrinterDriver.USB:
                found = self._known(lambda device: str(device.identity).startswith(settings.device.lower()))
                path = found.path if found is not None else ""
                return self._place("usb", {"device": settings.device}, settings.device, path=path, found=found)
            case PrinterDriver.USBLP | PrinterDriver.NONE:
                device = settings.device
                found = self._known(lambda other: os.path.realpath(other.path) == os.path.realpath(device))
                return self._place(str(settings.driver), {"device": device}, device, path=device, found=found)
            case _:
                return self._third_party(settings)

    def _third_party(self, settings: PrinterSettings) -> Place:
        where = {"url": settings.url, "device": settings.device, "port": settings.port}
        given = {name: value for name, value in where.items() if value}
        named = settings.port or settings.device
        node = Path(os.path.abspath(named)) if named.startswith("/") else None  # noqa: PTH100
        driver, key = str(settings.driver), self._profile(None)
        identity = named or settings.url or driver
        return Place(driver, {**given, **dict(settings.options)}, identity, node, key, self._paper(PROFILES[key]))

    def _found(self) -> Place | Trouble:
        drivers = (PrinterDriver.USBLP, PrinterDriver.USB) if self.settings is None else (self.settings.driver,)
        order = list(map(str, drivers))
        found = sorted(
            (printer for printer in self.find() if printer.driver in order),
            key=lambda printer: order.index(printer.driver),
        )
        take = [printer for printer in found if printer.verdict is Verdict.TAKE]
        if not take and self.settings is not None:
            # The file says that there is a receipt printer there: whatever is there is meant.
            take = found
        if not take:
            denied = [printer.path for printer in found if printer.verdict is Verdict.DENIED]
            if denied:
                problem = f"whether {', '.join(denied)} is a receipt printer cannot be asked: no permission"
                return Trouble(problem, advice(DeviceKind.PRINTER, WhyNot.DENIED), DeviceCause.DENIED)
            return NO_PRINTER_FOUND
        printer = take[0]
        by_number = printer.driver == PrinterDriver.USB.value and printer.identity is not None
        device = str(printer.identity) if by_number else printer.path
        identity = str(printer.identity or printer.path)
        return self._place(printer.driver, {"device": device}, identity, path=printer.path, found=printer)

    def _known(self, is_it: Callable[[Found], bool]) -> Found | None:
        """Return what is known of the printer that the file names, if it hangs on USB."""
        assert self.settings is not None
        driver = str(self.settings.driver)
        return next((found for found in self.find() if found.driver == driver and is_it(found)), None)

    def _place(
        self, driver: str, arguments: Mapping[str, Any], identity: str, *, path: str = "", found: Found | None = None
    ) -> Place:
        key = self._profile(found)
        profile = PROFILES[key]
        if profile.status is not StatusWay.REALTIME:
            arguments = {**arguments, "status": profile.status.value}
        # As the watch has it: links stay.
        node = Path(os.path.abspath(path)) if path else None  # noqa: PTH100
        return Place(driver, arguments, identity, node, key, self._paper(profile))

    def _profile(self, found: Found | None) -> str:
        if self.settings is not None and self.settings.profile != AUTO:
            return self.settings.profile
        if found is None:
            return GENERIC
        if found.identity is None:
            return profile_for(name=found.name)
        return profile_for(vendor=found.identity.vendor, product=found.identity.product, name=found.name)

    def _paper(self, profile: PrinterProfile) -> PaperProfile:
        if self.settings is None:
            return profile.paper
        return profile.paper_of(columns=self.settings.columns, codepage=self.settings.codepage)

    def _usb_nodes(self) -> tuple[Path, ...]:
        # A bus that comes later shows itself as a folder; what then hangs on it is looked for when it is asked again.
        return (self.usb_folder / "*", *(bus / "*" for bus in sorted(self.usb_folder.glob("*"))))


def find_attached_printers() -> Sequence[Found]:
    """Look at this machine's printers on USB."""
    from drivers.find_printers import find_printers, find_usb_printers  # noqa: PLC0415 - only who has one on USB looks

    return (*find_printers(), *find_usb_printers())
