"""Ways of single servers, each switched on by itself, over real TCP."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

DATE = "20261123    222122"
DUE = "20301224    235900"
OpenBranch = Callable[..., Awaitable[Any]]


async def test_half_up_may_be_about_some_messages_only(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"half_up": "refuse", "half_up_codes": ["11", "29"]})
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    assert (await client.ask(f"17{DATE}AODEMO|AB{book}|")).startswith("1803")
    assert (await client.checkout(card, book)).startswith("120NUN")
    assert (await client.renew(card, book)).startswith("300")
    await branch.system.set_faults({"half_up": "close", "half_up_codes": ["63"]})
    assert (await client.checkout(card, book)).startswith("121")
    assert await client.ask(f"63001{DATE}  Y       AODEMO|AA{card}|") == ""


async def test_a_yes_without_a_deed(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"yes_without_deed": True})
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    assert (await client.checkout(card, book)).startswith("121N")
    assert await client.charged(card) == []
    assert branch.deeds() == []
    assert (await client.checkout(card, "39999999999998")).startswith("120")


async def test_it_comes_back_by_itself_and_is_then_still_starting(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    await client.checkout(card, book)
    await branch.system.set_faults({"lose_memory": True, "down_for_s": 0.05, "starting_for_s": 0.2})
    with pytest.raises(ConnectionRefusedError):
        await branch.client()
    await branch.system.changes.wait_until(lambda: not branch.system.faults.down, wait_s=5)
    await branch.system.changes.wait_until(lambda: branch.system.faults.starting, wait_s=5)
    client = await branch.client()
    assert (await client.ask(f"17{DATE}AODEMO|AB{book}|")).startswith("1801")
    await branch.system.changes.wait_until(lambda: not branch.system.faults.starting, wait_s=5)
    assert (await client.ask(f"17{DATE}AODEMO|AB{book}|")).startswith("1803"), "and the loan is forgotten"


async def test_a_seat_lingers_and_every_login_is_counted(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"seats": 1, "seat_lingers_s": 0.2})
    first = await branch.client()
    await first.close()
    await branch.system.changes.wait_until(lambda: not branch.system.service.callers, wait_s=5)
    second = await branch.client(login=False)
    assert await second.ask("9300CNkiosk|COsecret|") == "940"
    await asyncio.sleep(0.25)
    assert await second.ask("9300CNkiosk|COsecret|") == "941"
    assert [(row.n, row.why) for row in branch.system.logins.tried] == [(1, ""), (2, "seats"), (3, "")]
    assert branch.system.logins.taken() == 1


async def test_a_terminals_prompt_comes_before_sip2(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"telnet_prompt": True})
    client = await branch.client(login=False)
    assert await client.reader.readuntil(b"login: ") == b"\r\nlogin: "
    client.writer.write(b"kio")
    client.writer.write(b"sk\r\n")
    assert await client.reader.readuntil(b"password: ") == b"\r\npassword: "
    client.writer.write(b"secret\r")
    assert await client.reader.readuntil(b"\n") == b"\r\n"
    assert (await client.ask("9900802.00")).startswith("98Y")


async def test_what_it_needs_of_a_message(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"needs_crlf": True})
    client = await branch.client(login=False)
    await client.send("9900802.00")
    await client.send("9900802.00", end=b"\r\n")
    assert (await client.line()).startswith("98")
    await branch.system.set_faults({"needs_crlf": False, "needs_one_segment": True})
    client = await branch.client(login=False)
    assert (await client.ask("9900802.00")).startswith("98")
    await client.send("99008", end=b"")
    assert await client.line() == ""


async def test_what_it_never_answers(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"checks_institution": True, "refused_fields": ["AD"], "unsupported": ["37"]})
    client, card = await branch.client(), branch.cards[0]
    assert (await client.ask("9900802.00")).split("|BX")[1][:16] == "YYYYYYYYYNYYYYYY"
    await client.send(f"63001{DATE}          AOOTHER|AA{card}|")
    await client.send(f"63001{DATE}          AODEMO|AA{card}|AD1234|")
    assert (await client.ask(f"63001{DATE}          AODEMO|AA{card}|")).startswith("64")
    assert await client.ask(f"37{DATE}0100USDBV1.00|AODEMO|AA{card}|") == "96AZFEF6"


@pytest.mark.parametrize(("way", "answer"), [("close", ""), ("96", "96AZFEF6"), ("answered", "64")])
async def test_a_required_field_that_is_not_there(open_branch: OpenBranch, way: str, answer: str) -> None:
    branch = await open_branch(faults={"missing_field": way})
    client = await branch.client()
    said = await client.ask(f"63001{DATE}          AA{branch.cards[0]}|")
    assert said.startswith(answer)
    assert bool(said) == bool(answer)


async def test_an_idle_line_may_be_closed_before_the_login_only(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"idle_close_s": 0.1, "idle_close": "before_login"})
    within, without = await branch.client(), await branch.client(login=False)
    assert await without.line() == ""
    assert (await within.ask("9900802.00")).startswith("98")


async def test_dates_that_are_honoured(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"transaction_date": "honoured", "return_date": "day"})
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    await client.checkout(card, book)
    loan = branch.system.world.loans[book]
    assert loan.since.isoformat().startswith("2026-11-23T22:21:22")
    assert (loan.due.date() - loan.since.date()).days == 21
    await client.checkin(book)
    lent, returned = branch.system.ledger
    assert lent.as_of == loan.since.isoformat()
    assert returned.as_of.startswith("2026-11-23T00:00:00")
    assert datetime.fromisoformat(returned.wall).year >= 2026


async def test_no_block_that_is_obeyed_takes_the_item_and_says_what_is_so(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"no_block": "obeyed"})
    client, blocked, book = await branch.client(), branch.cards[2], branch.books[4]
    assert (await client.checkout(blocked, book, no_block="Y", due=DUE)).startswith("121N")
    assert [deed[0] for deed in branch.deeds()] == ["return", "loan"]
    assert (await client.checkout("29999999999990", book, no_block="Y", due=DUE)).startswith("120")
    assert branch.system.world.loans[book].patron == blocked


@pytest.mark.parametrize(
    ("faults", "policy", "answer"),
    [
        ({"second_checkout": "refused"}, "Y", "120Y"),
        ({"second_checkout": "refused", "already_flag": "N"}, "Y", "120N"),
        ({"second_checkout": "by_policy"}, "Y", "121Y"),
    ],
)
async def test_a_second_loan_to_the_same_patron(
    open_branch: OpenBranch, faults: dict[str, object], policy: str, answer: str
) -> None:
    branch = await open_branch(faults=faults)
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    await client.checkout(card, book)
    assert (await client.checkout(card, book, policy=policy)).startswith(answer)


async def test_what_18_and_64_keep_to_themselves(open_branch: OpenBranch) -> None:
    faults = {
        "due_unknown": True,
        "on_loan_status": "07",
        "shelf_status": "10",
        "list_at_most": 1,
        "blank_counts": True,
    }
    branch = await open_branch(faults=faults)
    client, card = await branch.client(), branch.cards[0]
    assert (await client.ask(f"17{DATE}AODEMO|AB{branch.books[0]}|")).startswith("1810")
    await client.checkout(card, branch.books[0])
    await client.checkout(card, branch.books[1])
    answer = await client.ask(f"17{DATE}AODEMO|AB{branch.books[0]}|")
    assert answer.startswith("1807")
    assert "|AH" not in answer
    assert await client.charged(card) == [branch.books[0]]
    answer = await client.ask(f"63001{DATE}  Y       AODEMO|AA{card}|")
    assert answer[37:61] == " " * 24


async def test_fields_that_are_not_there_or_empty_and_a_language(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"missing_fields": ["BL"], "empty_fields": ["AE"], "language": "000"})
    answer = await (await branch.client()).ask(f"63001{DATE}  Y       AODEMO|AA{branch.cards[0]}|")
    assert "|BL" not in answer
    assert "|AE|" in answer
    assert answer[16:19] == "000"


async def test_a_checkin_with_an_alert_is_ok_all_the_same(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"checkin_alert": "98"})
    client, book = await branch.client(), branch.books[4]
    answer = await client.checkin(book)
    assert answer.startswith("101YNY")
    assert "|CV98|" in answer


# policy


async def test_rules_by_profile_and_kind(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, world = await branch.client(), branch.system.world
    for card, book, days in ((0, 0, 21), (0, 3, 7), (0, 10, 14), (9, 1, 84), (6, 2, 21)):
        await client.checkout(branch.cards[card], branch.books[book])
        loan = world.loans[branch.books[book]]
        assert (loan.due.date() - loan.since.date()).days == days


@pytest.mark.parametrize(("renews_from", "moved"), [("now", 0), ("due", 21)])
async def test_a_renewal_counts_from_today_or_from_its_due_date(
    open_branch: OpenBranch, renews_from: str, moved: int
) -> None:
    branch = await open_branch()
    client, world, card, book = await branch.client(), branch.system.world, branch.cards[0], branch.books[0]
    world.policy.renews_from = renews_from
    await client.checkout(card, book)
    before = world.loans[book].due
    assert (await client.renew(card, book)).startswith("301Y")
    assert world.loans[book].due.date() - before.date() == timedelta(days=moved)
    world.policy.not_before_days = 3
    assert "|AFToo soon to renew|" in await client.renew(card, book)


async def test_what_blocks_a_card_and_which_flag_says_so(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, world = await branch.client(), branch.system.world
    world.policy.fines_limit = 3
    owes, lost = branch.cards[7], branch.cards[0]
    world.patrons[lost].lost = True

    async def status(card: str) -> str:
        return (await client.ask(f"63001{DATE}  Y       AODEMO|AA{card}|"))[2:16]

    assert await status(owes) == "YYYY      Y   "
    assert await status(lost) == "YYYYY         "
    assert await status(branch.cards[1]) == " " * 14
    assert (await client.checkout(owes, branch.books[0])).startswith("120")
    await client.checkout(branch.cards[1], branch.books[0])
    world.policy.overdue_limit = 1
    world.clock = lambda: datetime.now().astimezone() + timedelta(days=30)
    assert await status(branch.cards[1]) == "YYYY  Y       "
