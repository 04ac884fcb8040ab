"""Who speaks next on the line: one question at a time, patrons before polls before the upload.

It decides nothing: when to connect, to poll and to give up is the rules' to say. What it owes:

- Each `Ask` gets one `Answered` or `Unanswered`, at its `until_mono_s` at the latest. NO_LINE and UNSENDABLE say that
  nothing of it was sent; with any other reason the library system may have heard it.
- Each `Connect` gets one `LineUp` or `LineDown`, unless another `Connect` or a `Disconnect` follows before the word was
  told: those end what was there, silently, and whoever says so knows it. The end of a line that was up gets one
  `LineDown`, after the word on the question that was open on it.
- A line on which an answer failed to come, could not be read or was about something else is closed: what comes later on
  it could be taken for the answer to the next question.
- A question of which nothing was sent outlives the end of its line, if the rules connect again at once; a patron's
  look-up outlives it even if it was sent, once. So a server that closes idle lines costs nobody an answer. Not after
  silence: nobody waits twice.
- A question `after` another goes out as soon as that is answered with a yes, before the rules are told of it: they said
  so beforehand. Whatever else becomes of the other, it is not sent.
- Nothing is told from within `connect`, `disconnect`, `ask` or `forget`.
"""

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from kioskd.ils import wording
from kioskd.ils.greeting import greet
from kioskd.ils.line import OpenLine, open_tcp
from kioskd.ils.talk import End, Ended, Talk, Trace
from kioskd.ils.waiting import Queue, Waiting
from kioskd.model.effects import Ask
from kioskd.model.ils import AskId, LineTrouble, NoAnswer, said_yes
from kioskd.model.inputs import Answered, Input, LineDown, LineUp, Unanswered
from kioskd.model.settings import IlsSettings
from kioskd.sip2.answers import Answer
from kioskd.sip2.errors import Unsendable

Deliver = Callable[[Input], None]


class Standing(StrEnum):
    """Where the line stands."""

    DOWN = "down"
    OPENING = "opening"
    UP = "up"
    ENDED = "ended"
    """It was up; the rules have not been told yet, or have not yet said whether to connect again."""


