"""Who speaks next on the line: one question at a time, patrons before polls before the upload.

It decides nothing: when to connect, to poll and to give up is the rules' to say. It owes an answer to everything: each
`Ask` gets one `Answered` or `Unanswered`, each `Connect` one `LineUp` or `LineDown`.
"""

import asyncio
import heapq
import itertools
import socket
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from kioskd.ils import wording
from kioskd.ils.line import Line, OpenLine, open_tcp
from kioskd.model.effects import Ask
from kioskd.model.ils import LineTrouble, NoAnswer, Urgency
from kioskd.model.inputs import Answered, Input, LineDown, LineUp, Unanswered
from kioskd.model.settings import IlsSettings
from kioskd.sip2 import answers as sip2
from kioskd.sip2 import exchange, masked
from kioskd.sip2.errors import Unsendable
from kioskd.sip2.pin import Pin
from kioskd.sip2.requests import Login, Question, ScStatus

ORDER: Final = {Urgency.PATRON: 0, Urgency.POLL: 1, Urgency.UPLOAD: 2}

Deliver = Callable[[Input], None]
Trace = Callable[[str, str], None]
"""Called with `out` or `in` and a masked line."""


@dataclass(slots=True)
class _Asked:
    """One question until its answer."""

    ask: Ask
    timer: asyncio.TimerHandle | None = None
    sent_mono_s: float | None = None


@dataclass(order=True, slots=True)
class _Place:
    """A question's place in the queue."""

    urgency: int
    number: int
    asked: _Asked = field(compare=False)


class Trouble(Exception):  # noqa: N818 - it says what happened
    """Raised when a line cannot be brought up."""

    def __init__(self, trouble: LineTrouble, detail: str) -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.detail = detail


