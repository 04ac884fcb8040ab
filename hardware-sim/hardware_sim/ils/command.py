"""`kiosk-sim ils`: options, and the process's life."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from hardware_sim.addresses import parse_address, parse_loopback
from hardware_sim.control import open_http
from hardware_sim.errors import UsageError
from hardware_sim.lifetime import announce, until_told
from hardware_sim.switches import from_words, print_table

from . import catalog
from .control import Control
from .faults import Faults, check
from .personality import PERSONALITIES
from .system import LibrarySystem


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `kiosk-sim ils`."""
    add = parser.add_argument
    add("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="SIP2; port 0: any free one (default)")
    add("--control", default="127.0.0.1:0", metavar="HOST:PORT", help="HTTP; loopback only")
    add("--personality", default="plain", choices=PERSONALITIES, help="which server's ways (default: plain)")
    add("--ledger", type=Path, metavar="FILE", help="append what truly happened; one that exists is remembered")
    add("--catalog", type=Path, metavar="FILE", help="patrons, items and loans as JSON, instead of the demonstration's")
    add("--patrons", type=int, default=20, metavar="N", help="size of the demonstration catalogue (default: 20)")
    add("--items", type=int, default=60, metavar="N", help="size of the demonstration catalogue (default: 60)")
    add("--latency-ms", type=float, default=0.0, metavar="N", help="answer that long after the request")
    add("--institution", default="DEMO", metavar="ID", help="AO (default: DEMO)")
    add("--library", default="Demonstration Library", metavar="NAME", help="AM")
    add("--login", action="append", default=[], metavar="USER:PASSWORD", help="who may log in; none: everybody")
    add("--fault", action="append", default=[], metavar="NAME[=VALUE]", help="a switch that stands from the start")
    add("--list-faults", action="store_true", help="print the table of switches and exit")


def run(options: argparse.Namespace) -> None:
    """Run the library system until told to stop. Raises SimulatorError."""
    if options.list_faults:
        print_table(Faults)
        return
    asyncio.run(until_told(lambda: _start(options)))


async def _start(options: argparse.Namespace) -> Callable[[], Awaitable[None]]:
    listen = parse_address(options.listen, option="--listen")
    control = parse_loopback(options.control, option="--control")
    if options.patrons < 1 or options.items < 1 or not 0 <= options.latency_ms < 3_600_000:
        raise UsageError("--patrons and --items are at least 1, --latency-ms is at least 0")
    logins = {}
    for pair in options.login:
        user, colon, password = pair.partition(":")
        if not colon:
            raise UsageError(f"--login {user}: write USER:PASSWORD")
        logins[user] = password
    rows = (
        catalog.from_file(options.catalog)
        if options.catalog
        else catalog.demonstration(patrons=options.patrons, items=options.items)
    )
    system = LibrarySystem(
        catalog=rows,
        personality=PERSONALITIES[options.personality],
        faults=_faults(options.fault),
        latency_ms=options.latency_ms,
        ledger_path=options.ledger,
        institution=options.institution,
        library=options.library,
    )
    system.logins.users = logins
    await system.open(listen)
    try:
        runner, bound = await open_http(control, Control(system).routes(), option="--control")
    except BaseException:
        await system.close()
        raise
    announce(sip2=str(system.address), control=bound.url)

    async def stop() -> None:
        await runner.cleanup()
        await system.close()

    return stop


def _faults(words: list[str]) -> Faults:
    try:
        return check(from_words(Faults, words))
    except msgspec.ValidationError as wrong:
        raise UsageError(f"--fault: {wrong}") from wrong
