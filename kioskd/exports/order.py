"""In what order entries go, and at which second each is said to have happened.

A station's own entries go in the order of their numbers, whatever its clock said; rows of paper sheets and of other
stations are put among them by their time. Systems that sort a file by whole seconds must come to the same order, so no
second is earlier than the one before it, and no two rows of one item share one.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kioskd.exports.row import Row
from kioskd.model.entry import Source
from kioskd.model.time import ClockTrust

Seconds = Callable[[dt.datetime], int]
"""A moment as the whole seconds that a format writes."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A row and the second to write. `moved`: it is not the second that the station's clock showed."""

    row: Row
    second: int
    moved: bool


def epoch(at: dt.datetime) -> int:
    """Return seconds since 1970, UTC."""
    return int(at.timestamp())


def local(at: dt.datetime) -> int:
    """Return seconds since 1970 by the local clock, which runs an hour back when summer time ends."""
    return int(at.replace(tzinfo=dt.UTC).timestamp())


def as_local(second: int) -> dt.datetime:
    """Return the local clock's date and time of a second of `local`."""
    return dt.datetime.fromtimestamp(second, dt.UTC).replace(tzinfo=None)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return the rows in the order in which they happened, as far as anybody can know it."""
    keyed: list[tuple[float, Row]] = []
    newest = 0.0
    for row in sorted(rows, key=lambda each: each.seq):
        at = row.at.timestamp()
        if row.source is Source.STATION:
            # Its own order is certain, its clock is not: a step back never brings an entry before an earlier one.
            newest = max(newest, at) if row.clock is not ClockTrust.UNSURE else newest
            keyed.append((newest, row))
        else:
            keyed.append((at, row))
    return [row for _, row in sorted(keyed, key=lambda each: (each[0], each[1].seq))]


def timed(rows: Iterable[Row], seconds: Seconds) -> list[Timed]:
    """Return the rows in order, each with the second to write: never running backwards, one an item.

    An unsure time that does not fit between its neighbours is moved between them.
    """
    ordered = in_order(rows)
    latest = _latest(ordered, seconds)
    found: list[Timed] = []
    newest = 0
    last_of_item: dict[str, int] = {}
    for row, limit in zip(ordered, latest, strict=True):
        shown = seconds(row.at)
        meant = shown if limit is None else min(shown, limit)
        item = row.item or ""
        second = max(meant, newest, last_of_item.get(item, -1) + 1)
        newest = last_of_item[item] = second
        found.append(Timed(row, second, second != shown))
    return found


def _latest(ordered: Sequence[Row], seconds: Seconds) -> list[int | None]:
    """Return for each row the latest second that it can have been: that of the next row with a clock to be believed."""
    limits: list[int | None] = []
    limit: int | None = None
    for row in reversed(ordered):
        sure = row.clock is not ClockTrust.UNSURE
        limits.append(None if sure else limit)
        limit = seconds(row.at) if sure else limit
    return limits[::-1]
