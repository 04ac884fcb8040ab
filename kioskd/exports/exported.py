"""What an export makes of entries: a file's bytes, which entries it carries, and what is left for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kioskd.exports.row import Row
from kioskd.model.entry import EntryState, Seq


class Why(StrEnum):
    """Why an entry, or a part of it, is not in the file and stands on the to-do list."""

    REGISTRATION = "registration"
    """The format has no row for a new patron."""
    NO_CARD = "no_card"
    """A renewal by the item alone, where the format wants a card."""
    NO_ITEM = "no_item"
    DUE_DATE = "due_date"
    """Staff set a due date, and the format has no column for it; the loan itself is in the file."""
    CARD_TOO_LONG = "card_too_long"
    ITEM_TOO_LONG = "item_too_long"
    UNWRITABLE = "unwritable"
    """A number holds what the format cannot write (a tab, a line end, something beyond ASCII)."""


@dataclass(frozen=True, slots=True)
class Left:
    """One entry that a person has to look at."""

    row: Row
    why: Why


@dataclass(frozen=True, slots=True)
class Exported:
    """A file in memory. `carried`: the entries whose loan or renewal it holds, in the file's order.

    `left`: what it does not hold; an entry may be in both (its loan is carried, its due date is not).
    `moved`: entries written with another second than the clock showed, so that the order holds.
    """

    payload: bytes
    carried: tuple[Seq, ...]
    left: tuple[Left, ...] = ()
    moved: tuple[Seq, ...] = ()


LOADABLE = frozenset(
    {EntryState.RECORDED, EntryState.SENDING, EntryState.SETTLED, EntryState.EXCEPTION, EntryState.HANDED_OVER}
)
"""States of entries that another system may be told of: the item left the station. Refused and withdrawn ones did not,
and what a person resolved is done."""


def loadable(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that a file for another system may hold."""
    return [row for row in rows if row.state in LOADABLE]
