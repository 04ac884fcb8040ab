"""What stands before patrons: the station's own browser command in cage, on a display in memory."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_sim.demo.processes import BIN, Daemon
from tests.systemd.machine import REPO

OF_ITS_OWN = ("unshare", "--net", "--pid", "--fork", "--kill-child")
SHOWN_S = 90.0
LAID_OUT = """
set -e
ip link set lo up
"$1" --socket "$2" --listen 127.0.0.1:8080 &
setpriv --reuid nobody --regid nogroup --clear-groups cage -d -- "$3"
exit $?
"""
"""The page on the port that the package gives it: in a network of its own, whatever else runs here. The shell stays the
first of its processes and, unlike who gives up its rights, dies with who started it: and all others with the first."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that the user nobody may enter: pytest keeps its own to itself."""
    with tempfile.TemporaryDirectory(prefix="display-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def display(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A cage that shows a station's page."""
    runtime = folder / "display"
    runtime.mkdir(mode=0o700)
    os.chown(runtime, 65534, 65534)
    command = folder / "command"
    command.write_bytes((REPO / "packaging/display").read_bytes())
    command.chmod(0o755)
    daemon = Daemon(folder, {"ils": {"host": "127.0.0.1", "port": 9}, "printer": {"driver": "none"}}).start()
    memory = {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
    folders = {"RUNTIME_DIRECTORY": str(runtime), "XDG_RUNTIME_DIR": str(runtime)}
    shown = subprocess.Popen(
        [*OF_ITS_OWN, "sh", "-c", LAID_OUT, "sh", str(BIN / "kioskd-screen"), str(daemon.socket), str(command)],
        env=os.environ | memory | folders,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
    )
    try:
        yield shown
    finally:
        shown.kill()
        # The end of what they say is the end of the last of them.
        shown.communicate(timeout=20)
        daemon.stop()


def page_is_connected(display: "subprocess.Popen[bytes]") -> bool:
    """Whether a browser holds a line to 127.0.0.1:8080 there. Source: proc(5), /proc/PID/net/tcp; 01 is ESTABLISHED."""
    lines = (line.split() for line in Path(f"/proc/{display.pid}/net/tcp").read_text().splitlines())
    return any(line[1:2] == ["0100007F:1F90"] and line[3] == "01" for line in lines)


@pytest.mark.systemd
def test_the_browser_shows_the_stations_page_and_stays(display: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SHOWN_S
    while display.poll() is None and not page_is_connected(display):
        assert time.monotonic() < deadline, "no page came"
        time.sleep(0.2)
    # A browser that its own options end dies within a second of its first page.
    stays_until = time.monotonic() + 4
    while time.monotonic() < stays_until:
        assert display.poll() is None, "the browser ended"
        time.sleep(0.2)
    assert page_is_connected(display)
