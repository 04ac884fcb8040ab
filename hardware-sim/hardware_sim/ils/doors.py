"""The doors beside SIP2: HTTP receivers of Koha's, Evergreen's and Symphony's kind, on the same world as the desk.

Written from what is public of each, and from nothing of the station. What they do not do: certificates, permissions
(whoever is logged in may do all), Koha's queue of pending operations, Evergreen's other kinds of rows, Symphony's
prompts other than a patron's blocks.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from .door_evergreen import EvergreenDoor
from .door_koha import KohaDoor
from .door_symphony import SymphonyDoor
from .world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MISHAPS: Final = ("ok", "lose_request", "lose_answer", "late_answer", "error", "error_done", "page")
"""What may become of a request: nothing amiss; the line dies before, or after, it was carried out; it is carried out
and never answered; 500 without, or after, carrying it out; a page of somebody else's is answered and nothing done."""


class Doors:
    """All three, on one address. `mishaps`: what becomes of the next requests that would change something."""

    def __init__(self, world: World, users: dict[str, str]) -> None:
        self.mishaps: deque[str] = deque()
        self.heard: list[str] = []
        """The path of each request, in order."""
        self.koha = KohaDoor(world, users)
        self.evergreen = EvergreenDoor(world, users)
        self.symphony = SymphonyDoor(world, users)

    def routes(self) -> list[web.RouteDef]:
        """Return the paths of the three."""
        return [
            web.get("/cgi-bin/koha/offline_circ/service.pl", self._befalls(self.koha.service)),
            web.post("/osrf-gateway-v1", self.evergreen.gateway),
            web.post("/cgi-bin/offline/offline.pl", self._befalls(self.evergreen.offline)),
            web.post("/user/staff/login", self.symphony.login),
            web.post("/circulation/circRecord/checkOut", self._befalls(self.symphony.check_out)),
            web.post("/circulation/circRecord/renew", self._befalls(self.symphony.renew)),
        ]

    def _befalls(self, handler: Handler) -> Handler:
        async def handled(request: web.Request) -> web.StreamResponse:
            self.heard.append(request.path)
            mishap = self.mishaps.popleft() if self.mishaps else "ok"
            if mishap == "lose_request":
                _drop(request)
            if mishap in BEFORE:
                return BEFORE[mishap]()
            answer = await handler(request)
            if mishap == "lose_answer":
                _drop(request)
            if mishap == "late_answer":
                await asyncio.sleep(3600)
            return _error() if mishap == "error_done" else answer

        return handled


def _error() -> web.Response:
    return web.Response(status=500, text="Internal Server Error")


def _page() -> web.Response:
    return web.Response(text="<html>Log in</html>", content_type="text/html")


BEFORE: Final = {"error": _error, "page": _page}


def _drop(request: web.Request) -> None:
    """Let the line die."""
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError("played")
