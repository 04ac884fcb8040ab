"""What the conversation owes, whatever the library system does and whenever it is asked: found by trying, in no time.

A whole schedule of connections, questions and drops is played on a loop whose clock is set forward.
"""

import asyncio
import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kioskd.ils.conversation import Conversation
from kioskd.ils.waiting import ORDER
from kioskd.model.barcode import ItemBarcode
from kioskd.model.effects import Ask
from kioskd.model.ils import (
    AskCheckout,
    AskId,
    AskItem,
    AskPatron,
    AskStatus,
    LineTrouble,
    NoAnswer,
    Urgency,
)
from kioskd.model.inputs import Answered, Input, LineDown, Unanswered
from kioskd.model.settings import IlsSettings
from tests.ils.play import CODES, TIMEOUT_S, Play, played
from tests.ils.virtual import Does, Library, Wire

DOES = (
    "answer",
    "pieces",
    "twice",
    "stale",
    "answer and close",
    "close later",
    "close",
    "cut",
    "silence",
    "half and silence",
    "another",
    "another kind",
    "96",
    "damaged",
    "flood",
    "babble",
)
DELAYS = st.sampled_from([0.0] * 20 + [0.05, 0.05, 0.5, 0.5, 3.0, 7.9, 8.0, 20.0])
SHARES = st.floats(0, 1, exclude_max=True)
DEEDS = st.builds(
    Does,
    st.sampled_from(["answer"] * 15 + [does for does in DOES if does != "answer"]),
    DELAYS,
    SHARES,
)
OPENINGS = st.builds(Does, st.sampled_from(["answer"] * 9 + ["refuse", "hang", "close", *Wire.GREETINGS]), DELAYS)
ASKS = st.tuples(
    st.just("ask"),
    st.sampled_from(list(CODES)),
    st.sampled_from(Urgency),
    st.sampled_from([-1.0, 0.0, 0.01, 0.5, 2.0, 8.0, 8.0, 8.0, 8.0, 8.0, 30.0]),
)
STALLS = st.tuples(st.just("stall"), st.sampled_from([0.01, 1.0, 7.9, 8.0, 40.0]))
LINES = st.sampled_from([("connect",), ("connect",), ("disconnect",)])
FORGETS = st.tuples(st.just("forget"), SHARES)
FOLLOWS = st.tuples(st.just("follow"), st.sampled_from(list(CODES)), st.sampled_from([-1.0, 0.0, 0.5, 8.0, 8.0, 8.0]))
MOVES = st.one_of(*[ASKS] * 10, *[FOLLOWS] * 3, LINES, STALLS, FORGETS)
REACTIONS = st.one_of(*[st.just(("nothing",))] * 3, ASKS, MOVES)
PAUSES = st.sampled_from([0.0, 0.0, 0.0, 0.0005, 0.001, 0.002, 0.1, 1.0, 9.0])


async def _play(
    moves: list[tuple[float, tuple[Any, ...]]],
    openings: list[Does],
    deeds: list[Does],
    reactions: list[tuple[Any, ...]],
    reconnects: int,
    error_detection: bool,
    ends_early: bool,
) -> Play:
    library = Library(iter(openings), iter(deeds))
    play = Play(library, reconnects=reconnects, error_detection=error_detection, reactions=reactions)
    play.connect()
    for pause_s, (move, *arguments) in moves:
        if pause_s:
            await asyncio.sleep(pause_s)
        getattr(play, move)(*arguments)
    if ends_early:
        begun = play.loop.time()
        await play.conversation.close()
        assert play.loop.time() - begun < 0.1, "the end does not wait for the library system"
        assert all(wire.is_closing() for wire in play.library.wires)
        words = [len(asked.told) for asked in play.asked.values()]
        await asyncio.sleep(200)
        assert words == [len(asked.told) for asked in play.asked.values()], "nothing is said after the end"
        return play
    await asyncio.sleep(200)
    play.check()
    return play


