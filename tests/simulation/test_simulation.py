"""Ten lives in CI; a thousand by `./dev simulate --seeds 1000`. And the simulator itself: exact, and able to fail."""

import os
import subprocess
import sys

import pytest
from pytest_mock import MockerFixture

from tests.simulation import plan as plans
from tests.simulation.life import live
from tests.simulation.shrink import kind, shrink


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(101, 111))
def test_ten_lives_of_a_day(seed: int) -> None:
    outcome = live(plans.make(seed, 1))
    assert outcome.wrong == []
    assert outcome.fewest_scans >= plans.LEAST_SCANS == 40
    assert outcome.promises > 15
    assert outcome.checks > 200
    assert plans.EVENT[plans.SURE[seed % len(plans.SURE)]] in outcome.happened


def test_ten_lives_meet_each_kind_of_event_of_the_procedure() -> None:
    met = {event.what for seed in range(101, 111) for event in plans.make(seed, 1).events}
    assert met >= set(plans.EVENT.values())
    assert len(plans.SURE) <= 10


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(101, 111))
def test_ten_lives_of_ten_days(seed: int) -> None:
    outcome = live(plans.make(seed, 10))
    assert outcome.wrong == []
    assert outcome.fewest_scans >= plans.LEAST_SCANS


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [28])
def test_lives_that_once_were_called_wrong(seed: int) -> None:
    """28: lent and told so, the power cut before that was on the disk, then handed over to a file."""
    assert live(plans.make(seed, 10)).wrong == []


@pytest.mark.timeout(600)
def test_a_seed_is_the_same_life_wherever_it_is_lived() -> None:
    """Another process, another order of sets: the same trace of every View, line, deed and slip."""
    traces = set()
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seed", "5", "--days", "1"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        traces.add(next(line for line in run.stdout.splitlines() if line.strip().startswith("trace ")))
    assert len(traces) == 1


def test_a_plan_may_lose_any_of_its_events_and_the_others_stay_as_they_are() -> None:
    plan = plans.make(11, 5)
    assert plan == plans.make(11, 5)
    assert plan != plans.make(12, 5)
    assert all(event.words() for event in plan.events)
    outages = [event for event in plan.events if event.what == "outage"]
    assert outages


def test_a_failure_is_told_by_the_fewest_events() -> None:
    plan = plans.make(3, 5)
    guilty = [plan.events[4], plan.events[60]]
    short, tried = shrink(plan, lambda shorter: all(event in shorter.events for event in guilty))
    assert list(short.events) == guilty
    assert tried < 200


def test_failures_alike_are_known_as_alike() -> None:
    one = "promised and nowhere in the journal: 30000070001494 (renewed) to patron 4 at STATION-2, day 8 15:02:21.6"
    other = "promised and nowhere in the journal: 30000070003169 (renewed) to patron 4 at STATION-1, day 1 09:00:00.1"
    assert kind([one]) == kind([other]) != ""
    assert kind([one]) != kind(["STATION-1 journal damaged"])
    assert kind(["STATION-1 journal damaged"]) == kind(["STATION-2 journal damaged"]) != kind([]) == ""


def test_a_life_that_asks_without_end_is_told_as_failed(mocker: MockerFixture) -> None:
    """By a limit that any life passes: one without end would hold up all others, and nobody would hear its number."""
    mocker.patch("tests.simulation.library.ASKED_AT_MOST", 5)
    outcome = live(plans.make(3, 1))
    assert outcome.wrong[0].startswith("asked 5 times within 600 s, the last time by STATION-")
