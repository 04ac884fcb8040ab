"""`kiosk-sim scanner`: options, and the process's life."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from hardware_sim.addresses import parse_loopback
from hardware_sim.control import open_http
from hardware_sim.lifetime import announce, until_told

from .control import Control
from .pty_scanner import PtyScanner


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `kiosk-sim scanner`."""
    add = parser.add_argument
    add("--link", type=Path, required=True, metavar="PATH", help="the serial port's name: a link made there")
    add("--control", default="127.0.0.1:0", metavar="HOST:PORT", help="HTTP; loopback only; port 0: any free one")
    add("--unplugged", action="store_true", help="begin without being plugged in")


def run(options: argparse.Namespace) -> None:
    """Run the scanner until told to stop. Raises SimulatorError."""
    asyncio.run(until_told(lambda: _start(options)))


async def _start(options: argparse.Namespace) -> Callable[[], Awaitable[None]]:
    control = parse_loopback(options.control, option="--control")
    scanner = PtyScanner(options.link.absolute())
    if not options.unplugged:
        scanner.plug()
    try:
        runner, bound = await open_http(control, Control(scanner).routes(), option="--control")
    except BaseException:
        scanner.unplug()
        raise
    announce(link=str(scanner.link), port=scanner.port, control=bound.url)

    async def stop() -> None:
        await runner.cleanup()
        scanner.unplug()

    return stop
