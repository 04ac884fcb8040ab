"""A station's rules of the simplest kind, and a witness of everything that is said and written around them."""

import asyncio
import datetime as dt
import itertools
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from kioskd.ils.conversation import Conversation
from kioskd.ils.waiting import ORDER
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.effects import Ask
from kioskd.model.ils import (
    AskCheckin,
    AskCheckout,
    AskEndSession,
    AskId,
    AskItem,
    AskPatron,
    AskRenew,
    AskStatus,
    LoanAnswer,
    NoAnswer,
    Question,
    Urgency,
)
from kioskd.model.inputs import Answered, Input, LineDown, LineUp, Unanswered
from kioskd.model.settings import IlsSettings
from tests.ils.virtual import Heard, Library, VirtualLoop

TIMEOUT_S = 8.0
SENT = {NoAnswer.TIMED_OUT, NoAnswer.DROPPED, NoAnswer.MISMATCHED, NoAnswer.UNREADABLE}
CODES = {
    AskStatus: "99",
    AskPatron: "63",
    AskItem: "17",
    AskCheckout: "11",
    AskRenew: "29",
    AskCheckin: "09",
    AskEndSession: "35",
}


@dataclass
class Asked:
    """A question, and all that became of it."""

    ask: Ask
    number: int
    at_s: float
    forgotten: bool = False
    """Nobody waited for it before anything of it was sent."""
    writes: list[Heard] = field(default_factory=list)
    told: list[Answered | Unanswered] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, int]:
        return (ORDER[self.ask.urgency], self.number)

    @property
    def may_go_twice(self) -> bool:
        return self.ask.urgency is Urgency.PATRON and isinstance(self.ask.question, AskStatus | AskPatron | AskItem)


