"""A day over real TCP on which the line is cut at random: what was said against what truly happened."""

import asyncio
import datetime as dt
import random
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from kioskd.model.barcode import ItemBarcode
from kioskd.model.ils import AskCheckout, AskId, AskItem, AskPatron, AskRenew, AskStatus, NoAnswer, Question, Urgency
from kioskd.model.inputs import Answered, LineDown, LineUp
from tests.ils.conftest import Branch, Station

Open = Callable[..., Awaitable[Branch]]
AT_WALL_S = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC).timestamp()
QUESTIONS = 120


def _question(branch: Branch, chance: random.Random, item: ItemBarcode) -> Question:
    card = branch.cards[0]
    kind = chance.choice([AskCheckout, AskCheckout, AskCheckout, AskItem, AskPatron, AskRenew, AskStatus])
    if kind is AskStatus:
        return AskStatus()
    if kind is AskPatron:
        return AskPatron(card, charged=True)
    if kind is AskItem:
        return AskItem(item)
    return kind(card, item, AT_WALL_S)


def _cut(chance: random.Random) -> dict[str, object]:
    at = chance.choice(["request_bytes", "answer_bytes", "before_act", "after_act"])
    return {"at": at, "n": chance.randint(1, 400) if at.endswith("bytes") else chance.randint(1, 6)}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("personality", ["plain", "koha"])
async def test_what_was_said_is_what_happened(open_branch: Open, seed: int, personality: str) -> None:
    chance = random.Random(seed)
    branch = await open_branch(personality)
    await branch.system.set_faults({"drop_plan": [_cut(chance) for _ in range(30)]})
    items = [ItemBarcode(f"5{number:013d}") for number in range(QUESTIONS)]
    for number, item in enumerate(items):
        branch.system.world.items[item] = type(branch.system.world.items[branch.books[0]])(
            barcode=item, title=f"Volume {number}"
        )
    station = branch.station(reconnects=1000)
    asked: dict[AskId, tuple[Question, Urgency]] = {}
    for item in items:
        while not station._up:
            station.connect()
            await station.line()
        question, urgency = _question(branch, chance, item), chance.choice(list(Urgency))
        asked[station.ask(question, urgency)] = (question, urgency)
        if chance.random() < 0.4:
            await station.outcome(max(asked))
    for ask in asked:
        await station.outcome(ask)
    assert branch.system.service.cuts_happened >= 5
    requests = branch.requests()
    deeds = Counter((deed, item) for deed, _, item in branch.deeds())
    for ask, (question, urgency) in asked.items():
        (word,) = station.outcomes(ask)
        if not isinstance(question, AskCheckout | AskRenew | AskItem):
            continue
        heard = [line for line in requests if f"|AB{question.item}|" in line]
        assert len(heard) <= (2 if isinstance(question, AskItem) and urgency is Urgency.PATRON else 1)
        done = deeds["loan", question.item]
        assert done <= 1
        if isinstance(word, Answered):
            assert heard
            assert word.answer.item == question.item
            assert done == isinstance(question, AskCheckout)
        else:
            assert word.why in {NoAnswer.DROPPED, NoAnswer.NO_LINE}
            assert not (word.why is NoAnswer.NO_LINE and heard), "called unsent, and yet it was heard"
    _one_word_a_line(station)
    await asyncio.sleep(0)


def _one_word_a_line(station: Station) -> None:
    lines = [type(word) for word in station.words if isinstance(word, LineUp | LineDown)]
    assert lines[0] is LineUp or lines[0] is LineDown
    up = False
    for word in lines:
        assert not (up and word is LineUp), "no line comes up twice"
        up = word is LineUp
