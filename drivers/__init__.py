"""Drivers for the peripherals of a library desk: bytes and events; they know no library and no kioskd.

A driver is a row: its name in a configuration and what opens it. A row's own libraries are imported when it is used.
"""

from collections.abc import Mapping
from typing import Any, Final

from drivers.base import Printer, PrinterFactory, Scanner, ScannerFactory

__all__ = ["PRINTERS", "SCANNERS"]


def _serial_scanner(**settings: Any) -> Scanner:  # noqa: ANN401 (the driver's own signature checks them)
    from drivers.serial_scanner import SerialScanner  # noqa: PLC0415 (pyserial)

    return SerialScanner.open(**settings)


def _network_printer(**settings: Any) -> Printer:  # noqa: ANN401
    from drivers.network_printer import open_printer  # noqa: PLC0415

    return open_printer(**settings)


SCANNERS: Final[Mapping[str, ScannerFactory]] = {
    "serial": _serial_scanner,
}
PRINTERS: Final[Mapping[str, PrinterFactory]] = {
    "network": _network_printer,
}