class Play:
    """A station's rules of the simplest kind, and a witness of everything."""

    def __init__(
        self,
        library: Library,
        *,
        reconnects: int = 0,
        error_detection: bool = True,
        reactions: Iterable[tuple[Any, ...]] = (),
    ) -> None:
        self.library = library
        library.on_request = self._written
        self.loop = asyncio.get_running_loop()
        self.reconnects = reconnects
        self.asked: dict[AskId, Asked] = {}
        self.line = "none"
        self.within = False
        self.reactions = iter(reactions)
        self.stalled_s = 0.0
        self.followed: list[Asked] = []
        self.conversation = Conversation(
            IlsSettings("ils", login_user="kiosk", error_detection=error_detection),
            dt.UTC,
            self._deliver,
            lambda: 1.8e9,
            open_line=library.open_line,
        )

    def connect(self, timeout_s: float = TIMEOUT_S) -> None:
        self.line = "opening"
        self._within(self.conversation.connect, timeout_s)

    def disconnect(self) -> None:
        self.line = "none"
        self._within(self.conversation.disconnect)

    def ask(self, kind: type[Question], urgency: Urgency, within_s: float) -> None:
        number = len(self.asked) + 1
        ask = Ask(AskId(number), _question(kind, number), urgency, self.loop.time() + within_s)
        self.asked[ask.ask] = Asked(ask, number, self.loop.time())
        self._within(self.conversation.ask, ask)

    def follow(self, kind: type[Question], within_s: float) -> None:
        """Ask something that is to go out with the yes to what was asked last."""
        if not self.asked:
            return
        number, before = len(self.asked) + 1, AskId(len(self.asked))
        lane = self.asked[before].ask.urgency
        ask = Ask(AskId(number), _question(kind, number), lane, self.loop.time() + within_s, after=before)
        self.asked[ask.ask] = Asked(ask, number, self.loop.time())
        self._within(self.conversation.ask, ask)

    def forget(self, share: float) -> None:
        """Nobody waits any more for one of the questions asked so far."""
        if self.asked:
            asked = self.asked[AskId(1 + int(share * len(self.asked)))]
            if not asked.writes:
                asked.forgotten = True
            self._within(self.conversation.forget, asked.ask.ask)

    def stall(self, for_s: float) -> None:
        """Something else keeps the loop busy: time passes and nothing is noticed."""
        assert isinstance(self.loop, VirtualLoop)
        self.loop.stall(for_s)
        self.stalled_s += for_s

    def nothing(self) -> None:
        """Let it be."""

    def _within(self, call: Any, *arguments: Any) -> None:
        before, self.within = self.within, True
        call(*arguments)
        self.within = before

    # What is seen.

    def _written(self, heard: Heard) -> None:
        if heard.code in {"93", "97"} or (heard.code == "99" and self.line == "opening"):
            return
        assert self.line == "up"
        asked = self._whose(heard)
        asked.writes.append(heard)
        assert not asked.forgotten, "written although it was forgotten"
        assert not asked.told, "written after its outcome was told"
        now = self.loop.time()
        if self._repeat(asked):
            return
        if asked.ask.after is not None:
            assert self.asked[asked.ask.after].writes, "written before what it was to follow"
            self.followed.append(asked)
            return
        assert asked.ask.until_mono_s > now, "written although nobody waits any more"
        # What something follows has its answer by now, and the word on it is on the way: else the line would be busy.
        followed = {one.ask.after for one in self.asked.values()}
        assert not [
            other
            for other in self.asked.values()
            if not (other.writes and other.ask.ask in followed)
            and other.place < asked.place
            and not other.told
            and not other.forgotten
            and other.ask.until_mono_s > now
            and other.ask.after is None
        ], "somebody else's turn"

    def _repeat(self, asked: Asked) -> bool:
        """Tell a 96's repetition, which is the same message and no new turn."""
        *before, last = asked.writes
        return any(one.connection == last.connection for one in before)

    def _whose(self, heard: Heard) -> Asked:
        number = heard.line.partition("|AB")[2].partition("|")[0] or heard.line.partition("|AA")[2].partition("|")[0]
        if number:
            return self.asked[AskId(int(number))]
        # A 99 says not whose it is: one that was written before (a 96's repetition), else the one whose turn it is.
        polls = [one for one in self.asked.values() if isinstance(one.ask.question, AskStatus) and not one.told]
        # One that is to follow what was never written has been refused already; its word is on the way.
        polls = [one for one in polls if one.ask.after is None or self.asked[one.ask.after].writes] or polls
        polls = [one for one in polls if not one.forgotten] or polls
        wanted = [one for one in polls if one.writes or one.ask.until_mono_s > self.loop.time()]
        return min(wanted or polls, key=lambda one: (not one.writes, one.place))

    def _deliver(self, what: Input) -> None:
        assert not self.within, "told from within a call"
        self.within = True
        now = self.loop.time()
        match what:
            case LineUp():
                assert self.line == "opening"
                self.line = "up"
            case LineDown():
                assert self.line in {"opening", "up"}
                for one in self.asked.values():
                    if one.writes and not one.told:
                        assert one.may_go_twice, "its word comes before the line's"
                again = self.reconnects > 0
                self.line = "none"
                if again:
                    self.reconnects -= 1
                    self.connect()
            case Answered() | Unanswered():
                asked = self.asked[what.ask]
                asked.told.append(what)
                assert now <= self._latest_s(asked) + self.stalled_s + 1e-5
                move, *arguments = next(self.reactions, ("nothing",))
                getattr(self, move)(*arguments)
        self.within = False

    def _latest_s(self, asked: Asked) -> float:
        """Return when the word on a question is due; behind another, its time counts from that one's word."""
        if asked.ask.after is None:
            return max(asked.ask.until_mono_s, asked.at_s)
        allowed_s = max(0.0, asked.ask.until_mono_s - asked.at_s)
        return max(asked.at_s, self._latest_s(self.asked[asked.ask.after]) + allowed_s)

    def check(self) -> None:
        assert self.line in {"up", "none"}, "a connect without a word"
        assert sum(not wire.is_closing() for wire in self.library.wires) == (self.line == "up"), "a line left open"
        for asked in self.asked.values():
            (word,) = asked.told
            if asked.ask.after is not None and not self._said_yes(asked.ask.after):
                assert not asked.writes, "what it was to follow was not answered with a yes"
            lines = {heard.connection for heard in asked.writes}
            if isinstance(word, Unanswered):
                assert bool(asked.writes) == (word.why in SENT), word
            else:
                assert asked.writes
                self._check_answer(asked, word)
            assert len(lines) <= (2 if asked.may_go_twice else 1)
            if isinstance(word, Unanswered) and word.why in SENT - {NoAnswer.DROPPED}:
                # The line is closed: nothing is written on it any more.
                end = asked.writes[-1]
                later = self.library.heard[self.library.heard.index(end) + 1 :]
                assert all(heard.connection != end.connection for heard in later if heard.code != "97"), word
        self._check_resends()

    def _said_yes(self, number: AskId) -> bool:
        (word,) = self.asked[number].told
        return isinstance(word, Answered) and isinstance(word.answer, LoanAnswer) and word.answer.ok

    def _check_answer(self, asked: Asked, word: Answered) -> None:
        question = asked.ask.question
        for name in ("item", "patron"):
            meant = getattr(question, name, None)
            said = getattr(word.answer, name, None)
            assert meant is None or not said or said == meant

    def _check_resends(self) -> None:
        """A 97 is only ever sent for an answer that came damaged on the very same line."""
        for before, heard in itertools.pairwise([None, *self.library.heard]):
            if heard is not None and heard.code == "97":
                assert before is not None
                assert before.connection == heard.connection


def _question(kind: type[Question], number: int) -> Question:
    card, book = PatronBarcode(str(number)), ItemBarcode(str(number))
    match kind.__name__:
        case "AskStatus":
            return AskStatus()
        case "AskPatron":
            return AskPatron(card, charged=True)
        case "AskItem":
            return AskItem(book)
        case "AskCheckout":
            return AskCheckout(PatronBarcode("777"), book, 1.8e9)
        case "AskRenew":
            return AskRenew(PatronBarcode("777"), book, 1.8e9)
        case "AskCheckin":
            return AskCheckin(book, 1.8e9)
        case _:
            return AskEndSession(card)


def played(scene: Coroutine[Any, Any, Any]) -> Any:
    """Play a scene in virtual time; what is raised in the loop's callbacks is raised here."""
    faults: list[BaseException] = []
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
        result = runner.run(scene)
    if faults:
        raise faults[0]
    return result
