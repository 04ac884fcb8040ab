"""The control address of the library system: its state, its ledger, its faults, and other people's doings."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from hardware_sim.control import RequestError, changes_route, number, read, reply
from hardware_sim.switches import standing

from .catalog import Item, Patron
from .codes import ITEM_PREFIX, code14
from .ledger import Origin
from .system import LibrarySystem
from .world import Loan, Reason

Row = dict[str, Any]


class Lend(msgspec.Struct, forbid_unknown_fields=True, tag="loan", tag_field="do"):
    """Another station lends an item."""

    patron: str
    item: str
    force: bool = False


class TakeBack(msgspec.Struct, forbid_unknown_fields=True, tag="return", tag_field="do"):
    """Another station takes an item back."""

    item: str


class Renew(msgspec.Struct, forbid_unknown_fields=True, tag="renew", tag_field="do"):
    """Another station renews an item."""

    item: str


class Block(msgspec.Struct, forbid_unknown_fields=True, tag="block", tag_field="do"):
    """Staff block a card; an empty reason ends the block."""

    patron: str
    reason: str = "Card blocked: please see staff"


class Hold(msgspec.Struct, forbid_unknown_fields=True, tag="hold", tag_field="do"):
    """An item is put aside; an empty patron ends that."""

    item: str
    patron: str = ""


class AddPatron(msgspec.Struct, forbid_unknown_fields=True, tag="add_patron", tag_field="do"):
    """A card is made, or made anew."""

    patron: Patron


class AddItem(msgspec.Struct, forbid_unknown_fields=True, tag="add_item", tag_field="do"):
    """A book is bought."""

    item: Item


class AddItems(msgspec.Struct, forbid_unknown_fields=True, tag="add_items", tag_field="do"):
    """Many books are bought: numbers from the `first`-th on."""

    count: Annotated[int, Meta(ge=1, le=1_000_000)]
    first: Annotated[int, Meta(ge=1)] = 100_000


class Remove(msgspec.Struct, forbid_unknown_fields=True, tag="remove", tag_field="do"):
    """A card or a book is gone from the catalogue."""

    code: str


Doing = Lend | TakeBack | Renew | Block | Hold | AddPatron | AddItem | AddItems | Remove


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """What POST /reset puts back; nothing named: all of it."""

    only: list[Literal["faults", "world", "ledger", "transcript"]] = msgspec.field(
        default_factory=lambda: ["faults", "world", "ledger", "transcript"]
    )


def _loan(loan: Loan) -> Row:
    return {
        "patron": loan.patron,
        "item": loan.item,
        "since": loan.since.isoformat(timespec="seconds"),
        "due": loan.due.isoformat(),
        "renewals": loan.renewals,
    }


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
        return reply({"loans": [_loan(loan) for loan in loans if patron in {None, loan.patron}]})

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
        return reply({"done": [self._do(doing) for doing in doings]})

    def _do(self, doing: Doing) -> Row:
        world, origin = self._system.world, Origin(connection=0, message="world")
        match doing:
            case Lend():
                due = world.clock() if doing.force else None
                if doing.force and doing.item in world.loans:
                    world.take_back(doing.item, origin)
                outcome = world.lend(doing.patron, doing.item, origin, force_due=due)
            case TakeBack():
                outcome = world.take_back(doing.item, origin)
            case Renew():
                outcome = world.renew(doing.item, origin)
            case _:
                return self._change(doing)
        if outcome.reason is not None or outcome.loan is None:
            raise RequestError(f"the library refuses: {outcome.reason}", status=409)
        return _loan(outcome.loan)

    def _change(self, doing: Block | Hold | AddPatron | AddItem | AddItems | Remove) -> Row:
        world = self._system.world
        self._system.changes.note()
        match doing:
            case Block():
                self._known(doing.patron, Reason.PATRON_UNKNOWN).blocked = doing.reason
                return {"patron": doing.patron, "blocked": doing.reason}
            case Hold():
                if doing.item not in world.items:
                    raise RequestError(f"{Reason.ITEM_UNKNOWN}: {doing.item}", status=404)
                world.items[doing.item].held_for = doing.patron
                return {"item": doing.item, "held_for": doing.patron}
            case AddPatron():
                world.patrons[doing.patron.barcode] = doing.patron
                return {"patron": doing.patron.barcode}
            case AddItem():
                world.items[doing.item.barcode] = doing.item
                return {"item": doing.item.barcode}
            case AddItems():
                numbers = [code14(ITEM_PREFIX, n) for n in range(doing.first, doing.first + doing.count)]
                for barcode in numbers:
                    world.items[barcode] = Item(barcode=barcode, title=f"New book {barcode[-5:-1]}")
                return {"first": numbers[0], "last": numbers[-1], "count": len(numbers)}
            case Remove():
                if world.patrons.pop(doing.code, None) is None and world.items.pop(doing.code, None) is None:
                    raise RequestError(f"no card and no item has the number {doing.code}", status=404)
                return {"removed": doing.code}

    def _known(self, patron: str, reason: Reason) -> Patron:
        row = self._system.world.patrons.get(patron)
        if row is None:
            raise RequestError(f"{reason}: {patron}", status=404)
        return row
