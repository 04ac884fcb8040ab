"""How hard the upload asks: slower as soon as the library system shows that it is strained."""

from kioskd.model.written_late import dataclass

STRAINED_S = 2.0
"""A round trip that long is strain, whatever was usual."""
TWICE = 2.0
NOTICED_S = 0.05
"""Twice as long counts from so much on: five milliseconds that become ten are chance, and hurt nobody."""
LONGEST_GAP_S = 30.0
NO_GAP_S = 0.02
SMOOTHED = 4
"""About so many answers make a mean."""
FORGETS = 1.002
"""What is usual rises by so little with each answer: a system that became slower for good is believed in the end."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`now_s`: the round trip of late; `usual_s`: the lowest that this was; `gap_s`: the rest before the next entry."""

    usual_s: float | None = None
    now_s: float = 0.0
    gap_s: float = 0.0


def heard(pace: Pace, round_trip_s: float) -> Pace:
    """Take in one round trip."""
    now_s = round_trip_s if pace.usual_s is None else pace.now_s + (round_trip_s - pace.now_s) / SMOOTHED
    usual_s = now_s if pace.usual_s is None else min(now_s, pace.usual_s * FORGETS)
    most_s = min(STRAINED_S, max(TWICE * usual_s, usual_s + NOTICED_S))
    # One slow answer among quick ones stays in the mean for a while: whoever answers quickly again is strained no more.
    strained = now_s > most_s and round_trip_s > most_s
    longer_s = min(max(2 * pace.gap_s, now_s), LONGEST_GAP_S)
    shorter_s = pace.gap_s / 2 if pace.gap_s > NO_GAP_S else 0.0
    return Pace(usual_s, now_s, longer_s if strained else shorter_s)
