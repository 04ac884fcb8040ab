"""Scanners on real pseudo terminals: plugged, read, pulled out, plugged in again."""

import asyncio
import errno
import fcntl
import gc
import os
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.base import CannotOpen, Scanner, WhyNot
from hardware_sim.scanner import PtyScanner
from kioskd.devices import scanner as life
from kioskd.devices import scanners as room
from kioskd.devices.scanners import Scanners
from kioskd.model.settings import ScannerDriver, ScannerSettings
from tests.devices.conftest import DRIVERS, NOW, Heard, descriptors

CARD, ITEM = "20000000000014", "31168000000012"
Start = Callable[..., Scanners]


def serial(path: Path, name: str = "front") -> ScannerSettings:
    return ScannerSettings(name, ScannerDriver.SERIAL, port=str(path))


def rights(device: PtyScanner, mode: int) -> None:
    Path(device.port).chmod(mode)


@pytest.mark.cell("serial", "absent", on="pty")
@pytest.mark.cell("serial", "unplugged idle", on="pty")
async def test_a_scanner_is_waited_for_read_missed_and_welcomed_back(
    tmp_path: Path, heard: Heard, scanners: Start
) -> None:
    device = PtyScanner(tmp_path / "by-id" / "scanner")
    scanners(serial(device.link))
    absent = await heard.state("front", "absent")
    assert absent.problem == f"{device.link}: nothing is there"
    assert absent.advice
    assert "plug the scanner in" in absent.advice
    device.link.parent.mkdir()
    for count in (1, 2):
        device.plug()
        ready = await heard.state("front", "ready", timeout_s=1.0)
        assert (ready.problem, ready.advice, ready.since, ready.identity) == (None, None, NOW, str(device.link))
        assert device.scan(CARD)
        await heard.until(lambda count=count: heard.scans() == [CARD] * count)
        device.unplug()
        gone = await heard.state("front", "absent", timeout_s=1.0)
        assert gone.problem == f"{device.link}: it was unplugged"
    assert heard.states("front") == ["opening", "absent", *["opening", "ready", "absent"] * 2]


def resident_kib() -> int:
    """Memory that is this process's own."""
    gc.collect()
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss_Anon"):
            return int(line.split()[1])
    raise AssertionError("no Pss_Anon")