@given(
    st.lists(st.tuples(PAUSES, MOVES), min_size=6, max_size=25),
    st.lists(OPENINGS, max_size=6),
    st.lists(DEEDS, min_size=4, max_size=25),
    st.lists(REACTIONS, max_size=8),
    st.sampled_from([0, 1, 3, 20, 20, 20]),
    st.booleans(),
    st.sampled_from([False, False, False, True]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([(0.0, ("ask", AskItem, Urgency.PATRON, 8.0))], [], [Does("close")], [], 1, True, False)
@example(
    [
        (0.0, ("ask", AskStatus, Urgency.PATRON, -1.0)),
        (0.1, ("follow", AskStatus, 0.5)),
        *[(0.0, ("ask", AskStatus, Urgency.PATRON, -1.0))] * 3,
        (0.0, ("ask", AskStatus, Urgency.PATRON, 0.01)),
    ],
    [],
    [Does("answer")] * 4,
    [],
    0,
    False,
    False,
)
@example(
    [
        (0.0, ("ask", AskStatus, Urgency.PATRON, -1.0)),
        (0.0, ("ask", AskStatus, Urgency.POLL, 0.01)),
        (0.0, ("ask", AskCheckout, Urgency.PATRON, 0.01)),
        (0.0, ("follow", AskStatus, -1.0)),
        (0.1, ("ask", AskPatron, Urgency.POLL, -1.0)),
        (0.0, ("ask", AskStatus, Urgency.UPLOAD, -1.0)),
    ],
    [],
    [Does("answer")] * 4,
    [],
    0,
    False,
    False,
)
def test_each_question_and_each_line_gets_its_one_word(
    moves: list[tuple[float, tuple[Any, ...]]],
    openings: list[Does],
    deeds: list[Does],
    reactions: list[tuple[Any, ...]],
    reconnects: int,
    error_detection: bool,
    ends_early: bool,
) -> None:
    played(_play(moves, openings, deeds, reactions, reconnects, error_detection, ends_early))


def test_patrons_go_first_then_polls_then_the_upload() -> None:
    async def scene() -> list[str]:
        play = Play(Library(iter([]), iter([])))
        for number in range(12):
            if number == 0:
                play.connect()
            play.ask(AskItem, list(Urgency)[(number * 2) % 3], 60.0)
        await asyncio.sleep(10)
        play.check()
        order = [one.ask.urgency for one in sorted(play.asked.values(), key=lambda one: one.writes[0].at_s)]
        numbers = [one.number for one in sorted(play.asked.values(), key=lambda one: one.writes[0].at_s)]
        assert numbers == sorted(numbers, key=lambda n: (ORDER[play.asked[AskId(n)].ask.urgency], n))
        await play.conversation.close()
        return order

    assert played(scene()) == [Urgency.PATRON] * 4 + [Urgency.POLL] * 4 + [Urgency.UPLOAD] * 4


@pytest.mark.parametrize("error_detection", [True, False])
def test_what_came_with_an_answer_does_not_answer_the_next_question(error_detection: bool) -> None:
    """Without sequence numbers a second copy of an 18 would pass for the answer to the next 17 of the same item."""

    async def scene() -> list[float]:
        library = Library(iter([]), iter([Does("twice"), Does("answer", 1.0)]))
        words: list[Input] = []
        ils = IlsSettings("ils", login_user="kiosk", error_detection=error_detection)
        conversation = Conversation(ils, dt.UTC, words.append, lambda: 1.8e9, open_line=library.open_line)
        conversation.connect(TIMEOUT_S)
        await asyncio.sleep(1)
        until_mono_s = asyncio.get_running_loop().time() + 8
        for number in (1, 2):
            conversation.ask(Ask(AskId(number), AskItem(ItemBarcode("5")), Urgency.PATRON, until_mono_s))
        await asyncio.sleep(10)
        await conversation.close()
        return [word.round_trip_s for word in words if isinstance(word, Answered)]

    quick, slow = played(scene())
    assert quick < 0.01 < 1.0 < slow


def test_a_year_of_a_quiet_station_passes_at_once() -> None:
    """No clock but the loop's: twelve hundred polls, one every eight hours, in a moment."""

    async def scene() -> int:
        play = Play(Library(iter([]), iter([])))
        play.connect()
        await asyncio.sleep(1)
        for _ in range(1100):
            play.ask(AskStatus, Urgency.POLL, 8.0)
            await asyncio.sleep(8 * 3600)
        play.check()
        await play.conversation.close()
        return len(play.library.heard)

    assert played(scene()) == 1102


def test_what_one_step_asks_goes_by_urgency_not_by_the_order_of_its_effects() -> None:
    async def scene() -> list[str]:
        library = Library(iter([]), iter([]))
        answers: list[AskId] = []

        def deliver(what: Input) -> None:
            if isinstance(what, Answered):
                answers.append(what.ask)
                if what.ask == 1:
                    for number, urgency in ((2, Urgency.UPLOAD), (3, Urgency.POLL), (4, Urgency.PATRON)):
                        conversation.ask(Ask(AskId(number), AskItem(ItemBarcode(str(number))), urgency, 2000.0))

        conversation = Conversation(IlsSettings("ils"), dt.UTC, deliver, lambda: 1.8e9, open_line=library.open_line)
        conversation.connect(TIMEOUT_S)
        conversation.ask(Ask(AskId(1), AskItem(ItemBarcode("1")), Urgency.UPLOAD, 2000.0))
        await asyncio.sleep(10)
        await conversation.close()
        return [heard.value("AB") for heard in library.heard[1:]]

    assert played(scene()) == ["1", "4", "3", "2"]


def test_a_word_that_was_overtaken_is_not_told() -> None:
    """The rules connect anew on hearing of a question in vain: the old line's end would pass for the new one's."""

    async def scene() -> list[str]:
        library = Library(iter([]), iter([Does("silence")]))
        words: list[str] = []

        def deliver(what: Input) -> None:
            words.append(type(what).__name__)
            if isinstance(what, Unanswered):
                conversation.connect(TIMEOUT_S)

        conversation = Conversation(IlsSettings("ils"), dt.UTC, deliver, lambda: 1.8e9, open_line=library.open_line)
        conversation.connect(TIMEOUT_S)
        conversation.ask(Ask(AskId(1), AskItem(ItemBarcode("1")), Urgency.UPLOAD, 1002.0))
        await asyncio.sleep(30)
        await conversation.close()
        return words

    assert played(scene()) == ["LineUp", "Unanswered", "LineUp"]


def test_what_expired_while_the_loop_was_busy_is_not_sent() -> None:
    """A deed that nobody waits for any more would be done, and its line closed for the answer's lateness."""

    async def scene() -> Play:
        play = Play(Library(iter([]), iter([])), reactions=[("stall", 40.0)])
        play.connect()
        await asyncio.sleep(1)
        play.ask(AskItem, Urgency.PATRON, 8.0)
        play.ask(AskCheckout, Urgency.PATRON, 8.0)
        await asyncio.sleep(10)
        play.check()
        await play.conversation.close()
        return play

    play = played(scene())
    assert [heard.code for heard in play.library.heard] == ["93", "99", "17"]
    assert play.asked[AskId(2)].told == [Unanswered(AskId(2), NoAnswer.NO_LINE)]


def test_what_is_forgotten_is_not_sent_and_what_is_under_way_is_answered() -> None:
    async def scene() -> Play:
        play = Play(Library(iter([]), iter([Does("answer", 1.0)])))
        play.connect()
        await asyncio.sleep(1)
        for _ in range(3):
            play.ask(AskCheckout, Urgency.PATRON, 8.0)
        play._within(play.conversation.forget, AskId(2))
        play._within(play.conversation.forget, AskId(1))
        play._within(play.conversation.forget, AskId(99))
        await asyncio.sleep(10)
        play.check()
        await play.conversation.close()
        return play

    play = played(scene())
    assert [heard.value("AB") for heard in play.library.heard[2:]] == ["1", "3"]
    words = [play.asked[AskId(number)].told[0] for number in (1, 2, 3)]
    assert [isinstance(word, Answered) for word in words] == [True, False, True]
    assert words[1] == Unanswered(AskId(2), NoAnswer.NO_LINE)


@pytest.mark.parametrize("then", ["refuse", "hang"])
def test_a_look_up_that_went_out_once_is_not_called_unsent(then: str) -> None:
    async def scene() -> Play:
        library = Library(iter([Does(), Does(then)]), iter([Does("close")]))
        play = Play(library, reconnects=1)
        play.connect()
        await asyncio.sleep(1)
        play.ask(AskPatron, Urgency.PATRON, 5.0)
        await asyncio.sleep(20)
        play.check()
        await play.conversation.close()
        return play

    assert played(scene()).asked[AskId(1)].told == [Unanswered(AskId(1), NoAnswer.DROPPED)]


def test_a_line_that_is_closed_with_its_first_98_never_came_up() -> None:
    async def scene() -> list[Input]:
        library = Library(iter([Does("answer and close")]), iter([]))
        words: list[Input] = []
        conversation = Conversation(
            IlsSettings("ils"), dt.UTC, words.append, lambda: 1.8e9, open_line=library.open_line
        )
        conversation.connect(TIMEOUT_S)
        await asyncio.sleep(20)
        await conversation.close()
        return words

    (word,) = played(scene())
    assert isinstance(word, LineDown)
    assert word.trouble is LineTrouble.LOST


@pytest.mark.parametrize("end", ["disconnect", "connect"])
def test_a_connection_that_comes_too_late_is_dropped(end: str) -> None:
    """Some ways of opening a line cannot be stopped half way; what they bring then belongs to nobody."""

    async def scene() -> tuple[int, list[bool]]:
        library = Library(iter([]), iter([]))
        slow: list[asyncio.Task[None]] = []

        async def open_line(make: Any, host: str, port: int) -> None:
            slow.append(asyncio.get_running_loop().create_task(library.open_line(make, host, port)))
            await asyncio.shield(slow[-1])

        words: list[Input] = []
        conversation = Conversation(IlsSettings("ils"), dt.UTC, words.append, lambda: 1.8e9, open_line=open_line)
        conversation.connect(TIMEOUT_S)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if end == "connect":
            conversation.connect(TIMEOUT_S)
        else:
            conversation.disconnect()
        await asyncio.sleep(10)
        closed = [wire.is_closing() for wire in library.wires]
        await conversation.close()
        return len(words), closed

    assert played(scene()) == ((1, [True, False]) if end == "connect" else (0, [True]))
