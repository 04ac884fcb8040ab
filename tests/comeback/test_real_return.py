"""A real daemon at a real port in the hour after an outage: 940 at its login, its random start, the nightly halt."""

import datetime as dt
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.demo.client import Client, RpcError
from hardware_sim.demo.processes import Daemon, Sim
from kioskd.journal.journal import Journal
from kioskd.model.entry import AddEntry
from tests.comeback.kiosk import ZONE, entry
from tests.station.conftest import FAST_ILS, luhn14

ENTRIES = 3
FIRST_BOOK = 100_000
NOT_A_LOOP_S = 3.0
"""So long a line that was refused its login is watched: with `poll_offline_s` of 0.3 s a loop would try ten times."""
SPREAD_S = 1.5


class Desk:
    """Stations with entries from an outage at one library system, each a process."""

    def __init__(self, folder: Path, ils: Sim, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.ils = ils
        ils.post("/reset")
        ils.fault(down=True)
        ils.post("/world", {"do": "add_items", "count": 3 * ENTRIES, "first": FIRST_BOOK})
        self._card = next(row["barcode"] for row in ils.get("/catalog")["patrons"] if row["note"] == "")
        self._books = iter(range(3 * ENTRIES))

    def station(self, name: str, **ils: Any) -> Daemon:
        host, _, port = self.ils.ready["sip2"].rpartition(":")
        config = {"ils": {"host": host, "port": int(port), **FAST_ILS, **ils}, "printer": {"driver": "none"}}
        folder = self._folder / name
        folder.mkdir()
        daemon = Daemon(folder, config)
        journal = Journal.open(daemon.state_dir, timezone=ZONE.key)
        books = [luhn14("3", FIRST_BOOK + next(self._books)) for _ in range(ENTRIES)]
        now = time.time() - 900
        journal.write([AddEntry(entry(self._card, book, now, id=str(uuid.uuid4()))) for book in books])
        journal.close()
        self._stack.callback(daemon.stop)
        return daemon.start()

    def watch(self, daemon: Daemon) -> Client:
        client = self._stack.enter_context(Client(daemon.socket))
        client.watch()
        return client

    def asked(self, code: str) -> int:
        rows = self.ils.get("/transcript")["lines"]
        return sum(row["direction"] == ">" and row["line"].startswith(code) for row in rows)


@pytest.fixture(scope="module")
def ils() -> Iterator[Sim]:
    system = Sim("ils", "--patrons", "40", "--fault", "down")
    yield system
    system.close()


@pytest.fixture
def desk(tmp_path: Path, ils: Sim) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(tmp_path, ils, stack)


def _online(view: dict[str, Any]) -> bool:
    return view["mode"]["name"] == "online" and view["unsent"] == 0


def test_940_after_a_login_that_worked_is_no_login_loop(desk: Desk) -> None:
    station = desk.station("one", login_user="kiosk")
    screen = desk.watch(station)
    desk.ils.fault(down=False)
    screen.until(_online, timeout_s=60)
    assert desk.asked("93") == 1

    desk.ils.fault(login_refused=True, down=True)
    screen.until(lambda view: view["mode"]["name"] == "offline", timeout_s=60)
    desk.ils.fault(down=False)
    screen.until(lambda view: view["mode"]["reason"] == "login_refused", timeout_s=60)
    tried = desk.asked("93")
    # The one wait for time itself: nothing is to happen.
    time.sleep(NOT_A_LOOP_S)
    assert desk.asked("93") == tried == 2, "one try, and then a minute's rest"
    status = station.ctl("status")
    assert "login" in status["ils"]["problem"]

    desk.ils.fault(login_refused=False)
    with pytest.raises(RpcError):
        # Nothing can go up at this moment; but the line is tried.
        screen.call("upload.start")
    screen.until(_online, timeout_s=60)
    assert desk.asked("93") == 3, "staff need not wait for it"


def test_each_station_begins_after_a_wait_of_its_own(desk: Desk) -> None:
    stations = [desk.station(name, upload_spread_s=SPREAD_S) for name in ("one", "two")]
    screens = [desk.watch(station) for station in stations]
    desk.ils.fault(down=False)
    for screen in screens:
        screen.until(_online, timeout_s=60)
    waits = [
        float(wait)
        for station in stations
        for wait in re.findall(r"upload_started unsent=3 wait_s=(\S+)", station.log.read_text())
    ]
    assert len(waits) == 2
    assert all(0 <= wait <= SPREAD_S for wait in waits)
    rows = desk.ils.get("/transcript")["lines"]
    waited = []
    for connection in {row["connection"] for row in rows if row["line"].startswith("11")}:
        own = [row for row in rows if row["connection"] == connection and row["direction"] == ">"]
        proof, first = (next(row["monotonic"] for row in own if row["line"].startswith(code)) for code in ("17", "11"))
        waited.append(first - proof)
    # A wait is told to a tenth of a second.
    assert all(seen >= told - 0.05 for seen, told in zip(sorted(waited), sorted(waits), strict=True)), (waited, waits)


@pytest.mark.parametrize("quiet", [True, pytest.param(False, marks=pytest.mark.long)])
def test_the_nightly_halt_is_no_outage_to_report(desk: Desk, quiet: bool) -> None:
    now = dt.datetime.now(dt.UTC)
    hours = f"{now - dt.timedelta(hours=1):%H:%M}-{now + dt.timedelta(hours=2):%H:%M}"
    station = desk.station("one", quiet_hours=[hours] if quiet else [])
    screen = desk.watch(station)
    view = screen.until(lambda view: view["mode"]["reason"] in ("quiet_hours", "no_line"), timeout_s=60)
    assert view["mode"]["reason"] == ("quiet_hours" if quiet else "no_line")
    # All that came of it has been done when the next call is answered, the log's line too.
    screen.call("status.get")
    problems = [line for line in station.log.read_text().splitlines() if "line_down" in line]
    assert problems
    assert any("WARNING" in line for line in problems) is not quiet
    # It is asked all the same, and what waits goes up as soon as it answers.
    desk.ils.fault(down=False)
    screen.until(_online, timeout_s=60)
