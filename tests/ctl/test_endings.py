"""How kioskctl ends: exit statuses, within which time, and what stderr says."""

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kioskd.ctl.__main__ import parsed, parser
from kioskd.ctl.errors import WrongUsage

from .conftest import Daemon, begin, kioskctl

VERBS = [
    ("status",),
    ("watch",),
    ("mode", "auto"),
    ("exceptions", "list"),
    ("journal", "list"),
    ("journal", "summary"),
    ("upload",),
    ("export", "--format", "csv", "--out", "x.csv", "--hand-over"),
    ("scan", "3"),
    ("call", "view.get"),
]


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
async def test_no_daemon_is_3_and_says_where(folder: Path, verb: tuple[str, ...]) -> None:
    path = folder / "none.sock"
    state_dir = ("--state-dir", str(folder)) if verb[0] in ("journal", "exceptions") else ()
    done = await kioskctl("--socket", path, "--json", *verb, *state_dir)
    assert (done.status, done.out) == (3, "")
    assert str(path) in done.err
    assert done.err.count("\n") == 1


async def test_a_stale_socket_is_3(folder: Path) -> None:
    path = folder / "stale.sock"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    assert (await kioskctl("--socket", path, "status")).status == 3


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_daemon_that_hangs_is_3_within_a_second(folder: Path, *, accepts: bool) -> None:
    path = folder / "hangs.sock"
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(path))
        hanging.listen(0)
        if not accepts:  # the queue is full
            fillers = [socket.socket(socket.AF_UNIX) for _ in range(2)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(str(path))
        began = time.monotonic()
        await kioskctl("--socket", folder / "none.sock", "status")
        start_s = time.monotonic() - began
        began = time.monotonic()
        done = await kioskctl("--socket", path, "status")
        took_s = time.monotonic() - began
        if not accepts:
            for filler in fillers:
                filler.close()
    assert done.status == 3
    # A second, and what this machine takes just now to start an interpreter.
    assert took_s < 1.0 + 2 * start_s


@pytest.mark.parametrize("said", [b"", b"hello\n", b"[]\n", b'{"jsonrpc":"2.0","id":1,"result":'])
async def test_what_is_no_daemon_is_3(folder: Path, said: bytes) -> None:
    path = folder / "other.sock"

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(said)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_unix_server(other, path):
        assert (await kioskctl("--socket", path, "status")).status == 3


async def test_a_daemon_that_goes_while_watched_is_3(daemon: Daemon) -> None:
    watching = await begin("watch", "--socket", daemon.path)
    assert watching.stdout is not None
    await watching.stdout.readline()
    await daemon.front.close()
    _, err = await watching.communicate()
    assert watching.returncode == 3
    assert b"closed the connection" in err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("frobnicate",),
        ("status", "--frobnicate"),
        ("mode", "maybe"),
        ("journal",),
        ("journal", "list", "--state", "lost"),
        ("journal", "list", "--since", "yesterday"),
        ("journal", "show", "one"),
        ("watch", "--count", "0"),
        ("staff",),
        ("call", "view.get", "no json"),
    ],
    ids=" ".join,
)
async def test_wrong_usage_is_2_in_one_line(folder: Path, arguments: tuple[str, ...]) -> None:
    done = await kioskctl(*arguments, "--socket", folder / "none.sock")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("kioskctl: ")
    assert done.err.count("\n") == 1


async def test_a_reader_that_has_enough_is_no_failure(daemon: Daemon) -> None:
    watching = await begin("watch", "--socket", daemon.path)
    assert watching.stdout is not None
    await watching.stdout.readline()
    watching.stdout._transport.close()  # as `head -1` does
    while watching.returncode is None:
        daemon.change()
        await asyncio.sleep(0.01)
    assert watching.stderr is not None
    assert (watching.returncode, await watching.stderr.read()) == (0, b"")


async def test_help_is_0() -> None:
    done = await kioskctl("--help")
    assert done.status == 0
    assert "exit status" in done.out


def test_a_verb_loads_itself_alone(folder: Path) -> None:
    """Scripts call kioskctl often, and on a Raspberry Pi all verbs take seconds to load."""
    program = (
        "import sys; from kioskd.ctl.__main__ import main; main(['status', '--socket', sys.argv[1]]);"
        "print(*(name for name in sys.modules if name.startswith(('kioskd.ctl.verbs.', 'kioskd.model.calls'))))"
    )
    command = [sys.executable, "-c", program, str(folder / "none.sock")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["kioskd.ctl.verbs.status"]


@pytest.mark.parametrize("words", [("--config", "mode", "sta"), ("--config", "mode", "status", "--frobnicate")])
def test_a_file_called_as_a_verb_hides_no_verb(words: tuple[str, ...]) -> None:
    with pytest.raises(WrongUsage) as alone:
        parser().parse_args(words)
    with pytest.raises(WrongUsage) as found:
        parsed(words)
    assert str(found.value) == str(alone.value)


def test_a_file_called_as_a_verb_is_a_file() -> None:
    asked = parsed(("--config", "mode", "status"))
    assert (asked.verb, asked.config) == ("status", Path("mode"))
