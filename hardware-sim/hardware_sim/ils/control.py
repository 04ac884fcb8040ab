"""The control address of the library system: its state, its ledger, its faults, and other people's doings."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from aiohttp import web

from hardware_sim.control import RequestError, changes_route, number, read, reply
from hardware_sim.switches import standing

from .doings import Ambush, Doing, NotDone, loan_row
from .system import LibrarySystem

Row = dict[str, Any]


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """What POST /reset puts back; nothing named: all of it."""

    only: list[Literal["faults", "world", "ledger", "transcript"]] = msgspec.field(
        default_factory=lambda: ["faults", "world", "ledger", "transcript"]
    )


class Control:
    """The routes over one library system."""

    def __init__(self, system: LibrarySystem) -> None:
        self._system = system

    def routes(self) -> list[web.RouteDef]:
        """Return all routes of the control address."""
        return [
            web.get("/state", self._state),
            web.get("/catalog", self._catalog),
            web.get("/ledger", self._ledger),
            web.get("/loans", self._loans),
            web.get("/transcript", self._transcript),
            web.get("/fault", self._faults),
            web.post("/fault", self._set_faults),
            web.delete("/fault", self._clear_faults),
            web.post("/world", self._world),
            web.post("/ambush", self._ambush),
            web.get("/logins", self._logins),
            web.post("/reset", self._reset),
            changes_route(self._system.changes),
        ]

    async def _state(self, _request: web.Request) -> web.Response:
        return reply(self._state_now())

    def _state_now(self) -> Row:
        system = self._system
        service = system.service
        return {
            "version": system.changes.version,
            "listening": not system.faults.down,
            "sip2": str(system.address),
            "faults": standing(system.faults),
            "latency_ms": service.latency_ms,
            "cuts_happened": service.cuts_happened,
            "accepted": service.accepted,
            "connections": [
                {"connection": caller.connection, "peer": caller.peer, "login": caller.login}
                for caller in service.callers.values()
            ],
            "requests": service.requests,
            "longest_queue": service.longest_queue,
            "logins": {
                "good": sum(1 for row in system.logins.tried if not row.why),
                "refused": sum(1 for row in system.logins.tried if row.why),
                "seats_taken": system.logins.taken(),
            },
            "loans": len(system.world.loans),
            "ledger": len(system.ledger),
            "transcript": service.spoken,
        }

    async def _catalog(self, _request: web.Request) -> web.Response:
        world = self._system.world
        items = []
        for item in world.items.values():
            loan = world.loans.get(item.barcode)
            items.append({**msgspec.to_builtins(item), "on_loan_to": loan.patron if loan else ""})
        return reply({"patrons": msgspec.to_builtins(list(world.patrons.values())), "items": items})

    async def _ledger(self, request: web.Request) -> web.Response:
        ledger = self._system.ledger
        after, count = number(request, "after", 0), number(request, "count", 0)
        wanted = [kind for kind in request.query.get("kind", "").split(",") if kind]

        def rows() -> Sequence[object]:
            return [e for e in ledger if e.seq > after and (not wanted or e.kind in wanted)]

        wait_s = number(request, "wait_s", 0)
        if wait_s:
            await self._system.changes.wait_until(lambda: len(rows()) >= count, wait_s=wait_s)
        return reply({"entries": msgspec.to_builtins(rows())})

    async def _loans(self, request: web.Request) -> web.Response:
        patron = request.query.get("patron")
        loans = self._system.world.loans.values()
        return reply({"loans": [loan_row(loan) for loan in loans if patron in {None, loan.patron}]})

    async def _transcript(self, request: web.Request) -> web.Response:
        after = number(request, "after", 0)
        return reply({"lines": msgspec.to_builtins([row for row in self._system.service.transcript if row.n > after])})

    async def _faults(self, request: web.Request) -> web.Response:
        faults = self._system.faults
        return reply({"faults": msgspec.to_builtins(faults) if "all" in request.query else standing(faults)})

    async def _set_faults(self, request: web.Request) -> web.Response:
        document = await read(request, lambda it: msgspec.convert(it, dict[str, Any]))
        try:
            await self._system.set_faults(document)
        except msgspec.ValidationError as wrong:
            raise RequestError(str(wrong)) from wrong
        return reply({"faults": standing(self._system.faults)})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        await self._system.clear_faults()
        return reply({"faults": {}})

    async def _reset(self, request: web.Request) -> web.Response:
        only = (await read(request, lambda it: msgspec.convert(it, Reset))).only
        if "faults" in only:
            await self._system.clear_faults()
        self._system.begin_anew(world="world" in only, ledger="ledger" in only, transcript="transcript" in only)
        return reply(self._state_now())

    async def _world(self, request: web.Request) -> web.Response:
        doings = await read(request, lambda it: msgspec.convert(it if isinstance(it, list) else [it], list[Doing]))
        try:
            return reply({"done": [self._system.others.do(doing) for doing in doings]})
        except NotDone as wrong:
            raise RequestError(str(wrong), status=409 if wrong.known else 404) from wrong

    async def _ambush(self, request: web.Request) -> web.Response:
        ambushes = await read(request, lambda it: msgspec.convert(it if isinstance(it, list) else [it], list[Ambush]))
        for ambush in ambushes:
            self._system.others.lie_in_wait(ambush)
        return reply({"waiting": len(ambushes)})

    async def _logins(self, request: web.Request) -> web.Response:
        after = number(request, "after", 0)
        return reply({"logins": msgspec.to_builtins([row for row in self._system.logins.tried if row.n > after])})
