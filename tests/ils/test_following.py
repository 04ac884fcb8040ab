"""What goes out behind another question: with its yes, before the rules are told of that, and with nothing else."""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from kioskd.ils.conversation import Conversation
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.effects import Ask
from kioskd.model.ils import AskCheckout, AskId, AskItem, AskPatron, NoAnswer, Question, Urgency
from kioskd.model.inputs import Answered, Input, LineDown, Unanswered
from kioskd.model.settings import IlsSettings
from tests.ils.play import TIMEOUT_S, played
from tests.ils.virtual import Does, Heard, Library

CARD = PatronBarcode("777")
FIRST, SECOND, PATRON = AskId(1), AskId(2), AskId(3)


def loan(number: int) -> Question:
    return AskCheckout(CARD, ItemBarcode(str(number)), 1.8e9)


@dataclass
class Seen:
    """What was written and what was told, in one order: an item's number out, or what became of a question."""

    order: list[str] = field(default_factory=list)
    words: list[Input] = field(default_factory=list)

    def wrote(self, heard: Heard) -> None:
        if heard.code not in {"93", "99"}:
            self.order.append(f"out {heard.value('AB') or heard.code}")

    def told(self, word: Input) -> None:
        self.words.append(word)
        if isinstance(word, Answered):
            self.order.append(f"answer {word.ask}")
        elif isinstance(word, Unanswered):
            self.order.append(f"{word.why} {word.ask}")
        elif isinstance(word, LineDown):
            self.order.append("line down")


def scene(
    *deeds: Does,
    first: Question | None = None,
    meanwhile: Callable[[Conversation, float], None] = lambda _talk, _now: None,
    allowed_s: float = 8.0,
    error_detection: bool = True,
) -> Seen:
    """Ask a loan and another behind it; let them be answered as they are."""

    async def played_out() -> Seen:
        seen = Seen()
        library = Library(iter([]), iter(deeds), seen.wrote)
        ils = IlsSettings("ils", login_user="kiosk", error_detection=error_detection)
        talk = Conversation(ils, dt.UTC, seen.told, lambda: 1.8e9, open_line=library.open_line)
        talk.connect(TIMEOUT_S)
        await asyncio.sleep(1)
        now = asyncio.get_running_loop().time()
        talk.ask(Ask(FIRST, first or loan(1), Urgency.UPLOAD, now + 8))
        talk.ask(Ask(SECOND, loan(2), Urgency.UPLOAD, now + allowed_s, after=FIRST))
        meanwhile(talk, now)
        await asyncio.sleep(60)
        await talk.close()
        return seen

    seen: Seen = played(played_out())
    return seen


def test_it_goes_out_with_the_yes_before_the_rules_are_told() -> None:
    assert scene().order == ["out 1", "out 2", "answer 1", "answer 2"]


def test_its_time_counts_from_the_yes() -> None:
    seen = scene(Does("answer", 7.0), Does("answer", 7.0))
    assert seen.order == ["out 1", "out 2", "answer 1", "answer 2"]
    late = scene(Does("answer", 7.0), Does("answer", 4.0), allowed_s=3.0)
    assert late.order == ["out 1", "out 2", "answer 1", "timed_out 2", "line down"]


@pytest.mark.parametrize(
    ("does", "order"),
    [
        (Does("close"), ["out 1", "dropped 1", "not_followed 2", "line down"]),
        (Does("silence"), ["out 1", "timed_out 1", "not_followed 2", "line down"]),
        (Does("another"), ["out 1", "mismatched 1", "not_followed 2", "line down"]),
        (Does("another kind"), ["out 1", "unreadable 1", "not_followed 2", "line down"]),
        (Does("cut", cut=0.9), ["out 1", "dropped 1", "not_followed 2", "line down"]),
        # The yes was heard, and the end only when more was written: whether it arrived is not known.
        (Does("answer and close"), ["out 1", "out 2", "answer 1", "dropped 2", "line down"]),
    ],
)
def test_it_does_not_go_out_where_no_yes_came(does: Does, order: list[str]) -> None:
    assert scene(does).order == order


