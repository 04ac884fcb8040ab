"""How far the wall clock is believed: trust that comes, and trust that a jump takes away."""

from dataclasses import replace
from typing import Final

from kioskd.model.effects import CorrectClock
from kioskd.model.entry import ModeName
from kioskd.model.inputs import ClockChanged
from kioskd.model.time import Clock, ClockSource, ClockTrust, Instant
from kioskd.rules.state import State
from kioskd.rules.turn import Turn

JUMP_S: Final = 60.0
"""A wall clock that has gone so much further than the time since boot was set by somebody; none drifts as far."""


def now(state: State, own: Instant) -> Instant:
    """Return the moment as it is worth: by staff's word, where nobody better vouches for the wall clock."""
    if state.staffs_clock is None:
        return own
    return replace(own, wall_s=own.boot_s + state.staffs_clock)


def vouched(clock: Clock) -> bool:
    """Tell whether something better than staff's word vouches for the clock."""
    return clock.trusted and clock.source is not ClockSource.STAFF


def trust(clock: Clock) -> ClockTrust:
    """Return what an entry's time is worth: one by staff's word may still be corrected exactly."""
    return ClockTrust.TRUSTED if vouched(clock) else ClockTrust.UNSURE


def believe_staff(turn: Turn, wall_minus_boot_s: float) -> None:
    """Go by staff's word from now on; the computer's own clock stays as it is."""
    clock = turn.state.clock
    turn.set(
        staffs_clock=wall_minus_boot_s,
        clock=Clock(trusted=True, source=ClockSource.STAFF, boot_id=clock.boot_id),
        wall_minus_boot_s=None,
    )
    turn.at = now(turn.state, turn.own)


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
    if event.clock.trusted and turn.state.staffs_clock is not None:
        # The computer's own clock is right now: what staff said has served.
        turn.log("info", "clock_staff_was_off", by_s=round(turn.at.wall_s - turn.own.wall_s))
        turn.set(staffs_clock=None)
        turn.at = turn.own


def correct(turn: Turn, before: State) -> None:
    """When the clock becomes trusted, this boot's earlier entries get their exact time; called after each input."""
    clock = turn.state.clock
    if not clock.trusted or not turn.state.instance:
        return
    if clock.source is ClockSource.STAFF:
        left = before.mode.name is ModeName.OFFLINE and turn.state.mode.name is not ModeName.OFFLINE
        if left and turn.state.staffs_clock is not None:
            # Nobody better came in time: what goes up now goes up with staff's time.
            turn.do(CorrectClock(clock.boot_id, turn.state.staffs_clock, turn.at.wall_s))
        return
    if not vouched(before.clock) or turn.state.wall_minus_boot_s is None:
        turn.set(wall_minus_boot_s=_wall_minus_boot_s(turn))
        turn.do(CorrectClock(clock.boot_id, _wall_minus_boot_s(turn), turn.at.wall_s))


def _wall_minus_boot_s(turn: Turn) -> float:
    return turn.at.wall_s - turn.at.boot_s
