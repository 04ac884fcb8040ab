"""How far the wall clock is believed: trust that comes, and trust that a jump takes away."""

from typing import Final

from kioskd.model.effects import CorrectClock
from kioskd.model.inputs import ClockChanged
from kioskd.model.time import Clock, ClockSource
from kioskd.rules.state import State
from kioskd.rules.turn import Turn

JUMP_S: Final = 60.0
"""A wall clock that has gone so much further than the time since boot was set by somebody; none drifts as far."""


def watch(turn: Turn) -> None:
    """Believe a clock no longer that jumped since it was trusted; called before an input is looked at.

    Without a network nobody keeps it right, but it goes on as it went: that alone is no reason to doubt it.
    """
    clock, base_s = turn.state.clock, turn.state.wall_minus_boot_s
    if not clock.trusted or base_s is None:
        return
    jumped_s = _wall_minus_boot_s(turn) - base_s
    if abs(jumped_s) > JUMP_S:
        turn.set(clock=Clock(trusted=False, source=ClockSource.NONE, boot_id=clock.boot_id), wall_minus_boot_s=None)
        turn.log("warning", "clock_jumped", by_s=round(jumped_s))


def changed(turn: Turn, event: ClockChanged) -> None:
    """Hear what the kernel says of its clock; that nobody keeps it any more does not make it wrong."""
    if event.clock.trusted or not turn.state.clock.trusted:
        turn.set(clock=event.clock)


def correct(turn: Turn, before: State) -> None:
    """When the clock becomes trusted, this boot's earlier entries get their exact time; called after each input."""
    clock = turn.state.clock
    if not clock.trusted or not turn.state.instance:
        return
    if not before.clock.trusted or turn.state.wall_minus_boot_s is None:
        turn.set(wall_minus_boot_s=_wall_minus_boot_s(turn))
        turn.do(CorrectClock(clock.boot_id, _wall_minus_boot_s(turn), turn.at.wall_s))


def _wall_minus_boot_s(turn: Turn) -> float:
    return turn.at.wall_s - turn.at.boot_s
