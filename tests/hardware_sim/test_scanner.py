"""The simulated scanner on a real pseudo-terminal, read by a program of its own."""

import os
import select
import shlex
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.errors import SimulatorError, UsageError
from hardware_sim.scanner import PtyScanner
from hardware_sim.scanner.kernel_scanner import KernelScanner
from hardware_sim.scanner.recording import write


@contextmanager
def opened(link: Path) -> Iterator[int]:
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        yield fd
    finally:
        os.close(fd)


def read(fd: int, count: int) -> bytes:
    got = b""
    while len(got) < count:
        assert select.select([fd], [], [], 5)[0], got
        got += os.read(fd, 4096)
    return got


def test_a_code_arrives_byte_for_byte(tmp_path: Path) -> None:
    with PtyScanner(tmp_path / "scanner") as scanner, opened(scanner.link) as fd:
        assert scanner.scan("20000000000014")
        assert read(fd, 15) == b"20000000000014\r"
        assert scanner.scan("30000000000012", prefix="]C1", suffix="\r\n")
        assert read(fd, 19) == b"]C130000000000012\r\n"
        assert scanner.type_bytes(bytes(range(256)))
        assert read(fd, 256) == bytes(range(256)), "raw: no byte is special"


def test_with_nobody_listening_a_code_is_lost(tmp_path: Path) -> None:
    with PtyScanner(tmp_path / "scanner") as scanner:
        assert not scanner.heard
        assert not scanner.scan("20000000000014")
        with opened(scanner.link) as fd:
            assert scanner.heard
            assert scanner.scan("2")
            assert read(fd, 2) == b"2\r"
        assert not scanner.heard


def test_it_is_a_raw_tty(tmp_path: Path) -> None:
    with PtyScanner(tmp_path / "scanner") as scanner, opened(scanner.link) as fd:
        assert not termios.tcgetattr(fd)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)


def test_unplugging_ends_the_reader_and_takes_the_name_away(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    with PtyScanner(link) as scanner:
        first = scanner.port
        with opened(link) as fd:
            scanner.unplug()
            assert select.select([fd], [], [], 5)[0]
            with suppress(OSError):  # EIO or an end: either is a tty that is gone
                assert os.read(fd, 10) == b""
            assert not link.is_symlink()
            scanner.plug()
            assert str(link.readlink()) == scanner.port != first
        with opened(link) as fd:
            assert scanner.scan("x")
            assert read(fd, 2) == b"x\r"
    assert not link.is_symlink()


def test_nothing_of_somebody_elses_is_replaced(tmp_path: Path) -> None:
    taken = tmp_path / "scanner"
    taken.write_text("mine")
    with pytest.raises(UsageError, match="is no link"):
        PtyScanner(taken).plug()
    with pytest.raises(UsageError, match="folder"):
        PtyScanner(tmp_path / "no" / "scanner").plug()
    assert taken.read_text() == "mine"


def test_a_link_left_behind_is_replaced_and_anothers_is_left_alone(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    link.symlink_to("/dev/pts/99999")
    with PtyScanner(link) as scanner:
        assert str(link.readlink()) == scanner.port
        link.unlink()
        link.symlink_to("/dev/null")
    assert str(link.readlink()) == "/dev/null"


async def test_a_slow_scanner_pauses_between_characters(tmp_path: Path) -> None:
    with PtyScanner(tmp_path / "scanner") as scanner, opened(scanner.link) as fd:
        assert await scanner.scan_slowly("123", gap_ms=1)
        assert read(fd, 4) == b"123\r"


def test_its_control_address(start: Callable[..., Any], tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    scanner = start("scanner", "--link", link)
    assert scanner.ready["link"] == str(link)
    assert scanner.good("/scan", {"code": "1"}) == {"heard": False}
    with opened(link) as fd:
        assert scanner.good("/state")["heard"]
        assert scanner.good("/scan", {"code": "20000000000014", "gap_ms": 1, "times": 2}) == {"heard": True}
        assert read(fd, 30) == b"20000000000014\r" * 2
        assert scanner.good("/scan", {"sent_hex": "5d433133"})["heard"]
        assert read(fd, 4) == b"]C13"
    version = scanner.good("/state")["version"]
    assert not scanner.good("/unplug", {})["plugged"]
    assert scanner.good(f"/changes?since={version}&wait_s=10")["version"] > version
    assert scanner.ask("/scan", {"code": "1"}) == (409, {"error": "the scanner is unplugged"})
    assert scanner.good("/plug", {})["plugged"]
    assert [scan["code"] for scan in scanner.good("/scans")["scans"]] == ["1", "20000000000014", ""]
    assert scanner.stop() == 0
    assert not link.is_symlink()


@pytest.mark.parametrize("body", [{}, {"code": 1}, {"kode": "1"}, {"code": "1", "gap_ms": -1}, {"sent_hex": "zz"}, []])
def test_wrong_scans_are_refused(start: Callable[..., Any], tmp_path: Path, body: object) -> None:
    status, answer = start("scanner", "--link", tmp_path / "s").ask("/scan", body)
    assert (status, "error" in answer) == (400, True)


def test_a_recording_is_a_keyboard_to_the_driver(tmp_path: Path) -> None:
    """The station's own driver reads it, which shares nothing with the recording."""
    script = """
import select
from drivers import SCANNERS
with SCANNERS["evdev"](device="/dev/input/event5") as scanner:
    got = []
    while len(got) < 2 and select.select([scanner], [], [], 10)[0]:
        got += scanner.read(0.0)
print(*(code.text for code in got))
"""
    sim = [sys.executable, "-m", "hardware_sim", "scanner", "--record", str(tmp_path / "recording")]
    told = subprocess.run(
        [*sim, "--code", "20000000000014", "--code", "]C1AbC-9"], capture_output=True, text=True, check=True
    )
    command = [*shlex.split(told.stdout), sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split(), done.stderr) == (["20000000000014", "]C1AbC-9"], "")


def test_a_recording_of_what_no_key_types_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no key"):
        write(tmp_path, ["ü"])


def test_without_the_kernels_modules_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = KernelScanner(tmp_path / "scanner", "uinput")
    monkeypatch.setattr("hardware_sim.kernel.uinput.os.open", refused)
    with pytest.raises(SimulatorError, match="it needs root"):
        scanner.plug()
    assert not scanner.plugged
    assert not (tmp_path / "scanner").is_symlink()


def refused(*arguments: object) -> int:
    raise FileNotFoundError(2, "No such file or directory")
