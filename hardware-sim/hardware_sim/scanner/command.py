"""`kiosk-sim scanner`: options, and the process's life."""

import argparse
import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from hardware_sim.addresses import parse_loopback
from hardware_sim.control import open_http
from hardware_sim.errors import UsageError
from hardware_sim.lifetime import announce, until_told

from .control import Control
from .kernel_scanner import KINDS, KernelScanner
from .playing import Played, read, send_bytes
from .pty_scanner import PtyScanner
from .recording import write

LISTENS_S = 0.05
"""How often it is looked whether somebody has opened the line: no kernel interface of a pseudo-terminal tells it."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `kiosk-sim scanner`."""
    add = parser.add_argument
    add("--link", type=Path, metavar="PATH", help="the device's name: a link made there")
    add(
        "--as",
        dest="kind",
        choices=("pty", *KINDS),
        default="pty",
        help="a serial line on a pseudo-terminal, or one of the kernel's own devices: keyboards, HID-POS",
    )
    add("--record", type=Path, metavar="FOLDER", help="write a keyboard scanner for umockdev-run there, and end")
    add("--code", action="append", default=[], metavar="CODE", help="what it types (with --record; may be repeated)")
    add(
        "--play",
        type=Path,
        metavar="FILE",
        help="send what kioskctl scan-test recorded there, as soon as somebody listens; with --record: write it for "
        "umockdev-run",
    )
    add("--control", default="127.0.0.1:0", metavar="HOST:PORT", help="HTTP; loopback only; port 0: any free one")
    add("--unplugged", action="store_true", help="begin without being plugged in")


def run(options: argparse.Namespace) -> None:
    """Run the scanner until told to stop, or write its recording. Raises SimulatorError."""
    if options.record is not None:
        played = read(options.play) if options.play is not None else ()
        sys.stdout.write(shlex.join(write(options.record, options.code, played=played)) + "\n")
        return
    if options.link is None:
        raise UsageError("--link PATH says where it shall be")
    asyncio.run(until_told(lambda: _start(options)))


async def _start(options: argparse.Namespace) -> Callable[[], Awaitable[None]]:
    control = parse_loopback(options.control, option="--control")
    link = options.link.absolute()
    played = read(options.play) if options.play is not None else ()
    scanner = PtyScanner(link) if options.kind == "pty" else KernelScanner(link, options.kind)
    if not options.unplugged:
        scanner.plug()
    try:
        runner, bound = await open_http(control, Control(scanner).routes(), option="--control")
    except BaseException:
        scanner.unplug()
        raise
    announce(link=str(scanner.link), port=scanner.port, control=bound.url)
    playing = asyncio.create_task(_play(scanner, played)) if played else None

    async def stop() -> None:
        if playing is not None:
            playing.cancel()
        await runner.cleanup()
        scanner.unplug()

    return stop


async def _play(scanner: PtyScanner | KernelScanner, played: Sequence[Played]) -> None:
    """Send a recording once somebody listens; to a kernel's keyboard its key events, as they are."""
    while not scanner.heard:  # noqa: ASYNC110 # nobody tells it
        await asyncio.sleep(LISTENS_S)
    if isinstance(scanner, PtyScanner):
        good = await send_bytes(played, scanner.type_bytes)
    else:
        good = await scanner.play(played)
    announce(played=str(good).lower())
