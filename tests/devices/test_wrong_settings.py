"""What only the drivers know to be impossible: all of it at once, each with what may stand there."""

import pytest

from kioskd.devices.wrong_settings import wrong_settings
from kioskd.model.settings import PrinterDriver, PrinterSettings, ScannerDriver, ScannerSettings

NETWORK = PrinterDriver.NETWORK


@pytest.mark.parametrize(
    "printer",
    [
        None,
        PrinterSettings(PrinterDriver.NONE, codepage="klingon"),
        PrinterSettings(NETWORK, url="192.168.1.40:9100"),
        PrinterSettings(PrinterDriver.USBLP, columns=32, codepage="cp866"),
        PrinterSettings(PrinterDriver.SERIAL, port="/dev/ttyUSB0", columns=48),
    ],
)
def test_what_is_possible(printer: PrinterSettings | None) -> None:
    scanners = [ScannerSettings("a", ScannerDriver.EVDEV), ScannerSettings("b", ScannerDriver.SERIAL, port="/dev/tty")]
    assert wrong_settings(scanners, printer) == ()


def test_everything_wrong_is_said_at_once() -> None:
    scanners = [
        ScannerSettings("a", ScannerDriver.EVDEV),
        ScannerSettings("b", "acme", device="/dev/acme0"),
        ScannerSettings("c", ScannerDriver.SERIAL, port="/dev/ttyACM0"),
        ScannerSettings("d", ScannerDriver.SERIAL, port="/dev/../dev/ttyACM0"),
    ]
    found = wrong_settings(scanners, PrinterSettings(NETWORK, url="::1", columns=10, codepage="utf-8"))
    assert [wrong.key for wrong in found] == [
        "scanner.1.driver",
        "scanner.3.port",
        "printer.codepage",
        "printer.columns",
        "printer.url",
    ]
    by_key = {wrong.key: wrong for wrong in found}
    assert by_key["scanner.1.driver"].allowed == "this version has evdev, hidraw, serial"
    assert "cp858" in by_key["printer.codepage"].allowed
    assert str(by_key["printer.columns"]) == "printer.columns = '10': 16 to 96"


@pytest.mark.parametrize(
    ("printer", "key"),
    [
        (PrinterSettings(PrinterDriver.SERIAL), "printer.port"),
        (PrinterSettings(NETWORK), "printer.url"),
    ],
)
def test_a_printer_that_cannot_be(printer: PrinterSettings, key: str) -> None:
    assert [wrong.key for wrong in wrong_settings((), printer)] == [key]
