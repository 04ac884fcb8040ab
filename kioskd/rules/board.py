"""The downtime board as staff see it, drawn from the outage that the station remembers."""

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter, is_not
from typing import Final

from kioskd.model.downtime import (
    AlarmView,
    BlocksView,
    BoardStep,
    CrateView,
    DowntimeView,
    MailView,
    ProbeKind,
    ReviewView,
    SeenView,
    StepView,
    SystemState,
    SystemView,
)
from kioskd.model.settings import RelatedSettings, StationKind
from kioskd.model.time import Instant
from kioskd.rules import listed
from kioskd.rules.mail import crate_mail
from kioskd.rules.outage import Crate, Outage, Seen
from kioskd.rules.state import Looked, State
from kioskd.rules.turn import awaited
from kioskd.rules.wording import local_rfc3339, station_time
from kioskd.texts import label, page, say

ADVICE: Final = ("advice_lend", "advice_checkin", "advice_register", "advice_not", "advice_due")
ALARM_AFTER_S: Final = 86_400.0
QUARTER_S: Final = 900
"""In no zone does a day begin, or the offset change, within a quarter of an hour (tz database, since 1972)."""


_OF: Final = attrgetter("outage", "language", "systems", "clock", "today", "blocks")
"""What a board is drawn from, but for the settings and how old the block list is."""


def shown(state: State, at: Instant, was: State | None = None) -> DowntimeView | None:
    """Draw the board, where staff are at the station and there is an outage to be worked on.

    `was`: the state before; what the board shows then holds as long as nothing changed that it is drawn from.
    """
    if state.staff.by is None and state.settings.station.kind is not StationKind.STAFF:
        return None
    before = was.view.downtime if was is not None and was.view is not None else None
    if was is None or before is None or any(map(is_not, _OF(state), _OF(was))):
        return drawn(state, at)
    return drawn(state, at) if aged(state, at) else before


def aged(state: State, at: Instant) -> bool:
    """Tell whether the block list has become a day older than the board says: nothing but time tells that."""
    board = state.view.downtime if state.view is not None else None
    return board is not None and board.blocks is not None and board.blocks != _blocks(state, at)


def drawn(state: State, at: Instant) -> DowntimeView | None:
    """Draw the board, if there is an outage to be worked on."""
    outage = state.outage
    if outage is None or outage.closed:
        return None
    contact = state.settings.library.contact
    advice = [say(state.language, key) for key in ADVICE]
    if contact:
        advice.append(say(state.language, "contact_us", contact=contact))
    return DowntimeView(
        since=local_rfc3339(outage.since_wall_s, state.zone),
        back=_moment(state, outage.back_wall_s),
        over=_moment(state, outage.over_wall_s),
        seen=tuple(_seen(state, each) for each in outage.seen),
        helpdesk=state.settings.helpdesk_phone,
        read_out=_read_out(state, outage),
        advice=tuple(advice),
        systems=tuple(
            _system(state, system, state.systems.get(number)) for number, system in enumerate(state.settings.related)
        ),
        review=_review(state, outage, at),
        blocks=_blocks(state, at),
        crates=tuple(_crate(state, each) for each in outage.crates),
        board=_steps(state, outage) if outage.back_wall_s is not None else (),
    )


def reason_text(language: str, reason: str) -> str:
    """Return a mode's reason in words; one that has none as it is."""
    key = f"why_{reason}"
    return label(language, key) if key in page(language) else reason


def _moment(state: State, wall_s: float | None) -> str | None:
    return local_rfc3339(wall_s, state.zone) if wall_s is not None else None


def _seen(state: State, seen: Seen) -> SeenView:
    return SeenView(local_rfc3339(seen.at_wall_s, state.zone), seen.reason, reason_text(state.language, seen.reason))


def _read_out(state: State, outage: Outage) -> str:
    """Word what the helpdesk is told, in the language that staff and helpdesk share: the station's first."""
    station, language = state.settings.station, state.settings.station.languages[0]
    return say(
        language,
        "read_out",
        library=station.library or station.id,
        station=station.id,
        time=station_time(outage.since_wall_s, state.zone),
        seen=", ".join(dict.fromkeys(reason_text(language, each.reason) for each in outage.seen)),
    )


