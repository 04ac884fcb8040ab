"""One connection's questions and answers: which line answers what, what to send again, when to give the line up.

Pure: it gets lines and says what to do; sockets and time are its owner's. One question is open at a time. After a
time-out the connection must be closed, and a new one needs a new Exchange.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kioskd.sip2.answers import Answer
from kioskd.sip2.codes import Code
from kioskd.sip2.decode import decode
from kioskd.sip2.dialect import Dialect
from kioskd.sip2.encode import encode
from kioskd.sip2.errors import BadAnswer, BadChecksum, BadFrame
from kioskd.sip2.frame import split
from kioskd.sip2.layouts import LAYOUTS
from kioskd.sip2.requests import Question, RequestAcsResend

RESENDS_AT_MOST: Final = 3
"""Of one question: so often 96 is obeyed, and so often 97 is sent."""
DROPS_AT_MOST: Final = 20
"""Of one question: so many lines that are no answer to it are passed over."""


class Drop(StrEnum):
    """Why a line is passed over."""

    STALE = "stale"
    """It bears another sequence number: the answer to an earlier sending."""
    UNASKED = "unasked"
    """No question is open."""
    OTHER_MESSAGE = "other_message"
    """It is no answer to this kind of question."""
    NO_MESSAGE = "no_message"
    """It is no SIP2 at all, such as a telnet prompt."""


class Fault(StrEnum):
    """Why the connection is of no more use. Whether the question was carried out is not known."""

    CHECKSUM = "checksum"
    """Answers keep arriving damaged."""
    CHECKSUM_ZERO = "checksum_zero"
    """Every answer bears AZ0000: this server needs `verify_checksum` off."""
    RESEND = "resend"
    """The server keeps asking for the same message (96): damaged on the way, or not understood (Koha)."""
    WRONG_ANSWER = "wrong_answer"
    """The question's own sequence number on another kind of message."""
    UNREADABLE = "unreadable"
    """An answer whose meaning cannot be read."""
    BABBLE = "babble"
    """Too many lines that are no answer."""


class Resend(StrEnum):
    """Why something is sent again."""

    ASKED_FOR = "asked_for"
    """96 came: our last message once more."""
    DAMAGED = "damaged"
    """The answer's checksum does not fit: a 97."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The question is answered. `unsealed`: without a checksum, though the question bore one."""

    answer: Answer
    unsealed: bool


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Write `line` and read on."""

    line: bytes
    why: Resend


@dataclass(frozen=True, slots=True)
class Dropped:
    """Read on. `code`: the dropped line's message code, empty if it has none."""

    why: Drop
    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Close the connection. `detail` is for technicians and holds no one's numbers."""

    fault: Fault
    detail: str


Heard = Answered | SendAgain | Dropped | Failed


class Exchange:
    """The state of one connection: sequence number, the open question, what has been repeated."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._next_sequence = 0
        self._sequence: int | None = None
        self._expected: Code | None = None
        self._question_line = b""
        self._last_line = b""
        self._asked_again = 0
        self._repeated = 0
        self._dropped = 0
        self._failed: Failed | None = None

    @property
    def is_open(self) -> bool:
        """Whether a question waits for its answer."""
        return self._expected is not None

    def ask(self, question: Question) -> bytes:
        """Open a question and return its line, to be written at once and in one piece.

        Raises Unsendable, and then nothing is open; ValueError if a question is open or the line has failed.
        """
        if self._failed is not None or self._expected is not None:
            raise ValueError("a question is still open" if self._failed is None else "this line has failed")
        line = encode(question, self.dialect, self._next_sequence)
        if self.dialect.error_detection:
            self._sequence = self._next_sequence
            self._next_sequence = (self._next_sequence + 1) % 10
        self._expected = LAYOUTS[question.code].answer
        self._question_line = self._last_line = line
        self._asked_again = self._repeated = self._dropped = 0
        return line

    def hear(self, line: bytes) -> Heard:
        """Say what a line means and what to do. Once Failed, always Failed."""
        if self._failed is not None:
            return self._failed
        heard = self._judge(line)
        if isinstance(heard, Answered):
            self._expected = None
        elif isinstance(heard, SendAgain):
            self._last_line = heard.line
        elif isinstance(heard, Dropped):
            self._dropped += 1
            if self._dropped > DROPS_AT_MOST:
                heard = Failed(Fault.BABBLE, f"{self._dropped} lines that answer nothing, the last one {heard.why}")
        if isinstance(heard, Failed):
            self._failed = heard
            self._expected = None
        return heard

    def _judge(self, line: bytes) -> Heard:
        try:
            frame = split(line, verify=self.dialect.verify_checksum)
        except BadChecksum as bad:
            return self._damaged(bad)
        except BadFrame:
            return Dropped(Drop.NO_MESSAGE, "")
        if self._expected is None:
            return Dropped(Drop.UNASKED, frame.code)
        if frame.code == Code.REQUEST_SC_RESEND:
            return self._repeat()
        echoed = self._sequence is not None and frame.sequence == self._sequence
        # SIPServer answers a 97 with AY0, and the document with none: then any number will do.
        if self._sequence is not None and frame.sequence is not None and not echoed and not self._asked_again:
            return Dropped(Drop.STALE, frame.code)
        if frame.code != self._expected:
            if echoed and not self._asked_again:
                return Failed(Fault.WRONG_ANSWER, f"{frame.code} where {self._expected} belongs")
            return Dropped(Drop.OTHER_MESSAGE, frame.code)
        try:
            answer = decode(frame, self.dialect.encoding)
        except BadAnswer as bad:
            return Failed(Fault.UNREADABLE, f"{frame.code}: {bad}")
        return Answered(answer, unsealed=self.dialect.error_detection and not frame.sealed)

    def _damaged(self, bad: BadChecksum) -> Heard:
        if self._expected is None:
            # Never a 97 unasked: what it brings may be another connection's answer.
            return Dropped(Drop.UNASKED, "")
        if self._asked_again >= RESENDS_AT_MOST:
            fault = Fault.CHECKSUM_ZERO if bad.zeros else Fault.CHECKSUM
            return Failed(fault, f"{bad}, {self._asked_again + 1} times")
        self._asked_again += 1
        return SendAgain(encode(RequestAcsResend(), self.dialect), Resend.DAMAGED)

    def _repeat(self) -> Heard:
        if self._repeated >= RESENDS_AT_MOST:
            return Failed(Fault.RESEND, f"96, {self._repeated + 1} times, to {self._question_line[:2].decode('ascii')}")
        self._repeated += 1
        # After our 97 it is the 97 that is repeated: the question itself may have been carried out already.
        return SendAgain(self._last_line, Resend.ASKED_FOR)
