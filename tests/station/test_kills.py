"""kill -9 at random moments: what a client saw recorded ends at the library system, once."""

import random
import time

import pytest

from hardware_sim.demo.client import Hangup
from tests.station.conftest import Bench

A_VISIT = 30


@pytest.mark.parametrize(
    ("seed", "kills"), [(0, 6), *(pytest.param(seed, 50, marks=pytest.mark.long) for seed in range(1, 5))]
)
@pytest.mark.timeout(240)
def test_what_was_seen_recorded_is_lent_exactly_once(bench: Bench, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    bench.start_ils("--fault", "down")
    bench.stock(kills, 40 * kills)
    bench.start_scanner()
    bench.start_daemon()
    seen: list[str] = []
    scanned = 0
    for kill in range(kills):
        bench.scan(bench.cards[kill])
        first = bench.items[scanned]
        if kill % 2:
            # Somewhere among the items; otherwise somewhere from the card on, if it is read by then.
            bench.scan(first)
            scanned += 1
            bench.result(first, "recorded")
        deadline = time.monotonic() + chance.uniform(0.0, 0.08)
        try:
            for _ in range(A_VISIT):
                bench.scan(bench.items[scanned])
                scanned += 1
                while time.monotonic() < deadline:
                    _take_in(bench, deadline)
                    if _recorded(bench, bench.items[scanned - 1]):
                        break
                if time.monotonic() >= deadline:
                    break
        except Hangup:
            pass
        bench.daemon.kill()
        _last_words(bench)
        seen += [line["item"] for view in bench.client.views for line in view["items"] if line["result"] == "recorded"]
        bench.client.close()
        bench.restart_daemon()
    said = set(seen)
    assert len(said) >= kills // 2
    journal = [entry["item"] for entry in bench.daemon.ctl("journal", "list")["entries"]]
    assert said <= set(journal)
    bench.ils.fault(down=False)
    bench.settled(timeout_s=120)
    lent = [entry["item"] for entry in bench.ledger("loan", "renewal")]
    assert sorted(lent) == sorted(journal), "each entry once, none else"
    assert lent == journal, "in order"
    print(f"\n{kills} kills, {scanned} scans, {len(said)} seen recorded, {len(journal)} in the journal, 0 lost")


def _take_in(bench: Bench, deadline: float) -> None:
    try:
        bench.client.note(bench.client.next(min(deadline, time.monotonic() + 0.02)))
    except TimeoutError:
        return


def _recorded(bench: Bench, item: str) -> bool:
    view = bench.client.views[-1]
    return any(line["item"] == item and line["result"] == "recorded" for line in view["items"])


def _last_words(bench: Bench) -> None:
    """What was sent before the kill may still be read."""
    try:
        while True:
            bench.client.note(bench.client.next(time.monotonic() + 0.2))
    except (Hangup, TimeoutError):
        return
