"""The desk that is used up: a library system, a printer, a scanner on a pty, the daemon, a screen; all real processes.

An hour of it: patrons come online, the library system goes away in the midst of one, they come on, it returns, all is
sent; a scanner is pulled and plugged, the paper ends, screens and staff's commands come and go, and in the evening the
desk has everything back.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware_sim.demo.client import Client, View
from hardware_sim.demo.processes import Daemon, Sim
from tests.station.conftest import FAST_ILS, luhn14
from tests.station.pty_scanner import PtyScanner

A_VISIT = 10
CARDS = 200
TIMED_EVERY = 20
"""One visit in so many is timed scan by scan; in the others the scanner types ahead."""
PAPER_EVERY = 25
AWAY = 0.4
"""The part of an hour's visits that find no library system."""
SETTLES_S = 600.0
FIRST_CARD, FIRST_ITEM = 5_000, 100_000


@dataclass
class Timed:
    """Seconds from the last byte of a scan until a watching client has its line: offline and online."""

    offline_s: list[float] = field(default_factory=list)
    online_s: list[float] = field(default_factory=list)


class Desk:
    """`scans_an_hour`: items that are lent in an hour; each has a number of its own until the evening."""

    def __init__(self, folder: Path, scans_an_hour: int, keep_days: int, *, wrapper: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.visits_an_hour = max(2, -(-scans_an_hour // A_VISIT))
        self.ils = Sim("ils")
        self.printer = Sim("printer", "--listen", "127.0.0.1:0")
        self.scanner = PtyScanner(folder / "scanner")
        self.cards = [luhn14("2", FIRST_CARD + n) for n in range(CARDS)]
        self.items = [luhn14("3", FIRST_ITEM + n) for n in range(self.visits_an_hour * A_VISIT)]
        self.visits = 0
        self.scans = 0
        self.outages = 0
        self.timed = Timed()
        self._stock()
        self.daemon = Daemon(folder, self._config(keep_days)).start(wrapper=wrapper)
        self.client = self._screen()
        self._until_scanner("ready")

    def _config(self, keep_days: int) -> dict[str, object]:
        host, _, port = self.ils.ready["sip2"].rpartition(":")
        return {
            "ils": {"host": host, "port": int(port), **FAST_ILS, "poll_online_s": 5.0},
            "scanner": [{"name": "front", "driver": "serial", "port": str(self.folder / "scanner")}],
            "printer": {"driver": "network", "url": self.printer.ready["tcp"]},
            "barcodes": {"repeat_s": 0.0},
            "journal": {"keep_settled_days": keep_days},
        }

    def _stock(self) -> None:
        rows = [{"do": "add_patron", "patron": {"barcode": card, "name": f"Reader {card[-5:]}"}} for card in self.cards]
        self.ils.post("/world", [*rows, {"do": "add_items", "count": len(self.items), "first": FIRST_ITEM}])

    def _screen(self) -> Client:
        client = Client(self.daemon.socket, timeout_s=60.0)
        client.watch()
        return client

    def close(self) -> None:
        """End everything; the daemon in order."""
        self.client.close()
        self.daemon.stop()
        self.ils.close()
        self.printer.close()
        self.scanner.unplug()

    @property
    def pid(self) -> int:
        """The daemon's."""
        assert self.daemon.process is not None
        assert self.daemon.process.poll() is None, f"kioskd ended: {self.daemon.log.read_text()[-2000:]}"
        return self.daemon.process.pid

    # ---- an hour

    def hour(self) -> None:
        """Play one."""
        self.timed = Timed()
        away = int(self.visits_an_hour * (1 - AWAY))
        self._online()
        for number in range(self.visits_an_hour):
            if number == away:
                self._goes_away(number)
            self._visit(number, online=number < away)
        self.outages += 1
        self.ils.fault(down=False)
        self._online()
        self._comes_and_goes()
        self._evening()

    def _goes_away(self, number: int) -> None:
        """The library system goes while somebody lends: what is under way becomes *recorded*."""
        self._card(number)
        self.scanner.scan(self.items[number * A_VISIT])
        self.ils.fault(down=True)
        self._until(lambda view: view["mode"]["name"] == "offline")
        self._until(lambda view: bool(view["items"]) and view["items"][0]["result"] in ("checked_out", "recorded"))
        self.client.call("session.cancel")
        self.scans += 1

    def _visit(self, number: int, *, online: bool) -> None:
        self.visits += 1
        result = "checked_out" if online else "recorded"
        items = self.items[number * A_VISIT : (number + 1) * A_VISIT]
        if items and not online and number == int(self.visits_an_hour * (1 - AWAY)):
            items = items[1:]  # the first went out as the line broke
        self._card(number)
        if self.visits % TIMED_EVERY == 0:
            times = self.timed.online_s if online else self.timed.offline_s
            for item in items:
                begun = time.perf_counter()
                self.scanner.scan(item)
                self._until(
                    lambda view, item=item: any(
                        line["item"] == item and line["result"] == result for line in view["items"]
                    )
                )
                times.append(time.perf_counter() - begun)
        else:
            for item in items:
                self.scanner.scan(item)
            self._until(
                lambda view: (
                    len(view["items"]) == len(items) and all(line["result"] == result for line in view["items"])
                )
            )
        self.scans += len(items)
        if self.visits % PAPER_EVERY == 0:
            self.client.call("session.finish", paper=["receipt"])
            self._until(lambda view: view["screen"] == "done")
        self.client.call("session.cancel")

    def _card(self, number: int) -> None:
        self.scanner.scan(self.cards[number % CARDS])
        self._until(lambda view: view["screen"] == "items" and not view["items"])

    def _online(self) -> None:
        self._until(lambda view: view["mode"]["name"] == "online" and view["unsent"] == 0, timeout_s=SETTLES_S)

    def _comes_and_goes(self) -> None:
        """What opens and closes descriptors: a scanner, screens, commands."""
        self.scanner.unplug()
        self._until_scanner("absent", "failing")
        self.scanner.plug()
        self._until_scanner("ready")
        for _ in range(5):
            with Client(self.daemon.socket) as other:
                other.watch()
                other.call("status.get")
        self.client.close()
        self.client = self._screen()
        self.daemon.ctl("journal", "summary")

    def _evening(self) -> None:
        """Everything is brought back; what the desk did is forgotten by the simulator, which would grow by it."""
        # Loans that were sent after all are there; what was refused is nobody's.
        out = [loan["item"] for loan in self.ils.get("/loans")["loans"] if int(loan["item"][1:-1]) >= FIRST_ITEM]
        for start in range(0, len(out), 2_000):
            self.ils.post("/world", [{"do": "return", "item": item} for item in out[start : start + 2_000]])
        self.ils.post("/reset", {"only": ["ledger", "transcript"]})

    # ---- waiting

    def _until(self, wanted: Callable[[View], bool], *, timeout_s: float = 60.0) -> None:
        self.client.until(wanted, timeout_s=timeout_s)
        self.client.views[:-1] = []
        self.client.others.clear()

    def _until_scanner(self, *states: str) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            devices = self.client.call("status.get")["devices"]
            if any(device["name"] == "front" and device["state"] in states for device in devices):
                return
            time.sleep(0.02)
        raise AssertionError(f"the scanner is not {states}: {devices}")

    def summary(self) -> dict[str, Any]:
        """Return the journal in numbers, as `kioskctl journal summary` prints it."""
        told: dict[str, Any] = self.daemon.ctl("journal", "summary")
        return told
