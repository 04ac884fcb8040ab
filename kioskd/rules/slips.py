"""What stands on paper: a receipt of item numbers, a bookmark with a date; nothing of the person."""

import datetime as dt
from typing import Final

from kioskd.model.settings import OfflineSettings
from kioskd.model.slip import Align, Slip, SlipKind, SlipLine
from kioskd.rules.session import GOOD
from kioskd.rules.state import State
from kioskd.rules.turn import Turn
from kioskd.texts import long_date, say

CLOSED_AT_MOST: Final = 60
"""Days in a row that a library is believed to be closed; more is a slip of the configuration."""


def open_day(day: dt.date, offline: OfflineSettings) -> dt.date:
    """Return that day, or the first after it on which the library is open."""
    for later in range(CLOSED_AT_MOST):
        candidate = day + dt.timedelta(days=later)
        if candidate.weekday() not in offline.closed_weekdays and candidate not in offline.closed_dates:
            return candidate
    return day


def bookmark_offered(state: State) -> bool:
    """Tell whether there are bookmarks: none where none is configured or the clock could be wrong."""
    return state.clock.trusted and any(days > 0 for days in state.settings.offline.bookmark_days)


def bookmark_date(state: State, today: dt.date) -> dt.date | None:
    """Return the date for a bookmark; None: none is offered.

    Of several loan periods patrons get the shortest: a date too early costs nobody a fine.
    """
    if not bookmark_offered(state):
        return None
    days = [days for days in state.settings.offline.bookmark_days if days > 0]
    return open_day(today + dt.timedelta(days=min(days)), state.settings.offline)


def receipt(turn: Turn) -> Slip:
    """Return the receipt: station, time, item numbers, their count."""
    state, station = turn.state, turn.state.settings.station
    language = state.language
    items = [line.item for line in turn.session.lines if line.result in GOOD]
    moment = turn.local().strftime("%Y-%m-%d %H:%M")
    if not state.clock.trusted:
        moment += " " + say(language, "slip_time_unsure")
    lines = [
        SlipLine(station.library or station.id, Align.CENTRE, large=True),
        SlipLine(f"{station.id}  {moment}", Align.CENTRE),
        SlipLine(""),
        *(SlipLine(item) for item in items),
        SlipLine(""),
        SlipLine(say(language, "slip_count", count=str(len(items)))),
    ]
    if station.gates and any(line.result == "recorded" for line in turn.session.lines):
        lines.append(SlipLine(say(language, "slip_gate")))
    return Slip(SlipKind.RECEIPT, tuple(lines))


def bookmark(turn: Turn, day: dt.date) -> Slip:
    """Return the bookmark: a date, and whose word counts."""
    language = turn.state.language
    lines = (
        SlipLine(turn.state.settings.station.library or turn.state.settings.station.id, Align.CENTRE),
        SlipLine(""),
        SlipLine(say(language, "slip_return_by"), Align.CENTRE),
        SlipLine(long_date(language, day), Align.CENTRE, large=True),
        SlipLine(""),
        SlipLine(say(language, "slip_account_decides"), Align.CENTRE),
    )
    return Slip(SlipKind.BOOKMARK, lines)
