"""Moments as people and programs read them."""

import datetime as dt
import zoneinfo
from functools import lru_cache


def local_rfc3339(wall_s: float, zone: zoneinfo.ZoneInfo) -> str:
    """Return a moment with its offset, to the second (RFC 3339)."""
    return _rfc3339(int(wall_s), zone)


@lru_cache(maxsize=64)
def _rfc3339(wall_s: int, zone: zoneinfo.ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(wall_s, zone).isoformat()


def station_time(wall_s: float, zone: zoneinfo.ZoneInfo) -> str:
    """Return the local time of day, `HH:MM`."""
    return _minute(int(wall_s // 60), zone)


@lru_cache(maxsize=4)
def _minute(minute: int, zone: zoneinfo.ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(minute * 60, zone).strftime("%H:%M")
