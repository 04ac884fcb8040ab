"""What the service manager hears: the heartbeat comes out of the loop, and stops with it."""

import asyncio
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from kioskd.daemon.notify import Heartbeat, notify, watchdog_limit_s

REPO = Path(__file__).parents[2]


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The manager's end of $NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield manager


def test_a_state_is_one_datagram(heard: socket.socket) -> None:
    notify("READY=1")
    assert heard.recv(100) == b"READY=1"


def test_nobody_listening_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")


@pytest.mark.parametrize(
    ("environ", "limit_s"),
    [
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"}, 30.0),
        ({"WATCHDOG_USEC": "500000"}, 0.5),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "78"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_limit_is_for_the_process_that_is_named(environ: dict[str, str], limit_s: float | None) -> None:
    assert watchdog_limit_s(environ, 77) == limit_s


async def test_it_beats_until_it_is_stopped(heard: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    heartbeat = Heartbeat(loop, 0.02)
    for _ in range(3):
        assert await loop.run_in_executor(None, heard.recv, 100) == b"WATCHDOG=1"
    heartbeat.stop()
    heartbeat.stop()
    heard.setblocking(False)
    while True:
        try:
            heard.recv(100)
        except BlockingIOError:
            break
    await asyncio.sleep(0.05)  # nothing is to come meanwhile
    with pytest.raises(BlockingIOError):
        heard.recv(100)


def test_a_loop_that_hangs_falls_silent_though_its_threads_run(heard: socket.socket, tmp_path: Path) -> None:
    """In a process of its own: this one's loop is pytest's."""
    program = """
        import asyncio, sys, threading, time
        from kioskd.daemon.notify import Heartbeat, notify
        async def main():
            threading.Thread(target=lambda: [notify("THREAD=1") or time.sleep(0.01) for _ in range(30)]).start()
            Heartbeat(asyncio.get_running_loop(), 0.02)
            await asyncio.sleep(0)
            notify("HANGS=1")
            time.sleep(0.25)
            notify("TURNS=1")
            await asyncio.sleep(0.1)
        asyncio.run(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    said: list[bytes] = []
    with subprocess.Popen(command, cwd=REPO, env={**os.environ}) as process:
        while b"TURNS=1" not in said or said[-1] != b"WATCHDOG=1":
            said.append(heard.recv(100))
        assert process.wait(20) == 0
    hangs, turns = said.index(b"HANGS=1"), said.index(b"TURNS=1")
    assert b"WATCHDOG=1" in said[:hangs]
    assert b"THREAD=1" in said[hangs:turns]
    assert b"WATCHDOG=1" not in said[hangs:turns]
