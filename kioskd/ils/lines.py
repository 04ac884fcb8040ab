"""All lines to the library system: the patrons' own, and those that carry uploads beside it, if there are any.

Only the patrons' line is the rules' to open and to close, and only its ups and downs are told. A line for uploads opens
with the first question for it and closes when none has come for a while: seats are licensed. What an upload's login is
refused for is told as NO_SEAT with the question that it was opened for.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from kioskd.ils.conversation import Conversation, Deliver
from kioskd.ils.line import OpenLine, open_tcp
from kioskd.ils.talk import Trace
from kioskd.model.effects import Ask
from kioskd.model.ils import AskId, LineTrouble, NoAnswer, Question, Urgency
from kioskd.model.inputs import Answered, Input, LineDown, LineUp, Unanswered
from kioskd.model.settings import IlsSettings
from kioskd.rules.lanes import PATRONS_LINE, lanes, line_of

IDLE_S: Final = 10.0
"""A line for uploads on which nothing was asked for so long is closed."""


class Door(Protocol):
    """The library system's own way for what happened offline, as `kioskd.doors` has it."""

    def takes(self, question: Question) -> bool:
        """Tell whether a question of the upload goes through it."""

    def ask(self, ask: Ask) -> None:
        """Ask when it is this question's turn."""

    def forget(self, ask: AskId) -> None:
        """Nobody waits for this answer any more."""

    def disconnect(self) -> None:
        """What still waits gets no answer."""

    async def close(self) -> None:
        """End for good, and say nothing more."""


class Lines:
    """The daemon's end of all lines; as `Conversation`, for questions that say on which line they go."""

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
        door: Door | None = None,
    ) -> None:
        def talk(ils: IlsSettings, tell: Deliver) -> Conversation:
            return Conversation(ils, zone, tell, wall_s, open_line=open_line, trace=trace, traced=traced)

        self._settings = settings
        self._door = door
        self._patrons = talk(settings, deliver)
        others = for_uploads(settings)
        self._beside = {
            lane: Beside(lambda tell: talk(others, tell), deliver, settings.timeout_s)
            for lane in lanes(settings)
            if lane != PATRONS_LINE
        }

    def connect(self, timeout_s: float) -> None:
        """Open the patrons' line."""
        self._patrons.connect(timeout_s)

    def disconnect(self) -> None:
        """Close all lines; what still waits gets no answer."""
        self._patrons.disconnect()
        for line in self._others():
            line.disconnect()

    def ask(self, ask: Ask) -> None:
        """Ask on the line that the question names; what belongs to the upload and to the door goes through that."""
        if self._door is not None and ask.urgency is Urgency.UPLOAD and self._door.takes(ask.question):
            self._door.ask(ask)
            return
        beside = self._beside.get(line_of(self._settings, ask.lane))
        if beside is None:
            self._patrons.ask(ask)
        else:
            beside.ask(ask)

    def forget(self, ask: AskId) -> None:
        """Nobody waits for this answer any more."""
        self._patrons.forget(ask)
        for line in self._others():
            line.forget(ask)

    def go_on(self) -> None:
        """All that one word leads to has been asked: what is next on each line goes out now."""
        self._patrons.go_on()
        for line in self._beside.values():
            line.go_on()

    async def close(self) -> None:
        """End for good, and say nothing more."""
        await self._patrons.close()
        for line in self._others():
            await line.close()

    def _others(self) -> "list[Door | Beside]":
        return [*self._beside.values(), *([self._door] if self._door is not None else [])]


def for_uploads(ils: IlsSettings) -> IlsSettings:
    """Return the settings of a line that carries uploads: their own identity and port, where they have one."""
    own = {"login_user": ils.upload_login_user, "login_password": ils.upload_login_password}
    changes = own if ils.upload_login_user else {}
    return replace(ils, port=ils.upload_port or ils.port, **changes)  # type: ignore[arg-type] # texts both


class Beside:
    """One line for uploads, opened when it is needed."""

    def __init__(self, talk: Callable[[Deliver], Conversation], deliver: Deliver, timeout_s: float) -> None:
        self._conversation = talk(self._told)
        self._deliver = deliver
        self._timeout_s = timeout_s
        self._open = False
        self._out: set[AskId] = set()
        self._unsent: list[AskId] = []
        self._closing: asyncio.TimerHandle | None = None

    def ask(self, ask: Ask) -> None:
        """Ask; the line is opened for it if there is none."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        self._out.add(ask.ask)
        self._connect()
        self._conversation.ask(ask)

    def forget(self, ask: AskId) -> None:
        """Nobody waits for this answer any more."""
        if ask in self._out:
            self._conversation.forget(ask)

    def go_on(self) -> None:
        """All that one word leads to has been asked."""
        self._conversation.go_on()

    def disconnect(self) -> None:
        """Close it; what still waits gets no answer."""
        self._open = False
        self._conversation.disconnect()

    async def close(self) -> None:
        """End for good, and say nothing more."""
        if self._closing is not None:
            self._closing.cancel()
        await self._conversation.close()

    def _connect(self) -> None:
        if not self._open:
            self._open = True
            self._conversation.connect(self._timeout_s)

    def _told(self, word: Input) -> None:
        match word:
            case LineUp():
                pass
            case LineDown():
                self._down(word)
            case Unanswered(ask, NoAnswer.NO_LINE):
                # Why there is no line is told next, if the line has ended.
                self._unsent.append(ask)
                asyncio.get_running_loop().call_soon(self._tell_unsent, NoAnswer.NO_LINE)
            case Answered() | Unanswered():
                self._over(word.ask)
                self._deliver(word)
            case _:
                self._deliver(word)

    def _down(self, word: LineDown) -> None:
        self._open = False
        self._tell_unsent(NoAnswer.NO_SEAT if word.trouble is LineTrouble.LOGIN else NoAnswer.NO_LINE)
        if self._out:
            # Asked while the old line ended: it waits there for a new one.
            self._connect()

    def _tell_unsent(self, why: NoAnswer) -> None:
        unsent, self._unsent = self._unsent, []
        for ask in unsent:
            self._over(ask)
            self._deliver(Unanswered(ask, why))

    def _over(self, ask: AskId) -> None:
        self._out.discard(ask)
        if not self._out and self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(IDLE_S, self._idle)

    def _idle(self) -> None:
        self._closing = None
        if not self._out and self._open:
            self.disconnect()
