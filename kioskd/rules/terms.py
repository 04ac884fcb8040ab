"""On what terms an entry goes up: its due date, no-block, and which dates tell that something was done already."""

import datetime as dt
from typing import Final

from kioskd.model.door import door_of
from kioskd.model.entry import Entry, Kind
from kioskd.model.settings import NoBlockDue
from kioskd.model.time import ClockTrust
from kioskd.rules.evidence import Terms
from kioskd.rules.slips import open_day
from kioskd.rules.turn import Turn

SHORTEST_DAYS: Final = 7
"""No loan and no renewal is taken to be shorter, unless the bookmark's dates or `ils.min_renew_days` are."""


def terms(turn: Turn, entry: Entry) -> Terms:
    """Return the terms of an entry as of today."""
    door = door_of(turn.state.settings)
    ils, offline = turn.state.settings.ils, turn.state.settings.offline
    what = entry.what
    today = turn.local().date()
    # A time that nobody vouches for is compared with nothing.
    day = turn.local(what.at_wall_s).date() if what.clock is not ClockTrust.UNSURE else None
    periods = [days for days in offline.bookmark_days if days > 0]
    longest = max((*periods, ils.min_renew_days))
    due = what.due_date
    if due is None and day is not None and periods and ils.no_block_due is NoBlockDue.BOOKMARK:
        due = open_day(day + dt.timedelta(days=min(periods)), offline) if what.kind is Kind.CHECKOUT else None
    # Nothing goes up that is due before the day on which it goes up.
    due = max(due, today) if due is not None and (ils.no_block or (door is not None and door.dates)) else None
    loan = what.kind is Kind.CHECKOUT
    return Terms(
        wanted=what.due_date,
        due=due,
        renewed_to=_later(day, ils.min_renew_days),
        unrenewed_before=_later(day, min(days for days in (*periods, ils.min_renew_days, SHORTEST_DAYS) if days > 0)),
        lent_past=_later(day, longest + 1 if longest else 0),
        # Without a date of staff's a loan goes through the door, where there is one.
        forces=loan and (ils.no_block_forces if due is not None else door is not None and door.forces),
    )


def _later(day: dt.date | None, days: int) -> dt.date | None:
    return day + dt.timedelta(days=days) if day is not None and days > 0 else None