class Conversation:
    """The daemon's end of the line to the library system."""

    def __init__(
        self,
        settings: IlsSettings,
        zone: zoneinfo.ZoneInfo,
        deliver: Deliver,
        wall_s: Callable[[], float],
        *,
        open_line: OpenLine = open_tcp,
        trace: Trace | None = None,
    ) -> None:
        self._settings = settings
        self._zone = zone
        self._deliver = deliver
        self._wall_s = wall_s
        self._open_line = open_line
        self._trace = trace
        self._dialect = wording.dialect(settings)
        self._numbers = itertools.count()
        self._queue: list[_Place] = []
        self._line: Line | None = None
        self._exchange = exchange.Exchange(self._dialect)
        self._up = False
        self._current: _Asked | None = None
        self._opening: asyncio.Task[None] | None = None
        self._hello: asyncio.Future[sip2.Answer] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def connect(self, timeout_s: float) -> None:
        """Open a line, log in, ask for the status; says `LineUp` or `LineDown`."""
        self._hang_up()
        if self._opening is not None:
            self._opening.cancel()
        self._opening = self._running.create_task(self._open(timeout_s), name="ils-connect")

    def disconnect(self) -> None:
        """Close the line; what still waits gets no answer."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        self._hang_up()
        self._refuse_all(NoAnswer.NO_LINE)

    async def close(self) -> None:
        """End for good, and say nothing more."""
        opening = self._opening
        self._deliver = _nobody
        self.disconnect()
        if opening is not None:
            await asyncio.gather(opening, return_exceptions=True)

    def ask(self, ask: Ask) -> None:
        """Ask when it is this question's turn."""
        asked = _Asked(ask)
        if not self._up and self._opening is None:
            self._say(Unanswered(ask.ask, NoAnswer.NO_LINE))
            return
        asked.timer = self._running.call_at(ask.until_mono_s, self._too_late, asked)
        heapq.heappush(self._queue, _Place(ORDER[ask.urgency], next(self._numbers), asked))
        self._pump()

    # Bringing a line up.

    async def _open(self, timeout_s: float) -> None:
        detail = f"{self._settings.host}:{self._settings.port}"
        try:
            async with asyncio.timeout(timeout_s):
                status = await self._bring_up()
        except TimeoutError:
            self._failed(LineTrouble.SILENT, f"{detail}: no answer within {timeout_s:g} s")
        except Trouble as trouble:
            self._failed(trouble.trouble, f"{detail}: {trouble.detail}")
        except socket.gaierror as error:
            self._failed(LineTrouble.NO_NAME, f"{detail}: the name is not known ({error.strerror})")
        except OSError as error:
            self._failed(LineTrouble.REFUSED, f"{detail}: {error.strerror or error}")
        else:
            self._opening = None
            self._up = True
            self._say(LineUp(wording.status(status)))
            self._pump()

    async def _bring_up(self) -> sip2.AcsStatus:
        self._exchange = exchange.Exchange(self._dialect)
        line = Line(self._heard, self._ended)
        self._line = line
        await self._open_line(lambda: line, self._settings.host, self._settings.port)
        if self._settings.login_user:
            login = Login(self._settings.login_user, Pin(str(self._settings.login_password)))
            answer = await self._greet(login)
            if not (isinstance(answer, sip2.LoginAnswer) and answer.ok):
                raise Trouble(LineTrouble.LOGIN, "the login was refused (94 said no)")
        status = await self._greet(ScStatus())
        assert isinstance(status, sip2.AcsStatus)
        return status

    async def _greet(self, question: Question) -> sip2.Answer:
        self._hello = self._running.create_future()
        try:
            self._send(self._exchange.ask(question))
            return await self._hello
        except Unsendable as bad:
            raise Trouble(LineTrouble.GARBLED, f"{question.code} cannot be written: {bad}") from bad
        finally:
            self._hello = None

    def _failed(self, trouble: LineTrouble, detail: str) -> None:
        self._opening = None
        self._hang_up()
        self._refuse_all(NoAnswer.NO_LINE)
        self._say(LineDown(trouble, detail))

    # While it is up.

    def _pump(self) -> None:
        while self._up and self._current is None and self._queue:
            asked = heapq.heappop(self._queue).asked
            try:
                line = self._exchange.ask(wording.question(asked.ask.question, self._wall_s(), self._zone))
            except Unsendable:
                self._unanswered(asked, NoAnswer.UNSENDABLE)
                continue
            self._current = asked
            asked.sent_mono_s = self._running.time()
            self._send(line)

    def _send(self, line: bytes) -> None:
        if self._trace is not None:
            self._trace("out", masked.masked(line))
        assert self._line is not None
        self._line.send(line)

    def _heard(self, line: Line, text: bytes) -> None:
        if line is not self._line:
            return
        if self._trace is not None:
            self._trace("in", masked.masked(text))
        heard = self._exchange.hear(text)
        match heard:
            case exchange.Answered():
                self._answered(heard.answer)
            case exchange.SendAgain():
                self._send(heard.line)
            case exchange.Dropped():
                return
            case exchange.Failed():
                self._broke(NoAnswer.UNREADABLE, LineTrouble.GARBLED, heard.detail)

    def _answered(self, answer: sip2.Answer) -> None:
        if self._hello is not None:
            if not self._hello.done():
                self._hello.set_result(answer)
            return
        asked = self._current
        if asked is None:
            return
        meant = wording.heard(answer, asked.ask.question)
        if meant is None:
            self._broke(NoAnswer.MISMATCHED, LineTrouble.GARBLED, "an answer about another item or patron")
            return
        self._current = None
        if asked.timer is not None:
            asked.timer.cancel()
        assert asked.sent_mono_s is not None
        round_trip_s = self._running.time() - asked.sent_mono_s
        self._say(Answered(asked.ask.ask, meant, round_trip_s))
        self._pump()

    def _too_late(self, asked: _Asked) -> None:
        if asked is self._current:
            # Whatever comes now on this line could be taken for the answer to the next question.
            self._broke(NoAnswer.TIMED_OUT, LineTrouble.SILENT, "no answer in time")
            return
        self._queue = [place for place in self._queue if place.asked is not asked]
        heapq.heapify(self._queue)
        self._unanswered(asked, NoAnswer.NO_LINE)

    def _ended(self, line: Line, why: str | None) -> None:
        if line is not self._line:
            return
        if self._hello is not None:
            if not self._hello.done():
                trouble = LineTrouble.GARBLED if why else LineTrouble.LOST
                self._hello.set_exception(Trouble(trouble, why or "the line was closed before it answered"))
            return
        trouble = LineTrouble.GARBLED if why else LineTrouble.LOST
        self._broke(NoAnswer.DROPPED, trouble, why or "the library system closed the line")

    def _broke(self, why: NoAnswer, trouble: LineTrouble, detail: str) -> None:
        if self._hello is not None:
            if not self._hello.done():
                self._hello.set_exception(Trouble(trouble, detail))
            return
        asked, was_up = self._current, self._up
        self._current = None
        self._hang_up()
        if asked is not None:
            self._unanswered(asked, why)
        self._refuse_all(NoAnswer.NO_LINE)
        if was_up:
            self._say(LineDown(trouble, detail))

    def _hang_up(self) -> None:
        self._up = False
        line, self._line = self._line, None
        if line is not None:
            line.close()
        if self._current is not None:
            asked, self._current = self._current, None
            self._unanswered(asked, NoAnswer.DROPPED)

    def _refuse_all(self, why: NoAnswer) -> None:
        queue, self._queue = self._queue, []
        for place in sorted(queue):
            self._unanswered(place.asked, why)

    def _unanswered(self, asked: _Asked, why: NoAnswer) -> None:
        if asked.timer is not None:
            asked.timer.cancel()
        self._say(Unanswered(asked.ask.ask, why))

    def _say(self, what: Input) -> None:
        # Never from within, for the rules may be in the middle of the step that asked; and always in order.
        self._running.call_soon(self._tell, what)

    def _tell(self, what: Input) -> None:
        self._deliver(what)


def _nobody(what: Input) -> None:
    """Take the place of whoever listened."""
