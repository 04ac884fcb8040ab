"""What the units must not be able to do is tried from within them, and refused; and who may look at whose things."""

import json
import re
from typing import Final

import pytest

from tests.systemd.machine import REPO
from tests.systemd.probe import DEEDS
from tests.systemd.station import Station

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(300)]

PROBE: Final = "/usr/share/probe.py"
AS_UNIT: Final = f"""[Service]
Type=oneshot
Restart=no
WatchdogSec=0
ExecStartPre=
ExecStart=
ExecStart=/usr/bin/python3 -IS {PROBE}
"""
NOT_EVEN_ROOT: Final = {
    "read the kernel's log", "read a disk", "read the memory of process 1", "change a kernel setting", "set the clock",
    "load a kernel module", "open a Bluetooth socket", "open a device that is not its own", "open a text console",
}  # fmt: skip
"""What a container forbids root already: there, a refusal says nothing about the unit."""
UNITS: Final[dict[str, set[str]]] = {"kioskd": set(), "kioskd-screen": {"listen on a port"}}
"""What each may do: the screen listens on a port of its own. That it listens on no other is SocketBindDeny=, a BPF
program, which the kernel lets nobody in a container load."""


def probed(station: Station, unit: str) -> dict[str, str]:
    station.write(PROBE, (REPO / "tests/systemd/probe.py").read_text())
    station.run(f"systemctl stop kioskd.socket {unit}", check=False)
    station.drop_in(f"{unit}.service", AS_UNIT)
    station.run(f"systemctl start {unit}.service")
    lines = re.findall(r"^probe (.*)$", station.run(f"journalctl -o cat -u {unit}"), re.MULTILINE)
    found: dict[str, str] = json.loads(lines[-1])
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_each_forbidden_deed_is_refused(station: Station, unit: str) -> None:
    station.write("/etc/kioskd/ils-password", "s3cret\n", 0o600)
    found = probed(station, unit)
    assert set(found) == set(DEEDS)
    assert {deed for deed, ended in found.items() if ended == "done"} <= UNITS[unit]


def test_the_probe_can_do_what_it_tries_where_nothing_hinders_it(station: Station) -> None:
    """Else a refusal would say nothing."""
    station.write("/etc/kioskd/ils-password", "s3cret\n", 0o600)
    station.write(PROBE, (REPO / "tests/systemd/probe.py").read_text())
    said = station.run(f"python3 -IS {PROBE}")
    found = json.loads(said.partition("probe ")[2])
    refused = {deed for deed, ended in found.items() if ended != "done"}
    assert refused <= NOT_EVEN_ROOT, refused - NOT_EVEN_ROOT


def test_the_screens_user_reaches_the_screens_calls_and_nothing_else(station: Station) -> None:
    station.write("/etc/kioskd/ils-password", "s3cret\n", 0o600)
    station.lend("30000000000012")
    for path in ("/var/lib/kioskd/journal.sqlite3", "/var/lib/kioskd", "/etc/kioskd/ils-password"):
        assert station.status(f"ls {path}/ || cat {path}", user="kiosk") != 0, path
        assert station.status(f"ls {path}/ || cat {path}", user="kiosk-display") != 0, path
    assert station.status("kioskctl call view.get", user="kiosk") == 0
    refused = station.run("kioskctl --json call journal.list", user="kiosk", check=False)
    assert json.loads(refused.splitlines()[0])["error"]["data"]["kind"] == "not_allowed"
    assert station.status('kioskctl call scan.inject \'{"code": "30000000000020"}\'', user="kiosk") == 1
    # The browser's user has no business with the socket at all, and neither has anybody else.
    for user in ("kiosk-display", "daemon"):
        assert "you may not open it" in station.run("kioskctl call view.get", user=user, check=False)


def test_other_users_sockets_stay_closed_to_the_screens_user(station: Station) -> None:
    sockets = station.run("find /run /tmp /var -type s -perm -o+w 2>/dev/null", check=False).split()
    known = r"/run/(systemd/|dbus/system_bus_socket|udev/|host/)"
    assert [path for path in sockets if not re.match(known, path)] == []
    private = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/systemd/private')"
    assert station.status(f'python3 -c "{private}"', user="kiosk") != 0


def test_the_exposure_is_small_and_every_key_is_known(station: Station) -> None:
    for unit, most in {"kioskd": 20, "kioskd-screen": 20, "kioskd-nightly": 30, "kioskd-trial": 30}.items():
        said = station.run(f"systemd-analyze security --offline=yes --no-pager --threshold={most} {unit}.service")
        print(said.strip().splitlines()[-1])
    units = "kioskd.socket kioskd.service kioskd-screen.service kioskd-nightly.timer kioskd-nightly.service "
    units += "kioskd-trial.service kiosk-display-check.service kiosk-display-check.timer kiosk-display.service"
    paths = " ".join(f"/usr/lib/systemd/system/{unit}" for unit in units.split())
    station.run(
        "printf '#!/bin/sh\\n' >/usr/bin/cage && chmod 755 /usr/bin/cage"
    )  # a recommendation, not installed here
    assert station.run(f"systemd-analyze verify --man=no --recursive-errors=yes {paths}").strip() == ""
