"""What a step shows: a View where something that is drawn has changed, after the save that it may speak of."""

from dataclasses import fields
from operator import attrgetter
from typing import Final

from kioskd.model.effects import Effect, Save, Show
from kioskd.model.view import View
from kioskd.rules import board
from kioskd.rules.project import draws_the_same, project
from kioskd.rules.state import State
from kioskd.rules.turn import Turn

_DRAWN: Final = attrgetter(*(field.name for field in fields(View) if field.name not in ("seq", "station", "timer")))


def shown(turn: Turn, was: State) -> tuple[State, list[Effect]]:
    """Return the state and all effects of a turn, with its View if there is a new one. `was`: the state before it."""
    before = turn.state.view
    if before is not None and draws_the_same(was, turn.state) and not board.aged(turn.state, turn.at):
        return turn.state, turn.effects
    view = project(turn.state, turn.at, before.seq + 1 if before else 1, was)
    effects = turn.effects
    if before is None or _differ(before, view):
        turn.set(view=view)
        saves: list[Effect] = [effect for effect in effects if isinstance(effect, Save)]
        rest = [effect for effect in effects if not isinstance(effect, Save)] if saves else effects
        effects = [*saves, Show(view), *rest]
    return turn.state, effects


def _differ(before: View, after: View) -> bool:
    """Tell whether a screen would draw something else; the ticking of a clock is no change."""
    if (before.timer.kind if before.timer else None) != (after.timer.kind if after.timer else None):
        return True
    return bool(_DRAWN(before) != _DRAWN(after))
