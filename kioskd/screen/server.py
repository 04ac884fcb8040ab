"""The web server on loopback: the page's files, the doctor's code, and a WebSocket at `/socket` for each page."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import WSCloseCode, web

from kioskd.screen import pages
from kioskd.screen.bridge import Bridge
from kioskd.screen.doctor import DoctorsCode
from kioskd.screen.door import LOOPBACK_HOSTS, SUBPROTOCOL, Door, Inline, headers
from kioskd.screen.requests import MAX_PAGE_MESSAGE_BYTES

MAX_PAGES: Final = 16
"""Pages at once; each has a connection to the daemon. A station has one, a technician's browser is another."""

HEARTBEAT_S: Final = 30.0
"""A page that does not answer a ping within half of that is gone."""

SHUTDOWN_S: Final = 1.0


class NotLoopbackError(Exception):
    """Raised when the server is asked to listen where others could reach it."""


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to a loopback address; port 0 takes a free one. Raises NotLoopbackError, OSError."""
    bare = host.strip("[]")
    if bare not in {name.strip("[]") for name in LOOPBACK_HOSTS}:
        raise NotLoopbackError(host)
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((bare, port))
    except OSError:
        listener.close()
        raise
    return listener


class Server:
    """Serves the page to this machine. It holds open connections and a token, and nothing of any session."""

    def __init__(self, core_path: Path, port: int) -> None:
        self._core_path = core_path
        self._door = Door(port=port, token=secrets.token_urlsafe(32))
        self._files = pages.load(self._door.token)
        self._inline = Inline(
            style=pages.inline_hash(self._files, pages.STYLE), script=pages.inline_hash(self._files, pages.START)
        )
        self._pages: set[web.WebSocketResponse] = set()
        self._doctor = DoctorsCode(core_path)

    async def run(self, listener: socket.socket, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Serve on `listener`, call `ready` once it listens, and end when `stop` is set."""
        app = web.Application(client_max_size=MAX_PAGE_MESSAGE_BYTES)
        app.router.add_route("*", "/{name:.*}", self._answer)
        app.on_shutdown.append(self._close_pages)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            ready()
            await stop.wait()
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        host, origin = request.headers.get("Host"), request.headers.get("Origin")
        if host is None or not self._door.host_is_ours(host):
            return web.Response(status=403, text="This address is not served here.\n")
        name = request.match_info["name"]
        if origin is not None and not self._door.origin_is_ours(origin, host):
            answer = web.Response(status=403, text="Other sites may not ask here.\n")
        elif request.method not in {"GET", "HEAD"}:
            answer = web.Response(status=405, text="This only shows a page.\n", headers={"Allow": "GET, HEAD"})
        elif name == "socket":
            offered = [word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
            if origin is not None and self._door.token_is_ours(offered) and len(self._pages) < MAX_PAGES:
                return await self._serve_page(request)
            answer = web.Response(status=403, text="Load the page first.\n")
        elif (file := self._files.get(name or pages.INDEX)) is not None:
            answer = web.Response(body=file.body, content_type=file.content_type, charset="utf-8")
        elif name == "doctor.svg" and (code := await self._doctor.svg()) is not None:
            answer = web.Response(body=code, content_type="image/svg+xml")
        else:
            answer = web.Response(status=404, text="There is no such file.\n")
        answer.headers.update(headers(host, self._inline))
        return answer

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        page = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,), max_msg_size=MAX_PAGE_MESSAGE_BYTES, heartbeat=HEARTBEAT_S, compress=False
        )
        await page.prepare(request)
        self._pages.add(page)
        try:
            await Bridge(page, self._core_path).run()
        finally:
            self._pages.discard(page)
        return page

    async def _close_pages(self, _: web.Application) -> None:
        for page in set(self._pages):
            await page.close(code=WSCloseCode.GOING_AWAY, message=b"restart")
