"""The units as a machine runs them: start, readiness, watchdog, socket activation, credentials, timers, back-off."""

import contextlib
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.systemd.station import Station

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(300)]

ITEMS = ("30000000000012", "30000000000020", "30000000000038", "30000000000046")
HELLO = '{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"client": "test", "protocol": 1}}'
ASK = (
    "import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect('/run/kioskd/kioskd.sock'); "
    f"s.sendall(b'{HELLO}\\n'); print('asked', flush=True); print(s.makefile().readline(), end='')"
)


def test_it_comes_up_by_itself_at_boot_and_is_ready_when_it_says_so(station: Station) -> None:
    assert station.show("kioskd", "ActiveState") == "active"
    assert station.show("kioskd", "StatusErrno") == "0"
    assert station.json("kioskctl --json status")["mode"]["name"] == "offline"
    assert station.run(f"stat -c %U /proc/{station.pid}").strip() == "kioskd"
    assert station.show("kioskd-screen", "ActiveState") == "active"
    page = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/').status)"
    station.until(lambda: station.run(f'python3 -c "{page}"', check=False).strip() == "200", "the page is served")


def test_nothing_listens_but_on_loopback(station: Station) -> None:
    station.until(lambda: station.run("cat /proc/net/tcp").count(":1F90") > 0, "the page is served")
    listening = [
        line.split()[1]
        for name in ("tcp", "tcp6", "udp", "udp6")
        for line in station.run(f"cat /proc/net/{name}").splitlines()[1:]
        if line.split()[3] in {"0A", "07"}
    ]
    assert listening == ["0100007F:1F90"]


def test_the_journal_that_the_unit_writes_is_for_its_user_alone(station: Station) -> None:
    station.lend(ITEMS[0])
    assert station.run("stat -c '%a %U:%G' /var/lib/kioskd").strip() == "700 kioskd:kioskd"
    modes = station.run("stat -c '%a %U' /var/lib/kioskd/journal.sqlite3*").split("\n")
    assert set(filter(None, modes)) == {"600 kioskd"}
    assert [entry["item"] for entry in station.entries()] == [ITEMS[0]]


def test_a_stopped_process_is_ended_and_started_anew_and_keeps_its_entries(station: Station) -> None:
    station.drop_in("kioskd.service", "[Service]\nWatchdogSec=2s\n")
    station.run("systemctl restart kioskd")
    station.lend(*ITEMS[:2])
    was = station.pid
    began = time.monotonic()
    station.run(f"kill -STOP {was}")
    station.until(lambda: station.pid not in {0, was}, "it runs anew", within_s=30)
    station.wait_ready()
    took_s = time.monotonic() - began
    assert "Watchdog timeout" in station.log("kioskd")
    assert "Fatal Python error: Aborted" in station.log("kioskd")
    assert [entry["item"] for entry in station.entries()] == list(ITEMS[:2])
    print(f"watchdog of 2 s: anew {took_s:.1f} s after SIGSTOP")


def test_a_loop_that_turns_is_left_alone(station: Station) -> None:
    station.drop_in("kioskd.service", "[Service]\nWatchdogSec=1s\n")
    station.run("systemctl restart kioskd")
    was = station.pid
    time.sleep(3)  # nothing is to happen meanwhile
    assert station.pid == was


def test_connections_wait_while_it_restarts(station: Station) -> None:
    # Not before every connection is made, while nobody is there to take it.
    station.drop_in("kioskd.service", "[Service]\nExecStartPre=/bin/sh -c 'until [ -e /run/go ]; do sleep 0.1; done'\n")
    station.run(f"kill -KILL {station.pid}")
    station.until(lambda: station.pid == 0, "it is down")
    with contextlib.ExitStack() as opened:
        waiting = [opened.enter_context(station.open(_ask())) for _ in range(5)]
        for each in waiting:
            assert each.stdout is not None
            assert each.stdout.readline().strip() == "asked"
        assert station.pid == 0, "it came back before the connections were made"
        station.run("touch /run/go")
        for each in waiting:
            assert each.stdout is not None
            said = each.stdout.read()
            assert json.loads(said)["result"]["station"] == "T-1", said


