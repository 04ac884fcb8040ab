"""Entries of one whole station carried to another one, on a stick: each reaches the library system once."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware_sim.demo.client import Client
from hardware_sim.demo.processes import Daemon, DidNotStart
from tests.station.conftest import Bench, wait_device
from tests.station.test_export import kioskctl, record

CALLS = ("openat", "fsync", "sendto", "recvfrom")
KILLS = int(os.environ.get("KIOSKD_KILLS", "4"))
"""Of each kind of call so many are killed, evenly from the first one to the last; 1000: every single one."""


@dataclass
class East:
    """A station whose library system is away, with a visit open; and the library's key."""

    bench: Bench
    key: Path
    recipient: str

    def another(self, name: str) -> Daemon:
        """Start another station of the same library."""
        folder = self.bench.folder / name
        folder.mkdir()
        config = self.bench.config(
            station={"id": name}, rescue={"recipient": self.recipient, "key_file": str(self.key)}
        )
        config["scanner"] = [{"name": "none", "driver": "serial", "port": str(folder / "nothing")}]
        daemon = Daemon(folder, config).start()
        self.bench._stack.callback(daemon.stop)
        return daemon

    def export(self, out: Path, *more: str, wrapper: tuple[str, ...] = ()) -> int:
        arguments = ("rescue", "export", "--out", str(out), "--recipient", self.recipient, *more)
        return kioskctl(self.bench, *arguments, wrapper=wrapper).returncode


@pytest.fixture
def east(bench: Bench) -> East:
    bench.start_ils("--fault", "down")
    bench.stock(1, 400)
    bench.start_scanner()
    # What is done between two items here takes its time.
    bench.start_daemon(session={"idle_s": 3000, "confirm_after_s": 3000})
    key = bench.folder / "library.key"
    recipient = bench.daemon.ctl("rescue", "key", "--out", str(key))["recipient"]
    assert key.stat().st_mode & 0o777 == 0o600
    bench.offline()
    wait_device(bench, "front")
    bench.scan(bench.cards[0])
    bench.screen("items")
    return East(bench, key, recipient)


def states(daemon: Daemon) -> list[str]:
    return [entry["state"] for entry in daemon.ctl("journal", "list")["entries"]]


def all_sent(daemon: Daemon) -> None:
    client = Client(daemon.socket)
    try:
        client.watch()
        done = lambda view: view["mode"]["name"] == "online" and view["unsent"] == 0  # noqa: E731
        client.until(done, timeout_s=30.0, what="settled")
    finally:
        client.close()


@pytest.mark.long
def test_a_running_station_hands_its_entries_to_another_one(east: East) -> None:
    bench = east.bench
    for item in bench.items[:3]:
        record(bench, item)
    bench.client.call("session.finish", paper=[])
    stick = bench.folder / "east.rescue"
    assert east.export(stick) == 0
    assert bench.cards[0].encode() not in stick.read_bytes()
    assert states(bench.daemon) == ["handed_over"] * 3
    assert bench.daemon.ctl("rescue", "show", str(stick))["taken"] is False

    west, south = east.another("west"), east.another("south")
    assert west.ctl("rescue", "import", str(stick))["taken"] == 3
    again = west.ctl("rescue", "import", str(stick))
    assert (again["taken"], again["known"]) == (0, 3)
    refused = kioskctl(bench, "--config", str(south.config), "rescue", "import", str(stick))
    assert refused.returncode == 1
    assert "another machine took it in" in refused.stderr

    bench.ils.fault(down=False)
    all_sent(west)
    assert states(west) == ["settled"] * 3
    # A copy of the stick without its claim: there the library system decides.
    copy = bench.folder / "copy.rescue"
    shutil.copyfile(stick, copy)
    assert south.ctl("rescue", "import", str(copy))["taken"] == 3
    all_sent(south)
    assert [entry["outcome"] for entry in south.ctl("journal", "list")["entries"]] == ["found_on_loan"] * 3
    assert sorted(entry["item"] for entry in bench.ledger()) == sorted(bench.items[:3])


@pytest.mark.long
def test_a_dead_station_is_marked_and_sends_nothing_until_a_technician_decides(east: East) -> None:
    bench = east.bench
    for item in bench.items[:2]:
        record(bench, item)
    card = bench.daemon.state_dir
    bench.daemon.stop()
    stick = bench.folder / "east.rescue"
    assert east.export(stick, "--state-dir", str(card)) == 0
    with pytest.raises(DidNotStart, match=r"take-back.*rescue settle.*start-anew"):
        bench.daemon.start()
    west = east.another("west")
    assert west.ctl("rescue", "import", str(stick))["taken"] == 2
    settled = kioskctl(bench, "rescue", "settle", "--state-dir", str(card))
    assert settled.returncode == 0, settled.stderr
    bench.restart_daemon()
    bench.ils.fault(down=False)
    all_sent(west)
    assert states(bench.daemon) == ["handed_over"] * 2
    assert sorted(entry["item"] for entry in bench.ledger()) == sorted(bench.items[:2])


def made(log: str, folder: Path) -> dict[str, list[int]]:
    """Return the numbers of each kind of call, from the first moment on at which the verb touched anything of ours."""
    counts = dict.fromkeys(CALLS, 0)
    found: dict[str, list[int]] = {call: [] for call in CALLS}
    begun = False
    for line in log.splitlines():
        call = next((each for each in CALLS if f" {each}(" in line), None)
        if call is not None:
            counts[call] += 1
            begun = begun or str(folder) in line
            if begun:
                found[call].append(counts[call])
    return found


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", ["out", "in"])
def test_killed_at_each_system_call_it_is_finished_by_the_same_command(east: East, way: str) -> None:
    bench, items, kills = east.bench, iter(east.bench.items), dict.fromkeys(CALLS, 0)
    west = east.another("west")
    take_in = ("--config", str(west.config), "rescue", "import")
    log, stick = bench.folder / "calls", bench.folder / "whole.rescue"
    strace = ("strace", "-qq", "-f", "-o", str(log), "-e", f"trace={','.join(CALLS)}")
    record(bench, next(items))
    assert east.export(stick, wrapper=strace if way == "out" else ()) == 0
    assert kioskctl(bench, *take_in, str(stick), wrapper=strace if way == "in" else ()).returncode == 0
    for call, numbers in made(log.read_text(), bench.folder).items():
        for number in numbers[:: max(1, len(numbers) // KILLS)]:
            record(bench, next(items))
            stick = bench.folder / f"{call}-{number}.rescue"
            when = f"inject={call}:signal=KILL:when={number}"
            strace = ("strace", "-qq", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", when)
            if way == "out":
                killed = east.export(stick, wrapper=strace) != 0
                if killed:
                    east.export(stick)
            else:
                assert east.export(stick) == 0
                killed = kioskctl(bench, *take_in, str(stick), wrapper=strace).returncode != 0
            kills[call] += killed
            if stick.exists():
                assert kioskctl(bench, *take_in, str(stick)).returncode == 0
    print(f"\nkilled at {kills}")
    assert min(kills.values()) >= 1
    assert sum(kills.values()) > 2 * len(CALLS)
    theirs = bench.daemon.ctl("journal", "list")["entries"]
    gone = [entry["item"] for entry in theirs if entry["state"] == "handed_over"]
    came = [entry["item"] for entry in west.ctl("journal", "list")["entries"]]
    assert sorted(came) == sorted(gone)
    assert len(set(came)) == len(came) == len(theirs)
