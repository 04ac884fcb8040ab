"""An outage as the station remembers it: folded out of the journal's notes, so that a restart changes nothing of it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final

from kioskd.model.downtime import BoardStep
from kioskd.model.entry import AddNote
from kioskd.model.written_late import dataclass

NOTE: Final = "outage"
"""The kind of the notes; `what` in their content says which."""
SEEN_AT_MOST: Final = 20
"""Things seen that are kept of one outage: the first, and the last ones of a line that flaps."""


class What(StrEnum):
    """What a note tells."""

    BEGAN = "began"
    CAUSE = "cause"
    BACK = "back"
    OVER = "over"
    REVIEWED = "reviewed"
    CRATE = "crate"
    TICKED = "ticked"
    UNTICKED = "unticked"


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that was seen of the library system."""

    at_wall_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """The session settings were looked over. `offset_s`: how far staff's word was from the computer's clock."""

    at_wall_s: float
    by: str
    offset_s: float | None = None


@dataclass(frozen=True, slots=True)
class Crate:
    """A crate of returned items; `on`: the day on which it was begun."""

    number: int
    items: int
    on: dt.date


@dataclass(frozen=True, slots=True)
class Tick:
    """A step of the recovery board that is done."""

    step: BoardStep
    by: str
    at_wall_s: float


@dataclass(frozen=True, slots=True)
class Outage:
    """The last outage. `recorded`: how many entries there had ever been when it began."""

    since_wall_s: float
    recorded: int
    seen: tuple[Seen, ...]
    back_wall_s: float | None = None
    over_wall_s: float | None = None
    review: Review | None = None
    crates: tuple[Crate, ...] = ()
    ticks: tuple[Tick, ...] = ()
    brief: bool = False
    """It was over before anybody could have noticed."""

    @property
    def closed(self) -> bool:
        """Whether nothing is left to be done about it."""
        return self.brief or len(self.ticks) == len(BoardStep)

    @property
    def next_step(self) -> BoardStep | None:
        """The step that can be ticked now."""
        steps = tuple(BoardStep)
        return steps[len(self.ticks)] if len(self.ticks) < len(steps) else None


def folded(outage: Outage | None, note: AddNote) -> Outage | None:
    """Return the outage after a note; one that fits to no outage, as after a salvage, changes nothing."""
    content, at = note.content, note.at_wall_s
    what = content.get("what")
    if what == What.BEGAN:
        # A crate that nobody checked in yet is one of the new outage's.
        kept = outage.crates if outage is not None and len(outage.ticks) <= _CRATES_AT else ()
        return Outage(at, int(content.get("recorded", "0")), (Seen(at, content["reason"]),), crates=kept)
    if outage is None:
        return None
    if what == What.CAUSE:
        first, *rest = outage.seen
        seen = (first, *(*rest, Seen(at, content["reason"]))[-SEEN_AT_MOST + 1 :])
        return replace(outage, seen=seen, back_wall_s=None, ticks=())
    if what == What.BACK:
        return replace(outage, back_wall_s=at)
    if what == What.OVER:
        back = outage.back_wall_s
        brief = content.get("brief") == "yes"
        return replace(outage, back_wall_s=at if back is None else back, over_wall_s=at, brief=brief)
    if what == What.REVIEWED:
        offset = content.get("offset_s")
        return replace(outage, review=Review(at, content["by"], float(offset) if offset else None))
    if what == What.CRATE:
        crate = Crate(int(content["crate"]), int(content["items"]), dt.date.fromisoformat(content["on"]))
        others = tuple(each for each in outage.crates if each.number != crate.number)
        return replace(outage, crates=tuple(sorted((*others, crate), key=lambda each: each.number)))
    if what == What.TICKED:
        return replace(outage, ticks=(*outage.ticks, Tick(BoardStep(content["step"]), content["by"], at)))
    if what == What.UNTICKED:
        return replace(outage, ticks=outage.ticks[:-1])
    return outage


_CRATES_AT: Final = tuple(BoardStep).index(BoardStep.CRATES)


def remembered(notes: Iterable[AddNote]) -> Outage | None:
    """Return the last outage as the journal's notes, oldest first, leave it."""
    outage: Outage | None = None
    for note in notes:
        outage = folded(outage, note)
    return outage
