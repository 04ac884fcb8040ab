"""The socket file, systemd's socket, and who may come in."""

# ruff: noqa: ASYNC240 (the files of a test are on a disk of their own)

import asyncio
import json
import os
import pwd
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kioskd.front.limits import Limits
from kioskd.front.listening import SocketTrouble, open_listener
from kioskd.front.peers import Rights
from kioskd.front.server import Front
from kioskd.model.calls import Role
from kioskd.model.settings import SocketSettings

from .conftest import INFO, Client, Station, running


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


async def test_the_socket_file_is_for_owner_and_group(path: Path) -> None:
    path = path.parent / "made" / "kioskd.sock"
    async with running(path):
        assert mode_of(path) == 0o660


async def test_a_stale_file_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
        old.listen()
    async with running(path) as station:
        assert "result" in await (await station.client()).ask("hello")


async def test_a_living_daemon_is_named_and_left_alone(station: Station) -> None:
    second = Front(SocketSettings(path=station.path), lambda *call: None, INFO, environ={})
    with pytest.raises(SocketTrouble, match=f"process {os.getpid()} answers there"):
        await second.start()
    await second.close()
    assert "result" in await (await station.client()).ask("hello")


def test_what_is_no_socket_is_never_removed(path: Path) -> None:
    path.write_text("a file")
    with pytest.raises(SocketTrouble, match="no socket"):
        open_listener(path, {})
    assert path.read_text() == "a file"


@pytest.mark.parametrize("place", ["/proc/no/kioskd.sock", "/tmp/" + "x" * 120])
def test_a_place_that_cannot_be_is_told(place: str) -> None:
    with pytest.raises(SocketTrouble, match=r"socket\.path") as told:
        open_listener(Path(place), {})
    assert place in str(told.value)


async def test_a_file_that_another_daemon_made_meanwhile_is_left(path: Path) -> None:
    async with running(path) as station:
        path.rename(path.with_suffix(".old"))
        path.write_text("another's")
        await station.front.close()
    assert path.read_text() == "another's"


SYSTEMD = """
import asyncio, os, sys
from pathlib import Path
from kioskd.front.greeting import HelloInfo
from kioskd.front.server import Front
from kioskd.model.settings import SocketSettings

async def main():
    environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
    hello = HelloInfo("S", "L", "1", (), "i")
    front = Front(SocketSettings(path=Path(sys.argv[1])), lambda *call: None, hello, environ=environ)
    await front.start()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await front.close()

os.dup2(int(sys.argv[2]), 3)  # as systemd passes it
asyncio.run(main())
"""


async def test_a_socket_of_systemds_is_taken_and_its_file_stays(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        fd = listening.fileno()
        command = [sys.executable, "-c", SYSTEMD, str(path.with_name("unused")), str(fd)]
        daemon = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, pass_fds=[fd])
    client = Client(*await asyncio.open_unix_connection(path))
    assert (await client.ask("hello"))["result"]["station"] == "S"
    assert path.exists()
    assert not path.with_name("unused").exists()
    await client.close()
    await daemon.communicate(b"")
    assert daemon.returncode == 0
    assert path.exists()


# Rights


def test_roles_come_from_users_and_the_greatest_wins() -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    daemon = pwd.getpwnam("daemon").pw_uid
    settings = SocketSettings(screen_users=("nobody", "daemon", "not-made-yet"), staff_users=("daemon",))
    rights = Rights(settings, own_uid=4242)
    assert rights.role(nobody) is Role.SCREEN
    assert rights.role(daemon) is Role.STAFF
    assert rights.role(0) is Role.TECHNICIAN
    assert rights.role(4242) is Role.TECHNICIAN  # a container's user without a name
    assert rights.role(4243) is None
    assert rights.role(pwd.getpwnam("bin").pw_uid) is None


def test_the_daemons_own_user_is_a_technician_even_if_named_a_screen() -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    assert Rights(SocketSettings(screen_users=("nobody",)), own_uid=nobody).role(nobody) is Role.TECHNICIAN


ASK = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"hello"}\\n')
s.shutdown(socket.SHUT_WR)
while chunk := s.recv(65536):
    sys.stdout.buffer.write(chunk)
"""


@pytest.fixture
async def open_station(path: Path) -> AsyncIterator[Station]:
    """A station whose file lets every user of the machine connect, so that only the daemon decides."""
    settings = SocketSettings(path=path, screen_users=("nobody",))
    async with running(path, Limits(), settings) as station:
        path.chmod(0o666)
        path.parent.chmod(0o755)
        yield station


async def as_user(path: Path, uid: int) -> list[dict[str, object]]:
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASK, str(path), str(uid), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, complaint = await asyncio.wait_for(client.communicate(), 10)
    assert client.returncode == 0, complaint
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(("name", "role"), [("nobody", "screen"), ("bin", None), (None, None)])
async def test_the_kernel_says_who_asks(open_station: Station, name: str | None, role: str | None) -> None:
    uid = pwd.getpwnam(name).pw_uid if name else 54321
    if os.geteuid() != 0:  # only root can become another; what it is itself still holds
        uid, role = os.geteuid(), "technician"
    [answer] = await as_user(open_station.path, uid)
    if role is None:
        assert answer["id"] is None
        assert answer["error"]["code"] == -32011
        assert str(uid) in answer["error"]["message"]
    else:
        assert answer["result"]["role"] == role