def _ask() -> str:
    return f"python3 - <<'END'\n{ASK}\nEND"


def test_a_connection_starts_it(station: Station) -> None:
    station.run("systemctl stop kioskd.service")
    assert station.pid == 0
    assert json.loads(station.run(_ask()).splitlines()[-1])["result"]["station"] == "T-1"


def test_the_password_reaches_the_daemon_and_not_its_user(boot: Callable[..., Station]) -> None:
    machine = boot(ils={"login_user": "kiosk"})
    machine.write("/etc/kioskd/ils-password", "s3cret\n", 0o600)
    machine.start_ils("--login kiosk:s3cret")
    machine.run("systemctl restart kioskd")
    machine.until(lambda: machine.json("kioskctl --json status")["mode"]["name"] == "online", "it logged in")
    assert machine.status("cat /etc/kioskd/ils-password", user="kioskd") != 0
    assert "s3cret" not in machine.run("journalctl --no-pager")
    assert "s3cret" not in machine.run(f"cat /proc/{machine.pid}/environ | tr '\\0' '\\n'")


def test_what_waits_goes_up_at_night_exactly_once(station: Station) -> None:
    station.lend(*ITEMS)
    assert station.summary()["unsent"] == 4
    assert station.run("systemctl is-enabled kioskd-nightly.timer").strip() == "enabled"
    assert "kioskd-nightly.service" in station.run("systemctl list-timers --no-pager kioskd-nightly.timer")
    station.run("systemctl start kioskd-nightly.service")
    assert station.show("kioskd-nightly", "Result") == "success", "a library system that is away is no fault of ours"
    station.start_ils()
    station.run("systemctl start kioskd-nightly.service")
    station.all_sent()
    assert station.loans() == list(ITEMS)


def test_a_wrong_configuration_is_tried_ever_less_often_and_mended_without_a_restart(
    boot: Callable[..., Station],
) -> None:
    machine = boot(ils={"port": 70000})
    machine.until(lambda: "waiting 2 s" in machine.log("kioskd"), "it waits ever longer", within_s=60)
    assert "port" in machine.log("kioskd")
    machine.configure()
    machine.until(lambda: machine.show("kioskd", "ActiveState") == "active", "it came up by itself", within_s=60)


def test_it_lends_with_a_root_that_cannot_be_written(boot: Callable[..., Station], tmp_path: Path) -> None:
    """A read-only root with a changing layer in memory, and the journal on a disk of its own."""
    machine = boot(options=("--volatile=overlay", f"--bind={tmp_path}:/var/lib/kioskd"))
    machine.wait_ready()
    machine.lend(*ITEMS[:2])
    machine.run("touch /etc/only-in-memory")
    machine.power_off()
    machine.boot()
    machine.wait_ready()
    assert machine.status("test -e /etc/only-in-memory") != 0
    assert [entry["item"] for entry in machine.entries()] == list(ITEMS[:2])


def test_the_screens_code_says_no_more_is_wrong_than_root_sees(station: Station) -> None:
    """The page asks the doctor out of its own sandbox: what it may not look at is not wrong by that."""
    fetch = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/doctor.svg').read().decode())"
    station.until(lambda: "<svg" in station.run(f'python3 -c "{fetch}"', check=False), "the code is served")
    screen = station.show("kioskd-screen", "MainPID")
    inside = f"nsenter -t {screen} -m -- setpriv --reuid kiosk --regid kiosk --init-groups kioskctl doctor --short"
    told, by_root = station.run(inside, check=False), station.run("kioskctl doctor --short", check=False)
    assert told.startswith("kioskd ")
    codes = [set(re.findall(r"\b[A-Z]+-\d+\b", line)) for line in (told, by_root)]
    assert codes[0] <= codes[1], (told, by_root)
