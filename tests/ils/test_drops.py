"""The line dies at every byte, at rest and at the worst moment: who gets which word, and what is sent a second time."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kioskd.model.ils import (
    AskCheckin,
    AskCheckout,
    AskEndSession,
    AskItem,
    AskPatron,
    AskRenew,
    AskStatus,
    ItemAnswer,
    LineTrouble,
    LoanAnswer,
    NoAnswer,
    PatronAnswer,
    Question,
    Urgency,
)
from kioskd.model.inputs import Answered, LineDown, LineUp, Unanswered
from tests.ils.conftest import Branch, Station

Open = Callable[..., Awaitable[Branch]]
AT_WALL_S = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC).timestamp()


def _questions(branch: Branch) -> dict[str, Question]:
    card, book = branch.cards[0], branch.books[0]
    return {
        "63": AskPatron(card, charged=True),
        "17": AskItem(book),
        "11": AskCheckout(card, book, AT_WALL_S),
        "29": AskRenew(card, book, AT_WALL_S),
        "09": AskCheckin(book, AT_WALL_S),
        "35": AskEndSession(card),
        "99": AskStatus(),
    }


async def _lengths(branch: Branch, question: Question) -> tuple[int, int]:
    """Return how long the question's line is, and its answer's, in bytes with their CR."""
    station = await branch.station().up()
    if isinstance(question, AskRenew):
        await station.asks(_questions(branch)["11"])
    await station.asks(question)
    (ask, answer) = list(branch.system.service.transcript)[-2:]
    await station.conversation.close()
    branch.system.begin_anew(world=True, ledger=True, transcript=True)
    return len(ask.line.encode()) + 1, len(answer.line.encode()) + 1


@pytest.mark.parametrize("code", ["11", "29"])
async def test_a_deed_whose_answer_is_cut_anywhere_is_never_sent_again(open_branch: Open, code: str) -> None:
    branch = await open_branch()
    question = _questions(branch)[code]
    _, length = await _lengths(branch, question)
    assert length > 100
    station = await branch.station(reconnects=length + 1).up()
    for byte in range(1, length + 1):
        branch.system.begin_anew(world=True, ledger=True, transcript=True)
        if code == "29":
            await station.asks(_questions(branch)["11"])
        await branch.system.set_faults({"drop_after_answer_bytes": byte})
        ask = station.ask(question)
        word = await station.outcome(ask)
        if byte < length:
            assert word == Unanswered(ask, NoAnswer.DROPPED), byte
        else:
            assert isinstance(word, Answered), "the whole of it came, terminator and all"
        down, up = await station.line(), None
        while not isinstance(down, LineDown):
            down = await station.line()
        assert down.trouble is LineTrouble.LOST
        assert station.words.index(word) < station.words.index(down)
        up = await station.line()
        assert isinstance(up, LineUp)
        station.words.clear()
        station._looked = 0
        assert len(branch.requests(code)) == 1
        assert [deed for deed, *_ in branch.deeds()].count("loan" if code == "11" else "renewal") == 1


@pytest.mark.parametrize("code", ["11", "29", "09"])
async def test_a_deed_that_is_cut_anywhere_is_not_done_and_not_sent_again(open_branch: Open, code: str) -> None:
    branch = await open_branch()
    question = _questions(branch)[code]
    length, _ = await _lengths(branch, question)
    station = await branch.station(reconnects=length + 1).up()
    for byte in range(1, length):
        await branch.system.set_faults({"drop_after_bytes": byte})
        assert await station.asks(question) is NoAnswer.DROPPED, byte
        await branch.system.clear_faults()
        assert isinstance(await station.asks(AskItem(branch.books[0])), ItemAnswer), "the next line is good"
    assert branch.deeds() == []
    assert branch.requests(code) == []


@pytest.mark.parametrize("code", ["63", "17"])
async def test_a_patrons_look_up_survives_a_cut_anywhere(open_branch: Open, code: str) -> None:
    branch = await open_branch()
    question = _questions(branch)[code]
    length, answer_length = await _lengths(branch, question)
    station = await branch.station(reconnects=2 * (length + answer_length)).up()
    for fault, last in (("drop_after_bytes", length), ("drop_after_answer_bytes", answer_length)):
        for byte in range(1, last + 1):
            await branch.system.clear_faults()
            await branch.system.set_faults({fault: byte})
            assert isinstance(await station.asks(question), PatronAnswer | ItemAnswer), (fault, byte)


@pytest.mark.parametrize("urgency", Urgency)
@pytest.mark.parametrize("code", ["63", "17", "11", "29", "09", "35", "99"])
async def test_what_goes_out_again_after_a_drop(open_branch: Open, code: str, urgency: Urgency) -> None:
    branch = await open_branch()
    station = await branch.station(reconnects=1).up()
    await branch.system.set_faults({"drop_before_act": 1})
    answer = await station.asks(_questions(branch)[code], urgency)
    again = urgency is Urgency.PATRON and code in {"63", "17", "99"}
    assert (answer is not NoAnswer.DROPPED) == again
    await station.until(lambda: isinstance(station.words[-1], LineUp | Answered))
    greetings = 2 if code == "99" else 0
    assert len(branch.requests(code)) == greetings + (2 if again else 1)


async def test_what_kills_every_line_goes_out_twice_and_no_more(open_branch: Open) -> None:
    branch = await open_branch()
    await branch.system.set_faults({"drop_on_item": [branch.books[0]]})
    station = await branch.station(reconnects=9).up()
    assert await station.asks(AskItem(branch.books[0])) is NoAnswer.DROPPED
    assert len(branch.requests("17")) == 2
    assert isinstance(await station.asks(AskItem(branch.books[1])), ItemAnswer)


async def _closed_unseen(branch: Branch, station: Station) -> None:
    """Let the other side close the line so that its word is in the socket and the station's loop has not read it."""
    (line,) = branch.system._lines
    line._transport.close()
    # The simulator's socket is closed in this turn of the loop; ours is looked at in the next.
    await asyncio.sleep(0)
    assert not any(isinstance(word, LineDown) for word in station.words)


