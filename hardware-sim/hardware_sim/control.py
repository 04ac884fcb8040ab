"""What all control addresses have in common: JSON in and out, clear refusals, and waiting for a change.

A control address is for the person or script that plays the world around the station. It is bound to loopback only.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from .addresses import Address
from .errors import SimulatorError

T = TypeVar("T")

Reply = Awaitable[web.StreamResponse]
LONGEST_WAIT_S: Final = 60.0
LARGEST_BODY_BYTES: Final = 4 * 1024 * 1024


class RequestError(Exception):
    """Raised when a request to a control address cannot be carried out; becomes the HTTP answer.

    `status` is 400 for what is malformed, 404 for what does not exist, 409 for what the present state forbids.
    """

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class Changes:
    """A number that rises with everything that happens, and a way to wait until it has risen."""

    def __init__(self) -> None:
        self.version = 0
        self._risen = asyncio.Event()

    def note(self) -> None:
        """Say that something happened."""
        self.version += 1
        self._risen.set()

    async def wait_until(self, met: Callable[[], bool], *, wait_s: float) -> bool:
        """Wait until `met` holds, looked at after each change; False when `wait_s` passed before."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(wait_s, LONGEST_WAIT_S)):
                while not met():
                    self._risen.clear()
                    await self._risen.wait()
        # Others may wait on the same event; it stays set only if the version rose after their look.
        return met()


def reply(document: object, *, status: int = 200) -> web.Response:
    """Answer with one JSON document."""
    return web.json_response(document, status=status, dumps=lambda it: json.dumps(it, ensure_ascii=False))


async def read(request: web.Request, kind: Callable[[Any], T]) -> T:
    """Read the request's JSON body through `kind`; an empty body is an empty object.

    Raises RequestError (400) with the reason and, where known, the path of what is wrong in it.
    """
    body = await request.read()
    try:
        return kind(msgspec.json.decode(body) if body.strip() else {})
    except msgspec.ValidationError as wrong:
        raise RequestError(str(wrong)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise RequestError(f"the body is not JSON: {wrong}") from wrong


def number(request: web.Request, name: str, otherwise: float, *, most: float = 1e15) -> float:
    """Read a number of at least 0 from the query string. Raises RequestError (400) for anything else."""
    text = request.query.get(name)
    if text is None:
        return otherwise
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise RequestError(f"{name}={text!r} is not a number from 0 to {most:g}")
    return value


@web.middleware
async def _refusals(request: web.Request, handler: Callable[[web.Request], Reply]) -> web.StreamResponse:
    try:
        return await handler(request)
    except RequestError as wrong:
        return reply({"error": str(wrong)}, status=wrong.status)
    except web.HTTPMethodNotAllowed as wrong:
        allowed = ", ".join(sorted(wrong.allowed_methods))
        return reply({"error": f"{request.path} takes {allowed}"}, status=405)
    except web.HTTPNotFound:
        return reply({"error": f"there is no {request.path} here"}, status=404)
    except web.HTTPRequestEntityTooLarge:
        return reply({"error": f"the body is longer than {LARGEST_BODY_BYTES} bytes"}, status=413)


def changes_route(changes: Changes) -> web.RouteDef:
    """`GET /changes?since=V&wait_s=S`: the version, as soon as it is above `since`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        since = number(request, "since", -1)
        await changes.wait_until(lambda: changes.version > since, wait_s=number(request, "wait_s", 0))
        return reply({"version": changes.version})

    return web.get("/changes", answer)


async def open_http(
    address: Address,
    routes: list[web.RouteDef],
    *,
    option: str,
    middlewares: tuple[Middleware, ...] = (),
) -> tuple[web.AppRunner, Address]:
    """Serve `routes` and return the runner to clean up and the address really bound.

    Raises SimulatorError, naming `option`, if the address cannot be had.
    """
    app = web.Application(middlewares=[*middlewares, _refusals], client_max_size=LARGEST_BODY_BYTES)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, address.host, address.port)
    try:
        await site.start()
    except OSError as wrong:
        await runner.cleanup()
        raise SimulatorError(
            f"{option}: cannot listen on {address}: {wrong.strerror}; choose another port, or 0 for any free one"
        ) from wrong
    return runner, Address(address.host, runner.addresses[0][1])
