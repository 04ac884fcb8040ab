"""Who goes through the door next: what is asked waits a moment for others, then goes as one, and each gets its word.

As a line does, it owes each `Ask` one `Answered` or `Unanswered`: NO_LINE and NO_SEAT say that nothing of it was sent,
DOOR_LOST that the library system may have done it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from kioskd.doors.http import Lost, NotSent, Send
from kioskd.doors.way import Deed, Way, Word
from kioskd.model.effects import Ask
from kioskd.model.ils import AskId, LoanAnswer, NoAnswer, Question
from kioskd.model.inputs import Answered, Input, Unanswered

log: Final = logging.getLogger("kioskd")

GATHER_S: Final = 0.3
"""So long the first waits for others to go with it, where several can."""


class DoorLine:
    """The door as `Lines` knows it."""

    def __init__(
        self, way: Way, send: Send, deliver: Callable[[Input], None], takes: Callable[[Question], bool], at_once: int
    ) -> None:
        self._way = way
        self._send = send
        self._deliver = deliver
        self.takes = takes
        self._at_once = at_once
        self._waiting: deque[Ask] = deque()
        self._under_way: list[Ask] = []
        self._task: asyncio.Task[None] | None = None
        self._problem = ""

    def ask(self, ask: Ask) -> None:
        """Ask when it is this question's turn."""
        self._waiting.append(ask)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="door")
            self._task.add_done_callback(self._worked)

    def forget(self, ask: AskId) -> None:
        """Nobody waits for this answer any more: unless it is under way, it is never sent."""
        kept = deque(each for each in self._waiting if each.ask != ask)
        gone = [each for each in self._waiting if each.ask == ask]
        self._waiting = kept
        for each in gone:
            self._later(each, NoAnswer.NO_LINE)

    def disconnect(self) -> None:
        """What still waits gets no answer; what is under way has its own end."""
        waiting, self._waiting = self._waiting, deque()
        for each in waiting:
            self._later(each, NoAnswer.NO_LINE)

    async def close(self) -> None:
        """End for good, and say nothing more."""
        self._waiting.clear()
        self._deliver = _nobody
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while self._waiting:
            if len(self._waiting) < self._at_once:
                await asyncio.sleep(GATHER_S if self._at_once > 1 else 0)
            self._under_way = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._at_once))]
            if not self._under_way:
                return
            for ask, word in zip(self._under_way, await self._carry(self._under_way), strict=True):
                self._tell(ask, word)
            self._under_way = []

    async def _carry(self, asks: list[Ask]) -> list[Word]:
        # `takes` lets nothing else through.
        deeds = [cast("Deed", ask.question) for ask in asks]
        until_mono_s = min(ask.until_mono_s for ask in asks)
        try:
            words = list(await self._way.carry(deeds, self._send, until_mono_s))
        except NotSent as problem:
            self._say(str(problem))
            return [NoAnswer.NO_LINE] * len(asks)
        except Lost as problem:
            self._say(str(problem))
            return [NoAnswer.DOOR_LOST] * len(asks)
        if NoAnswer.NO_SEAT in words:
            self._say("its log-in was refused")
        elif not any(isinstance(word, NoAnswer) for word in words):
            self._say("")
        return words

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            if problem:
                log.warning("door_problem detail=%r", problem)

    def _tell(self, ask: Ask, word: Word) -> None:
        if isinstance(word, LoanAnswer):
            # How long it takes says nothing of the line that patrons wait for.
            self._deliver(Answered(ask.ask, word, 0.0))
        else:
            self._deliver(Unanswered(ask.ask, word))

    def _later(self, ask: Ask, why: NoAnswer) -> None:
        """Nothing is told from within `forget` or `disconnect`."""
        asyncio.get_running_loop().call_soon(self._tell, ask, why)

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and (fault := task.exception()) is not None:
            # A fault of ours: nobody knows how far it came.
            unsaid, self._under_way = self._under_way, []
            for ask in unsaid:
                self._tell(ask, NoAnswer.DOOR_LOST)
            raise fault
        if self._waiting and not task.cancelled():
            self.ask(self._waiting.pop())


def _nobody(_word: Input) -> None:
    """Whoever was told is not there any more."""
