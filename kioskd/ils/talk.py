"""SIP2 on one line: a question out, its answer in, and why the line was given up."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol

from kioskd.ils.line import Line
from kioskd.model.ils import LineTrouble, NoAnswer
from kioskd.model.written_late import dataclass
from kioskd.sip2 import exchange, masked
from kioskd.sip2.answers import Answer
from kioskd.sip2.dialect import Dialect
from kioskd.sip2.exchange import Drop, Fault
from kioskd.sip2.requests import Question

Trace = Callable[[str, str], None]
"""Called with `out` or `in` and a masked line."""

ADVICE: Final = {
    Fault.CHECKSUM_ZERO: "this server needs ils.verify_checksum = false",
    Fault.RESEND: "it does not take our checksums (ils.error_detection) or does not know this message",
}
_PROMPT: Final = re.compile(rb"(login|user ?name|user ?id|pass ?word|passcode)\s*[:>]?\s*\Z", re.IGNORECASE)
_PASSED_OVER: Final = {
    Drop.STALE: "with another sequence number",
    Drop.UNASKED: "that nobody asked for",
    Drop.OTHER_MESSAGE: "for another kind of question",
    Drop.NO_MESSAGE: "without a SIP2 code",
}


@dataclass(frozen=True, slots=True)
class End:
    """How a line ended. `why`: what that means for a question that was open. `detail` holds no one's numbers."""

    trouble: LineTrouble
    why: NoAnswer
    detail: str


class Ended(Exception):  # noqa: N818 - it says what happened
    """Raised when the line ends before it answers."""

    def __init__(self, end: End) -> None:
        super().__init__(end.detail)
        self.end = end


class Partner(Protocol):
    """Who talks on a line that is up."""

    def answered(self, answer: Answer) -> None:
        """Take the answer to the open question."""

    def ended(self, end: End) -> None:
        """Hear that this line is over."""

    def rested(self) -> None:
        """All that has come so far has been told: the next may be asked."""


class Talk:
    """The exchange of messages on one connection. One question is open at a time."""

    def __init__(self, dialect: Dialect, trace: Trace | None = None, traced: Callable[[], bool] = lambda: True) -> None:
        self.line = Line(self)
        self.end: End | None = None
        self._exchange = exchange.Exchange(dialect)
        self._trace = trace
        self._traced = traced
        self._partner: Partner | None = None
        self._hello: asyncio.Future[Answer] | None = None
        self._asked = ""
        self._dropped: Counter[Drop] = Counter()
        self._prompt = ""

    def join(self, partner: Partner) -> None:
        """From now on, tell this one what the line brings."""
        self._partner = partner

    @property
    def settled(self) -> bool:
        """Whether the next question may be written now; else `Partner.rested` or `ended` is sure to follow."""
        return self.line.settled

    def ask(self, question: Question) -> None:
        """Write a question. Raises Unsendable, and then nothing was written."""
        line = self._exchange.ask(question)
        self._asked = question.code
        if self._dropped:
            self._dropped.clear()
        self._send(line)

    async def answer_to(self, question: Question) -> Answer:
        """Ask before anybody has joined. Raises Unsendable, Ended."""
        if self.end is not None:
            raise Ended(self.end)
        self._hello = asyncio.get_running_loop().create_future()
        try:
            self.ask(question)
            return await self._hello
        finally:
            self._hello = None

    def give_up(self, timeout_s: float) -> End:
        """Close the line because nothing came in time; say how that is to be reported."""
        if not self.line.connected:
            trouble, detail = LineTrouble.REFUSED, f"no connection within {timeout_s:.3g} s"
        elif self._asked:
            trouble, detail = LineTrouble.SILENT, f"no answer to {self._asked} within {timeout_s:.3g} s"
        else:
            trouble, detail = LineTrouble.SILENT, f"nothing within {timeout_s:.3g} s"
        self.end = End(trouble, NoAnswer.TIMED_OUT, detail + self._seen())
        self.line.close()
        return self.end

    def distrust(self) -> End:
        """Close the line because an answer was about something else; say how that is to be reported."""
        detail = f"the answer to {self._asked} names another item or patron, or none"
        self.end = End(LineTrouble.GARBLED, NoAnswer.MISMATCHED, detail)
        self.line.close()
        return self.end

    def close(self) -> None:
        """Hang up, without a word to anybody."""
        self._partner = None
        self.line.close()

    # What the line says.

    def took(self, lines: list[bytes]) -> None:
        """Take what came."""
        for line in lines:
            if self.end is not None:
                return
            self._hear(line)
        if self._partner is not None:
            self._partner.rested()

    def ended(self, why: str, *, garbled: bool) -> None:
        """The line is over."""
        if garbled:
            self._over(End(LineTrouble.GARBLED, NoAnswer.UNREADABLE, why))
        else:
            asked = f" instead of answering {self._asked}" if self._exchange.is_open else ""
            self._over(End(LineTrouble.LOST, NoAnswer.DROPPED, why + asked + self._seen()))

    def _hear(self, line: bytes) -> None:
        if self._trace is not None and self._traced():
            self._trace("in", masked.masked(line))
        heard = self._exchange.hear(line)
        match heard:
            case exchange.Answered():
                self._tell(heard.answer)
            case exchange.SendAgain():
                self._send(heard.line)
            case exchange.Dropped():
                self._dropped[heard.why] += 1
                if heard.why is Drop.NO_MESSAGE:
                    self._note_prompt(line)
            case exchange.Failed():
                advice = ADVICE.get(heard.fault)
                detail = f"{heard.detail}: {advice}" if advice else heard.detail
                self._over(End(LineTrouble.GARBLED, NoAnswer.UNREADABLE, detail + self._seen()))

    def _send(self, line: bytes) -> None:
        if self._trace is not None and self._traced():
            self._trace("out", masked.masked(line))
        self.line.send(line)

    def _tell(self, answer: Answer) -> None:
        if self._partner is not None:
            self._partner.answered(answer)
        elif self._hello is not None and not self._hello.done():
            self._hello.set_result(answer)

    def _over(self, end: End) -> None:
        if self.end is not None:
            return
        self.end = end
        self.line.close()
        if self._partner is not None:
            self._partner.ended(end)
        elif self._hello is not None and not self._hello.done():
            self._hello.set_exception(Ended(end))

    def _note_prompt(self, text: bytes) -> None:
        if found := _PROMPT.search(text):
            self._prompt = found[1].decode("ascii").lower()

    def _seen(self) -> str:
        """Tell what came instead, for whoever looks for the cause."""
        self._note_prompt(self.line.tail)
        seen = [f"{count} {_PASSED_OVER[why]}" for why, count in self._dropped.items()]
        passed = f"; passed over: {', '.join(seen)}" if seen else ""
        prompt = f"; it shows a telnet log-in's prompt, `{self._prompt}:`" if self._prompt else ""
        return passed + prompt