class Conversation:
    """The daemon's end of the line to the library system. Lives in one event loop and reads no clock but the loop's."""

    def __init__(
        self,
        settings: IlsSettings,
        zone: dt.tzinfo,
        deliver: Deliver,
        wall_s: Callable[[], float],
        *,
        open_line: OpenLine = open_tcp,
        trace: Trace | None = None,
        traced: Callable[[], bool] = lambda: True,
    ) -> None:
        """Take what it must know. `traced`: whether anybody looks at the trace now; masking a line costs time."""
        self._settings = settings
        self._zone = zone
        self._deliver = deliver
        self._wall_s = wall_s
        self._open_line = open_line
        self._trace = trace
        self._traced = traced
        self._dialect = wording.dialect(settings)
        self._standing = Standing.DOWN
        self._talk: Talk | None = None
        self._opening: set[asyncio.Task[None]] = set()
        self._waiting = Queue()
        self._current: Waiting | None = None
        self._followers: dict[AskId, Waiting] = {}
        """What goes out behind a question, by that question; each with the seconds it may take from there."""
        self._followed = False
        self._words: deque[tuple[Input, int | None]] = deque()
        self._line_number = 0
        self._telling = False
        self._promised = False
        self._running: asyncio.AbstractEventLoop | None = None

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        if self._running is None:
            self._running = asyncio.get_running_loop()
        return self._running

    # What the rules say.

    def connect(self, timeout_s: float) -> None:
        """Open a line, log in, ask for the status: `LineUp` or `LineDown` after `timeout_s` at the latest."""
        self._leave_line()
        self._standing = Standing.OPENING
        self._talk = talk = Talk(self._dialect, self._trace, self._traced)
        task = self._loop.create_task(self._open(talk, timeout_s), name="ils-connect")
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        self._promise()

    def disconnect(self) -> None:
        """Close the line; what still waits gets no answer."""
        self._leave_line()
        self._standing = Standing.DOWN
        self._refuse_all()
        self._promise()

    def ask(self, ask: Ask) -> None:
        """Ask when it is this question's turn."""
        asked = self._waiting.place(ask)
        if ask.after is not None:
            self._follow(ask.after, asked)
        elif self._standing is Standing.DOWN:
            self._unanswered(asked, NoAnswer.NO_LINE)
        else:
            self._wait(asked)
            self._ask_next()
        self._promise()

    def forget(self, ask: AskId) -> None:
        """Nobody waits for this answer any more: unless it is under way, it is `Unanswered` now and never sent."""
        for asked in self._waiting.those(ask):
            self._unanswered(asked, asked.unsent_because)
        for before, follower in list(self._followers.items()):
            if follower.ask.ask == ask:
                self._unanswered(self._followers.pop(before), NoAnswer.NOT_FOLLOWED)
        self._promise()

    def go_on(self) -> None:
        """All that one word leads to has been asked: what is next goes out now, before the rest of it is seen to.

        While there is more to tell it waits, for a word may end the line.
        """
        if self._telling and not self._words:
            self._ask_next(within=True)

    async def close(self) -> None:
        """End for good, and say nothing more."""
        self.disconnect()
        self._deliver = _nobody
        self._words.clear()
        await asyncio.gather(*self._opening, return_exceptions=True)

    # Bringing a line up.

    async def _open(self, talk: Talk, timeout_s: float) -> None:
        try:
            status = await greet(talk, self._settings, self._open_line, timeout_s)
        except Ended as ended:
            if talk is self._talk:
                self._lost(ended.end, Standing.DOWN)
                self._tell()
        else:
            if talk is self._talk:
                talk.join(self)
                self._standing = Standing.UP
                self._say(LineUp(wording.status(status, self._zone)), self._line_number)
                self._tell()
        finally:
            if talk is not self._talk:
                talk.close()

    # What the line says.

    def answered(self, answer: Answer) -> None:
        """Take the answer to the present question."""
        asked, talk = self._current, self._talk
        assert asked is not None
        assert talk is not None
        meant = wording.heard(answer, asked.ask.question, self._zone)
        if meant is None:
            self._lost(talk.distrust(), Standing.ENDED)
            self._tell()
            return
        self._current = None
        self._done(asked, Answered(asked.ask.ask, meant, self._loop.time() - asked.sent_mono_s))

    def ended(self, end: End) -> None:
        """Take in that the line is over."""
        self._lost(end, Standing.ENDED)
        self._tell()

    def rested(self) -> None:
        """Tell what came, and go on."""
        if self._followed:
            # All that came has been heard, so what goes out now is a question of its own.
            self._followed = False
            self._ask_next()
        self._tell()

    def _too_late(self, asked: Waiting) -> None:
        talk = self._talk
        if asked is self._current and talk is not None:
            allowed_s = asked.until_mono_s - asked.sent_mono_s
            self._lost(talk.give_up(allowed_s), Standing.ENDED)
        else:
            self._unanswered(asked, asked.unsent_because)
        self._tell()

    def _lost(self, end: End, standing: Standing) -> None:
        asked, self._current = self._current, None
        self._talk = None
        self._standing = standing
        if asked is not None:
            if end.why is NoAnswer.DROPPED and asked.may_go_again:
                self._waiting.put(asked)
            else:
                self._unanswered(asked, end.why)
        if standing is Standing.DOWN or end.trouble is LineTrouble.SILENT:
            self._refuse_all()
        where = f"{self._settings.host}:{self._settings.port}"
        self._say(LineDown(end.trouble, f"{where}: {end.detail}"), self._line_number)

    def _leave_line(self) -> None:
        """End what there is, silently; from here on no word of it is told any more."""
        self._line_number += 1
        for task in self._opening:
            task.cancel()
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.close()
        asked, self._current = self._current, None
        if asked is not None:
            self._unanswered(asked, NoAnswer.DROPPED)

    # Whose turn it is.

    def _wait(self, asked: Waiting) -> None:
        asked.timer = self._loop.call_at(asked.until_mono_s, self._too_late, asked)
        self._waiting.put(asked)

    def _follow(self, before: AskId, asked: Waiting) -> None:
        """Hold a question until the one before it has its answer."""
        under_way = self._current is not None and self._current.ask.ask == before
        if (under_way or self._waiting.those(before)) and before not in self._followers:
            # As a length of time, until it is known from when.
            asked.until_mono_s -= self._loop.time()
            self._followers[before] = asked
        else:
            self._unanswered(asked, NoAnswer.NOT_FOLLOWED)

    def _ask_next(self, *, within: bool = False) -> None:
        """Ask what is next. `within`: although something is being told, of which this may be an answer."""
        talk = self._talk
        while self._standing is Standing.UP and self._current is None and not (self._telling and not within):
            assert talk is not None
            # What stands unread was there before the question: it is no answer to it, and may be the line's end.
            if not self._waiting or not talk.settled:
                return
            asked = self._waiting.next()
            assert asked is not None
            now_mono_s = self._loop.time()
            if asked.until_mono_s <= now_mono_s:
                self._unanswered(asked, asked.unsent_because)
                continue
            try:
                talk.ask(wording.question(asked.ask.question, self._wall_s(), self._zone))
            except Unsendable:
                self._unanswered(asked, NoAnswer.UNSENDABLE)
                continue
            asked.sent_mono_s = now_mono_s
            asked.sendings += 1
            self._current = asked

    def _refuse_all(self) -> None:
        while (asked := self._waiting.next()) is not None:
            self._unanswered(asked, asked.unsent_because)

    # Words to the rules, in order.

    def _unanswered(self, asked: Waiting, why: NoAnswer) -> None:
        self._done(asked, Unanswered(asked.ask.ask, why))

    def _done(self, asked: Waiting, word: Input) -> None:
        if asked.timer is not None:
            asked.timer.cancel()
        asked.over = True
        self._say(word, None)
        follower = self._followers.pop(asked.ask.ask, None) if self._followers else None
        if follower is None:
            return
        if not (isinstance(word, Answered) and said_yes(word.answer)):
            self._unanswered(follower, NoAnswer.NOT_FOLLOWED)
        elif follower.until_mono_s <= 0:
            # It has no time: nothing else may go out in its place before the rules are told.
            self._unanswered(follower, follower.unsent_because)
        else:
            follower.until_mono_s += self._loop.time()
            self._wait(follower)
            self._followed = True

    def _say(self, word: Input, line_number: int | None) -> None:
        self._words.append((word, line_number))

    def _promise(self) -> None:
        """See that it is told soon: never from within, for the rules may be in the middle of the step that asked."""
        if self._words and not self._promised and not self._telling:
            self._promised = True
            self._loop.call_soon(self._keep_promise)

    def _keep_promise(self) -> None:
        self._promised = False
        self._tell()

    def _tell(self) -> None:
        """Tell all there is to tell, then ask the next; only ever called by the loop."""
        self._telling = True
        self._followed = False
        try:
            while self._words:
                word, line_number = self._words.popleft()
                if line_number is None or line_number == self._line_number:
                    self._deliver(word)
        finally:
            self._telling = False
            if self._standing is Standing.ENDED:
                self._loop.call_soon(self._nobody_connects, self._line_number)
            self._ask_next()
            self._promise()

    def _nobody_connects(self, line_number: int) -> None:
        """The rules heard that the line ended and let it be: nothing will come for those who wait."""
        if self._standing is Standing.ENDED and line_number == self._line_number:
            self._standing = Standing.DOWN
            self._refuse_all()
            self._tell()


def _nobody(what: Input) -> None:
    """Take the place of whoever listened."""