@pytest.mark.parametrize("code", ["11", "29", "09", "63", "35"])
async def test_a_patron_who_scans_just_as_an_idle_line_was_closed(open_branch: Open, code: str) -> None:
    """Nothing is written to a line that is known to be dead, so even a deed may wait for the next one."""
    branch = await open_branch()
    card, book = branch.cards[0], branch.books[0]
    station = await branch.station(reconnects=1).up()
    if code in {"29", "09"}:
        await station.asks(AskCheckout(card, book, AT_WALL_S))
    await _closed_unseen(branch, station)
    ask = station.ask(_questions(branch)[code])
    word = await station.outcome(ask)
    assert isinstance(word, Answered)
    assert [type(it) for it in station.words if not isinstance(it, Answered)] == [LineUp, LineDown, LineUp]
    assert len(branch.requests(code)) == 1


async def test_questions_wait_through_a_reconnect_in_their_order(open_branch: Open) -> None:
    branch = await open_branch()
    station = await branch.station(reconnects=1).up()
    await branch.system.set_faults({"drop_before_act": 1})
    first = station.ask(AskItem(branch.books[0]), Urgency.UPLOAD)
    upload = [station.ask(AskItem(branch.books[n]), Urgency.UPLOAD) for n in (1, 2)]
    poll = station.ask(AskStatus(), Urgency.POLL)
    patron = station.ask(AskCheckout(branch.cards[0], branch.books[3], AT_WALL_S))
    for ask in (first, *upload, poll, patron):
        await station.outcome(ask)
    told = [word.ask for word in station.words if isinstance(word, Answered | Unanswered)]
    assert told == [first, patron, poll, *upload]
    assert station.outcomes(first) == [Unanswered(first, NoAnswer.DROPPED)]


async def test_nobody_waits_if_the_rules_do_not_connect_again(open_branch: Open) -> None:
    branch = await open_branch()
    station = await branch.station().up()
    await _closed_unseen(branch, station)
    begun = asyncio.get_running_loop().time()
    ask = station.ask(AskPatron(branch.cards[0]))
    assert await station.outcome(ask) == Unanswered(ask, NoAnswer.NO_LINE)
    assert asyncio.get_running_loop().time() - begun < 1.0
    assert branch.requests("63") == []


async def test_nobody_waits_behind_a_silent_line(open_branch: Open) -> None:
    """One question in vain is enough: those behind it are not made to wait for a new line."""
    branch = await open_branch()
    station = await branch.station(reconnects=1).up()
    await branch.system.set_faults({"hang": True})
    first = station.ask(AskItem(branch.books[0]), Urgency.UPLOAD, within_s=0.1)
    behind = station.ask(AskCheckout(branch.cards[0], branch.books[1], AT_WALL_S))
    assert await station.outcome(behind) == Unanswered(behind, NoAnswer.NO_LINE)
    kinds = [word for word in station.words if not isinstance(word, LineUp)]
    assert kinds[:2] == [Unanswered(first, NoAnswer.TIMED_OUT), Unanswered(behind, NoAnswer.NO_LINE)]
    assert isinstance(kinds[2], LineDown)
    assert kinds[2].trouble is LineTrouble.SILENT


