"""A short run of each reader every time, a longer one each night; ten million by `./dev fuzz --inputs 10000000`."""

import random

import pytest

from tests.fuzz import engine
from tests.fuzz.__main__ import A_SHARD, shards
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_kept_is_read(name: str) -> None:
    kept = engine.corpus(name)
    assert kept, f"tests/fuzz/corpus/{name} is empty"
    for given in kept:
        TARGETS[name].read(given)


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_inputs(name: str) -> None:
    run = engine.fuzz(name, TARGETS[name], 150 if TARGETS[name].share > 2 else 20, 1)
    assert not run.crashes
    assert run.lines > 5


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_many_inputs(name: str) -> None:
    run = engine.fuzz(name, TARGETS[name], 1200 * TARGETS[name].share, 2)
    assert not run.crashes
    assert run.grown_kib < 4_096


def test_a_crash_is_found_and_told_by_a_short_input() -> None:
    def read(given: bytes) -> None:
        if b"AZ" in given and b"|" in given:
            raise IndexError("out of range")

    run = engine.fuzz("sip2_answer", Target(read, (b"AZ", b"|", b"x"), 1), 300, 1)
    (told,) = run.crashes
    assert told.startswith("IndexError at test_fuzz.py")
    assert len(run.crashes[told]) < 200


def test_new_lines_are_kept() -> None:
    chance = random.Random(1)
    known = engine.corpus("sip2_answer")
    assert {engine.mutated(chance, known, (b"AA",), 300) for _ in range(50)} - set(known)


def test_each_reader_gets_its_share_in_pieces_that_end_together() -> None:
    work = shards(list(TARGETS), 10_000_000, 1)
    assert sum(inputs for _, inputs, _ in work) == 10_000_000
    assert max(inputs for _, inputs, _ in work) <= A_SHARD
    assert {name for name, _, _ in work} == set(TARGETS)
    assert len({(name, seed) for name, _, seed in work}) == len(work)


def test_a_reader_that_keeps_what_it_reads_is_found_out() -> None:
    kept: list[bytes] = []
    run = engine.fuzz("sip2_answer", Target(lambda given: kept.append(given * 5_000), (b"AZ", b"x"), 1), 200, 1)
    assert run.grown_kib > 4_096
