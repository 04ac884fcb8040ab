"""`kiosk-sim printer`: options, and the process's life."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from hardware_sim.addresses import parse_address, parse_loopback
from hardware_sim.control import open_http
from hardware_sim.errors import UsageError
from hardware_sim.lifetime import announce, until_told
from hardware_sim.switches import from_words, print_table

from .control import Control
from .faults import Faults
from .server import PrinterCables
from .usb_function import UsbIdentity
from .usb_serial import Handshake


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `kiosk-sim printer`."""
    add = parser.add_argument
    add("--listen", metavar="HOST:PORT", help="ESC/POS on TCP; port 0: any free one (default without --pty)")
    add("--pty", type=Path, metavar="PATH", help="ESC/POS on a serial port of that name")
    add("--columns", type=int, default=42, metavar="N", help="width of the paper in letters: 32, 42 or 48")
    add("--usbip", metavar="HOST:PORT", help="ESC/POS on USB, exported by USB/IP")
    add("--usb-id", default="04b8:0e03", metavar="VENDOR:PRODUCT", help="who the USB printer is")
    add("--usb-name", default="EPSON/TM-T20", metavar="MAKER/MODEL", help="what it calls itself there")
    handshakes = [handshake.value for handshake in Handshake]
    add("--usb-serial", choices=handshakes, help="a serial printer behind a USB adapter, with that handshake")
    add("--usb-nak-ms", type=float, default=0, metavar="N", help="a USB transfer that waits longer ends by a time-out")
    add("--control", default="127.0.0.1:0", metavar="HOST:PORT", help="HTTP; loopback only")
    add("--fault", action="append", default=[], metavar="NAME[=VALUE]", help="a switch that stands from the start")
    add("--list-faults", action="store_true", help="print the table of switches and exit")


def run(options: argparse.Namespace) -> None:
    """Run the printer until told to stop. Raises SimulatorError."""
    if options.list_faults:
        print_table(Faults)
        return
    asyncio.run(until_told(lambda: _start(options)))


def _identity(numbers: str, names: str) -> UsbIdentity:
    vendor, _, product = numbers.partition(":")
    maker, _, model = names.partition("/")
    try:
        return UsbIdentity(int(vendor, 16), int(product, 16), maker, model)
    except ValueError:
        raise UsageError(f"--usb-id {numbers}: VENDOR:PRODUCT in hexadecimal digits") from None


async def _start(options: argparse.Namespace) -> Callable[[], Awaitable[None]]:
    control = parse_loopback(options.control, option="--control")
    text = options.listen or ("" if options.pty or options.usbip else "127.0.0.1:0")
    listen = parse_address(text, option="--listen") if text else None
    printer = PrinterCables(faults=from_words(Faults, options.fault), columns=options.columns)
    usb = parse_address(options.usbip, option="--usbip") if options.usbip else None
    await printer.open(
        listen,
        options.pty.absolute() if options.pty else None,
        usb=usb,
        identity=_identity(options.usb_id, options.usb_name),
        nak_ms=options.usb_nak_ms,
        handshake=Handshake(options.usb_serial) if options.usb_serial else None,
    )
    try:
        runner, bound = await open_http(control, Control(printer).routes(), option="--control")
    except BaseException:
        await printer.close()
        raise
    where = {"tcp": str(printer.address)} if printer.address else {}
    if printer.usb is not None:
        where["usbip"] = str(printer.usb.address)
    announce(**where, **({"pty": str(printer.pty.link)} if printer.pty else {}), control=bound.url)

    async def stop() -> None:
        await runner.cleanup()
        await printer.close()

    return stop
