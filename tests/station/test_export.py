"""Exports of a whole station: unsent entries as a file, and a hand-over that is killed at each of its system calls."""

import subprocess
from pathlib import Path

import pytest

from hardware_sim.demo.processes import BIN, clean_environment
from tests.exports.making import koha_reads
from tests.station.conftest import Bench, wait_device

CALLS = ("fsync", "rename", "unlink", "sendto", "recvfrom")


@pytest.fixture
def offline(bench: Bench) -> Bench:
    """A station whose library system is away, with a patron's session open."""
    bench.start_ils("--fault", "down")
    bench.stock(1, 80)
    bench.start_scanner()
    bench.start_daemon()
    bench.offline()
    wait_device(bench, "front")
    bench.scan(bench.cards[0])
    bench.screen("items")
    return bench


def record(bench: Bench, item: str) -> None:
    bench.scan(item)
    bench.result(item, "recorded")


def in_file(path: Path) -> list[tuple[str, str]]:
    return [(arguments[0], arguments[1]) for _, _, arguments in koha_reads(path.read_bytes())[1]]


def kioskctl(bench: Bench, *arguments: str, wrapper: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*wrapper, str(BIN / "kioskctl"), "--config", str(bench.daemon.config), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
        check=False,
    )


def test_what_is_handed_over_to_a_file_is_never_uploaded(offline: Bench) -> None:
    (card,), items = offline.cards, offline.items[:5]
    for item in items[:3]:
        record(offline, item)
    copy, out = offline.folder / "copy.csv", offline.folder / "day.koc"
    assert len(offline.daemon.ctl("export", "--format", "csv", "--out", str(copy))["entries"]) == 3
    assert offline.daemon.ctl("journal", "summary")["unsent"] == 3
    made = offline.daemon.ctl("export", "--format", "koha-koc", "--out", str(out), "--hand-over")
    assert made["handed_over"]
    assert in_file(out) == [(card, item) for item in items[:3]]
    assert (out.stat().st_mode & 0o777, copy.stat().st_mode & 0o777) == (0o600, 0o600)
    summary = offline.daemon.ctl("journal", "summary")
    assert (summary["unsent"], summary["handed_over"]) == (0, 3)
    refused = kioskctl(offline, "export", "--format", "koha-koc", "--out", str(out), "--hand-over")
    assert refused.returncode == 1
    assert "not overwritten" in refused.stderr
    record(offline, items[3])
    offline.client.call("session.finish", paper=[])
    offline.ils.fault(down=False)
    offline.settled()
    assert [entry["item"] for entry in offline.ledger()] == [items[3]]


@pytest.mark.long
def test_what_was_handed_over_and_never_loaded_goes_up_after_all(offline: Bench) -> None:
    for item in offline.items[:3]:
        record(offline, item)
    out = offline.folder / "day.koc"
    offline.daemon.ctl("export", "--format", "koha-koc", "--out", str(out), "--hand-over")
    to = offline.daemon.ctl("journal", "list")["entries"][0]["outcome"]
    back = ("journal", "take-back", "--to", to, "--reason", "the stick was lost")
    assert kioskctl(offline, *back).returncode == 2, "only who says that the file is destroyed"
    assert offline.daemon.ctl(*back, "--file-is-destroyed")["taken_back"] == [1, 2, 3]
    assert offline.daemon.ctl("journal", "summary")["unsent"] == 3
    again = offline.folder / "again.koc"
    offline.daemon.ctl("export", "--format", "koha-koc", "--out", str(again), "--hand-over")
    assert in_file(again) == in_file(out)


def test_with_the_daemon_down_it_exports_and_hands_nothing_over_and_overwrites_nothing(offline: Bench) -> None:
    record(offline, offline.items[0])
    offline.daemon.stop()
    out = offline.folder / "day.koc"
    refused = kioskctl(offline, "export", "--format", "koha-koc", "--out", str(out), "--hand-over")
    assert refused.returncode == 3
    assert not out.exists()
    done = kioskctl(offline, "export", "--format", "koha-koc", "--out", str(out))
    assert (done.returncode, done.stdout) == (0, f"{out}: 1 entries\n")
    assert in_file(out) == [(offline.cards[0], offline.items[0])]
    before = out.read_bytes()
    again = kioskctl(offline, "export", "--format", "koha-koc", "--out", str(out))
    assert (again.returncode, out.read_bytes()) == (1, before)


@pytest.mark.long
def test_a_hand_over_killed_at_each_system_call_is_finished_by_the_same_command(offline: Bench) -> None:
    items = iter(offline.items)
    kills = dict.fromkeys(CALLS, 0)
    files: list[Path] = []
    for call in CALLS:
        killed = True
        while killed:
            record(offline, next(items))
            out = offline.folder / f"{call}-{kills[call]}.koc"
            files.append(out)
            command = ("export", "--format", "koha-koc", "--out", str(out), "--hand-over")
            when = f"inject={call}:signal=KILL:when={kills[call] + 1}"  # strace counts each call by its name
            strace = ("strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", when)
            killed = kioskctl(offline, *command, wrapper=strace).returncode != 0
            kills[call] += killed
            if killed:
                done = kioskctl(offline, *command)
                assert done.returncode == 0 or "not overwritten" in done.stderr, done.stderr
    print(f"\nkilled at {kills}")
    assert min(kills.values()) >= 2
    found = [item for path in files for _, item in in_file(path)]
    entries = offline.daemon.ctl("journal", "list")["entries"]
    assert sorted(found) == sorted(entry["item"] for entry in entries if entry["state"] == "handed_over")
    assert len(set(found)) == len(found) == len(entries)
