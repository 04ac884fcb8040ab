"""A state directory that is full, read-only or broken: nothing is accepted that is not stored; lending resumes."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest

from hardware_sim.demo.client import RpcError, View
from hardware_sim.demo.processes import DidNotStart
from tests.station.conftest import Bench, wait_device

SIZE = "size=4m"
RESUMES_S = 8.0
"""The station looks every 5 s whether the disk takes rows again."""
STOCK = 1200
"""The log has room of its own, and keeps what it once grew to: a full disk is felt only when that is used up."""
VISIT = 25
WRITING = "pwrite64,write,writev,pwritev,ftruncate,fallocate,fdatasync,fsync"


class Disk:
    """A small file system of its own, and the hands at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue
        assert os.statvfs(self.folder).f_bavail == 0

    def free(self) -> None:
        self._ballast.unlink()

    def remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "state"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"{SIZE},mode=0700", "kioskd-test", str(folder)], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def offline(disk: Disk, bench: Bench) -> Bench:
    """A station on that disk whose library system is down, with stock enough to fill it."""
    bench.start_ils("--fault", "down")
    bench.stock(STOCK // VISIT, STOCK)
    bench.start_scanner()
    bench.start_daemon()
    bench.offline()
    wait_device(bench, "front")
    return bench


def refused(view: View) -> bool:
    return view["message"] is not None and view["message"]["key"] == "storage"


def stands(view: View, item: str, *results: str) -> bool:
    return any(line["item"] == item and line["result"] in results for line in view["items"])


def decided(view: View, item: str, good: str) -> bool:
    """It stands so, or the disk took it not; the word on the disk may come while the library system is still asked."""
    return stands(view, item, good) or (refused(view) and not stands(view, item, "checking"))


def lend_until_refused(bench: Bench, cards: Iterator[str], items: Iterator[str], good: str = "recorded") -> str:
    """Lend, a visit after the other, until an item is refused for want of a disk; return it."""
    for card in cards:
        bench.scan(card)
        bench.until(lambda view: view["screen"] == "items" and not view["items"], what="a visit")
        for item in islice(items, VISIT):
            bench.scan(item)
            # The word on the disk may come from another's row while this item is on its way, and is taken.
            view = bench.until(
                lambda view, item=item: (
                    stands(view, item, good) or (refused(view) and not stands(view, item, "checking"))
                ),
                what="an answer",
            )
            if not stands(view, item, good):
                return item
        bench.client.call("session.finish", paper=[])
    raise AssertionError("the disk was never felt to be full")


def said(bench: Bench, result: str = "recorded") -> set[str]:
    """All that any View called so."""
    return {line["item"] for view in bench.client.views for line in view["items"] if line["result"] == result}


def kept(bench: Bench) -> set[str]:
    entries = bench.daemon.ctl("journal", "list")["entries"]
    assert all(entry["state"] != "withdrawn" for entry in entries)
    return {entry["item"] for entry in entries}


def assert_refused_now(bench: Bench, item: str) -> None:
    """The item left the list, the View says why, and a call gets the error of the contract."""
    view = bench.client.views[-1]
    assert view["screen"] == "items"
    assert view["message"]["tone"] == "stop"
    assert not stands(view, item, "checking", "recorded", "checked_out")
    with pytest.raises(RpcError) as error:
        bench.client.call("session.input", code=item)
    assert error.value.code == -32015
    assert error.value.data["kind"] == "storage"


def assert_resumes(bench: Bench, item: str, good: str = "recorded") -> None:
    """Without a touch the word on the disk goes away, and the same item is taken."""
    bench.until(lambda view: not refused(view), timeout_s=RESUMES_S, what="without the word on the disk")
    # Typed: the scanner's last code again, so soon, may be the same scan.
    bench.client.call("session.input", code=item)
    bench.result(item, good)


@contextmanager
def failing(bench: Bench, errno_name: str) -> Iterator[None]:
    """Let each write to the state directory fail as on a file system that turned read-only under open files.

    The kernel refuses `mount -o remount,ro` while a file is open for writing; only an error of the disk does that. So
    the kernel's answer is put there by strace, for these files alone.
    """
    assert bench.daemon.process is not None
    paths = [f"--trace-path={path}" for path in bench.daemon.state_dir.iterdir()]
    command = ["strace", "-f", "-p", str(bench.daemon.process.pid), *paths, f"--trace={WRITING}"]
    injected = [*command, f"--inject={WRITING}:error={errno_name}", "-o", str(bench.folder / "strace")]
    tracer = subprocess.Popen(injected, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    try:
        while "attached" not in (line := tracer.stderr.readline()):
            assert line, "strace did not attach"
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=10)


def test_on_a_full_disk_nothing_is_accepted_that_is_not_stored_and_lending_resumes(disk: Disk, offline: Bench) -> None:
    cards, items = iter(offline.cards), iter(offline.items)
    disk.fill()
    item = lend_until_refused(offline, cards, items)
    assert_refused_now(offline, item)
    assert said(offline) == kept(offline)
    before = len(kept(offline))
    disk.free()
    assert_resumes(offline, item)
    assert said(offline) == kept(offline)
    # And once more, with a kill in between: the journal is as it was.
    offline.client.call("session.finish", paper=[])
    disk.fill()
    item = lend_until_refused(offline, cards, items)
    assert_refused_now(offline, item)
    promised = said(offline)
    offline.daemon.kill()
    offline.restart_daemon()
    assert kept(offline) == promised
    disk.free()
    offline.ils.fault(down=False)
    offline.settled(timeout_s=60)
    assert {entry["item"] for entry in offline.ledger("loan")} == promised
    assert len(offline.ledger("loan")) == len(promised)
    print(f"\nfull after {before} entries, and again after {len(promised)}: all that was said is there, and no more")


@pytest.mark.parametrize(
    ("errno_name", "problem"),
    [
        ("EROFS", "disk_read_only"),
        pytest.param("EIO", "disk_error", marks=pytest.mark.long),
        pytest.param("ENOSPC", "disk_full", marks=pytest.mark.long),
    ],
)
def test_a_disk_that_turns_read_only_or_fails_under_the_daemon(bench: Bench, errno_name: str, problem: str) -> None:
    bench.start_ils("--fault", "down")
    bench.start_scanner()
    bench.start_daemon()
    bench.offline()
    wait_device(bench, "front")
    bench.scan(bench.cards[0])
    bench.screen("items")
    bench.scan(bench.items[0])
    bench.result(bench.items[0], "recorded")
    with failing(bench, errno_name):
        bench.scan(bench.items[1])
        bench.until(refused, timeout_s=2.0, what="the word on the disk")
        assert_refused_now(bench, bench.items[1])
        assert kept(bench) == {bench.items[0]}
        with pytest.raises(RpcError) as error:
            bench.client.call("session.input", code=bench.items[2])
        assert error.value.data["problem"] == problem
        assert bench.client.call("status.get")["disk"]["problem"] == problem
    assert_resumes(bench, bench.items[1])
    assert said(bench) == kept(bench) == set(bench.items[:2])


@pytest.mark.long
def test_online_nothing_reaches_the_library_system_that_could_not_be_stored(disk: Disk, bench: Bench) -> None:
    bench.start_ils()
    bench.stock(STOCK // VISIT, STOCK)
    bench.start_scanner()
    bench.start_daemon()
    bench.online()
    wait_device(bench, "front")
    disk.fill()
    item = lend_until_refused(bench, iter(bench.cards), iter(bench.items), "checked_out")
    assert_refused_now(bench, item)
    lent = said(bench, "checked_out")
    assert {entry["item"] for entry in bench.ledger("loan")} == lent == kept(bench)
    disk.free()
    assert_resumes(bench, item, "checked_out")
    view = bench.settled()
    assert view["exceptions"] == 0
    assert [entry["item"] for entry in bench.ledger("loan")].count(item) == 1
    assert len(bench.ledger("loan")) == len(lent) + 1
    summary = bench.daemon.ctl("journal", "summary")
    assert (summary["recorded"], summary["settled"], summary["unsent"]) == (len(lent) + 1, len(lent) + 1, 0)


def test_a_card_is_not_even_taken_while_the_disk_is_full(disk: Disk, offline: Bench) -> None:
    disk.fill()
    lend_until_refused(offline, iter(offline.cards), iter(offline.items))
    offline.client.call("session.finish", paper=[])
    offline.client.call("session.cancel")
    view = offline.until(lambda view: view["screen"] == "out_of_service", what="out of service")
    assert refused(view)
    with pytest.raises(RpcError) as error:
        offline.client.call("session.input", code=offline.cards[1])
    assert error.value.code == -32015
    disk.free()
    offline.until(lambda view: view["screen"] == "idle" and not refused(view), timeout_s=RESUMES_S, what="idle again")


# At start.


def start_fails(bench: Bench) -> str:
    with pytest.raises(DidNotStart) as trouble:
        bench.start_daemon()
    text = str(trouble.value)
    assert "kioskd ended with 1" in text
    assert "Traceback" not in text
    assert str(bench.folder / "state") in text
    return text


def test_a_new_station_does_not_start_on_a_full_disk_and_says_so(disk: Disk, bench: Bench) -> None:
    bench.start_ils()
    disk.fill()
    assert "full" in start_fails(bench)
    disk.free()
    bench.start_daemon()
    bench.online()


def test_a_station_with_a_journal_starts_on_a_full_disk_and_lends_when_there_is_space(
    disk: Disk, offline: Bench
) -> None:
    disk.fill()
    item = lend_until_refused(offline, iter(offline.cards), iter(offline.items))
    promised = said(offline)
    offline.daemon.stop()
    disk.fill()
    offline.restart_daemon()
    assert kept(offline) == promised
    disk.free()
    offline.until(lambda view: not refused(view), timeout_s=RESUMES_S)
    wait_device(offline, "front")
    offline.scan(offline.cards[-1])
    offline.screen("items")
    offline.scan(item)
    offline.result(item, "recorded")
    assert kept(offline) == promised | {item}


@pytest.mark.parametrize("used", [False, True], ids=["new", "used"])
def test_on_a_read_only_disk_it_does_not_start_and_says_so(disk: Disk, bench: Bench, used: bool) -> None:
    bench.start_ils()
    if used:
        bench.start_daemon()
        bench.client.close()
        bench.daemon.stop()
    disk.remount("ro")
    assert "read" in start_fails(bench).lower()
    disk.remount("rw")
    bench.start_daemon()
    bench.online()
