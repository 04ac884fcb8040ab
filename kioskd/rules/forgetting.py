"""When people are forgotten: each night, when the clock comes to be trusted, and with `keep_settled_days` 0 at once."""

from kioskd.model.effects import Purge
from kioskd.model.entry import ModeName
from kioskd.rules import timekeeping
from kioskd.rules.state import State
from kioskd.rules.turn import Turn

DAY_S = 86_400.0


def follow(turn: Turn, before: State) -> None:
    """Let go of what is over, if this step is a moment for it."""
    now = turn.state
    if not now.instance:
        return
    if now.settings.journal.keep_settled_days == 0:
        left = before.session is not None and now.session is None
        sent = now.mode.name is ModeName.ONLINE and before.mode.name is not ModeName.ONLINE
        if left or sent:
            # Entries and rows have their times of the same clock, so it need not be right.
            turn.do(Purge(turn.at.wall_s))
    elif timekeeping.vouched(now.clock) and not timekeeping.vouched(before.clock):
        # A station that is switched off every night has no other moment.
        nightly(turn)


def nightly(turn: Turn) -> None:
    """Let go of what has been over for long enough; a clock that may be wrong would let go of too much."""
    if timekeeping.vouched(turn.state.clock):
        turn.do(Purge(turn.at.wall_s - turn.state.settings.journal.keep_settled_days * DAY_S))
