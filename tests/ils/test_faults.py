"""Every fault switch of the simulated library system, and what the conversation must report of it, over real TCP."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from hardware_sim.ils.faults import Faults
from hardware_sim.ils.quirks import QUIRKS, Quirk
from hardware_sim.switches import table
from kioskd.model.ils import (
    AskCheckin,
    AskCheckout,
    AskEndSession,
    AskItem,
    AskPatron,
    AskRenew,
    AskStatus,
    Circulation,
    ItemAnswer,
    LineTrouble,
    LoanAnswer,
    NoAnswer,
    PatronAnswer,
    StatusAnswer,
    Urgency,
)
from kioskd.model.inputs import LineDown, LineUp
from kioskd.model.settings import Terminator
from tests.ils.conftest import Branch, Station

Open = Callable[..., Awaitable[Branch]]

AT_WALL_S = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC).timestamp()
BRIEF_S = 0.15
"""Where silence is what is to be seen, nobody need wait long for it."""


@dataclass(frozen=True)
class NoLine:
    """The line does not come up: why, and what a technician is told."""

    faults: Mapping[str, object]
    trouble: LineTrouble
    detail: str
    settings: Mapping[str, object] = field(default_factory=dict)
    timeout_s: float = 5.0


NO_LINE = {
    "down": NoLine({"down": True}, LineTrouble.REFUSED, "Connection refused"),
    "hang": NoLine({"hang": True}, LineTrouble.SILENT, "no answer to 93 within 0.15 s", timeout_s=BRIEF_S),
    "hang without a login": NoLine(
        {"hang": True}, LineTrouble.SILENT, "no answer to 99", {"login_user": ""}, timeout_s=BRIEF_S
    ),
    "mute": NoLine({"mute": True}, LineTrouble.SILENT, "no answer to 93", timeout_s=BRIEF_S),
    "accept_hang": NoLine({"accept_hang": True}, LineTrouble.SILENT, "no answer to 93", timeout_s=BRIEF_S),
    "slow_ms": NoLine({"slow_ms": 600}, LineTrouble.SILENT, "no answer to 93", timeout_s=BRIEF_S),
    "login_refused": NoLine({"login_refused": True}, LineTrouble.LOGIN, "94 says no"),
    "no_login": NoLine({"no_login": True}, LineTrouble.LOST, "some servers want no login (ils.login_user empty)"),
    "checksum=zero": NoLine({"checksum": "zero"}, LineTrouble.GARBLED, "ils.verify_checksum = false"),
    "checksum=wrong": NoLine({"checksum": "wrong"}, LineTrouble.GARBLED, "wrong checksum, 4 times"),
    "echo_wrong_sequence_once": NoLine(
        {"echo_wrong_sequence_once": True},
        LineTrouble.SILENT,
        "no answer to 93 within 0.15 s; passed over: 1 with another sequence number",
        timeout_s=BRIEF_S,
    ),
    "flood_once": NoLine({"flood_once": 1_000_000}, LineTrouble.GARBLED, "no end of line within 65536 bytes"),
    "telnet_prompt": NoLine({"telnet_prompt": True}, LineTrouble.SILENT, "a telnet log-in's prompt", timeout_s=BRIEF_S),
    "drop_before_act": NoLine({"drop_before_act": 2}, LineTrouble.LOST, "closed the line instead of answering 99"),
    "drop_after_act": NoLine({"drop_after_act": 1}, LineTrouble.LOST, "closed the line instead of answering 93"),
    "drop_after_bytes": NoLine({"drop_after_bytes": 12}, LineTrouble.LOST, "instead of answering 93"),
    "drop_after_answer_bytes": NoLine(
        {"drop_after_answer_bytes": 5}, LineTrouble.LOST, "closed the line instead of answering 93"
    ),
}


@pytest.mark.parametrize("case", NO_LINE.values(), ids=NO_LINE)
async def test_the_line_does_not_come_up(open_branch: Open, case: NoLine) -> None:
    branch = await open_branch(faults=dict(case.faults))
    station = branch.station(**case.settings)
    station.connect(case.timeout_s)
    ask = station.ask(AskItem(branch.books[0]))
    word = await station.line()
    assert isinstance(word, LineDown)
    assert word.trouble is case.trouble
    assert word.detail.startswith(f"127.0.0.1:{branch.system.address.port}: ")
    assert case.detail in word.detail
    (outcome,) = station.outcomes(ask)
    assert (outcome.why, station.words.index(outcome)) == (NoAnswer.NO_LINE, 0), "before the word on the line"
    assert [word for word in station.words if isinstance(word, LineDown | LineUp)] == [word]
    await branch.system.clear_faults()
    await branch.system.changes.wait_until(lambda: not branch.system.service.callers, wait_s=5)
    assert not branch.system.service.callers, "a line that did not come up is closed"


async def test_no_seat_is_a_refused_login(open_branch: Open) -> None:
    branch = await open_branch(faults={"seats": 1})
    await branch.station().up()
    second = branch.station()
    second.connect()
    word = await second.line()
    assert isinstance(word, LineDown)
    assert word.trouble is LineTrouble.LOGIN
    assert "no seat" in word.detail


async def test_without_a_login_user_no_93_is_sent(open_branch: Open) -> None:
    branch = await open_branch(faults={"no_login": True})
    station = await branch.station(login_user="").up()
    assert isinstance(await station.asks(AskItem(branch.books[0])), ItemAnswer)
    assert branch.requests("93") == []


@dataclass(frozen=True)
class Good:
    """All is answered as if nothing were odd, but for what `differs` says of (64, 12, 18, 30)."""

    faults: Mapping[str, object]
    settings: Mapping[str, object] = field(default_factory=dict)
    due: bool = True


GOOD = {
    "nothing": Good({}),
    "without error detection": Good({}, {"error_detection": False}),
    "we end lines by CRLF": Good({}, {"terminator": Terminator.CRLF}),
    "slow_ms": Good({"slow_ms": 20}),
    "terminator=cr": Good({"terminator": "cr"}),
    "terminator=crlf": Good({"terminator": "crlf"}),
    "terminator=lf": Good({"terminator": "lf"}),
    "encoding=cp850": Good({"encoding": "cp850"}, {"encoding": "cp850"}),
    "encoding=latin-1": Good({"encoding": "latin-1"}, {"encoding": "latin-1"}),
    "checksum=zero": Good({"checksum": "zero"}, {"verify_checksum": False}),
    "checksum=wrong": Good({"checksum": "wrong"}, {"verify_checksum": False}),
    "checksum=off": Good({"checksum": "off"}),
    "checksum=wrong_once": Good({"checksum": "wrong_once"}),
    "no_ed": Good({"no_ed": True}),
    "stale_answer_first": Good({"stale_answer_first": True}),
    "96_once": Good({"96_once": True}),
    "unknown_fields": Good({"unknown_fields": True}),
    "au_duplicates": Good({"au_duplicates": True}),
    "af_repeated": Good({"af_repeated": True}),
    "missing_last_bar": Good({"missing_last_bar": True}),
    "lowercase_flags": Good({"lowercase_flags": True}),
    "trailing_blanks": Good({"trailing_blanks": True}),
    "field_order=shuffled": Good({"field_order": "shuffled"}),
    "field_order=reversed": Good({"field_order": "reversed"}),
    "split_answers=1": Good({"split_answers": 1, "terminator": "cr"}),
    "split_answers=7": Good({"split_answers": 7, "terminator": "cr"}),
    "two_in_one_segment": Good({"two_in_one_segment": True}),
    "ah_format=sip": Good({"ah_format": "sip"}),
    "ah_format=iso": Good({"ah_format": "iso"}),
    "ah_format=date": Good({"ah_format": "date"}),
    "ah_format=european": Good({"ah_format": "european"}),
    "ah_format=us": Good({"ah_format": "us"}, due=False),
    "ah_format=words": Good({"ah_format": "words"}, due=False),
    "ah_format=empty": Good({"ah_format": "empty"}, due=False),
    "status_flags": Good({"status_flags": "YNNNNN"}),
    "status_timeout": Good({"status_timeout": "999"}),
}


@pytest.mark.parametrize("personality", ["plain", "sipserver", "koha"])
@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
async def test_oddities_that_change_nothing(open_branch: Open, case: Good, personality: str) -> None:
    branch = await open_branch(personality, faults=dict(case.faults))
    station = await branch.station(**case.settings).up()
    card, book = branch.cards[0], branch.books[0]
    none_yet = await station.asks(AskPatron(card, charged=True))
    assert (none_yet.patron, none_yet.valid, none_yet.charged, none_yet.denied) == (card, True, (), False)
    lent = await station.asks(AskCheckout(card, book, AT_WALL_S))
    assert (lent.ok, lent.item, lent.patron, lent.title) == (True, book, card, "Pride and Prejudice")
    due = branch.system.world.loans[book].due.date()
    assert lent.due == (due if case.due else None)
    assert bool(lent.due_text) == (case.faults.get("ah_format") != "empty")
    about = await station.asks(AskItem(book))
    assert (about.circulation, about.known, about.due) == (Circulation.CHARGED, True, due if case.due else None)
    assert (await station.asks(AskPatron(card, charged=True))).charged == (book,)
    renewed = await station.asks(AskRenew(card, book, AT_WALL_S))
    assert (renewed.ok, renewed.renewal) == (True, True)
    assert (await station.asks(AskEndSession(card))).ended
    assert (await station.asks(AskStatus())).online
    assert [deed for deed, _, item in branch.deeds() if item == book] == ["loan", "renewal"]
    assert len([word for word in station.words if isinstance(word, LineUp | LineDown)]) == 1, "the line held"


@pytest.mark.parametrize("quirk", [row for row in QUIRKS if "_once" not in str(row.switches)], ids=lambda row: row.fact)
async def test_each_known_way_of_a_server_is_understood(open_branch: Open, quirk: Quirk) -> None:
    branch = await open_branch(faults=dict(quirk.switches))
    needs = dict(quirk.station)
    if "terminator" in needs:
        needs["terminator"] = Terminator(needs["terminator"])
    station = await branch.station(**needs).up()
    card, book = branch.cards[0], branch.books[0]
    answers = [
        await station.asks(question)
        for question in (
            AskPatron(card, charged=True),
            AskCheckout(card, book, AT_WALL_S),
            AskItem(book),
            AskRenew(card, book, AT_WALL_S),
            AskCheckin(book, AT_WALL_S),
            AskEndSession(card),
            AskStatus(),
        )
    ]
    patron, lent, about, renewed, returned, ended, status = answers
    assert (patron.valid is not False, lent.ok, about.circulation) == (True, True, Circulation.CHARGED)
    assert (renewed.ok, returned.ok, ended.ended, status.online) == (True, True, True, True)
    assert [deed for deed, _, item in branch.deeds() if item == book] == ["loan", "renewal", "return"]
    assert len([word for word in station.words if isinstance(word, LineUp | LineDown)]) == 1, "the line held"


@dataclass(frozen=True)
class Said:
    """The line is up; one question, what is said to it, and whether the line lives on."""

    faults: Mapping[str, object]
    question: str
    expect: Callable[[Any], bool]
    line: LineTrouble | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    done: bool = False
    """Whether the library system did it, whatever it said."""
    within_s: float = 5.0


def _unanswered(why: NoAnswer) -> Callable[[Any], bool]:
    return lambda answer: answer is why


def _refused(answer: Any) -> bool:
    return isinstance(answer, LoanAnswer) and not answer.ok


SAID = {
    "half_up=refuse 63": Said({"half_up": "refuse"}, "63", lambda it: it.valid is False),
    "half_up=refuse 11": Said({"half_up": "refuse"}, "11", _refused),
    "half_up=refuse 17": Said({"half_up": "refuse"}, "17", lambda it: not it.known),
    "half_up=refuse 99": Said({"half_up": "refuse"}, "99", lambda it: it.online),
    "half_up=hang 11": Said(
        {"half_up": "hang"}, "11", _unanswered(NoAnswer.TIMED_OUT), LineTrouble.SILENT, within_s=BRIEF_S
    ),
    "half_up=hang 99": Said({"half_up": "hang"}, "99", lambda it: it.online),
    "half_up=close 11": Said({"half_up": "close"}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST),
    "half_up_codes 11": Said({"half_up": "refuse", "half_up_codes": ["11"]}, "11", _refused),
    "half_up_codes 17": Said({"half_up": "refuse", "half_up_codes": ["11"]}, "17", lambda it: it.known),
    "unsupported 63": Said({"unsupported": ["63"]}, "63", _unanswered(NoAnswer.UNREADABLE), LineTrouble.GARBLED),
    "yes_without_deed": Said({"yes_without_deed": True}, "11", lambda it: it.ok),
    "starting 63": Said({"starting": True}, "63", lambda it: it.valid is False),
    "starting 17": Said({"starting": True}, "17", lambda it: not it.known),
    "starting 11": Said({"starting": True}, "11", _refused),
    "says_offline": Said({"says_offline": True}, "99", lambda it: not it.online),
    "status_flags": Said(
        {"status_flags": "YNNYNN"},
        "99",
        lambda it: it.online and it.flags["checkin_ok"] is False and it.flags["renewal_policy"] is True,
    ),
    "status_timeout": Said({"status_timeout": "030"}, "99", lambda it: it.timeout_s == 3.0),
    "status_timeout=000": Said({"status_timeout": "000"}, "99", lambda it: not it.online),
    "status_timeout=999": Said({"status_timeout": "999"}, "99", lambda it: it.timeout_s is None),
    "error_after_deed": Said({"error_after_deed": True}, "11", _refused, done=True),
    "refuse_items": Said({"refuse_items": ["*"]}, "11", _refused),
    "af_names_borrower": Said({"af_names_borrower": True}, "11 taken", lambda it: _refused(it) and "(" in it.message),
    "answers_other_once 11": Said(
        {"answers_other_once": True}, "11", _unanswered(NoAnswer.MISMATCHED), LineTrouble.GARBLED, done=True
    ),
    "answers_other_once 63": Said(
        {"answers_other_once": True}, "63", _unanswered(NoAnswer.MISMATCHED), LineTrouble.GARBLED
    ),
    "answers_other_once 17": Said(
        {"answers_other_once": True}, "17", _unanswered(NoAnswer.MISMATCHED), LineTrouble.GARBLED
    ),
    "answers_other_once without error detection": Said(
        {"answers_other_once": True},
        "17",
        _unanswered(NoAnswer.MISMATCHED),
        LineTrouble.GARBLED,
        {"error_detection": False},
    ),
    "echo_wrong_sequence_once": Said(
        {"echo_wrong_sequence_once": True},
        "11",
        _unanswered(NoAnswer.TIMED_OUT),
        LineTrouble.SILENT,
        done=True,
        within_s=BRIEF_S,
    ),
    "flood_once": Said({"flood_once": 1_000_000}, "17", _unanswered(NoAnswer.UNREADABLE), LineTrouble.GARBLED),
    "checksum=wrong": Said(
        {"checksum": "wrong"}, "11", _unanswered(NoAnswer.UNREADABLE), LineTrouble.GARBLED, done=True
    ),
    "hang": Said({"hang": True}, "11", _unanswered(NoAnswer.TIMED_OUT), LineTrouble.SILENT, within_s=BRIEF_S),
    "mute": Said(
        {"mute": True}, "11", _unanswered(NoAnswer.TIMED_OUT), LineTrouble.SILENT, within_s=BRIEF_S, done=True
    ),
    "slow_ms": Said(
        {"slow_ms": 600}, "11", _unanswered(NoAnswer.TIMED_OUT), LineTrouble.SILENT, within_s=BRIEF_S, done=True
    ),
    "down": Said({"down": True}, "17", _unanswered(NoAnswer.NO_LINE), LineTrouble.LOST),
    "lose_memory": Said({"lose_memory": True}, "11", _unanswered(NoAnswer.NO_LINE), LineTrouble.LOST),
    "drop_before_act": Said({"drop_before_act": 1}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST),
    "drop_after_act": Said({"drop_after_act": 1}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST, done=True),
    "drop_after_bytes": Said({"drop_after_bytes": 40}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST),
    "drop_after_answer_bytes": Said(
        {"drop_after_answer_bytes": 40}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST, done=True
    ),
    "drop_plan": Said(
        {"drop_plan": [{"at": "after_act", "n": 1}]}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST, done=True
    ),
    "drop_codes": Said(
        {"drop_codes": ["11"], "drop_before_act": 1}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST
    ),
    "drop_codes, another": Said({"drop_codes": ["11"], "drop_before_act": 1}, "17", lambda it: it.known),
    "drop_on_item": Said({"drop_on_item": ["*"]}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST),
    "drop_on_item_after_act": Said(
        {"drop_on_item_after_act": ["*"]}, "11", _unanswered(NoAnswer.DROPPED), LineTrouble.LOST, done=True
    ),
    "encoding, not ours": Said({"encoding": "cp850"}, "17 accents", lambda it: it.known and "\ufffd" in it.title),
}


@pytest.mark.parametrize("case", SAID.values(), ids=SAID)
async def test_what_is_said_on_a_line_that_was_good(open_branch: Open, case: Said) -> None:
    branch = await open_branch()
    station = await branch.station(**case.settings).up()
    card, book = branch.cards[0], branch.books[0]
    question = {
        "63": AskPatron(card, charged=True),
        "17": AskItem(book),
        "17 accents": AskItem(branch.books[20]),
        "11": AskCheckout(card, book, AT_WALL_S),
        "11 taken": AskCheckout(card, branch.books[4], AT_WALL_S),
        "99": AskStatus(),
    }[case.question]
    branch.system.world.items[branch.books[20]].title = "À l'école"
    before = len(branch.deeds())
    await branch.system.set_faults({name: [book] if it == ["*"] else it for name, it in case.faults.items()})
    if "down" in case.faults or "lose_memory" in case.faults:
        await station.line()
    # Of the upload, so that nothing is asked a second time behind the test's back.
    answer = await station.asks(question, Urgency.UPLOAD, case.within_s)
    assert case.expect(answer), answer
    if case.line is not None:
        down = next((word for word in station.words if isinstance(word, LineDown)), None) or await station.line()
        assert isinstance(down, LineDown)
        assert down.trouble is case.line
    else:
        assert isinstance(await station.asks(AskStatus()), StatusAnswer), "the line lives on"
    deeds = [deed for deed, _, item in branch.deeds()[before:] if deed in {"loan", "renewal"} and item == book]
    assert deeds == (["loan"] if case.done else [])
    assert len([word for word in station.words if isinstance(word, LineDown)]) == (case.line is not None)


async def test_a_repeated_plan_counts_anew_on_each_line(open_branch: Open) -> None:
    branch = await open_branch()
    await branch.system.set_faults({"drop_before_act": 4, "drop_repeat": True, "drop_count": "connection"})
    station = await branch.station(reconnects=5).up()
    outcomes = [await station.asks(AskItem(branch.books[n]), Urgency.UPLOAD) for n in range(4)]
    # 93, 99 and the first 17 pass; the second 17 drops the line, which then is a new one.
    assert [isinstance(answer, ItemAnswer) for answer in outcomes] == [True, False, True, False]
    assert outcomes[1] is NoAnswer.DROPPED


async def test_an_idle_line_is_closed(open_branch: Open) -> None:
    branch = await open_branch(faults={"idle_close_s": 0.05})
    station = await branch.station().up()
    word = await station.line()
    assert isinstance(word, LineDown)
    assert word.trouble is LineTrouble.LOST
    assert await station.asks(AskItem(branch.books[0])) is NoAnswer.NO_LINE


async def test_a_name_in_another_encoding_loses_no_patron(open_branch: Open) -> None:
    branch = await open_branch(faults={"encoding": "cp850"})
    station = await branch.station(encoding="utf-8").up()
    assert isinstance(await station.asks(AskPatron(branch.cards[9])), PatronAnswer)


ELSEWHERE = {
    "unknown_message": "the station asks nothing that the simulator does not know",
    "busy_ms": "tests/comeback/test_forty.py",
    "down_for_s": "test_it_comes_back_by_itself_and_is_then_still_starting, and tests/comeback",
    "starting_for_s": "test_it_comes_back_by_itself_and_is_then_still_starting, and tests/comeback",
    "seat_lingers_s": "test_a_seat_lingers_and_every_login_is_counted, and tests/comeback",
    "idle_close_s": "test_an_idle_line_is_closed",
    "seats": "test_no_seat_is_a_refused_login",
    "drop_repeat": "test_a_repeated_plan_counts_anew_on_each_line",
    "drop_count": "test_a_repeated_plan_counts_anew_on_each_line",
}


def test_every_switch_has_its_case() -> None:
    """A switch that the simulator learns must say here what the station makes of it."""
    cases = [case.faults for cases in (NO_LINE, GOOD, SAID) for case in cases.values()]
    cases += [quirk.switches for quirk in QUIRKS]
    tried = {name for faults in cases for name in faults} | ELSEWHERE.keys()
    assert {name for name, _, _ in table(Faults)} == tried


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70])
async def test_a_name_that_leads_nowhere(open_branch: Open, host: str) -> None:
    station: Station = (await open_branch()).station(host=host)
    station.connect()
    word = await station.line()
    assert isinstance(word, LineDown)
    assert word.trouble is LineTrouble.NO_NAME
    assert "leads nowhere" in word.detail
    await asyncio.sleep(0)
