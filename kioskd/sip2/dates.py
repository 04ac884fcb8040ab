"""SIP2's 18 characters of date and time, and the other shapes that due dates come in."""

import datetime as dt
import re
from typing import Final

BLANK_DATE: Final = " " * 18
"""Where no date is meant, such as nb due date when the server is to compute it."""

_SIP: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?: *(Z?) *(\d\d):?(\d\d):?(\d\d)?)?(?!\d)")
_DAY_FIRST: Final = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})(?:[ ,]+(\d\d):(\d\d)(?::(\d\d))?)?(?!\d)")


def stamp(at: dt.datetime) -> str:
    """Return `YYYYMMDD    HHMMSS`, local time. `at` is written as it stands: the caller hands in the local hour."""
    return f"{at.year:04d}{at.month:02d}{at.day:02d}    {at.hour:02d}{at.minute:02d}{at.second:02d}"


def read_moment(text: str) -> dt.datetime | None:
    """Read a date, with a time or without (then midnight); None if it is unreadable or could mean two days.

    Naive for local time; aware if it is marked `Z` or bears an offset. Reads SIP2's own form, ISO 8601 with `-` or `/`,
    and day.month.year. A date with slashes and the year last means one day in America and another elsewhere: None.
    """
    text = text.strip()
    if found := _SIP.match(text):
        year, month, day, utc, hour, minute, second = found.groups()
    elif found := _DAY_FIRST.match(text):
        day, month, year, hour, minute, second = found.groups()
        utc = None
    else:
        return _read_iso(text)
    try:
        moment = dt.datetime(  # noqa: DTZ001 - naive is local
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError:
        return None
    return moment.replace(tzinfo=dt.UTC) if utc else moment


def _read_iso(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
