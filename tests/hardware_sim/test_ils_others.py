"""What other desks do meanwhile, by the control address, and what the ledger and the log-ins tell of it."""

import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any

DATE = "20261123    222122"


def ask(address: str, *lines: str) -> list[str]:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line, line.makefile("rwb", buffering=0) as stream:
        answers = []
        for text in lines:
            stream.write(text.encode() + b"\r")
            answer = b""
            while not answer.endswith(b"\r"):
                answer += stream.read(1) or b"\r"
            answers.append(answer.decode().strip())
        return answers


def test_another_desk_acts_between_the_look_and_the_loan(start: Callable[..., Any]) -> None:
    ils = start("ils")
    card, other, book = "20000000000014", "20000000000022", "30000000000012"
    doing = {"do": "loan", "patron": other, "item": book, "desk": "MAIN-1"}
    assert ils.good("/ambush", {"message": "17", "item": book, "do": [doing]}) == {"waiting": 1}
    look = f"17{DATE}AODEMO|AB{book}|"
    loan = f"11NN{DATE}{DATE}AODEMO|AA{card}|AB{book}|AC|"
    first, lent, second = ask(ils.ready["sip2"], look, loan, look)
    assert (first[:4], lent[:3], second[:4]) == ("1803", "120", "1804")
    deed, refused = ils.good("/ledger")["entries"]
    assert (deed["kind"], deed["patron"], deed["login"], deed["connection"]) == ("loan", other, "MAIN-1", 0)
    assert (refused["kind"], refused["reason"], refused["message"]) == ("refused", "on_loan_to_other", "11")


def test_an_ambush_before_the_second_message(start: Callable[..., Any]) -> None:
    ils = start("ils")
    card, book = "20000000000014", "30000000000012"
    ils.good("/world", {"do": "loan", "patron": card, "item": book})
    ils.good("/ambush", [{"message": "17", "place": "before", "nth": 2, "do": [{"do": "return", "item": book}]}])
    look = f"17{DATE}AODEMO|AB{book}|"
    assert [answer[:4] for answer in ask(ils.ready["sip2"], look, look)] == ["1804", "1803"]


def test_log_ins_are_told(start: Callable[..., Any]) -> None:
    ils = start("ils", "--login", "kiosk:secret")
    assert ask(ils.ready["sip2"], "9300CNkiosk|COwrong|", "9300CNkiosk|COsecret|") == ["940", "941"]
    assert [(row["login"], row["why"]) for row in ils.good("/logins")["logins"]] == [
        ("kiosk", "password"),
        ("kiosk", ""),
    ]
    logins = ils.good("/state")["logins"]
    assert (logins["good"], logins["refused"]) == (1, 1)
    assert [row["n"] for row in ils.good("/logins?after=1")["logins"]] == [2]


def test_new_rules_and_a_card_that_is_lost(start: Callable[..., Any]) -> None:
    ils = start("ils")
    card, book = "20000000000014", "30000000000012"
    ils.good("/world", {"do": "policy", "policy": {"rows": [{"days": 5}], "renews_from": "due"}})
    loan = ils.good("/world", {"do": "loan", "patron": card, "item": book})["done"][0]
    since, due = (datetime.fromisoformat(loan[name]) for name in ("since", "due"))
    assert (due.date() - since.date()).days == 5
    again = datetime.fromisoformat(ils.good("/world", {"do": "renew", "item": book})["done"][0]["due"])
    assert (again.date() - due.date()).days == 5
    ils.good("/world", {"do": "block", "patron": card, "reason": "", "lost": True})
    assert ils.ask("/world", {"do": "loan", "patron": card, "item": "30000000000020"})[0] == 409
    assert ils.ask("/world", {"do": "policy", "policy": {"rows": [{"days": -1}]}})[0] == 400
