"""Playing a trace again: the same inputs at the same moments to the same rules, a step at a time. Pure."""

from collections.abc import Iterable, Iterator

from kioskd.model.effects import Effect
from kioskd.model.inputs import Event
from kioskd.model.written_late import dataclass
from kioskd.rules.state import State
from kioskd.rules.step import step
from kioskd.trace.ring import Traced, in_short


@dataclass(frozen=True, slots=True)
class Stepped:
    """One step. `failed`: the rules raised this, and the state stayed as it was.

    `as_there`: whether the rules asked for the same as at the station; None: it is not known what they did there.
    """

    n: int
    traced: Traced
    before: State
    after: State
    effects: tuple[Effect, ...]
    failed: str | None = None

    @property
    def as_there(self) -> bool | None:
        """Tell whether the station did the same, as far as the trace says."""
        if self.traced.did is None:
            return None
        return tuple(map(in_short, self.effects)) == self.traced.did


def replay(state: State, inputs: Iterable[Traced], first: int = 0) -> Iterator[Stepped]:
    """Yield each step, from `state` on; `first`: the number of the first input."""
    for n, traced in enumerate(inputs, first):
        failed = None
        try:
            after, effects = step(state, Event(traced.at, traced.input))
        except Exception as fault:  # noqa: BLE001 # a fault of the rules is what a trace is played for
            after, effects, failed = state, [], f"{type(fault).__name__}: {fault}"
        yield Stepped(n, traced, state, after, tuple(effects), failed)
        state = after


def stands(state: State) -> dict[str, object]:
    """Return where the station stands, in a few words."""
    view, session = state.view, state.session
    return {
        "screen": view.screen.value if view is not None else None,
        "message": view.message.key if view is not None and view.message is not None else None,
        "mode": state.mode.name.value,
        "line": state.link.phase.value,
        "stage": session.stage.value if session is not None else None,
        "items": len(session.lines) if session is not None else 0,
        "unsent": state.summary.unsent,
        "asks": len(state.asks),
        "saves": len(state.saves),
        "upload": len(state.upload.currents) if state.upload.running else None,
    }
