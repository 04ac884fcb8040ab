"""The line dies at every byte of what is asked and answered: each loan and each renewal happens exactly once.

A station has a loan and a renewal to upload. First the line is cut once, anywhere in the upload (11, 17, 29 and the
greeting). Then the answer to the loan, or to the renewal, is lost, and the line is cut again anywhere in what follows:
the look-ups (63, 17), what is sent because of them, and their answers.

Another station has loans alone, of which each goes out with the yes to the one before it, whatever the line does then.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from kioskd.model.entry import Kind
from tests.comeback.kiosk import entry
from tests.comeback.scene import NOON, Scene, book, card, play

LENT, RENEWED = book(1), book(2)
LOST: Mapping[str, Sequence[str]] = {"nothing": (), "the answer to 11": ("11",), "the answer to 29": ("29",)}
DUE_SOON, LENT_TODAY = 18, 0
"""Days since the loan that is renewed; it is due 21 days after it began."""
EVERY = 1
SOME = 97
"""A prime: with a place to begin that differs, short runs look at other bytes of each message."""


async def _upload(
    folder: Path, personality: str, plan: list[dict[str, Any]], codes: Sequence[str], *, days_ago: int = DUE_SOON
) -> dict[str, int]:
    """Play one upload with these cuts; return how many bytes went each way after the lost answer, and the cuts."""
    async with Scene(
        folder, personality, loans=[(1, 2)], days_ago=days_ago, drop_plan=plan, drop_codes=list(codes)
    ) as scene:
        kiosk = scene.kiosk()
        kiosk.fill([entry(card(1), LENT, NOON - 100), entry(card(1), RENEWED, NOON - 50, Kind.RENEWAL)])
        kiosk.start()
        await kiosk.settled()
        done, waiting = scene.times_done(), scene.waiting_for_a_person()
        assert done["loan", LENT] == 1, plan
        if days_ago == DUE_SOON:
            assert (done["renewal", RENEWED], waiting) == (1, []), plan
        else:
            # Renewed or not it is due on the same day: never twice, and a person is asked where nobody can tell.
            assert done["renewal", RENEWED] == 1 or waiting, plan
            assert done["renewal", RENEWED] <= 1, plan
            assert waiting in ([], [("CENTRAL-1", 2, "unsure")]), plan
        assert scene.requests("97") == [], "never on another line than the answer's"
        assert scene.holder(LENT) == scene.holder(RENEWED) == card(1)
        rows = list(scene.system.service.transcript)
        begun = max((row.n for row in rows if row.direction == ">" and row.line[:2] in codes), default=0)
        after = [row for row in rows if row.n > begun]
        return {
            "request_bytes": sum(len(row.line.encode()) + 1 for row in after if row.direction == ">"),
            "answer_bytes": sum(len(row.line.encode()) + 1 for row in after if row.direction == "<"),
            "cuts": scene.system.service.cuts_happened,
        }


def _cut_everywhere(
    folder: Path, personality: str, lost: str, way: str, every: int, *, days_ago: int = DUE_SOON
) -> int:
    codes = LOST[lost]
    first: list[dict[str, Any]] = [{"at": "after_act", "n": 1}] if codes else []

    async def scenes() -> int:
        total = (await _upload(folder / "whole", personality, first, codes, days_ago=days_ago))[way]
        assert total > 80
        for number, byte in enumerate(range(1 + sum(map(ord, lost + way + personality)) % every, total + 1, every)):
            plan = [*first, {"at": way, "n": byte}]
            seen = await _upload(folder / str(number), personality, plan, codes, days_ago=days_ago)
            # What is left to a person ends sooner, and the last cuts with it.
            assert seen["cuts"] == len(plan) or days_ago == LENT_TODAY, "each cut did happen"
            shutil.rmtree(folder / str(number))
        return total

    return int(play(scenes))


async def _loans(folder: Path, plan: list[dict[str, Any]]) -> dict[str, int]:
    """Play an upload of loans, two of them on one card, with these cuts; return the bytes each way, and the cuts."""
    async with Scene(folder, drop_plan=plan) as scene:
        kiosk = scene.kiosk()
        loans = [(card(1), book(1)), (card(1), book(2)), (card(2), book(3)), (card(1), book(4))]
        kiosk.fill([entry(who, what, NOON - 100 + n) for n, (who, what) in enumerate(loans)])
        kiosk.start()
        await kiosk.settled()
        done = scene.times_done()
        assert [done["loan", what] for _, what in loans] == [1] * len(loans), plan
        assert [scene.holder(what) for _, what in loans] == [who for who, _ in loans], plan
        assert scene.waiting_for_a_person() == [], plan
        assert done.total() == len(loans), plan
        rows = list(scene.system.service.transcript)
        return {
            "request_bytes": sum(len(row.line.encode()) + 1 for row in rows if row.direction == ">"),
            "answer_bytes": sum(len(row.line.encode()) + 1 for row in rows if row.direction == "<"),
            "cuts": scene.system.service.cuts_happened,
        }


def _cut_loans(folder: Path, way: str, every: int) -> None:
    async def scenes() -> None:
        total = (await _loans(folder / "whole", []))[way]
        for byte in range(1, total + 1, every):
            seen = await _loans(folder / str(byte), [{"at": way, "n": byte}])
            assert seen["cuts"] == 1, "the cut did happen"
            shutil.rmtree(folder / str(byte))

    play(scenes)


@pytest.mark.parametrize("way", ["request_bytes", "answer_bytes"])
def test_loans_that_follow_each_other_are_cut_anywhere(folder: Path, way: str) -> None:
    _cut_loans(folder, way, SOME)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["request_bytes", "answer_bytes"])
def test_loans_that_follow_each_other_are_cut_at_every_byte(folder: Path, way: str) -> None:
    _cut_loans(folder, way, EVERY)


@pytest.mark.parametrize("way", ["request_bytes", "answer_bytes"])
@pytest.mark.parametrize("lost", LOST)
def test_a_cut_anywhere_does_no_deed_twice(folder: Path, lost: str, way: str) -> None:
    _cut_everywhere(folder, "plain", lost, way, SOME)


def test_a_renewal_on_the_day_of_the_loan_is_never_made_twice(folder: Path) -> None:
    _cut_everywhere(folder, "plain", "nothing", "answer_bytes", SOME // 2, days_ago=LENT_TODAY)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["request_bytes", "answer_bytes"])
def test_a_renewal_on_the_day_of_the_loan_cut_at_every_byte(folder: Path, way: str) -> None:
    _cut_everywhere(folder, "plain", "nothing", way, EVERY, days_ago=LENT_TODAY)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["request_bytes", "answer_bytes"])
@pytest.mark.parametrize("lost", LOST)
def test_a_cut_at_every_byte(folder: Path, lost: str, way: str) -> None:
    _cut_everywhere(folder, "plain", lost, way, EVERY)


@pytest.mark.long
@pytest.mark.parametrize("way", ["request_bytes", "answer_bytes"])
@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("personality", ["sipserver", "koha", "evergreen", "mediator"])
def test_a_cut_anywhere_at_other_servers(folder: Path, personality: str, lost: str, way: str) -> None:
    _cut_everywhere(folder, personality, lost, way, SOME)
