"""The journal's thread: order, one flush for many, reading beside writing, quiet when nothing is asked."""

import asyncio
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kioskd.journal.errors import JournalError, NoSuchEntry, NotWritten
from kioskd.journal.jobs import AskJob, ScanJob, WriteJob
from kioskd.journal.journal import Journal, Written
from kioskd.journal.salvage import Salvage
from kioskd.journal.thread import Job, JournalInline, JournalThread
from kioskd.model.entry import EntryFilter, EntryState, StorageProblem

from .making import add, opened, row


class Answers:
    """Collects answers in the loop and in their order."""

    def __init__(self) -> None:
        self.got: list[tuple[Any, Any]] = []
        self._changed = asyncio.Event()

    def take(self, who: Any, answer: Any) -> None:
        self.got.append((who, answer))
        self._changed.set()

    async def wait(self, number: int) -> list[tuple[Any, Any]]:
        while len(self.got) < number:
            self._changed.clear()
            await self._changed.wait()
        return self.got


class Gate:
    """Holds the journal's thread until it is opened."""

    def __init__(self, thread: JournalThread) -> None:
        self._open = threading.Event()
        thread.submit(AskJob(lambda _journal: self._open.wait()), lambda _answer: None)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def thread(journal: Journal) -> JournalThread:
    return JournalThread(journal, asyncio.get_running_loop().call_soon_threadsafe)


async def test_writes_that_wait_share_a_flush_and_keep_their_numbers(journal: Journal, thread: JournalThread) -> None:
    answers = Answers()
    gate = Gate(thread)
    for number in range(1, 6):
        thread.submit(WriteJob([add(number), add(100 + number)]), partial(answers.take, number))
        thread.submit(AskJob(lambda journal: journal.summary().recorded), partial(answers.take, "read"))
    gate.open()
    got = await answers.wait(10)
    assert [who for who, _ in got] == [1, "read", 2, "read", 3, "read", 4, "read", 5, "read"]
    written = [answer for _, answer in got if isinstance(answer, Written)]
    assert [answer.seqs for answer in written] == [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10)]
    # All were in one transaction: already the first reader sees all.
    assert [answer for who, answer in got if who == "read"] == [10] * 5
    thread.stop()


async def test_one_that_fails_spoils_no_other(thread: JournalThread) -> None:
    answers = Answers()
    gate = Gate(thread)
    thread.submit(WriteJob([add(1)]), partial(answers.take, "good"))
    thread.submit(WriteJob([add(2), row(77, EntryState.SETTLED)]), partial(answers.take, "bad"))
    thread.submit(WriteJob([add(3), row(1, EntryState.SETTLED)]), partial(answers.take, "good"))
    gate.open()
    (_, first), (_, bad), (_, third) = await answers.wait(3)
    assert first.seqs == (1,)
    assert isinstance(bad, NoSuchEntry)
    assert third.seqs == (2,)
    assert third.summary.settled == 1
    thread.stop()


async def test_a_write_does_not_wait_for_a_long_list(thread: JournalThread) -> None:
    answers = Answers()
    thread.submit(WriteJob([add(number) for number in range(1, 3001)]), partial(answers.take, "fill"))
    await answers.wait(1)
    gate = Gate(thread)
    reached = threading.Event()
    go_on = threading.Event()

    def slowly(journal: Journal) -> Iterator[list[Any]]:
        for part in journal.scan(EntryFilter()):
            reached.set()
            go_on.wait()
            yield part

    thread.submit(ScanJob(slowly), partial(answers.take, "list"))
    gate.open()
    await asyncio.to_thread(reached.wait)
    thread.submit(WriteJob([add(5000)]), partial(answers.take, "scan"))
    go_on.set()
    got = await answers.wait(3)
    assert [who for who, _ in got] == ["fill", "scan", "list"]
    assert [entry.seq for entry in got[2][1]] == list(range(1, 3002))
    thread.stop()


