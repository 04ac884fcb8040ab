"""The control address of the scanner: hold a code before it, pull its plug."""

import asyncio
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from hardware_sim.control import Changes, RequestError, changes_route, read, reply
from hardware_sim.errors import SimulatorError

from .kernel_scanner import KernelScanner
from .pty_scanner import PtyScanner


class Scan(msgspec.Struct, forbid_unknown_fields=True):
    """A code before the scanner. `sent_hex` sends these bytes instead, whatever they are."""

    code: str = ""
    prefix: str = ""
    suffix: str = "\r"
    gap_ms: Annotated[float, Meta(ge=0, le=10_000)] = 0
    times: Annotated[int, Meta(ge=1, le=1000)] = 1
    sent_hex: str = ""


class Control:
    """The routes over one scanner."""

    def __init__(self, scanner: PtyScanner | KernelScanner) -> None:
        self._scanner = scanner
        self._changes = Changes()
        self._scans: list[dict[str, Any]] = []
        self._turn = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Return all routes of the control address."""
        return [
            web.get("/state", self._state),
            web.get("/scans", self._list),
            web.post("/scan", self._scan),
            web.post("/plug", self._plug),
            web.post("/unplug", self._unplug),
            changes_route(self._changes),
        ]

    def _state_now(self) -> dict[str, Any]:
        scanner = self._scanner
        return {
            "version": self._changes.version,
            "plugged": scanner.plugged,
            "heard": scanner.heard,
            "link": str(scanner.link),
            "port": scanner.port,
            "scans": len(self._scans),
        }

    async def _state(self, _request: web.Request) -> web.Response:
        return reply(self._state_now())

    async def _list(self, _request: web.Request) -> web.Response:
        return reply({"scans": self._scans})

    async def _scan(self, request: web.Request) -> web.Response:
        scan = await read(request, lambda it: msgspec.convert(it, Scan))
        if not scan.code and not scan.sent_hex:
            raise RequestError('nothing to scan: {"code": "20000000000014"}')
        try:
            raw = bytes.fromhex(scan.sent_hex)
        except ValueError as wrong:
            raise RequestError(f"sent_hex: {wrong}") from wrong
        # One scanner reads one code at a time, however many ask.
        async with self._turn:
            heard = True
            for _ in range(scan.times):
                if not self._scanner.plugged:
                    raise RequestError("the scanner is unplugged", status=409)
                heard = await self._type(scan, raw) and heard
        self._scans.append({"code": scan.code, "sent_hex": scan.sent_hex, "times": scan.times, "heard": heard})
        self._changes.note()
        return reply({"heard": heard})

    async def _type(self, scan: Scan, raw: bytes) -> bool:
        if raw:
            return self._scanner.type_bytes(raw)
        if scan.gap_ms:
            return await self._scanner.scan_slowly(
                scan.code, gap_ms=scan.gap_ms, prefix=scan.prefix, suffix=scan.suffix
            )
        return self._scanner.scan(scan.code, prefix=scan.prefix, suffix=scan.suffix)

    async def _plug(self, _request: web.Request) -> web.Response:
        try:
            self._scanner.plug()
        except SimulatorError as wrong:
            raise RequestError(str(wrong), status=409) from wrong
        self._changes.note()
        return reply(self._state_now())

    async def _unplug(self, _request: web.Request) -> web.Response:
        self._scanner.unplug()
        self._changes.note()
        return reply(self._state_now())
