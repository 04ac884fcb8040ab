"""The control address of the printer: its slips, its bytes, and the hands that open its cover."""

from typing import Any

import msgspec
from aiohttp import web

from hardware_sim.control import RequestError, changes_route, number, read, reply
from hardware_sim.switches import standing

from .picture import png
from .server import PrinterCables


class Control:
    """The routes over one printer."""

    def __init__(self, printer: PrinterCables) -> None:
        self._printer = printer

    def routes(self) -> list[web.RouteDef]:
        """Return all routes of the control address."""
        return [
            web.get("/state", self._state),
            web.get("/slips", self._slips),
            web.get("/slips/{n}.png", self._picture),
            web.get("/bytes", self._bytes),
            web.get("/fault", self._faults),
            web.post("/fault", self._set_faults),
            web.delete("/fault", self._clear_faults),
            web.post("/tear", self._tear),
            web.post("/reset", self._reset),
            changes_route(self._printer.changes),
        ]

    def _state_now(self) -> dict[str, Any]:
        printer, mechanism = self._printer, self._printer.mechanism
        now = mechanism.condition
        return {
            "version": printer.changes.version,
            "power": not mechanism.faults.power_off,
            "offline": now.offline,
            "paper": "out" if now.paper_out else "low" if now.paper_low else "ok",
            "cover_open": now.cover_open,
            "cutter_error": now.cutter_error,
            "faults": standing(mechanism.faults),
            "connections": len(printer.connections),
            "waiting_bytes": len(mechanism.waiting),
            "received_bytes": len(mechanism.received),
            "slips": len(mechanism.roll.slips),
            "tcp": str(printer.address) if printer.address else "",
            "pty": str(printer.pty.link) if printer.pty else "",
            "usbip": str(printer.usb.address) if printer.usb else "",
        }

    async def _state(self, _request: web.Request) -> web.Response:
        return reply(self._state_now())

    async def _slips(self, request: web.Request) -> web.Response:
        roll = self._printer.mechanism.roll
        after, count = number(request, "after", 0), number(request, "count", 1)
        wait_s = number(request, "wait_s", 0)
        if wait_s:
            await self._printer.changes.wait_until(
                lambda: sum(1 for slip in roll.slips if slip.n > after) >= count, wait_s=wait_s
            )
        slips = [slip.document() for slip in roll.slips if slip.n > after]
        return reply({"slips": slips, "open": roll.open.document()})

    async def _picture(self, request: web.Request) -> web.Response:
        roll, word = self._printer.mechanism.roll, request.match_info["n"]
        found = [slip for slip in (*roll.slips, roll.open) if str(slip.n) == word]
        if not found:
            raise RequestError(f"there is no slip {word!r}", status=404)
        return web.Response(body=png(found[0].lines, self._printer.columns), content_type="image/png")

    async def _bytes(self, request: web.Request) -> web.Response:
        start = int(number(request, "after", 0))
        return web.Response(body=bytes(self._printer.mechanism.received[start:]))

    async def _faults(self, _request: web.Request) -> web.Response:
        return reply({"faults": msgspec.to_builtins(self._printer.mechanism.faults)})

    async def _set_faults(self, request: web.Request) -> web.Response:
        document = await read(request, lambda it: it)
        try:
            await self._printer.set_faults(document)
        except msgspec.ValidationError as wrong:
            raise RequestError(str(wrong)) from wrong
        return reply(self._state_now())

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        await self._printer.clear_faults()
        return reply(self._state_now())

    async def _tear(self, _request: web.Request) -> web.Response:
        if not self._printer.mechanism.tear_off():
            raise RequestError("no paper hangs out", status=409)
        return reply(self._state_now())

    async def _reset(self, _request: web.Request) -> web.Response:
        mechanism = self._printer.mechanism
        mechanism.waiting.clear()
        mechanism.received.clear()
        mechanism.roll.end("torn")
        mechanism.roll.slips.clear()
        await self._printer.clear_faults()
        return reply(self._state_now())
