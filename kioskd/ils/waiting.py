"""The questions that wait for their turn: patrons before polls before the upload, within each in the order asked."""

import asyncio
import heapq
import itertools
from dataclasses import field
from typing import Final

from kioskd.model.effects import Ask
from kioskd.model.ils import AskId, AskItem, AskPatron, AskStatus, NoAnswer, Urgency
from kioskd.model.written_late import dataclass

ORDER: Final = {Urgency.PATRON: 0, Urgency.POLL: 1, Urgency.UPLOAD: 2}
HARMLESS: Final = (AskStatus, AskPatron, AskItem)
"""99, 63, 17 only look: sent twice they do no more than once. 11, 29, 09 and 35 are never sent again from here."""


@dataclass(order=True, slots=True)
class Waiting:
    """One question until its outcome. `until_mono_s`: so long somebody waits; `sendings`: how often it went out."""

    urgency: int
    number: int
    ask: Ask = field(compare=False)
    until_mono_s: float = field(compare=False)
    timer: asyncio.TimerHandle | None = field(default=None, compare=False)
    sendings: int = field(default=0, compare=False)
    sent_mono_s: float = field(default=0.0, compare=False)
    over: bool = field(default=False, compare=False)

    @property
    def may_go_again(self) -> bool:
        """Whether a line that was closed under it may be forgiven once.

        A server that closes idle lines does so just as a patron comes, and the patron's look-up falls into the void.
        Only a patron's: the upload counts how often a line dies of an entry, and a new line brings a 99 anyway.
        """
        return self.sendings == 1 and self.urgency == ORDER[Urgency.PATRON] and isinstance(self.ask.question, HARMLESS)

    @property
    def unsent_because(self) -> NoAnswer:
        """Return why it has no answer if no line is left for it."""
        return NoAnswer.DROPPED if self.sendings else NoAnswer.NO_LINE


class Queue:
    """Questions in the order of their turn. Each is given out once, until it is put back."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._places: list[Waiting] = []

    def __bool__(self) -> bool:
        while self._places and self._places[0].over:
            heapq.heappop(self._places)
        return bool(self._places)

    def place(self, ask: Ask) -> Waiting:
        """Return a question's place, behind those of its urgency."""
        return Waiting(ORDER[ask.urgency], next(self._numbers), ask, ask.until_mono_s)

    def put(self, place: Waiting) -> None:
        """Let a question wait at its place, for the first time or again."""
        heapq.heappush(self._places, place)

    def those(self, ask: AskId) -> list[Waiting]:
        """Return what waits under this number, in its place."""
        return [place for place in self._places if place.ask.ask == ask and not place.over]

    def next(self) -> Waiting | None:
        """Take out the question whose turn it is; one that is over is passed by."""
        return heapq.heappop(self._places) if self else None