async def test_a_late_answer_is_not_the_next_ones(open_branch: Open) -> None:
    """The slow 12 would come while the next question is open; its line is closed by then."""
    branch = await open_branch(faults={"slow_ms": 0})
    station = await branch.station(reconnects=1, error_detection=False).up()
    await branch.system.set_faults({"slow_ms": 150})
    late = station.ask(AskCheckout(branch.cards[0], branch.books[0], AT_WALL_S), within_s=0.1)
    assert await station.outcome(late) == Unanswered(late, NoAnswer.TIMED_OUT)
    await branch.system.set_faults({"slow_ms": 0})
    assert isinstance(await station.line(), LineUp | LineDown)
    lent: Any = await station.asks(AskCheckout(branch.cards[0], branch.books[1], AT_WALL_S))
    assert isinstance(lent, LoanAnswer)
    assert lent.item == branch.books[1]
    assert "97" not in {line[:2] for line in branch.requests()}


async def test_a_new_line_never_asks_for_the_last_answer(open_branch: Open) -> None:
    """SIPServer would answer a 97 on it with the previous connection's answer, another patron's numbers in it."""
    branch = await open_branch("sipserver")
    station = await branch.station(reconnects=3).up()
    for switch in ("drop_before_act", "drop_after_act", "drop_after_answer_bytes"):
        await branch.system.clear_faults()
        await branch.system.set_faults({switch: 1})
        assert await station.asks(AskCheckout(branch.cards[0], branch.books[0], AT_WALL_S)) is NoAnswer.DROPPED
        assert isinstance(await station.line(), LineDown)
        assert isinstance(await station.line(), LineUp)
    assert len([word for word in station.words if isinstance(word, LineDown)]) == 3
    assert branch.requests("97") == []


async def test_connect_while_up_says_so_once(open_branch: Open) -> None:
    branch = await open_branch()
    station = await branch.station().up()
    await branch.system.set_faults({"hang": True})
    open_ask = station.ask(AskItem(branch.books[0]))
    await branch.system.clear_faults()
    station.connect()
    station.connect()
    assert isinstance(await station.line(), LineUp)
    assert station.outcomes(open_ask) == [Unanswered(open_ask, NoAnswer.DROPPED)]
    assert [type(word) for word in station.words] == [LineUp, Unanswered, LineUp]
    await branch.system.changes.wait_until(lambda: len(branch.system.service.callers) == 1, wait_s=5)


async def test_disconnect_is_silent_and_leaves_nobody_waiting(open_branch: Open) -> None:
    branch = await open_branch()
    station = await branch.station().up()
    await branch.system.set_faults({"hang": True})
    asks = [station.ask(AskItem(branch.books[n])) for n in range(3)]
    station.disconnect()
    for ask in asks:
        await station.outcome(ask)
    whys = [station.outcomes(ask)[0] for ask in asks]
    assert whys == [Unanswered(asks[0], NoAnswer.DROPPED), *(Unanswered(ask, NoAnswer.NO_LINE) for ask in asks[1:])]
    assert not any(isinstance(word, LineDown) for word in station.words)
    await branch.system.changes.wait_until(lambda: not branch.system.service.callers, wait_s=5)


async def test_disconnect_while_connecting_is_the_end_of_it(open_branch: Open) -> None:
    branch = await open_branch(faults={"slow_ms": 50})
    station = branch.station()
    station.connect()
    ask = station.ask(AskItem(branch.books[0]))
    await branch.system.changes.wait_until(lambda: bool(branch.requests("93")), wait_s=5)
    station.disconnect()
    assert await station.outcome(ask) == Unanswered(ask, NoAnswer.NO_LINE)
    await branch.system.changes.wait_until(lambda: not branch.system.service.callers, wait_s=5)
    assert station.words == [Unanswered(ask, NoAnswer.NO_LINE)]


async def test_after_close_nothing_is_said(open_branch: Open) -> None:
    branch = await open_branch(faults={"slow_ms": 20})
    for moment in ("connecting", "up"):
        station = branch.station()
        station.connect()
        if moment == "up":
            await station.line()
        station.ask(AskItem(branch.books[0]))
        station.words.clear()
        await station.conversation.close()
        await branch.system.changes.wait_until(lambda: not branch.system.service.callers, wait_s=5)
        assert station.words == []
