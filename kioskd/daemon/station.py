"""The loop around the core: an input in, `step` in its two halves, its effects out. It is called here and only here."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from kioskd.clock import Clocks
from kioskd.model.effects import Ask, Effect, Fail
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.inputs import Asked, ClockChanged, Event, Input, Tick
from kioskd.model.time import Clock
from kioskd.rules.deadlines import deadline
from kioskd.rules.state import State
from kioskd.rules.step import begin, end
from kioskd.trace.ring import Ring

log: Final = logging.getLogger("kioskd")

SOONEST_TICK_S: Final = 0.01
"""A deadline that was not met by its tick is not asked for again at once."""


TRACE_AFTER_S: Final = 0.3
TRACE_EVERY_S: Final = 0.02
TRACED_AT_ONCE: Final = 4
"""No answer of the library system waits for many of them."""
TRACED_PART: Final = 50
"""Of a long list of inputs, this part at once at least, so that it does not grow for ever."""


class Carrier(Protocol):
    """Who carries effects out."""

    def ask(self, questions: Sequence[Ask], state: State) -> None:
        """Ask all that one step wants to know of the library system."""

    def carry(self, effect: Effect, state: State) -> None:
        """Carry out one effect; `state` is the one after the step."""


class Station:
    """The state, and the one place where it changes."""

    def __init__(self, state: State, clocks: Clocks, ring: Ring) -> None:
        self.state = state
        self.ring = ring
        self._clocks = clocks
        self._clock_said: Clock | None = None
        self._loop = asyncio.get_running_loop()
        self._inputs: deque[Input] = deque()
        self._stepping = False
        self._untraced: deque[tuple[Event, State, list[Effect] | None]] = deque()
        self._carrier: Carrier | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None

    def begin(self, carrier: Carrier) -> None:
        """Carry out effects from now on."""
        self._carrier = carrier

    def deliver(self, what: Input) -> None:
        """Take an input in; one that comes from within a step waits for its end."""
        self._inputs.append(what)
        if self._stepping or self._carrier is None:
            return
        self._stepping = True
        try:
            while self._inputs:
                self._step(self._inputs.popleft(), self._carrier)
        finally:
            self._stepping = False
        self._set_timer()

    def end(self) -> None:
        """Take nothing in any more."""
        self._carrier = None
        if self._timer is not None:
            self._timer.cancel()

    def _step(self, what: Input, carrier: Carrier) -> None:
        event = Event(self._clocks.now(), what)
        before = self.state
        did: list[Effect] | None = None
        try:
            turn = begin(before, event)
            # From here on it stands: what is asked now is known to whoever hears the answer.
            self.state = turn.state
            # Questions first: what they are about was saved in an earlier step, and neither the rest of this one nor
            # the journal's thread, once woken, keeps them from the line.
            if questions := turn.questions():
                carrier.ask(questions, self.state)
            self.state, did = end(turn, before)
            for effect in did:
                if effect not in questions:
                    carrier.carry(effect, self.state)
        except Exception:
            # A fault of ours. The state stands as it was, or with what was asked because of it, and whoever called gets
            # a word; the loop's hook has the rest.
            if isinstance(what, Asked):
                carrier.carry(Fail(what.request, CallError(ErrorKind.INTERNAL, "internal error")), self.state)
            raise
        finally:
            self._trace_later(event, before, did)

    def _trace_later(self, event: Event, before: State, effects: list[Effect] | None) -> None:
        """Trace an input when the hands are free: making a code's stand-in takes longer than the step."""
        if not self._untraced:
            self._loop.call_later(TRACE_AFTER_S, self._trace)
        self._untraced.append((event, before, effects))

    def _trace(self) -> None:
        for _ in range(max(TRACED_AT_ONCE, len(self._untraced) // TRACED_PART)):
            self.ring.add(*self._untraced.popleft())
            if not self._untraced:
                return
        self._loop.call_later(TRACE_EVERY_S, self._trace)

    def _set_timer(self) -> None:
        due = deadline(self.state, self._clocks.now())
        if due == self._due and self._timer is not None and not self._timer.cancelled():
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = due
        if due is not None:
            soonest = self._loop.time() + SOONEST_TICK_S
            self._timer = self._loop.call_at(max(due, soonest), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._due = None
        self._ask_clock()
        self.deliver(Tick())

    def _ask_clock(self) -> None:
        """Notice that the kernel believes its clock now, or no longer; cheap, so at every tick."""
        said = self._clocks.trust()
        # One that jumped is not believed until the kernel says so again, even if it never said otherwise between.
        if said != self._clock_said or (said.trusted and not self.state.clock.trusted):
            self._clock_said = said
            self.deliver(ClockChanged(said))
