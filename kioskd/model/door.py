"""The doors that some library systems have beside SIP2 for what happened while they were away, as data.

Which profile has which, what it can carry that SIP2 cannot, and what is a trap there. Sources: docs/ILS.md, *Doors*.
"""

from collections.abc import Mapping
from typing import Final

from kioskd.model.ils import AskCheckout, AskRenew, Question
from kioskd.model.settings import Settings
from kioskd.model.written_late import dataclass

KOHA_CARD: Final = 32
KOHA_ITEM: Final = 20
"""Columns of Koha's queue of pending operations."""


@dataclass(frozen=True, slots=True)
class Door:
    """`at_once`: entries in one go. `needs`: keys of `[door]` without which it does not open.

    `forces`: it takes an item from whoever has it, and a yes proves nothing. `dates`: it keeps a due date of staff's.
    """

    name: str
    at_once: int
    needs: tuple[str, ...]
    forces: bool = False
    dates: bool = False


DOORS: Final[Mapping[str, Door]] = {
    "koha": Door("koha", 1, ("user", "branch"), forces=True),
    "evergreen": Door("evergreen", 20, ("user", "branch", "workstation"), dates=True),
    "symphony": Door("symphony", 1, ("user", "client_id"), dates=True),
}
"""By `ils.profile`."""


def door_of(settings: Settings) -> Door | None:
    """Return the door that uploads go through, if one is configured."""
    return DOORS.get(settings.ils.profile) if settings.door.url else None


def takes(door: Door, question: Question) -> bool:
    """Tell whether a question of the upload goes through the door; what does not goes by SIP2."""
    match door.name, question:
        case "koha", AskCheckout(patron, item, due=None):
            # A renewal is a loan there: from whoever has the item by now it would be taken.
            fits = len(patron) <= KOHA_CARD and len(item) <= KOHA_ITEM
            return fits and all(each.isascii() and each.isprintable() for each in (patron, item))
        case "evergreen", AskCheckout() | AskRenew():
            return True
        case "symphony", AskCheckout(due=due):
            return due is not None
        case "symphony", AskRenew(patron, due=due):
            return patron is None and due is None
        case _:
            return False
