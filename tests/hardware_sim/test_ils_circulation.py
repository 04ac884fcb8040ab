"""What the library system lends, refuses and writes into its ledger, over real TCP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

DATE = "20261123    222122"
BLANK = " " * 18
OpenBranch = Callable[..., Awaitable[Any]]


async def test_a_loan_is_answered_and_stands_in_the_ledger(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    card, book = branch.cards[0], branch.books[0]
    client = await branch.client()
    answer = await client.checkout(card, book)
    assert answer.startswith("121NUY")
    assert f"|AA{card}|AB{book}|AJPride and Prejudice|AH2" in answer
    assert branch.deeds() == [("loan", card, book)]
    (entry,) = branch.system.ledger
    assert (entry.seq, entry.connection, entry.message, entry.login) == (1, 1, "11", "kiosk")
    due = datetime.fromisoformat(entry.due)
    assert (due.date() - datetime.fromisoformat(entry.wall).date()).days == 21
    assert await client.charged(card) == [book]
    assert (await client.ask(f"17{DATE}AODEMO|AB{book}|")).startswith("1804")


# book and card by their place in the demonstration catalogue
@pytest.mark.parametrize(
    ("card", "book", "reason", "words"),
    [
        (2, 0, "patron_blocked", "Patron is blocked"),
        (3, 0, "patron_expired", "Card has expired"),
        (0, 4, "on_loan_to_other", "Item checked out to another patron"),
        (0, 5, "on_hold_for_other", "Item is on hold for another patron"),
        (0, 6, "not_for_loan", "Item cannot be lent"),
    ],
)
async def test_refusals(open_branch: OpenBranch, card: int, book: int, reason: str, words: str) -> None:
    branch = await open_branch()
    client = await branch.client()
    answer = await client.checkout(branch.cards[card], branch.books[book])
    assert answer.startswith("120NUN")
    assert f"|AH|AF{words}|" in answer
    assert [(entry.kind, entry.reason) for entry in branch.system.ledger] == [("refused", reason)]
    assert branch.books[book] not in await client.charged(branch.cards[card])


@pytest.mark.parametrize(("card", "book"), [("29999999999990", None), (None, "39999999999998"), ("", "")])
async def test_unknown_codes_are_refused(open_branch: OpenBranch, card: str | None, book: str | None) -> None:
    branch = await open_branch()
    client = await branch.client()
    answer = await client.checkout(branch.cards[0] if card is None else card, branch.books[0] if book is None else book)
    assert answer.startswith("120NUN")
    assert not [deed for deed in branch.deeds() if deed[0] != "refused"]


async def test_a_pin_is_judged_only_where_it_is_given(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, card = await branch.client(), branch.cards[4]
    ask = f"23001{DATE}AODEMO|AA{card}|AC|AD"
    assert "|CQY|" in await client.ask(ask + "4711|")
    assert "|CQN|" in await client.ask(ask + "0000|")
    assert (await client.checkout(card, branch.books[0])).startswith("121")


async def test_a_child_may_have_five(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, card = await branch.client(), branch.cards[6]
    answers = [await client.checkout(card, book) for book in branch.books[16:22]]
    assert [answer[2] for answer in answers] == list("111110")


async def test_a_hold_ends_with_its_loan_and_hinders_a_renewal(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, held = await branch.client(), branch.books[5]
    assert (await client.checkout(branch.cards[1], held)).startswith("121")
    assert branch.system.world.items[held].held_for == ""
    await client.ask(f"15+{DATE}AODEMO|AA{branch.cards[0]}|AB{held}|")
    assert (await client.renew(branch.cards[1], held)).startswith("300")


async def test_renewals(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    assert (await client.renew(card, book)).startswith("300")
    await client.checkout(card, book)
    assert (await client.renew(card, book)).startswith("301Y")
    assert (await client.renew(branch.cards[1], book)).startswith("300N")
    assert (await client.renew("", book)).startswith("301Y"), "without a card: whoever has it"
    assert [entry.kind for entry in branch.system.ledger] == ["refused", "loan", "renewal", "refused", "renewal"]


async def test_renew_all_says_what_it_did(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, card = await branch.client(), branch.cards[0]
    film = branch.books[7]  # Nosferatu: no renewal
    await client.checkout(card, branch.books[0])
    await client.checkout(card, film)
    answer = await client.ask(f"65{DATE}AODEMO|AA{card}|")
    assert answer.startswith("66100010001")
    assert f"BM{branch.books[0]}|BN{film}|" in answer


# personality, SC renewal policy, what the second 12 begins with, what the ledger's second entry is
SECOND = [
    ("plain", "N", "121Y", "renewal"),
    ("sipserver", "N", "121Y", "renewal"),
    ("koha", "N", "121Y", "renewal"),
    ("evergreen", "N", "120Y", "refused"),
    ("evergreen", "Y", "121Y", "renewal"),
    ("mediator", "N", "120Y", "refused"),
    ("mediator", "Y", "121Y", "renewal"),
]


@pytest.mark.parametrize(("personality", "policy", "answer", "kind"), SECOND)
async def test_a_second_checkout(
    open_branch: OpenBranch, personality: str, policy: str, answer: str, kind: str
) -> None:
    branch = await open_branch(personality)
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    await client.checkout(card, book, policy=policy)
    assert (await client.checkout(card, book, policy=policy)).startswith(answer)
    assert [entry.kind for entry in branch.system.ledger] == ["loan", kind]


async def test_the_demonstration_server_lists_a_renewed_item_three_times(open_branch: OpenBranch) -> None:
    branch = await open_branch("sipserver")
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    for _ in range(2):
        await client.checkout(card, book)
    assert await client.charged(card) == [book] * 3


# personality, ok of 10 for an item that was not on loan
@pytest.mark.parametrize(
    ("personality", "ok"), [("sipserver", "0"), ("koha", "0"), ("evergreen", "1"), ("mediator", "1")]
)
async def test_checkin_of_what_is_not_on_loan(open_branch: OpenBranch, personality: str, ok: str) -> None:
    branch = await open_branch(personality)
    client, book = await branch.client(), branch.books[0]
    assert (await client.checkin(book))[2] == ok
    await client.checkout(branch.cards[0], book)
    assert (await client.checkin(book))[2] == "1"
    assert [entry.kind for entry in branch.system.ledger] == ["refused", "loan", "return"]


async def test_no_block_is_ignored_by_most(open_branch: OpenBranch) -> None:
    for personality in ("plain", "sipserver", "koha", "evergreen", "mediator"):
        branch = await open_branch(personality)
        client = await branch.client()
        assert (await client.checkout(branch.cards[2], branch.books[0], no_block="Y")).startswith("120")


async def test_koha_forces_only_with_a_real_due_date_and_says_yes_whatever_happened(open_branch: OpenBranch) -> None:
    branch = await open_branch("koha_noblock")
    client, blocked, book = await branch.client(), branch.cards[2], branch.books[0]
    assert (await client.checkout(blocked, book, no_block="Y", due=BLANK)).startswith("120")
    due = "20301224    235900"
    answer = await client.checkout(blocked, book, no_block="Y", due=due)
    assert answer.startswith("121N")
    assert f"|AH{due}|" in answer
    assert branch.system.world.loans[book].due.date().isoformat() == "2030-12-24"
    # Lent to somebody else today: yes is said and nothing is done.
    assert (await client.checkout(branch.cards[0], book, no_block="Y", due=due)).startswith("121N")
    assert branch.system.world.loans[book].patron == blocked
    # Lent to somebody else days ago: it is taken back first.
    assert (await client.checkout(branch.cards[0], branch.books[4], no_block="Y", due=due)).startswith("121N")
    assert [entry.kind for entry in branch.system.ledger] == ["refused", "loan", "refused", "return", "loan"]


async def test_a_killed_system_comes_back_with_its_loans(open_branch: OpenBranch, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    branch = await open_branch(ledger_path=path)
    client, card = await branch.client(), branch.cards[0]
    await client.checkout(card, branch.books[0])
    await client.checkout(card, branch.books[1])
    await client.renew(card, branch.books[1])
    await client.checkin(branch.books[0])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["loan", "loan", "renewal", "return"]
    again = await open_branch(ledger_path=path)
    loan = again.system.world.loans[branch.books[1]]
    assert (loan.patron, loan.renewals) == (card, 1)
    assert branch.books[0] not in again.system.world.loans
    await (await again.client()).checkout(card, branch.books[2])
    assert again.system.ledger.entries[-1].seq == 5


async def test_many_at_once_are_served_in_order(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    clients = [await branch.client() for _ in range(5)]

    async def lend(n: int) -> list[str]:
        for book in branch.books[20 + n * 5 : 25 + n * 5]:
            await clients[n].send(f"11NN{DATE}{DATE}AODEMO|AA{branch.cards[0]}|AB{book}|AC|")
        return [await clients[n].line() for _ in range(5)]

    for n, answers in enumerate(await asyncio.gather(*(lend(n) for n in range(5)))):
        told = [answer.split("|AB")[1][:14] for answer in answers]
        assert told == branch.books[20 + n * 5 : 25 + n * 5]
