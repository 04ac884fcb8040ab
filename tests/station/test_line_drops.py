"""The line drops during an upload, at message boundaries and in the middle of messages: each loan once, in order."""

import random
import time
from typing import Any

import pytest

from tests.station.conftest import Bench


def record(bench: Bench, count: int) -> list[str]:
    """Lend `count` items offline, 25 a session."""
    items = bench.items[:count]
    for start in range(0, count, 25):
        bench.scan(bench.cards[start // 25])
        bench.until(lambda view: view["screen"] == "items" and not view["items"])
        for item in items[start : start + 25]:
            bench.scan(item)
            bench.result(item, "recorded")
        bench.client.call("session.finish", paper=[])
        bench.client.views[:-1] = []
    return items


def cuts(how: str, count: int) -> list[dict[str, Any]]:
    chance = random.Random(how)
    match how:
        case "before_act" | "after_act":
            # Every boundary: after 1 message, after 2, after 3 … and again from 1.
            return [{"at": how, "n": 1 + number % 7} for number in range(count)]
        case "answer_bytes":
            return [{"at": how, "n": chance.randrange(1, 900)} for _ in range(count)]
        case "request_bytes":
            return [{"at": how, "n": chance.randrange(1, 700)} for _ in range(count)]
        case _:
            kinds = ("before_act", "after_act", "answer_bytes", "request_bytes")
            return [
                {"at": kind, "n": chance.randrange(1, 10 if kind.endswith("act") else 900)}
                for kind in (chance.choice(kinds) for _ in range(count))
            ]


ALL = ("before_act", "after_act", "answer_bytes", "request_bytes", "mixed")


@pytest.mark.parametrize(
    ("how", "count"), [("mixed", 40), *(pytest.param(how, 150, marks=pytest.mark.long) for how in ALL)]
)
@pytest.mark.timeout(240)
def test_each_loan_exactly_once_and_in_order(bench: Bench, how: str, count: int) -> None:
    entries = 10 * count // 3
    bench.start_ils("--fault", "down")
    bench.stock(entries // 25 + 1, entries)
    bench.start_scanner()
    bench.start_daemon()
    begun = time.monotonic()
    items = record(bench, entries)
    recorded_s = time.monotonic() - begun
    bench.ils.fault(down=False, drop_plan=cuts(how, count), drop_codes=["11", "17", "63"])
    bench.settled(timeout_s=150)
    state = bench.ils.get("/state")
    ledger = bench.ledger("loan", "renewal")
    assert [entry["item"] for entry in ledger] == items
    assert {entry["kind"] for entry in ledger} == {"loan"}
    summary = bench.daemon.ctl("journal", "summary")
    assert (summary["settled"], summary["exceptions"], summary["unsent"]) == (entries, 0, 0)
    assert state["cuts_happened"] > count // 3 * 2
    print(f"\nrecorded in {recorded_s:.1f} s, uploaded in {time.monotonic() - begun - recorded_s:.1f} s")
    print(f"{how}: {state['cuts_happened']} cuts, {entries} loans, each once")
