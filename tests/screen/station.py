"""The real `kioskd-screen`: as a process of its own, as a station runs it, or, quicker, in the test's own loop."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from kioskd.screen.server import Server, bind


@dataclass
class Screen:
    """A running front screen server."""

    url: str
    process: asyncio.subprocess.Process | None = None

    @property
    def origin(self) -> str:
        return self.url.rstrip("/")

    async def token(self) -> str:
        async with aiohttp.ClientSession() as web, web.get(self.url) as answer:
            return token_in(await answer.text())


def token_in(html: str) -> str:
    found = re.search(r'<meta name="kioskd" content="(\S+) \S+">', html)
    assert found is not None
    return found[1]


async def start(socket: Path, listen: str = "127.0.0.1:0") -> Screen:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kioskd.screen",
        "--socket",
        str(socket),
        "--listen",
        listen,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    assert ready["ready"] is True
    return Screen(ready["url"], process)


async def stop(screen: Screen) -> int:
    """End it as the system does, and return its exit status."""
    assert screen.process is not None
    if screen.process.returncode is None:
        screen.process.terminate()
    return await asyncio.wait_for(screen.process.wait(), 10)


@asynccontextmanager
async def serving(socket: Path) -> AsyncIterator[Screen]:
    """The server alone, without a process."""
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    ready, end = asyncio.Event(), asyncio.Event()
    server = asyncio.create_task(Server(socket, port).run(listener, ready.set, end))
    try:
        await asyncio.wait_for(ready.wait(), 10)
        yield Screen(f"http://127.0.0.1:{port}/")
    finally:
        end.set()
        await server


@asynccontextmanager
async def running(socket: Path, listen: str = "127.0.0.1:0") -> AsyncIterator[Screen]:
    screen = await start(socket, listen)
    try:
        yield screen
    finally:
        await stop(screen)
