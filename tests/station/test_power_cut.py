"""The power cut, on the unmodified daemon: its file calls are recorded, and every state that a disk may hold is opened.

What was promised is a View with `recorded` as it was written to a client's socket. The same look at a daemon whose
journal does not flush finds what that would lose.
"""

import contextlib
import os
import shutil
import signal
import sqlite3
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from hardware_sim.demo.processes import Daemon
from kioskd.journal.journal import Journal
from kioskd.model.entry import EntryFilter
from tests.powercut import calls
from tests.powercut.replay import Recording, recording, replay
from tests.station.conftest import Bench, wait_device

VISITS = 3
ITEMS_A_VISIT = 6
SAID = rb'"item":"(\d+)","result":"recorded"'
STATES_A_START = 80
"""The daemon itself is started on one state of so many that are looked at."""
NOT_FLUSHED = """
import sys
from kioskd.journal import sqlite
sqlite.SYNCHRONOUS = "NORMAL"
from kioskd.__main__ import main
sys.exit(main(sys.argv[2:]))
"""


def state_dir(disk: Path) -> Path:
    return disk / "lib" / "state"


def run(bench: Bench, disk: Path, *runner: str) -> Recording:
    """A day of a station: visits offline, kill -9, visits again, an orderly end. Return what it did to the disk."""
    records = [bench.folder / "calls-1", bench.folder / "calls-2"]
    bench.start_scanner()
    config = bench.config(station={"state_dir": str(state_dir(disk))})
    bench.daemon = Daemon(bench.folder, config)
    items = iter(bench.items)
    for record, end in zip(records, (signal.SIGKILL, signal.SIGTERM), strict=True):
        bench.daemon.start(wrapper=(*calls.command([], record), *runner))
        client = bench.connect()
        bench.offline()
        wait_device(bench, "front")
        for card in bench.cards[:VISITS]:
            bench.scan(card)
            bench.until(lambda view: view["screen"] == "items" and not view["items"], what="a visit")
            for _ in range(ITEMS_A_VISIT):
                bench.scan(item := next(items))
                bench.result(item, "recorded")
            client.call("session.finish", paper=[])
        client.close()
        end_traced(bench.daemon, end)
    both = bench.folder / "calls"
    both.write_bytes(b"".join(record.read_bytes() for record in records))
    return recording(both, disk)


def end_traced(daemon: Daemon, how: signal.Signals) -> None:
    """End the daemon itself: strace, told to end, would let it go on unrecorded."""
    tracer = daemon.process
    assert tracer is not None
    (child,) = Path(f"/proc/{tracer.pid}/task/{tracer.pid}/children").read_text().split()
    os.kill(int(child), how)
    tracer.wait(timeout=20)


def look(root: Path) -> set[str]:
    """Open what is there with stock SQLite, and then as the station does; return the items."""
    place = state_dir(root)
    path = place / "journal.sqlite3"
    if path.exists() and path.stat().st_size:
        with TemporaryCopy(place) as copy, contextlib.closing(sqlite3.connect(copy / path.name)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with Journal.open(place, timezone="UTC") as journal:
        assert journal.salvaged is None, f"taken for damaged: {journal.salvaged}"
        return {str(entry.what.item) for entry in journal.entries(EntryFilter())}


class TemporaryCopy:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copy = folder.with_name("copy")

    def __enter__(self) -> Path:
        shutil.copytree(self.folder, self.copy)
        return self.copy

    def __exit__(self, *exc: object) -> None:
        shutil.rmtree(self.copy)


class Kept:
    """Some of the states that were looked at, for the daemon to start on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[set[str]] = []
        self._looked = 0

    def look(self, root: Path) -> set[str]:
        keep = self._looked % STATES_A_START == STATES_A_START // 2
        self._looked += 1
        if keep:
            shutil.copytree(root, self.folder / str(len(self.found)))
        found = look(root)
        if keep:
            self.found.append(found)
        return found


def starts(bench: Bench, root: Path) -> set[str]:
    """Start the daemon on this state; return the items that it knows."""
    folder = bench.folder / f"station-{root.name}"
    folder.mkdir()
    with ExitStack() as stack:
        daemon = Daemon(folder, bench.config(station={"state_dir": str(state_dir(root))})).start()
        stack.callback(daemon.stop)
        return {entry["item"] for entry in daemon.ctl("journal", "list")["entries"]}


@pytest.mark.parametrize("states", [80, pytest.param(800, marks=pytest.mark.long)])
@pytest.mark.timeout(240)
def test_whenever_the_power_goes_nothing_said_is_missing_and_the_daemon_starts(bench: Bench, states: int) -> None:
    # Drawn evenly over the run; all of them, some 26,000, take minutes.
    bench.start_ils("--fault", "down")
    bench.stock(VISITS, 2 * VISITS * ITEMS_A_VISIT)
    disk = bench.folder / "disk"
    disk.mkdir()
    found = run(bench, disk)
    kept = Kept(bench.folder / "kept")
    report = replay(found, SAID, kept.look, most=states)
    print(f"\n{len(found.calls)} calls; {report}")
    assert not report.wrong, report
    assert report.acknowledged == bench.items
    assert report.states == states
    for number, items in enumerate(kept.found):
        assert starts(bench, kept.folder / str(number)) == items
    sizes = [len(items) for items in kept.found]
    print(f"the daemon started on {len(sizes)} of them, with {sizes} entries")
    assert len(sizes) == states // STATES_A_START


@pytest.mark.timeout(240)
def test_a_journal_that_does_not_flush_is_found_out(bench: Bench) -> None:
    bench.start_ils("--fault", "down")
    bench.stock(VISITS, 2 * VISITS * ITEMS_A_VISIT)
    disk = bench.folder / "disk"
    disk.mkdir()
    runner = bench.folder / "kioskd-not-flushed"
    runner.write_text(NOT_FLUSHED)
    report = replay(run(bench, disk, sys.executable, str(runner)), SAID, look, most=100)
    print(f"\n{report}")
    assert report.acknowledged == bench.items
    assert any("missing" in wrong for wrong in report.wrong), report
