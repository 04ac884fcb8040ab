"""The bench's page over HTTP: three files, one stream of events, one way to act."""

import json
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from typing import Final

import msgspec
from aiohttp import web

from hardware_sim.control import RequestError, read, reply

from .acts import ACTS
from .relay import Relay

_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("index.html", "text/html"),
    "/bench.css": ("bench.css", "text/css"),
    "/bench.js": ("bench.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_BREATH_S: Final = 10.0


class Click(msgspec.Struct, forbid_unknown_fields=True):
    """What the page asks for: the name of an act and its one value."""

    act: str
    value: str = ""


@web.middleware
async def only_this_machine(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse other names for this address (a page elsewhere could point one here) and other pages' clicks."""
    host = request.headers.get("Host", "").rpartition(":")[0] or request.headers.get("Host", "")
    if host not in _LOCAL:
        return reply({"error": "open the bench by its loopback address"}, status=403)
    if request.method == "POST" and request.content_type != "application/json":
        # A foreign page cannot send this type without asking first, and is never allowed.
        return reply({"error": "the body must be application/json"}, status=415)
    return await handler(request)


class Bench:
    """The page and what stands behind it."""

    def __init__(self, relay: Relay, *, screen: str) -> None:
        self._relay = relay
        self._screen = screen
        folder = resources.files(__package__) / "page"
        self._files = {path: ((folder / name).read_bytes(), kind) for path, (name, kind) in _FILES.items()}

    def routes(self) -> list[web.RouteDef]:
        """Return all routes of the bench."""
        files = [web.get(path, self._file) for path in self._files]
        return [
            *files,
            web.get("/slips/{n:[0-9]+}.png", self._slip),
            web.get("/events", self._events),
            web.post("/do", self._do),
        ]

    async def _file(self, request: web.Request) -> web.Response:
        body, kind = self._files[request.path]
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)

    async def _slip(self, request: web.Request) -> web.Response:
        status, body = await self._relay.fetch("printer", f"/slips/{request.match_info['n']}.png")
        if status != 200:
            return web.Response(status=status, headers=_HEADERS)
        return web.Response(body=body, content_type="image/png", headers=_HEADERS)

    async def _do(self, request: web.Request) -> web.Response:
        click = await read(request, lambda it: msgspec.convert(it, Click))
        act = ACTS.get(click.act)
        if act is None:
            raise RequestError(f"there is no {click.act!r} to do; there are {', '.join(ACTS)}")
        status, answer = await self._relay.do(act, click.value)
        return reply(answer, status=status)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        sent: dict[str, int] = {}
        relay = self._relay
        try:
            await response.write(_event("bench", {"screen": self._screen, "simulators": list(relay.pictures)}))
            while True:
                for name, version in relay.versions.items():
                    if sent.get(name) != version:
                        sent[name] = version
                        await response.write(_event(name, relay.pictures[name]))
                if not await relay.changes.wait_until(lambda: sent != relay.versions, wait_s=_BREATH_S):
                    await response.write(b": still here\n\n")
        except ConnectionError:
            return response


def _event(name: str, document: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(document, ensure_ascii=False)}\n\n".encode()
