"""What other desks and the library's staff do meanwhile: now, or at a coming message of a station."""

import contextlib
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from .catalog import Item, Patron
from .codes import ITEM_PREFIX, code14
from .ledger import Origin
from .loans import Loan, Reason
from .policy import Policy
from .world import World

Row = dict[str, Any]


class NotDone(Exception):  # noqa: N818 - it says what happened
    """Raised when the library does not do it. `known`: whether what it names exists."""

    def __init__(self, text: str, *, known: bool) -> None:
        super().__init__(text)
        self.known = known


class Lend(msgspec.Struct, forbid_unknown_fields=True, tag="loan", tag_field="do"):
    """Another station lends an item."""

    patron: str
    item: str
    force: bool = False
    desk: str = ""


class TakeBack(msgspec.Struct, forbid_unknown_fields=True, tag="return", tag_field="do"):
    """Another station takes an item back."""

    item: str
    desk: str = ""


class Renew(msgspec.Struct, forbid_unknown_fields=True, tag="renew", tag_field="do"):
    """Another station renews an item."""

    item: str
    desk: str = ""


class Block(msgspec.Struct, forbid_unknown_fields=True, tag="block", tag_field="do"):
    """Staff block a card; an empty reason ends the block. `lost`, `fines`: what else stands against it, if given."""

    patron: str
    reason: str = "Card blocked: please see staff"
    lost: bool | None = None
    fines: str | None = None


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


class NewPolicy(msgspec.Struct, forbid_unknown_fields=True, tag="policy", tag_field="do"):
    """The library changes its rules; loans that are out keep their dates."""

    policy: Policy


Doing = Lend | TakeBack | Renew | Block | Hold | AddPatron | AddItem | AddItems | Remove | NewPolicy


class Ambush(msgspec.Struct, forbid_unknown_fields=True):
    """Something that happens just before or after the `nth` message of that number (and item, if named) is served.

    So another desk can act between a station's look-up and its loan.
    """

    message: str
    do: list[Doing]
    item: str = ""
    place: Literal["before", "after"] = "after"
    nth: Annotated[int, Meta(ge=1)] = 1


def loan_row(loan: Loan) -> Row:
    """Return a loan as the control address tells it."""
    return {
        "patron": loan.patron,
        "item": loan.item,
        "since": loan.since.isoformat(timespec="seconds"),
        "due": loan.due.isoformat(),
        "renewals": loan.renewals,
    }


class Others:
    """Everybody but the stations."""

    def __init__(self, world: World, note: Callable[[], None]) -> None:
        self._world = world
        self._note = note
        self._waiting: list[Ambush] = []

    def do(self, doing: Doing) -> Row:
        """Do it, and return what came of it. Raises NotDone."""
        world = self._world
        origin = Origin(connection=0, message="world", login=getattr(doing, "desk", ""))
        match doing:
            case Lend():
                if doing.force:
                    outcome = world.force(doing.patron, doing.item, None, origin, takes_away=True)
                else:
                    outcome = world.lend(doing.patron, doing.item, origin)
            case TakeBack():
                outcome = world.take_back(doing.item, origin)
            case Renew():
                outcome = world.renew(doing.item, origin)
            case _:
                return self._change(doing)
        if outcome.reason is not None or outcome.loan is None:
            raise NotDone(f"the library refuses: {outcome.reason}", known=True)
        return loan_row(outcome.loan)

    def _change(self, doing: Block | Hold | AddPatron | AddItem | AddItems | Remove | NewPolicy) -> Row:
        world = self._world
        self._note()
        match doing:
            case Block():
                row = self._known(doing.patron)
                row.blocked = doing.reason
                row.lost = row.lost if doing.lost is None else doing.lost
                row.fines = row.fines if doing.fines is None else doing.fines
                return {"patron": doing.patron, "blocked": doing.reason}
            case Hold():
                if doing.item not in world.items:
                    raise NotDone(f"{Reason.ITEM_UNKNOWN}: {doing.item}", known=False)
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
                    raise NotDone(f"no card and no item has the number {doing.code}", known=False)
                return {"removed": doing.code}
            case NewPolicy():
                world.policy = doing.policy
                return {"policy": msgspec.to_builtins(doing.policy)}

    def _known(self, patron: str) -> Patron:
        row = self._world.patrons.get(patron)
        if row is None:
            raise NotDone(f"{Reason.PATRON_UNKNOWN}: {patron}", known=False)
        return row

    # ambushes

    def lie_in_wait(self, ambush: Ambush) -> None:
        """Let something happen at a coming message."""
        self._waiting.append(ambush)

    def served(self, message: str, item: str, place: str) -> None:
        """Take in that a message is about to be served, or was; whatever waits for it happens now."""
        if not self._waiting:
            return
        due = [each for each in self._waiting if self._is_due(each, message, item, place)]
        self._waiting = [each for each in self._waiting if each not in due]
        for ambush in due:
            for doing in ambush.do:
                # What the library refuses to another desk stands in the ledger as refused.
                with contextlib.suppress(NotDone):
                    self.do(doing)

    @staticmethod
    def _is_due(ambush: Ambush, message: str, item: str, place: str) -> bool:
        if ambush.place != place or ambush.message != message or ambush.item not in {"", item}:
            return False
        ambush.nth -= 1
        return ambush.nth == 0