@pytest.mark.cell("serial", "replugged again and again", on="pty")
@pytest.mark.parametrize("cycles", [100, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(300)])])
async def test_plugged_and_pulled_out_again_and_again(
    cycles: int, tmp_path: Path, heard: Heard, scanners: Start
) -> None:
    loop = asyncio.get_running_loop()
    device = PtyScanner(tmp_path / "scanner")
    scanners(serial(device.link))
    took_s = []
    files, kib = [], []
    for count in range(1, cycles + 1):
        at = loop.time()
        device.plug()
        await heard.state("front", "ready", timeout_s=1.0)
        took_s.append(loop.time() - at)
        device.scan(ITEM)
        await heard.until(heard.scans)
        if count % 3 == 0:
            device.type_bytes(ITEM[:5].encode())  # pulled out in the middle of a code
        device.unplug()
        await heard.state("front", "absent", timeout_s=1.0)
        assert heard.scans() == [ITEM]
        heard.all.clear()  # what is told piles up here alone
        if count in (cycles // 4, cycles):
            files.append(descriptors())
            kib.append(resident_kib())
    assert files[0] == files[1]
    assert kib[1] - kib[0] < 300, "the allocator's noise, and not something a cycle"
    print(
        f"{cycles} cycles, plug to ready: median {statistics.median(took_s) * 1000:.1f} ms, "
        f"worst {max(took_s) * 1000:.1f} ms; resident {kib[0]} then {kib[1]} KiB, {files[1]} descriptors"
    )


@pytest.mark.cell("serial", "unplugged in a code", on="pty")
async def test_a_scan_that_the_plug_cut_off_is_lost_whole(tmp_path: Path, heard: Heard, scanners: Start) -> None:
    with PtyScanner(tmp_path / "scanner") as device:
        scanners(serial(device.link))
        await heard.state("front", "ready")
        device.type_bytes(CARD.encode() + b"\r" + ITEM[:10].encode())
        await heard.until(heard.scans)
        device.unplug()
        await heard.state("front", "absent")
        device.plug()
        await heard.state("front", "ready")
        device.scan(ITEM)
        await heard.until(lambda: len(heard.scans()) == 2)
    assert heard.scans() == [CARD, ITEM]
    assert heard.lost() == ["front"]


@pytest.mark.cell("serial", "breaks off", on="pty")
async def test_a_scan_that_breaks_off_by_itself_is_lost_after_a_second(
    tmp_path: Path, heard: Heard, scanners: Start
) -> None:
    with PtyScanner(tmp_path / "scanner") as device:
        scanners(serial(device.link))
        await heard.state("front", "ready")
        device.type_bytes(ITEM[:9].encode())
        await heard.until(heard.lost, timeout_s=3.0)
        device.scan(ITEM[9:])  # its tail, late, would look like a code
        await heard.until(lambda: len(heard.lost()) == 2)
        device.scan(CARD)
        await heard.until(heard.scans)
    assert heard.scans() == [CARD]


async def test_what_was_scanned_just_before_the_plug_was_pulled_counts(
    tmp_path: Path, heard: Heard, scanners: Start
) -> None:
    with PtyScanner(tmp_path / "scanner") as device:
        scanners(serial(device.link))
        await heard.state("front", "ready")
        codes = [f"3116800000{n:04}" for n in range(50)]
        for code in codes:
            device.scan(code)
        # The name goes, and nothing of the queue was read yet. (A pty's master that closes takes the queue with it.)
        device.link.unlink()
        await heard.state("front", "absent")
        assert heard.scans() == codes
        assert heard.lost() == []
        assert not device.heard


@pytest.mark.cell("serial", "two at once", on="pty")
async def test_two_scanners_at_once_stay_apart(tmp_path: Path, heard: Heard, scanners: Start) -> None:
    with PtyScanner(tmp_path / "left") as left, PtyScanner(tmp_path / "right") as right:
        scanners(serial(left.link, "left"), serial(right.link, "right"))
        await heard.state("left", "ready")
        await heard.state("right", "ready")
        for a, b in zip(CARD + "\r", ITEM + "\r", strict=True):
            left.type_bytes(a.encode())
            right.type_bytes(b.encode())
            await asyncio.sleep(0)
        await heard.until(lambda: len(heard.scans()) == 2)
        right.unplug()
        await heard.state("right", "absent")
        left.scan(ITEM)
        await heard.until(lambda: len(heard.scans()) == 3)
    assert (heard.scans("left"), heard.scans("right")) == ([CARD, ITEM], [ITEM])
    assert heard.states("left") == ["opening", "ready"]


async def test_another_device_under_the_same_name(tmp_path: Path, heard: Heard, scanners: Start) -> None:
    link = tmp_path / "scanner"
    with PtyScanner(tmp_path / "one") as one, PtyScanner(tmp_path / "two") as two:
        link.symlink_to(one.port)
        scanners(serial(link))
        await heard.state("front", "ready")
        beside = tmp_path / "beside"
        beside.symlink_to(two.port)
        beside.replace(link)  # both devices live on; only the name leads elsewhere now
        await heard.until(lambda: two.heard)
        await heard.until(lambda: heard.states("front") == ["opening", "ready", "absent", "opening", "ready"])
        assert not one.heard
        two.scan(CARD)
        await heard.until(heard.scans)
    assert heard.scans() == [CARD]


async def test_the_kernels_word_that_comes_late_takes_no_scanner_away(
    tmp_path: Path, heard: Heard, scanners: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "BACKOFF_S", (0.0,))
    opened = 0

    def opens(*, port: str) -> Scanner:
        nonlocal opened
        opened += 1
        if opened == 1:
            # It appears in the moment in which it was not there, and is tried again before its watch is read.
            device.plug()
            raise CannotOpen(port, WhyNot.ABSENT, "no such file")
        return DRIVERS["serial"](port=port)

    device = PtyScanner(tmp_path / "scanner")
    scanners(serial(device.link), drivers={**DRIVERS, "serial": opens})
    await heard.state("front", "ready")
    device.type_bytes(CARD[:5].encode())
    await asyncio.sleep(0.02)
    device.type_bytes(CARD[5:].encode() + b"\r")
    await heard.until(heard.scans)
    device.unplug()
    await heard.state("front", "absent")
    assert heard.scans() == [CARD]
    assert heard.lost() == []
    assert opened == 2


@pytest.mark.cell("serial", "held by another", on="pty")
async def test_a_port_that_another_program_holds(
    tmp_path: Path, heard: Heard, scanners: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "BACKOFF_S", (0.02, 0.05))
    with PtyScanner(tmp_path / "scanner") as device:
        other = os.open(device.port, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        scanners(serial(device.link))
        failing = await heard.state("front", "failing")
        assert failing.advice
        assert f"sudo fuser -v {device.link} names it" in failing.advice
        os.close(other)
        await heard.state("front", "ready")
    assert heard.states("front") == ["opening", "failing", "ready"]


async def test_rights_that_come_a_moment_after_the_device_are_no_news(
    tmp_path: Path, heard: Heard, scanners: Start
) -> None:
    tries = []

    def opens(*, port: str) -> Scanner:
        tries.append(port)
        if Path(port).stat().st_mode & 0o077 == 0:
            raise CannotOpen(port, WhyNot.DENIED, "Permission denied")
        return DRIVERS["serial"](port=port)

    with PtyScanner(tmp_path / "scanner") as device:
        rights(device, 0o600)
        scanners(serial(device.link), drivers={**DRIVERS, "serial": opens})
        assert heard.states("front") == ["opening"]
        rights(device, 0o660)
        await heard.state("front", "ready")
        assert heard.states("front") == ["opening", "ready"]
        assert len(tries) == 2
        rights(device, 0o600)  # what is open stays open
        device.scan(CARD)
        await heard.until(heard.scans)
        assert len(tries) == 2


async def test_without_rights_it_says_so_and_goes_on_trying(
    tmp_path: Path, heard: Heard, scanners: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "BACKOFF_S", (0.01, 0.02))
    tries = 0

    def denied(*, port: str) -> Scanner:
        nonlocal tries
        tries += 1
        if tries < 6:
            raise CannotOpen(port, WhyNot.DENIED, "Permission denied")
        return DRIVERS["serial"](port=port)

    with PtyScanner(tmp_path / "scanner") as device:
        scanners(serial(device.link), drivers={**DRIVERS, "serial": denied})
        failing = await heard.state("front", "failing")
        assert "Permission denied" in str(failing.problem)
        assert "sudo usermod -aG" in str(failing.advice) or "udev rules" in str(failing.advice)
        await heard.state("front", "ready")
    assert heard.states("front") == ["opening", "failing", "ready"]


class Mad:
    """A device whose descriptor is always readable and whose reading fails, as a bad hub does it."""

    def __init__(self) -> None:
        self.near, self.far = os.pipe()
        os.write(self.far, b"x")

    def fileno(self) -> int:
        return self.near

    def read(self, now_s: float) -> list[object]:
        raise OSError(errno.EPROTO, "Protocol error")

    def deadline(self) -> None:
        return None

    def close(self) -> None:
        os.close(self.near)
        os.close(self.far)


async def test_a_device_that_opens_and_fails_is_tried_less_and_less(
    tmp_path: Path, heard: Heard, scanners: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "BACKOFF_S", (0.01, 0.02, 0.04, 0.08, 60.0))
    opened = 0

    def opens(**settings: object) -> Mad:
        nonlocal opened
        opened += 1
        return Mad()

    held = descriptors()
    (tmp_path / "scanner").touch()
    started = scanners(serial(tmp_path / "scanner"), drivers={"serial": opens})
    await heard.until(lambda: heard.states("front").count("failing") == 5)
    failing = heard.devices("front")[-1]
    assert "Protocol error" in str(failing.problem)
    assert "another port" in str(failing.advice)
    assert opened == 5  # the next one is a minute away
    started.close()
    assert descriptors() == held


@pytest.mark.parametrize("driver", ["hidraw"])
async def test_a_driver_that_this_version_lacks(driver: str, heard: Heard, scanners: Start) -> None:
    scanners(ScannerSettings("front", ScannerDriver(driver), device="/dev/hidraw0"))
    (status,) = heard.devices("front")
    assert status.state == "failing"
    assert status.problem == "there is no scanner driver 'hidraw'"
    assert "evdev, serial" in str(status.advice)


async def test_a_setting_that_the_driver_refuses(tmp_path: Path, heard: Heard, scanners: Start) -> None:
    with PtyScanner(tmp_path / "scanner") as device:
        scanners(ScannerSettings("front", ScannerDriver.SERIAL, port=str(device.link), baud=-1))
        failing = await heard.state("front", "failing")
    assert "baud" in str(failing.problem).lower()


async def test_where_the_kernel_grants_no_watch_replugging_still_works(
    tmp_path: Path, heard: Heard, scanners: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(paths: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(room, "PathWatch", none_left)
    monkeypatch.setattr(room, "WITHOUT_WATCH_S", 0.02)
    device = PtyScanner(tmp_path / "scanner")
    scanners(serial(device.link))
    for _ in range(2):
        device.plug()
        await heard.state("front", "ready")
        device.unplug()
        await heard.state("front", "absent")


async def test_closing_says_nothing_more_and_keeps_nothing(tmp_path: Path, heard: Heard, scanners: Start) -> None:
    with PtyScanner(tmp_path / "scanner") as device:
        held = descriptors()
        started = scanners(serial(device.link))
        await heard.state("front", "ready")
        device.type_bytes(b"311")
        await asyncio.sleep(0.01)
        told = len(heard.all)
        started.close()
        assert not device.heard
        assert descriptors() == held
        await asyncio.sleep(0.01)
        assert len(heard.all) == told
