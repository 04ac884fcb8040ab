"""A simulator's life as a process: ready is one JSON line on stdout, TERM and INT end it with status 0."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable


def announce(**addresses: str) -> None:
    """Print the line that says that everything is bound, with the addresses as they really are."""
    sys.stdout.write(json.dumps({"ready": True, **addresses}) + "\n")
    sys.stdout.flush()


async def until_told(start: Callable[[], Awaitable[Callable[[], Awaitable[None]]]]) -> None:
    """Run `start`, wait for SIGTERM or SIGINT, then run what `start` returned: the way to stop."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    stop = await start()
    await told.wait()
    await stop()
