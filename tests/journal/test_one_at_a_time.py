"""One process has the journal; a second is told which. Real processes, real locks."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kioskd.journal.errors import JournalHeld, NoJournal
from kioskd.journal.journal import Journal
from kioskd.journal.reading import JournalReader
from kioskd.model.entry import EntryFilter

from .making import ZONE, add, opened

HOLD = """
import sys
from pathlib import Path
from kioskd.journal.journal import Journal
journal = Journal.open(Path(sys.argv[1]), timezone="UTC")
print("held", flush=True)
sys.stdin.read()
"""

LOOK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("looking", flush=True)
sys.stdin.read()
"""


def hold(state_dir: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_opener_is_told_who_has_it(state_dir: Path) -> None:
    with hold(state_dir) as process:
        with pytest.raises(JournalHeld, match=str(process.pid)) as refused:
            opened(state_dir)
        assert refused.value.pid == process.pid
        with pytest.raises(JournalHeld, match=str(process.pid)):
            Journal.read_only(state_dir, timezone=ZONE)
        process.kill()
        process.wait()
        # Who was killed holds nothing.
        opened(state_dir).close()


def test_two_that_start_at_once_end_with_one(state_dir: Path) -> None:
    results: list[str] = []

    def start() -> None:
        try:
            with opened(state_dir):
                barrier.wait()
                results.append("open")
        except JournalHeld:
            results.append("held")
            barrier.wait()

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["held", "open"]


def test_a_daemon_that_starts_waits_for_a_reader(state_dir: Path) -> None:
    opened(state_dir).close()
    reader = Journal.read_only(state_dir, timezone=ZONE)
    journals: list[Journal] = []
    thread = threading.Thread(target=lambda: journals.append(opened(state_dir)))
    thread.start()
    assert not journals
    reader.close()
    thread.join()
    journals[0].close()


def test_a_technicians_sqlite_is_named_as_the_reason(state_dir: Path) -> None:
    opened(state_dir).close()
    with subprocess.Popen(
        [sys.executable, "-c", LOOK, str(state_dir / "journal.sqlite3")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"looking\n"
        with pytest.raises(JournalHeld, match="another process"):
            opened(state_dir)
    opened(state_dir).close()


def test_files_are_nobody_elses(state_dir: Path) -> None:
    old = os.umask(0)
    try:
        with opened(state_dir) as journal:
            journal.write([add()])
            assert state_dir.stat().st_mode & 0o777 == 0o700
            assert {path.name: path.stat().st_mode & 0o777 for path in state_dir.iterdir()} == {
                "journal.sqlite3": 0o600,
                "journal.sqlite3-wal": 0o600,
                "lock": 0o600,
            }
    finally:
        os.umask(old)


def test_there_is_nothing_to_read(state_dir: Path) -> None:
    with pytest.raises(NoJournal):
        Journal.read_only(state_dir, timezone=ZONE)


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


@pytest.mark.parametrize("how", ["killed", "closed", "closed without its log"])
def test_reading_changes_nothing(state_dir: Path, how: str) -> None:
    with hold(state_dir) as process:
        process.kill()
    journal = opened(state_dir)
    journal.write([add(1), add(2)])
    if how == "killed":
        # As a kill leaves it: the log is full and nothing was written back.
        copy = state_dir.with_name("copy")
        copy.mkdir()
        for path in state_dir.iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        journal.close()
    else:
        journal.close()
        copy = state_dir
        if how == "closed without its log":
            (copy / "journal.sqlite3-wal").unlink()
    before = contents(copy)
    with Journal.read_only(copy, timezone=ZONE) as reader:
        assert isinstance(reader, JournalReader)
        assert [entry.seq for entry in reader.entries(EntryFilter())] == [1, 2]
        assert reader.summary().unsent == 2
        assert reader.check(1.0)
    assert contents(copy) == before


def test_read_only_media_with_a_log(state_dir: Path, tmp_path: Path) -> None:
    state_dir.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", state_dir], check=True)
    try:
        with hold(state_dir) as process:
            process.kill()
        writer = subprocess.run(
            [sys.executable, "-c", WRITE_AND_DIE, str(state_dir)], check=False, capture_output=True, text=True
        )
        assert writer.stdout == "2\n", writer.stderr
        subprocess.run(["mount", "-o", "remount,ro", state_dir], check=True)
        before = contents(state_dir)
        with Journal.read_only(state_dir, timezone=ZONE) as reader:
            assert [entry.seq for entry in reader.entries(EntryFilter())] == [1, 2]
        assert contents(state_dir) == before
    finally:
        subprocess.run(["umount", state_dir], check=True)


WRITE_AND_DIE = """
import os, sys
from pathlib import Path
from tests.journal.making import add, opened
journal = opened(Path(sys.argv[1]))
print(journal.write([add(1), add(2)]).summary.recorded, flush=True)
os.kill(os.getpid(), 9)
"""
