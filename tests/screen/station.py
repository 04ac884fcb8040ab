"""The real `kioskd-screen` as a process of its own, as a station runs it."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp


@dataclass
class Screen:
    """A running front screen server and what its page told."""

    process: asyncio.subprocess.Process
    url: str

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
        sys.executable, "-m", "kioskd.screen", "--socket", str(socket), "--listen", listen, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    assert ready["ready"] is True
    return Screen(process, ready["url"])


async def stop(screen: Screen) -> int:
    if screen.process.returncode is None:
        screen.process.terminate()
    return await asyncio.wait_for(screen.process.wait(), 10)


@asynccontextmanager
async def running(socket: Path, listen: str = "127.0.0.1:0") -> AsyncIterator[Screen]:
    screen = await start(socket, listen)
    try:
        yield screen
    finally:
        await stop(screen)