@pytest.mark.parametrize("question", [AskItem(ItemBarcode("1")), AskPatron(CARD)])
def test_what_only_looks_says_no_yes(question: Question) -> None:
    seen = scene(first=question)
    assert seen.order[1:] == ["answer 1", "not_followed 2"]


def test_a_patron_who_waits_goes_first() -> None:
    def comes(talk: Conversation, now: float) -> None:
        talk.ask(Ask(PATRON, loan(3), Urgency.PATRON, now + 8))

    assert scene(meanwhile=comes).order == ["out 1", "out 3", "answer 1", "answer 3", "out 2", "answer 2"]


def test_without_time_nothing_goes_out_in_its_place_before_the_rules_are_told() -> None:
    def another(talk: Conversation, now: float) -> None:
        talk.ask(Ask(PATRON, AskItem(ItemBarcode("9")), Urgency.UPLOAD, now + 8))

    seen = scene(Does("answer", 1.0), allowed_s=-1.0, meanwhile=another)
    assert seen.order[0] == "out 1"
    assert seen.order.index("answer 1") < seen.order.index("out 9")
    assert "out 2" not in seen.order


def test_forgotten_it_is_never_sent() -> None:
    seen = scene(meanwhile=lambda talk, _now: talk.forget(SECOND))
    assert seen.order == ["out 1", "not_followed 2", "answer 1"]


def test_behind_what_is_forgotten_it_is_never_sent() -> None:
    def forgotten(talk: Conversation, now: float) -> None:
        talk.ask(Ask(PATRON, loan(3), Urgency.UPLOAD, now + 8))
        talk.ask(Ask(AskId(4), loan(4), Urgency.UPLOAD, now + 8, after=PATRON))
        talk.forget(PATRON)

    assert scene(meanwhile=forgotten).order[:3] == ["out 1", "no_line 3", "not_followed 4"]


@pytest.mark.parametrize("after", [FIRST, AskId(99)])
def test_behind_what_is_over_or_unknown_it_is_never_sent(after: AskId) -> None:
    async def played_out() -> Seen:
        seen = Seen()
        library = Library(iter([]), iter([]), seen.wrote)
        talk = Conversation(IlsSettings("ils"), dt.UTC, seen.told, lambda: 1.8e9, open_line=library.open_line)
        talk.connect(TIMEOUT_S)
        await asyncio.sleep(1)
        talk.ask(Ask(FIRST, loan(1), Urgency.UPLOAD, 2000.0))
        await asyncio.sleep(1)
        talk.ask(Ask(SECOND, loan(2), Urgency.UPLOAD, 2000.0, after=after))
        await asyncio.sleep(10)
        await talk.close()
        return seen

    assert played(played_out()).order == ["out 1", "answer 1", "not_followed 2"]


@pytest.mark.parametrize("error_detection", [True, False])
def test_a_second_copy_of_the_yes_is_no_answer_to_what_follows(error_detection: bool) -> None:
    """Both came together: what goes out behind them is answered by what comes later."""
    seen = scene(Does("twice"), Does("answer", 1.0), error_detection=error_detection)
    assert seen.order == ["out 1", "out 2", "answer 1", "answer 2"]
    trips = [word.round_trip_s for word in seen.words if isinstance(word, Answered)]
    assert trips[0] < 0.01 < 1.0 < trips[1]


def test_nothing_follows_where_there_is_no_line() -> None:
    async def played_out() -> Seen:
        seen = Seen()
        library = Library(iter([Does("refuse")]), iter([]), seen.wrote)
        talk = Conversation(IlsSettings("ils"), dt.UTC, seen.told, lambda: 1.8e9, open_line=library.open_line)
        for ask in (
            Ask(FIRST, loan(1), Urgency.UPLOAD, 2000.0),
            Ask(SECOND, loan(2), Urgency.UPLOAD, 2000.0, after=FIRST),
        ):
            talk.ask(ask)
        await asyncio.sleep(1)
        await talk.close()
        return seen

    assert played(played_out()).words == [
        Unanswered(FIRST, NoAnswer.NO_LINE),
        Unanswered(SECOND, NoAnswer.NOT_FOLLOWED),
    ]