async def test_stopping_finishes_what_is_queued(state_dir: Path) -> None:
    answers = Answers()
    thread = JournalThread(opened(state_dir), asyncio.get_running_loop().call_soon_threadsafe)
    gate = Gate(thread)
    for number in range(1, 11):
        thread.submit(WriteJob([add(number)]), partial(answers.take, number))
    thread.submit(ScanJob(lambda journal: journal.scan(EntryFilter())), partial(answers.take, "list"))
    gate.open()
    thread.stop()
    got = await answers.wait(11)
    assert [who for who, _ in got] == [*range(1, 11), "list"]
    with opened(state_dir) as journal:
        assert journal.summary().recorded == 10


async def test_idle_means_asleep(thread: JournalThread) -> None:
    answers = Answers()
    thread.submit(WriteJob([add(1)]), partial(answers.take, 1))
    await answers.wait(1)
    (tid,) = [each.native_id for each in threading.enumerate() if each.name == "journal"]

    def switches() -> int:
        status = Path(f"/proc/self/task/{tid}/status").read_text()
        return sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)

    for _ in range(20):
        os.sched_yield()
    before = switches()
    await asyncio.sleep(0.09)
    assert switches() == before
    thread.stop()


async def test_damage_met_on_the_way_is_mended_and_told(state_dir: Path) -> None:
    with opened(state_dir) as journal:
        journal.write([add(number) for number in range(1, 200)])
    (state_dir / "journal.sqlite3-wal").unlink()
    path = state_dir / "journal.sqlite3"
    path.write_bytes(path.read_bytes().replace(b"30000000000007", b"30000000000008"))
    answers = Answers()
    salvaged: list[Salvage] = []
    thread = JournalThread(opened(state_dir), asyncio.get_running_loop().call_soon_threadsafe, salvaged.append)
    every = EntryFilter()
    thread.submit(AskJob(lambda journal: journal.entries(every)), partial(answers.take, "read"))
    thread.submit(ScanJob(lambda journal: journal.scan(every)), partial(answers.take, "scan"))
    (_, read), (_, scan) = await answers.wait(2)
    assert [entry.seq for entry in read] == [seq for seq in range(1, 200) if seq != 7]
    assert scan == read
    assert [found.entries for found in salvaged] == [198]
    thread.stop()


async def test_a_fault_of_ours_reaches_the_loop(thread: JournalThread) -> None:
    loop = asyncio.get_running_loop()
    seen: asyncio.Future[BaseException | None] = loop.create_future()
    loop.set_exception_handler(lambda _loop, context: seen.set_result(context.get("exception")))
    old, threading.excepthook = threading.excepthook, lambda _arguments: None
    try:
        thread.submit(AskJob(lambda _journal: 1 // 0), lambda _answer: None)
        assert isinstance(await seen, ZeroDivisionError)
        thread.stop()
    finally:
        threading.excepthook = old


def test_without_a_thread_the_answers_are_the_same(state_dir: Path) -> None:
    later: list[Any] = []
    queue = JournalInline(opened(state_dir), later.append)
    got: list[Any] = []
    jobs: list[Job] = [
        WriteJob([add(1), add(2)]),
        AskJob(lambda journal: journal.takes_rows()),
        ScanJob(lambda journal: journal.scan(EntryFilter())),
        WriteJob([row(9, EntryState.SETTLED)]),
    ]
    for job in jobs:
        queue.submit(job, got.append)
    assert got == []
    for call in later:
        call()
    written, disk, entries, bad = got
    assert written.seqs == (1, 2)
    assert disk is None
    assert [entry.seq for entry in entries] == [1, 2]
    assert isinstance(bad, JournalError)
    assert not isinstance(bad, NotWritten)
    queue.checkpoint()
    queue.stop()


def test_problems_have_the_contracts_words() -> None:
    assert NotWritten(StorageProblem.FULL, "x").problem == "disk_full"
