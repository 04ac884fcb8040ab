"""Koha's offline circulation file, `.koc` 1.0. Source: Koha, enqueue_koc.pl and process_koc.pl, and its wiki.

A row is a time, a command and its arguments, with tabs between; nothing is quoted and there are no comments. A renewal
is an `issue` to the patron who has the item. The receiver's queue sorts by whole seconds, so order is kept in them.
"""

from collections.abc import Sequence
from typing import Final

from kioskd.exports.exported import Exported, Left, Why, loadable
from kioskd.exports.order import as_local, local, timed
from kioskd.exports.row import Row
from kioskd.model.entry import Kind

MAX_CARD: Final = 32
MAX_ITEM: Final = 20
"""Columns `cardnumber` and `barcode` of Koha's queue of pending operations; older Koha has 16 for a card."""


def koc(rows: Sequence[Row], *, version: str) -> Exported:
    """Return the rows as a `.koc` file; `version` is kioskd's own, for the header."""
    left: list[Left] = []
    fit: list[Row] = []
    for row in loadable(rows):
        why = _unfit(row)
        if why is not None:
            left.append(Left(row, why))
            continue
        fit.append(row)
        if row.due_date is not None:
            left.append(Left(row, Why.DUE_DATE))
    placed = timed(fit, local)
    lines = [f"Version=1.0\tGenerator=kioskd\tGeneratorVersion={version}"]
    lines += [
        f"{as_local(each.second):%Y-%m-%d %H:%M:%S} 000\tissue\t{each.row.patron}\t{each.row.item}" for each in placed
    ]
    return Exported(
        payload="".join(line + "\n" for line in lines).encode("ascii"),
        carried=tuple(each.row.seq for each in placed),
        left=tuple(left),
        moved=tuple(each.row.seq for each in placed if each.moved),
    )


def _unfit(row: Row) -> Why | None:
    """Return why a row cannot be written, or None."""
    if row.kind is Kind.REGISTRATION:
        return Why.REGISTRATION
    if not row.item:
        return Why.NO_ITEM
    if not row.patron:
        return Why.NO_CARD
    if not all(number.isascii() and number.isprintable() for number in (row.patron, row.item)):
        return Why.UNWRITABLE
    if row.patron != row.patron.strip() or row.item != row.item.strip():
        # The receiver trims, and then means another number.
        return Why.UNWRITABLE
    if len(row.patron) > MAX_CARD:
        return Why.CARD_TOO_LONG
    return Why.ITEM_TOO_LONG if len(row.item) > MAX_ITEM else None
