"""Evergreen's pending transactions: one JSON object a line. Source: Evergreen, offline.pl and its web client.

A line that is no JSON makes the receiver refuse the whole file, and rows without a type are dropped without a word, so
each line is whole. It sorts by `timestamp` (whole seconds); without `due_date` its own rules set one.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from kioskd.exports.exported import Exported, Left, Why, loadable
from kioskd.exports.order import Timed, epoch, timed
from kioskd.exports.row import Row
from kioskd.model.entry import Kind

TYPES: Final = {Kind.CHECKOUT: "checkout", Kind.RENEWAL: "renew"}
END_OF_DAY: Final = dt.time(23, 59, 59)


def pending(rows: Sequence[Row], *, zone: ZoneInfo) -> Exported:
    """Return the rows as `pending.xacts`; `zone` is the station's, in which a due date ends."""
    left: list[Left] = []
    fit: list[Row] = []
    for row in loadable(rows):
        why = _unfit(row)
        if why is None:
            fit.append(row)
        else:
            left.append(Left(row, why))
    placed = timed(fit, epoch)
    return Exported(
        payload="".join(json.dumps(_line(each, zone), ensure_ascii=True) + "\n" for each in placed).encode("ascii"),
        carried=tuple(each.row.seq for each in placed),
        left=tuple(left),
        moved=tuple(each.row.seq for each in placed if each.moved),
    )


def _line(placed: Timed, zone: ZoneInfo) -> dict[str, object]:
    row = placed.row
    at = dt.datetime.fromtimestamp(placed.second, zone)
    line: dict[str, object] = {
        "type": TYPES[row.kind],
        "timestamp": placed.second,
        "delta": 0,
        "barcode": row.item,
        "checkout_time": at.isoformat(timespec="seconds"),
    }
    if row.patron:
        line["patron_barcode"] = row.patron
    if row.due_date is not None:
        line["due_date"] = dt.datetime.combine(row.due_date, END_OF_DAY, zone).isoformat(timespec="seconds")
    return line


def _unfit(row: Row) -> Why | None:
    """Return why a row cannot be written, or None."""
    if row.kind is Kind.REGISTRATION:
        return Why.REGISTRATION
    if not row.item:
        return Why.NO_ITEM
    return Why.NO_CARD if row.kind is Kind.CHECKOUT and not row.patron else None
