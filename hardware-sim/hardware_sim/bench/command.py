"""`kiosk-sim bench`: options, and the process's life."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from hardware_sim.addresses import parse_loopback
from hardware_sim.control import open_http
from hardware_sim.errors import UsageError
from hardware_sim.lifetime import announce, until_told

from .relay import Relay
from .server import Bench, only_this_machine


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `kiosk-sim bench`."""
    add = parser.add_argument
    add("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="the page; loopback only; port 0: any free one")
    add("--ils", metavar="URL", help="control address of the library system, as it printed it")
    add("--scanner", metavar="URL", help="control address of the scanner")
    add("--printer", metavar="URL", help="control address of the printer")
    add("--screen", default="", metavar="URL", help="the station's front screen, for a link to it")


def run(options: argparse.Namespace) -> None:
    """Run the bench until told to stop. Raises SimulatorError."""
    asyncio.run(until_told(lambda: _start(options)))


def _control_url(text: str, *, option: str) -> str:
    """Read `http://127.0.0.1:PORT` or `127.0.0.1:PORT`. Raises UsageError for anything that is not loopback."""
    url = urlsplit(text if "//" in text else f"http://{text}")
    if url.scheme != "http" or url.path.strip("/") or url.query:
        raise UsageError(f"{option}: {text!r} is no control address; write http://127.0.0.1:PORT")
    return parse_loopback(url.netloc, option=option).url


async def _start(options: argparse.Namespace) -> Callable[[], Awaitable[None]]:
    listen = parse_loopback(options.listen, option="--listen")
    given = {"ils": options.ils, "scanner": options.scanner, "printer": options.printer}
    simulators = {name: _control_url(text, option=f"--{name}") for name, text in given.items() if text}
    if not simulators:
        raise UsageError("nothing to play with: give --ils, --scanner or --printer")
    if options.screen and urlsplit(options.screen).scheme not in {"http", "https"}:
        raise UsageError(f"--screen: {options.screen!r} is no http address")
    relay = Relay(simulators)
    bench = Bench(relay, screen=options.screen)
    try:
        runner, bound = await open_http(listen, bench.routes(), option="--listen", middlewares=(only_this_machine,))
    except BaseException:
        await relay.close()
        raise
    announce(bench=bound.url)

    async def stop() -> None:
        await relay.close()
        await runner.cleanup()

    return stop
