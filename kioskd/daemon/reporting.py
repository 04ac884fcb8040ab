"""An outage in numbers, as `report.get` answers it: out of the journal's notes and entries. No person is in it."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Final

from kioskd.journal.activity import Activity
from kioskd.journal.listing import moment
from kioskd.model.entry import UNSENT, AddNote, EntryState, ModeName
from kioskd.rules.board import reason_text
from kioskd.rules.outage import Outage, What, remembered
from kioskd.rules.state import State
from kioskd.texts import say

SHORTEST_STEP_S: Final = 300
STEPS_AT_MOST: Final = 120
"""Bars of the timeline."""
ROUND_IT_S: Final = 900.0
"""Shown before it began, and after the last thing that belongs to it."""

_MODES: Final[Mapping[str, ModeName]] = {
    What.BEGAN: ModeName.OFFLINE,
    What.CAUSE: ModeName.OFFLINE,
    What.BACK: ModeName.RECOVERING,
    What.OVER: ModeName.ONLINE,
}


def chosen(notes: Sequence[AddNote], outage: int) -> tuple[Sequence[AddNote], float | None]:
    """Return the notes of the last outage but `outage`, and when the next one began; none: there is no such outage."""
    begins = [at for at, note in enumerate(notes) if note.content.get("what") == What.BEGAN]
    if outage >= len(begins):
        return (), None
    start = begins[len(begins) - 1 - outage]
    later = begins[len(begins) - outage] if outage else None
    return notes[start:later], notes[later].at_wall_s if later is not None else None


def document(
    notes: Sequence[AddNote], activity: Sequence[Activity], state: State, *, now_wall_s: float
) -> dict[str, object]:
    """Return the report of the outage that these notes tell of; `activity`: of the entries recorded since it began."""
    outage = remembered(notes)
    assert outage is not None
    settings, zone = state.settings, state.zone
    review = outage.review

    def told(wall_s: float | None) -> str | None:
        return moment(wall_s, zone) if wall_s is not None else None

    return {
        "station": settings.station.id,
        "library": settings.station.library,
        "outage": {
            "since": told(outage.since_wall_s),
            "back": told(outage.back_wall_s),
            "over": told(outage.over_wall_s),
            "closed": told(outage.ticks[-1].at_wall_s) if outage.ticks and outage.closed else None,
        },
        "seen": [
            {"at": told(each.at_wall_s), "reason": each.reason, "text": reason_text("en", each.reason)}
            for each in outage.seen
        ],
        "counts": _counts(notes, outage, activity),
        "clock": {
            "source": state.clock.source.value if state.clock.trusted else "none",
            "offset_s": round(review.offset_s) if review is not None and review.offset_s is not None else None,
            "reviewed_by": review.by if review is not None else None,
            "reviewed_at": told(review.at_wall_s) if review is not None else None,
        },
        "crates": [{"crate": each.number, "items": each.items, "on": each.on.isoformat()} for each in outage.crates],
        "steps": [
            {
                "step": each.step.value,
                "text": say("en", f"board_{each.step}"),
                "by": each.by,
                "at": told(each.at_wall_s),
            }
            for each in outage.ticks
        ],
        "timeline": _timeline(notes, outage, activity, zone=zone, now_wall_s=now_wall_s),
    }


def _counts(notes: Sequence[AddNote], outage: Outage, activity: Sequence[Activity]) -> dict[str, int]:
    states = [each.state for each in activity]
    ever = [int(note.content["recorded"]) for note in notes if "recorded" in note.content]
    counts = {
        "recorded": len(states),
        "settled": states.count(EntryState.SETTLED),
        "waiting": sum(state in UNSENT for state in states),
        "exceptions": states.count(EntryState.EXCEPTION),
        "resolved": states.count(EntryState.RESOLVED),
        "refused": states.count(EntryState.REFUSED),
        "withdrawn": states.count(EntryState.WITHDRAWN),
        "handed_over": states.count(EntryState.HANDED_OVER),
    }
    forgotten = max(0, max(ever) - outage.recorded - len(states))
    counts["recorded"] += forgotten
    return counts | {"forgotten": forgotten}


def _timeline(
    notes: Sequence[AddNote], outage: Outage, activity: Sequence[Activity], *, zone: dt.tzinfo, now_wall_s: float
) -> dict[str, object]:
    start = outage.since_wall_s - ROUND_IT_S
    moments = [note.at_wall_s for note in notes if note.content.get("what") in _MODES]
    moments += [each.ended_wall_s for each in activity if each.ended_wall_s is not None]
    end = now_wall_s if outage.over_wall_s is None else min(now_wall_s, max(moments) + ROUND_IT_S)
    end = max(end, start + ROUND_IT_S)
    step_s = max(SHORTEST_STEP_S, math.ceil((end - start) / STEPS_AT_MOST / 60) * 60)

    def at(wall_s: float) -> str:
        return dt.datetime.fromtimestamp(wall_s, zone).isoformat(timespec="seconds")

    def bars(found: Sequence[float]) -> list[list[object]]:
        counts: dict[int, int] = {}
        for wall_s in found:
            if start <= wall_s <= end:
                place = int((wall_s - start) // step_s)
                counts[place] = counts.get(place, 0) + 1
        return [[at(start + place * step_s), count] for place, count in sorted(counts.items())]

    modes = [{"at": at(start), "mode": ModeName.ONLINE.value}]
    for note in notes:
        mode = _MODES.get(note.content.get("what", ""))
        if mode is not None and modes[-1]["mode"] != mode.value:
            modes.append({"at": at(note.at_wall_s), "mode": mode.value})
    return {
        "from": at(start),
        "to": at(end),
        "step_s": step_s,
        "modes": modes,
        "scans": bars([each.at_wall_s for each in activity]),
        "uploads": bars([each.ended_wall_s for each in activity if each.ended_wall_s is not None]),
    }
