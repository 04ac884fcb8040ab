"""Power cuts at every file call of a program that uses the journal, and of three that use it wrongly."""

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kioskd.model.entry import EntryFilter
from tests.journal.making import opened

from .replay import Look, Report, end, record, recording, replay, start

WRITER = """
import sys
from pathlib import Path
{before}
from kioskd.model.entry import AddNote, EntryState
from tests.journal.making import NOON, add, opened, row

journal = opened(Path(sys.argv[1]) / "lib" / "state")
number = 0
for again in range(3):
    for _ in range(5):
        number += 1
        for seq in journal.write([add(number)]).seqs:
            print("recorded", seq, flush=True)
    journal.write([row(number, EntryState.SENDING), AddNote("mode", NOON, {{"mode": "offline"}})])
    for seq in journal.write([add(number + 1), add(number + 2)]).seqs:
        print("recorded", seq, flush=True)
    number += 2
    journal.write([row(number, EntryState.SETTLED, answer={{"AF": "x" * 3000}})])
    journal.checkpoint()
journal.write([add(number + 1)])
print("recorded", number + 1, flush=True)
{after}
"""
WRONG = {
    "a log that is not flushed": "from kioskd.journal import sqlite\nsqlite.SYNCHRONOUS = 'NORMAL'",
    "nothing is flushed": "from kioskd.journal import sqlite\nsqlite.SYNCHRONOUS = 'OFF'",
    "names that are not flushed": ("from kioskd.journal import folder\nfolder.sync_folder = lambda path: None"),
}


def look(root: Path) -> set[str]:
    """Open it as a technician would, with stock SQLite, and then as the station does."""
    state_dir = root / "lib" / "state"
    path = state_dir / "journal.sqlite3"
    by_stock: set[str] = set()
    if path.exists() and path.stat().st_size:
        copy = root / "copy"
        shutil.copytree(state_dir, copy)
        with contextlib.closing(sqlite3.connect(copy / path.name)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if connection.execute("PRAGMA user_version").fetchone()[0]:
                by_stock = {str(seq) for (seq,) in connection.execute("SELECT seq FROM entries")}
    with opened(state_dir) as journal:
        assert journal.salvaged is None, f"taken for damaged: {journal.salvaged}"
        found = {str(entry.seq) for entry in journal.entries(EntryFilter())}
        assert found == by_stock
        assert journal.summary().recorded == len(found)
        assert {str(seq) for seq in range(1, len(found) + 1)} == found
    return found


def cut(tmp_path: Path, writer: str, look: Look = look, *, most: int) -> Report:
    disk = tmp_path / "disk"
    disk.mkdir()
    found = record([sys.executable, "-c", writer, str(disk)], disk, stdout=subprocess.DEVNULL)
    report = replay(found, rb"recorded (\d+)", look, most=most)
    print(report)
    return report


@pytest.mark.parametrize("after", ["journal.close()", "import os; os._exit(0)"])
@pytest.mark.parametrize("most", [150, pytest.param(1000, marks=pytest.mark.long)])
def test_nothing_said_is_missing(tmp_path: Path, after: str, most: int) -> None:
    report = cut(tmp_path, WRITER.format(before="", after=after), most=most)
    assert not report.wrong, report
    assert len(report.acknowledged) == 22
    assert report.states == most


@pytest.mark.parametrize("before", WRONG.values(), ids=WRONG.keys())
def test_a_journal_that_cuts_corners_is_found_out(tmp_path: Path, before: str) -> None:
    report = cut(tmp_path, WRITER.format(before=before, after=""), most=150)
    assert any("missing" in wrong for wrong in report.wrong), report


SALVAGER = """
import os, sys
from pathlib import Path
from kioskd.model.entry import EntryFilter
from tests.journal.making import add, opened

state_dir = Path(sys.argv[1]) / "lib" / "state"
journal = opened(state_dir)
for number in range(1, 12, 4):
    for seq in journal.write([add(number + each) for each in range(4)]).seqs:
        print("recorded", seq, flush=True)
journal.close()
fd = os.open(state_dir / "journal.sqlite3-wal", os.O_RDWR)
os.pwrite(fd, b"damage" * 5, 70)
os.fsync(fd)
os.close(fd)
journal = opened(state_dir)
assert journal.salvaged and len(journal.entries(EntryFilter())) == 12
for seq in journal.write([add(777)]).seqs:
    print("recorded", seq, flush=True)
journal.close()
"""


@pytest.mark.parametrize("most", [150, pytest.param(1000, marks=pytest.mark.long)])
def test_a_salvage_may_be_cut_short_anywhere(tmp_path: Path, most: int) -> None:
    def look_at_salvage(root: Path) -> set[str]:
        state_dir = root / "lib" / "state"
        files = list(state_dir.glob("*.sqlite3*")) if state_dir.exists() else []
        if any("salvaged" in path.name or "damaged" in path.name for path in files):
            # From then on the damaged log is there, under its own name or set aside.
            assert any(b"damagedamage" in path.read_bytes()[:100] for path in files)
        with opened(state_dir) as journal:
            return {str(entry.seq) for entry in journal.entries(EntryFilter())}

    report = cut(tmp_path, SALVAGER, look_at_salvage, most=most)
    assert not report.wrong, report
    assert len(report.acknowledged) == 13


def test_a_program_that_goes_on_is_ended_and_replayed(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    writer = WRITER.format(before="", after="sys.stdin.read()")
    with start(
        [sys.executable, "-c", writer, str(disk)], tmp_path / "calls", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline() != b"recorded 22\n":
            pass
        end(process, signal.SIGKILL)
    report = replay(recording(tmp_path / "calls", disk), rb"recorded (\d+)", look, most=100)
    assert not report.wrong, report
    # The last call may be cut off in the record: the program was killed right after it.
    assert report.acknowledged in ([str(number) for number in range(1, last)] for last in (22, 23))
