"""What is forked is as what is begun by exec: pipes, environment, folder, signals, end; and nothing of it stays."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from hardware_sim.demo.processes import BIN, ENDS_WITH_US
from tests import nest

WAYS = [pytest.param(subprocess.Popen, id="exec"), pytest.param(nest.Popen, id="forked")]


@pytest.mark.parametrize("begin", WAYS)
def test_its_words_its_status_and_its_folder(begin: type[subprocess.Popen[str]], tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    command = [str(BIN / "kioskctl"), "--socket", "here/none.sock", "status"]
    with begin(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (3, "")
    assert "does not answer at here/none.sock" in errors


@pytest.mark.parametrize("begin", WAYS)
def test_wrong_usage_and_help_end_as_they_do(begin: type[subprocess.Popen[str]]) -> None:
    for word, status in (("--help", 0), ("nothing", 2)):
        with begin([str(BIN / "kiosk-sim"), word], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.communicate(timeout=20)
        assert process.returncode == status


@pytest.mark.parametrize("begin", WAYS)
@pytest.mark.parametrize(("how", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -9)])
def test_it_has_its_environment_and_ends_by_signals(
    begin: type[subprocess.Popen[str]], how: signal.Signals, status: int
) -> None:
    command = [*ENDS_WITH_US, str(BIN / "kiosk-sim"), "printer", "--listen", "127.0.0.1:0"]
    environ = {"PATH": os.environ["PATH"], "TZ": "Asia/Tokyo", "PYTHONUNBUFFERED": "1"}
    with begin(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        assert parent(process.pid) == os.getpid()
        open_fds = {entry.name: entry.readlink() for entry in Path(f"/proc/{process.pid}/fd").iterdir()}
        assert not [link for link in open_fds.values() if "kioskd" in str(link) or "pytest" in str(link)]
        process.send_signal(how)
        assert process.wait(20) == status


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_what_ends_with_us_does() -> None:
    """Its starter is killed, and it is gone, though it is no child of any shell's."""
    program = (
        "import subprocess, sys, time; from tests import nest; from hardware_sim.demo.processes import *;"
        "sim = nest.Popen([*ENDS_WITH_US, str(BIN / 'kiosk-sim'), 'printer', '--listen', '127.0.0.1:0'],"
        " stdout=subprocess.PIPE, text=True); sim.stdout.readline(); print(sim.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [BIN / "python", "-c", program], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as starter:
        assert starter.stdout is not None
        simulator = Path("/proc") / starter.stdout.readline().strip()
        assert simulator.exists()
        starter.kill()
    until = time.monotonic() + 10
    while simulator.exists() and "State:\tZ" not in (simulator / "status").read_text():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_other_programs_are_begun_as_ever() -> None:
    with nest.Popen(["/bin/sh", "-c", "exit 7"], start_new_session=True) as process:
        assert process.wait(20) == 7
