"""What only the drivers know to be impossible in a configuration, so that it is refused at start and not at a slip."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from drivers import PRINTERS, SCANNERS, third_party
from drivers.base import PrinterFactory, ScannerFactory
from drivers.escpos_encode import CODEPAGES
from drivers.printer_profiles import PROFILES
from drivers.slip import PaperProfile
from kioskd.model.settings import PrinterDriver, PrinterSettings, ScannerSettings
from kioskd.model.written_late import dataclass

AUTO: Final = "auto"
"""`printer.profile`: as the printer says of itself."""


@dataclass(frozen=True, slots=True)
class WrongSetting:
    """One impossible value: `key` as in the file, `allowed` what may stand there."""

    key: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.key} = {self.value!r}: {self.allowed}"


def wrong_settings(
    scanners: Sequence[ScannerSettings],
    printer: PrinterSettings | None,
    *,
    scanner_drivers: Mapping[str, ScannerFactory] = SCANNERS,
    printer_drivers: Mapping[str, PrinterFactory] = PRINTERS,
) -> tuple[WrongSetting, ...]:
    """Return all that is wrong at once. Opens nothing, asks no device."""
    wrong = [found for at, scanner in enumerate(scanners) if (found := _scanner(at, scanner, scanner_drivers))]
    wrong += _twice(scanners)
    if printer is not None and printer.driver != PrinterDriver.NONE:
        wrong += _printer(printer, printer_drivers)
    return tuple(wrong)


def _scanner(at: int, scanner: ScannerSettings, drivers: Mapping[str, ScannerFactory]) -> WrongSetting | None:
    if scanner.driver in drivers or scanner.driver in third_party.names():
        return None
    return WrongSetting(f"scanner.{at}.driver", str(scanner.driver), f"this version has {', '.join(sorted(drivers))}")


def _twice(scanners: Sequence[ScannerSettings]) -> list[WrongSetting]:
    """Return the later ones of those that lead to one device: it can be opened once."""
    wrong, seen = [], dict[str, str]()
    for at, scanner in enumerate(scanners):
        path = os.path.normpath(scanner.port or scanner.device) if scanner.port or scanner.device else ""
        other = seen.setdefault(path, scanner.name)
        if path and other is not scanner.name:
            key = "port" if scanner.port else "device"
            wrong.append(WrongSetting(f"scanner.{at}.{key}", path, f"another path: {other!r} has this one"))
    return wrong


def _printer(printer: PrinterSettings, drivers: Mapping[str, PrinterFactory]) -> list[WrongSetting]:
    wrong = []
    if printer.driver not in drivers and printer.driver not in third_party.names():
        wrong.append(WrongSetting("printer.driver", str(printer.driver), f"this version has {', '.join(drivers)}"))
    if printer.profile not in (AUTO, *PROFILES):
        wrong.append(WrongSetting("printer.profile", printer.profile, f"one of {', '.join((AUTO, *PROFILES))}"))
    if printer.codepage not in ("", *CODEPAGES):
        wrong.append(WrongSetting("printer.codepage", printer.codepage, f"one of {', '.join(CODEPAGES)}"))
    try:
        PaperProfile(printer.columns or PaperProfile().columns)
    except ValueError as error:
        wrong.append(WrongSetting("printer.columns", str(printer.columns), str(error).partition(": ")[2]))
    if printer.driver == PrinterDriver.NETWORK:
        from drivers.network_printer import parse_url  # noqa: PLC0415 - sockets, for network printers only

        try:
            parse_url(printer.url)
        except ValueError:
            wrong.append(WrongSetting("printer.url", printer.url, "host or host:port, as 192.168.1.40:9100"))
    if printer.driver == PrinterDriver.SERIAL and not printer.port:
        wrong.append(WrongSetting("printer.port", "", "the path of a serial port, as /dev/ttyUSB0"))
    return wrong
