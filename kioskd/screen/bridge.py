"""One page's WebSocket and its own connection to the daemon, tied together; both ways, nothing kept.

The page gets the daemon's lines as they come, and between them, of the bridge itself:
`{"bridge": "up", "hello": {…}}` followed by a `view` notification, whenever the daemon greeted;
`{"bridge": "down", "host": {…}}` whenever it is away, for then nobody else can say which machine this is. The page's
question `bridge.host` is answered here too.
"""

import asyncio
import itertools
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from kioskd.front.protocol import VIEW
from kioskd.screen import host
from kioskd.screen.core import Core, CoreAwayError
from kioskd.screen.requests import DAEMON_AWAY, BadRequestError, error, request, result

BACK_OFF_S: Final = (0.02, 0.05, 0.1, 0.2, 0.4)
"""The waits between attempts to reach the daemon; the last one repeats."""


def waits() -> Iterator[float]:
    """Return the waits before each further attempt, in seconds."""
    return itertools.chain(BACK_OFF_S, itertools.repeat(BACK_OFF_S[-1]))


class Bridge:
    """Carries one page's requests to the daemon and the daemon's lines to the page, until the page goes."""

    def __init__(self, page: web.WebSocketResponse, path: Path) -> None:
        self._page = page
        self._path = path
        self._core: Core | None = None

    async def run(self) -> None:
        """Serve the page until it closes, through any number of the daemon's restarts."""
        daemon = asyncio.create_task(self._from_daemon())
        page = asyncio.create_task(self._from_page())
        try:
            await asyncio.wait({daemon, page}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(daemon, page)

    async def _from_daemon(self) -> None:
        told_down = False
        pauses = waits()
        while not self._page.closed:
            try:
                async with await Core.connect(self._path) as core:
                    self._core = core
                    pauses, told_down = waits(), False
                    await self._page.send_str(json.dumps({"bridge": "up", "hello": core.greeting}))
                    await self._page.send_str(json.dumps({"jsonrpc": "2.0", "method": VIEW, "params": core.view}))
                    while True:
                        # A page that reads slowly holds this up, and so the daemon keeps the newest View only.
                        await self._page.send_str(await core.next_line())
            except CoreAwayError:
                self._core = None
                if not told_down:
                    await self._page.send_str(json.dumps({"bridge": "down", "host": host.told()}))
                    told_down = True
            await asyncio.sleep(next(pauses))

    async def _from_page(self) -> None:
        async for message in self._page:
            if message.type is not WSMsgType.TEXT:
                await self._page.close(code=WSCloseCode.UNSUPPORTED_DATA, message=b"text only")
                return
            try:
                request_id, line = request(message.data)
            except BadRequestError as refusal:
                await self._page.send_str(refusal.answer)
                continue
            if line is None:
                await self._page.send_str(result(request_id, host.told()))
                continue
            try:
                if self._core is None:
                    raise CoreAwayError
                await self._core.ask(line)
            except CoreAwayError:
                answer = error(request_id, DAEMON_AWAY, "The station's daemon does not answer", "bridge_down")
                await self._page.send_str(answer)


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        # A page that went away while it was written to is how a session with it ends.
        with suppress(asyncio.CancelledError, ConnectionError):
            await task
