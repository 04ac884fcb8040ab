"""The nightly halt of the library system, as the configuration tells it: an outage then is no alarm."""

import datetime as dt
import zoneinfo

from kioskd.model.settings import QuietHours


def quiet_until(hours: tuple[QuietHours, ...], zone: zoneinfo.ZoneInfo, wall_s: float) -> float | None:
    """Return when the quiet hours end (seconds since 1970) that hold at a moment; None: none do.

    Spans are of the local clock, whatever daylight saving makes of their length, and may cross midnight.
    """
    now = dt.datetime.fromtimestamp(wall_s, zone)
    time = now.time()
    ends = []
    for span in hours:
        crosses = span.end <= span.start
        within = (time >= span.start or time < span.end) if crosses else span.start <= time < span.end
        if within:
            day = now.date() + dt.timedelta(days=1 if crosses and time >= span.start else 0)
            ends.append(dt.datetime.combine(day, span.end, zone).timestamp())
    return max(ends, default=None)
