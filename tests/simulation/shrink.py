"""A failing life, cut down: leave events out as long as it still fails in the same way, until none can go."""

import re
from collections.abc import Callable, Sequence

from tests.simulation.plan import Plan, Planned

DIGITS = re.compile(r"station-\d+|\d+| at .*", re.IGNORECASE)


def kind(wrong: Sequence[str]) -> str:
    """Return what went wrong first, without numbers and names: two lives fail alike if these are equal."""
    return DIGITS.sub("", wrong[0].splitlines()[0])[:60] if wrong else ""


def shrink(plan: Plan, fails: Callable[[Plan], bool], *, most: int = 400) -> tuple[Plan, int]:
    """Return a plan with fewer events that still fails, and how many lives that took (Zeller's ddmin)."""
    events: list[Planned] = list(plan.events)
    tried = 0
    parts = 2
    while len(events) > 1 and tried < most:
        size = max(1, len(events) // parts)
        for start in range(0, len(events), size):
            left = events[:start] + events[start + size :]
            tried += 1
            if left and fails(plan.only(left)):
                events = left
                parts = max(parts - 1, 2)
                break
            if tried >= most:
                break
        else:
            if size == 1:
                break
            parts = min(parts * 2, len(events))
    return plan.only(events), tried
