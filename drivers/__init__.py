"""Drivers for the peripherals of a library desk: bytes and events; they know no library and no kioskd.

A driver is a row: its name in a configuration and what opens it. A row's own libraries are imported when it is used.
"""

from collections.abc import Mapping
from typing import Any, Final

from drivers.base import Printer, PrinterFactory, Scanner, ScannerFactory

__all__ = ["PRINTERS", "SCANNERS"]

# ruff: noqa: PLC0415 (settings are checked by the driver's own signature; imports cost only those who open)


def _evdev_scanner(**settings: Any) -> Scanner:
    from drivers.evdev_scanner import EvdevScanner

    return EvdevScanner.open(**settings)


def _hidraw_scanner(**settings: Any) -> Scanner:
    from drivers.hidraw_scanner import HidrawScanner

    return HidrawScanner.open(**settings)


def _serial_scanner(**settings: Any) -> Scanner:
    from drivers.serial_scanner import SerialScanner

    return SerialScanner.open(**settings)


def _network_printer(**settings: Any) -> Printer:
    from drivers.network_printer import open_printer

    return open_printer(**settings)


def _no_printer(**settings: Any) -> Printer:
    from drivers.none_printer import open_printer

    return open_printer(**settings)


def _serial_printer(**settings: Any) -> Printer:
    from drivers.serial_printer import open_printer

    return open_printer(**settings)


def _usb_printer(**settings: Any) -> Printer:
    from drivers.usb_printer import open_printer

    return open_printer(**settings)


def _usblp_printer(**settings: Any) -> Printer:
    from drivers.usblp_printer import open_printer

    return open_printer(**settings)


SCANNERS: Final[Mapping[str, ScannerFactory]] = {
    "evdev": _evdev_scanner,
    "hidraw": _hidraw_scanner,
    "serial": _serial_scanner,
}
PRINTERS: Final[Mapping[str, PrinterFactory]] = {
    "network": _network_printer,
    "none": _no_printer,
    "serial": _serial_printer,
    "usb": _usb_printer,
    "usblp": _usblp_printer,
}
