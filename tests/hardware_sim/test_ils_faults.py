"""Each fault as a client meets it."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from hardware_sim.errors import UsageError
from hardware_sim.ils.faults import Faults
from hardware_sim.switches import from_words, standing, table

DATE = "20261123    222122"
STATUS = "9900802.00"
OpenBranch = Callable[..., Awaitable[Any]]


async def silent(client: Any, *, for_s: float = 0.05) -> bool:
    try:
        await asyncio.wait_for(client.reader.read(1), for_s)
    except TimeoutError:
        return True
    return False


# reachable or not


async def test_down_resets_and_refuses_and_comes_back_on_the_same_port(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client, port = await branch.client(), branch.system.address.port
    await branch.system.set_faults({"down": True})
    assert await client.line() == ""
    with pytest.raises(ConnectionRefusedError):
        await branch.client()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))  # nobody else gets it meanwhile
    await branch.system.set_faults({"down": None})
    assert (await branch.client()) is not None
    assert branch.system.address.port == port


async def test_down_from_the_start(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"down": True})
    with pytest.raises(ConnectionRefusedError):
        await branch.client()
    await branch.system.clear_faults()
    await branch.client()


async def test_hang_does_nothing_and_mute_does_it(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client = await branch.client()
    ask = f"11NN{DATE}{DATE}AODEMO|AA{branch.cards[0]}|AB{branch.books[0]}|AC|"
    await branch.system.set_faults({"hang": True})
    await client.send(ask)
    assert await silent(client)
    assert branch.deeds() == []
    await branch.system.set_faults({"hang": False, "mute": True})
    await client.send(ask)
    assert await silent(client)
    assert [deed[0] for deed in branch.deeds()] == ["loan"]


async def test_accept_hang_reads_nothing_until_it_ends(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"accept_hang": True})
    client = await branch.client(login=False)
    await client.send(STATUS)
    assert await silent(client)
    assert branch.system.service.requests == {}
    await branch.system.clear_faults()
    assert (await client.line()).startswith("98")


@pytest.mark.parametrize(("latency_ms", "slow_ms"), [(20, 0), (0, 20), (10, 10)])
async def test_latency(open_branch: OpenBranch, latency_ms: float, slow_ms: float) -> None:
    branch = await open_branch(latency_ms=latency_ms, faults={"slow_ms": slow_ms})
    client = await branch.client()
    began = time.monotonic()
    for _ in range(3):
        await client.send(STATUS)
    for _ in range(3):
        await client.line()
    assert 0.06 <= time.monotonic() - began < 0.5, "one worker: three answers one after the other"


async def test_idle_close(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"idle_close_s": 0.05})
    client = await branch.client()
    assert await client.line() == ""


# the line breaks


async def test_cuts_before_and_after_the_act(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"drop_before_act": 2})
    client = await branch.client(login=False)
    assert (await client.ask(STATUS)).startswith("98")
    assert await client.checkout(branch.cards[0], branch.books[0]) == ""
    assert branch.deeds() == []
    await branch.system.set_faults({"drop_before_act": None, "drop_after_act": 1})
    client = await branch.client(login=False)
    assert await client.checkout(branch.cards[0], branch.books[0]) == ""
    assert branch.deeds() == [("loan", branch.cards[0], branch.books[0])]
    client = await branch.client(login=False)
    assert (await client.ask(STATUS)).startswith("98"), "a cut happens once"
    assert branch.system.service.cuts_happened == 2


@pytest.mark.parametrize("count", [1, 10, 33])
async def test_exactly_so_many_bytes_of_the_answer_arrive(open_branch: OpenBranch, count: int) -> None:
    branch = await open_branch(faults={"drop_after_answer_bytes": count})
    client = await branch.client(login=False)
    await client.send(f"11NN{DATE}{DATE}AODEMO|AA{branch.cards[0]}|AB{branch.books[0]}|AC|")
    assert len(await client.reader.read()) == count
    assert [deed[0] for deed in branch.deeds()] == ["loan"]


async def test_a_request_cut_in_its_middle_is_not_done(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"drop_after_bytes": 50})
    client = await branch.client(login=False)
    assert await client.checkout(branch.cards[0], branch.books[0]) == ""
    assert branch.deeds() == []


async def test_a_plan_of_cuts_repeats(open_branch: OpenBranch) -> None:
    plan = [{"at": "after_act", "n": 1}, {"at": "before_act", "n": 1}, {"at": "answer_bytes", "n": 5}]
    branch = await open_branch(faults={"drop_plan": plan, "drop_repeat": True, "drop_codes": ["11"]})
    results = []
    for book in branch.books[20:26]:
        client = await branch.client(login=False)
        answer = await client.checkout(branch.cards[0], book)
        results.append((len(answer), (("loan", branch.cards[0], book) in branch.deeds())))
    assert results == [(0, True), (0, False), (5, True)] * 2


async def test_a_count_of_its_own_for_each_connection(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"drop_before_act": 2, "drop_count": "connection"})
    for _ in range(2):
        client = await branch.client(login=False)
        assert (await client.ask(STATUS)).startswith("98")
        assert await client.ask(STATUS) == ""


async def test_an_item_on_which_the_line_always_dies(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    bad, done = branch.books[0], branch.books[1]
    await branch.system.set_faults({"drop_on_item": [bad], "drop_on_item_after_act": [done]})
    for book in (bad, bad, done):
        assert await (await branch.client()).checkout(branch.cards[0], book) == ""
    assert branch.deeds() == [("loan", branch.cards[0], done)]


# half alive


@pytest.mark.parametrize("faults", [{"half_up": "refuse"}, {"starting": True}])
async def test_98_is_good_and_all_else_is_refused(open_branch: OpenBranch, faults: dict[str, object]) -> None:
    branch = await open_branch(faults=faults)
    client, card, book = await branch.client(), branch.cards[0], branch.books[0]
    assert (await client.ask(STATUS)).startswith("98Y")
    assert (await client.checkout(card, book)).startswith("120NUN")
    assert (await client.renew(card, book)).startswith("300")
    assert "|BLN|" in await client.ask(f"63001{DATE}          AODEMO|AA{card}|")
    assert (await client.ask(f"17{DATE}AODEMO|AB{book}|")).startswith("1801")
    assert {deed[0] for deed in branch.deeds()} == {"refused"}


async def test_98_is_good_and_all_else_hangs(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"half_up": "hang"})
    client = await branch.client()
    assert (await client.ask(STATUS)).startswith("98Y")
    await client.send(f"17{DATE}AODEMO|AB{branch.books[0]}|")
    assert await silent(client)


async def test_what_98_says(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"status_flags": "YNNYNN", "status_timeout": "020"})
    client = await branch.client()
    assert (await client.ask(STATUS)).startswith("98YNNYNN020")
    await branch.system.set_faults({"says_offline": True})
    assert (await client.ask(STATUS)).startswith("98NNNYNN020")


async def test_an_error_after_the_deed(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"error_after_deed": True})
    client = await branch.client()
    assert (await client.checkout(branch.cards[0], branch.books[0])).startswith("120NUN")
    assert await client.charged(branch.cards[0]) == [branch.books[0]]


async def test_a_lost_memory(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client = await branch.client()
    await client.checkout(branch.cards[0], branch.books[0])
    await branch.system.set_faults({"lose_memory": True})
    assert await client.line() == ""
    assert not branch.system.faults.lose_memory
    client = await branch.client()
    assert await client.charged(branch.cards[0]) == []
    assert [deed[0] for deed in branch.deeds()] == ["loan", "forgotten"]
    assert await client.charged(branch.cards[5]) == [branch.books[4]], "the loan of old is still there"


# logging in


async def test_refused_logins_end_in_a_close(open_branch: OpenBranch) -> None:
    for personality, tries in (("sipserver", 3), ("pysip2ish", 1)):
        branch = await open_branch(personality, faults={"login_refused": True})
        client = await branch.client(login=False)
        for _ in range(tries):
            assert await client.ask("9300CNa|COb|") == "940"
        assert await client.line() == ""


async def test_seats(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"seats": 1})
    first = await branch.client()
    second = await branch.client(login=False)
    assert await second.ask("9300CNa|COb|") == "940"
    await first.close()
    assert await branch.system.changes.wait_until(lambda: len(branch.system.service.callers) == 1, wait_s=5)
    assert await second.ask("9300CNa|COb|") == "941"


async def test_before_login_some_close_without_a_byte(open_branch: OpenBranch) -> None:
    branch = await open_branch("sipserver")
    assert await (await branch.client(login=False)).ask(STATUS) == ""
    branch = await open_branch("sipserver", faults={"no_login": True})
    assert (await (await branch.client(login=False)).ask(STATUS)).startswith("98")
    assert await (await branch.client(login=False)).ask("9300CNa|COb|") == ""


# how it writes


@pytest.mark.parametrize(
    ("faults", "begins", "ends"),
    [
        ({}, b"98YYYYYY", b"\r"),
        ({"terminator": "crlf"}, b"98YYYYYY", b"\r\n"),
        ({"terminator": "lf"}, b"98YYYYYY", b"|AY3AZ****\n"),
        ({"checksum": "zero"}, b"98", b"|AY3AZ0000\r"),
        ({"checksum": "off"}, b"98", b"|AY3\r"),
        ({"no_ed": True}, b"98", b"Y|\r"),
        ({"missing_last_bar": True, "no_ed": True}, b"98", b"YYYY\r"),
        ({"lowercase_flags": True}, b"98yyyyyy600", b"\r"),
        ({"trailing_blanks": True}, b"98", b"|" + b" " * 160 + b"AY3AZ****\r"),
        ({"echo_wrong_sequence_once": True}, b"98", b"AY8AZ****\r"),
        ({"unknown_fields": True}, b"98", b"\r"),
        ({"split_answers": 7}, b"98YYYYYY", b"\r"),
    ],
)
async def test_how_98_is_written(
    open_branch: OpenBranch, faults: dict[str, object], begins: bytes, ends: bytes
) -> None:
    branch = await open_branch(faults=faults)
    client = await branch.client(login=False)
    await client.send(STATUS, sequence=3)
    raw = await asyncio.wait_for(client.reader.readuntil(ends[-1:]), 5)
    tail = raw[-len(ends) :]
    assert raw.startswith(begins)
    assert bytes(wanted if wanted != ord("*") else got for wanted, got in zip(ends, tail, strict=True)) == tail
    if not faults.keys() & {"checksum", "no_ed"}:
        whole = raw.rstrip(b"\r\n")
        assert whole[-4:] == f"{-sum(whole[:-4]) & 0xFFFF:04X}".encode()
    assert (b"|PA20501231|" in raw) == ("unknown_fields" in faults)


async def test_error_detection_is_decided_by_the_client(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client = await branch.client(login=False)
    assert await client.ask("9300CNa|COb|") == "941"
    assert await client.ask("9300CNa|COb|", sequence=1) == "941AY1AZFDFC"


async def test_a_wrong_checksum_is_answered_96_and_so_is_the_next_request_if_asked(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"96_once": True, "checksum": "wrong_once"})
    client = await branch.client(login=False)
    assert await client.ask("9300CNa|COb|AY1AZ0000") == "96AZFEF6"
    assert await client.ask("9300CNa|COb|", sequence=1) == "96AZFEF6"
    assert (await client.ask("9300CNa|COb|", sequence=1)).startswith("941AY1AZ")
    assert await client.ask("9300CNa|COb|", sequence=1) == "941AY1AZFDFC"


async def test_a_stale_answer_comes_first(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    client = await branch.client(login=False)
    await client.ask("9300CNa|COb|", sequence=1)
    await branch.system.set_faults({"stale_answer_first": True})
    assert await client.ask(STATUS, sequence=2) == "941AY1AZFDFC"
    assert (await client.line()).startswith("98")


async def test_the_answer_for_somebody_else(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"answers_other_once": True})
    client, book = await branch.client(), branch.books[0]
    answer = await client.checkout(branch.cards[0], book)
    assert branch.cards[0] not in answer
    assert book not in answer
    assert book in await client.checkout(branch.cards[0], book)


async def test_texts_that_come_twice_and_name_people(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"af_repeated": True, "af_names_borrower": True, "field_order": "reversed"})
    client = await branch.client()
    answer = await client.checkout(branch.cards[0], branch.books[4])
    assert answer.count("|AF") == 2
    assert answer.count("Farid Haddad") == 2
    assert answer[24:].startswith("AGCentral Library|")


@pytest.mark.parametrize(
    ("form", "pattern"),
    [("sip", "........    235900"), ("iso", "....-..-.. 23:59:00"), ("us", "../../...."), ("empty", "")],
)
async def test_due_dates_in_many_ways(open_branch: OpenBranch, form: str, pattern: str) -> None:
    branch = await open_branch(faults={"ah_format": form})
    client = await branch.client()
    answer = await client.checkout(branch.cards[0], branch.books[0])
    due = answer.split("|AH")[1].split("|")[0]
    assert len(due) == len(pattern)
    assert all(want in {".", got} for want, got in zip(pattern, due, strict=True))


async def test_encodings(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"encoding": "cp850"})
    client = await branch.client()
    await client.send(f"23001{DATE}AODEMO|AA{branch.cards[9]}|AC|AD|")
    assert "Zoë ?apek".encode("cp850") in await client.reader.readuntil(b"\r")


async def test_two_answers_in_one_segment(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"two_in_one_segment": True})
    client = await branch.client(login=False)
    await client.send(STATUS)
    await client.send(STATUS)
    assert (await client.reader.read(4096)).count(b"\r") == 2
    assert (await client.ask(STATUS)).startswith("98"), "one alone is let go after a while"


async def test_a_flood_without_end(open_branch: OpenBranch) -> None:
    branch = await open_branch(faults={"flood_once": 1_000_000})
    client = await branch.client(login=False)
    await client.send(STATUS)
    assert len(await asyncio.wait_for(client.reader.readexactly(1_000_000), 10)) == 1_000_000
    assert (await client.ask(STATUS)).startswith("98")


# what servers do with messages they do not know, and with 97


@pytest.mark.parametrize(("personality", "answer"), [("koha", "96AZFEF6"), ("sipserver", ""), ("plain", "96AZFEF6")])
async def test_an_unknown_message(open_branch: OpenBranch, personality: str, answer: str) -> None:
    client = await (await open_branch(personality)).client()
    assert await client.ask("77x") == answer


async def test_an_unknown_message_may_be_ignored(open_branch: OpenBranch) -> None:
    client = await (await open_branch("pysip2ish")).client()
    await client.send("77x")
    assert await silent(client)


async def test_97_may_hand_out_the_previous_connections_answer(open_branch: OpenBranch) -> None:
    branch = await open_branch("sipserver")
    fresh = await branch.client(login=False)
    assert await fresh.ask("97") == "96AZFEF6"
    first = await branch.client()
    await first.checkout(branch.cards[0], branch.books[0])
    await first.close()
    assert branch.cards[0] in await (await branch.client(login=False)).ask("97")
    branch = await open_branch()
    client = await branch.client()
    assert await client.ask("97") == "941"
    assert await (await branch.client(login=False)).ask("97") == "96AZFEF6"


async def test_what_pysip2_closes_on(open_branch: OpenBranch) -> None:
    branch = await open_branch("pysip2ish")
    blank = " " * 18
    for body, end in (
        (f"11NN{DATE}{blank}AODEMO|AA{branch.cards[0]}|AB{branch.books[0]}|AC|", b"\r"),
        (f"09N{DATE}{DATE}AODEMO|AB{branch.books[0]}|AC|", b"\r"),
        ("11YN", b"\r"),
    ):
        client = await branch.client()
        assert await client.ask(body, end=end) == ""
    client = await branch.client()
    await client.ask(STATUS, end=b"\r\n")
    assert await client.ask(STATUS) == "", "the line feed became the first byte"
    client = await branch.client()
    body = f"11NN{DATE}{DATE}AODEMO|AA{branch.cards[0]}|AB{branch.books[0]}|AC|"
    assert await client.ask(body, sequence=5) == await client.ask(body, sequence=5)
    assert [deed[0] for deed in branch.deeds()] == ["loan"], "the repetition was answered from memory"


async def test_a_cut_request_is_refused_by_others(open_branch: OpenBranch) -> None:
    client = await (await open_branch("sipserver")).client()
    assert (await client.ask("11YN")).startswith("120NUN")


# the table of switches


def test_words_of_the_command_line() -> None:
    faults = from_words(
        Faults,
        [
            "hang",
            "half_up",
            "checksum",
            "seats=2",
            "drop_codes=11,29",
            'drop_plan=[{"at":"after_act","n":3}]',
            "96_once",
        ],
    )
    assert standing(faults) == {
        "hang": True,
        "half_up": "refuse",
        "checksum": "zero",
        "seats": 2,
        "drop_codes": ["11", "29"],
        "drop_plan": [{"at": "after_act", "n": 3}],
        "96_once": True,
    }


@pytest.mark.parametrize("word", ["hung", "seats=many", "seats=-1", "checksum=odd", "drop_plan=[", "status_flags=YY"])
def test_wrong_words_are_refused(word: str) -> None:
    with pytest.raises(UsageError):
        from_words(Faults, [word])


def test_every_switch_has_a_meaning_and_is_off_by_default() -> None:
    assert all(meaning and values for _, values, meaning in table(Faults))
    assert standing(Faults()) == {}


async def test_wrong_switches_change_nothing(open_branch: OpenBranch) -> None:
    branch = await open_branch()
    for wrong in ({"hung": True}, {"seats": "x"}, {"encoding": "klingon"}, {"drop_plan": [{"at": "noon", "n": 1}]}):
        with pytest.raises(msgspec.ValidationError):
            await branch.system.set_faults({"hang": True, **wrong})
    assert standing(branch.system.faults) == {}