def _system(state: State, system: RelatedSettings, looked: Looked | None) -> SystemView:
    if system.probe is ProbeKind.NONE:
        return SystemView(system.name, system.probe, SystemState.UNPROBED, None, system.down or system.up)
    if looked is None:
        return SystemView(system.name, system.probe, SystemState.ASKING, None, "")
    text = system.up if looked.state is SystemState.ANSWERS else system.down
    return SystemView(system.name, system.probe, looked.state, local_rfc3339(looked.since_wall_s, state.zone), text)


def _review(state: State, outage: Outage, at: Instant) -> ReviewView:
    station, review = state.settings.station, outage.review
    offset = review.offset_s if review is not None else None
    return ReviewView(
        station=station.id,
        library=station.library,
        date=state.today or today(state, at),
        clock=state.clock.source.value if state.clock.trusted else "none",
        offset_s=round(offset) if offset is not None else None,
        by=review.by if review is not None else None,
        at=local_rfc3339(review.at_wall_s, state.zone) if review is not None else None,
    )


def _blocks(state: State, at: Instant) -> BlocksView | None:
    blocks = state.blocks
    if blocks is None:
        return None
    days = max(0, int((at.wall_s - blocks.made_wall_s) // listed.DAY_S))
    return BlocksView(len(blocks), days, listed.old(state, at.wall_s))


def today(state: State, at: Instant) -> str:
    """Return the day by the station's clock."""
    return _day(int(at.wall_s // QUARTER_S), state.zone)


@lru_cache(maxsize=4)
def _day(quarter: int, zone: zoneinfo.ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(quarter * QUARTER_S, zone).date().isoformat()


def _crate(state: State, crate: Crate) -> CrateView:
    mail: MailView | None = crate_mail(state, crate) if state.settings.crates.mail_to else None
    return CrateView(crate.number, crate.items, crate.on.isoformat(), mail)


def _steps(state: State, outage: Outage) -> tuple[StepView, ...]:
    done = {tick.step: tick for tick in outage.ticks}
    return tuple(
        StepView(
            step=step,
            text=say(state.language, f"board_{step.value}"),
            done=step in done,
            next=step is outage.next_step,
            by=done[step].by if step in done else None,
            at=_moment(state, done[step].at_wall_s if step in done else None),
        )
        for step in BoardStep
    )


# --- the alarm --------------------------------------------------------------------------------------


def _oldest(state: State) -> Iterator[tuple[str, str]]:
    """Tell what waits: the text that says so, and the time of the oldest one."""
    summary = state.summary
    if summary.oldest_unsent is not None and summary.unsent > len(awaited(state)):
        yield "alarm_old", summary.oldest_unsent
    if summary.oldest_exception is not None:
        yield "alarm_exception", summary.oldest_exception


def alarms_due_wall_s(state: State) -> Iterator[float]:
    """Return when the oldest entry that is to be sent, and the oldest that is left to staff, have waited for a day."""
    return (_due(oldest) for _, oldest in _oldest(state))


@lru_cache(maxsize=4)
def _due(oldest: str) -> float:
    return dt.datetime.fromisoformat(oldest).timestamp() + ALARM_AFTER_S


def alarmed(state: State, wall_s: float) -> bool:
    """Tell whether something has waited for more than a day, by a clock that is believed."""
    return state.clock.trusted and any(wall_s >= due for due in alarms_due_wall_s(state))


def alarm(state: State, wall_s: float) -> AlarmView | None:
    """Draw the alarm, if there is one: about what is to be sent before what waits for staff."""
    if not state.clock.trusted:
        return None
    for key, oldest in _oldest(state):
        if wall_s >= _due(oldest):
            since = dt.datetime.fromisoformat(oldest).strftime("%Y-%m-%d %H:%M")
            return AlarmView(oldest, say(state.language, key, since=since))
    return None
