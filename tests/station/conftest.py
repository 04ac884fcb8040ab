"""A whole station of real processes: library system, scanner, printer, daemon."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.demo.client import Client, View
from hardware_sim.demo.processes import Daemon, Sim
from tests.station.pty_scanner import PtyScanner

FAST_ILS = {
    "login_user": "",
    "timeout_s": 2.0,
    "poll_online_s": 1.0,
    "poll_offline_s": 0.3,
    "poll_return_s": 0.05,
    "upload_spread_s": 0.0,
}
"""The station's own times, shortened: nothing in it is switched off."""


def luhn14(prefix: str, number: int) -> str:
    """Return a 14-digit number with a good check digit."""
    body = f"{prefix}{number:012d}"
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


class Bench:
    """What stands on the desk, and the hands at it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.ils: Sim
        self.scanner: PtyScanner
        self.printer: Sim
        self.daemon: Daemon
        self.client: Client
        self.cards: list[str] = []
        self.items: list[str] = []

    def start_ils(self, *arguments: str) -> None:
        self.ils = Sim("ils", *arguments)
        self._stack.callback(self.ils.close)
        catalog = self.ils.get("/catalog")
        self.catalog = catalog
        free = [
            item
            for item in catalog["items"]
            if item["kind"] == "book" and not item["on_loan_to"] and not item["held_for"] and not item["note"]
        ]
        self.items = [item["barcode"] for item in free]
        self.cards = [
            patron["barcode"] for patron in catalog["patrons"] if not patron["blocked"] and not patron["expires"]
        ]

    def stock(self, cards: int, items: int) -> None:
        """Give the library many new cards and books; a card has a limit, so that many items need many cards."""
        self.cards = [luhn14("2", 5_000 + number) for number in range(cards)]
        rows = [{"do": "add_patron", "patron": {"barcode": card, "name": f"Reader {card[-5:]}"}} for card in self.cards]
        self.ils.post("/world", [*rows, {"do": "add_items", "count": items, "first": 100_000}])
        self.items = [luhn14("3", 100_000 + number) for number in range(items)]

    def start_scanner(self) -> None:
        self.scanner = PtyScanner(self.folder / "scanner")
        self._stack.callback(self.scanner.unplug)

    def start_printer(self) -> None:
        self.printer = Sim("printer", "--listen", "127.0.0.1:0")
        self._stack.callback(self.printer.close)

    def config(self, **sections: Any) -> dict[str, Any]:
        host, _, port = self.ils.ready["sip2"].rpartition(":")
        config: dict[str, Any] = {
            "ils": {"host": host, "port": int(port), **FAST_ILS, **sections.pop("ils", {})},
        }
        if hasattr(self, "scanner"):
            config["scanner"] = [{"name": "front", "driver": "serial", "port": str(self.folder / "scanner")}]
        if hasattr(self, "printer"):
            config["printer"] = {"driver": "network", "url": self.printer.ready["tcp"]}
        else:
            config["printer"] = {"driver": "none"}
        return {**config, **sections}

    def start_daemon(self, **sections: Any) -> None:
        self.daemon = Daemon(self.folder, self.config(**sections)).start()
        self._stack.callback(self.daemon.stop)
        self.connect()
        self.await_scanner()

    def await_scanner(self) -> None:
        """Wait until the scanner is open: what it typed before that is thrown away."""
        if hasattr(self, "scanner"):
            wait_device(self, "front")

    def connect(self) -> Client:
        self.client = Client(self.daemon.socket)
        self._stack.callback(self.client.close)
        self.client.watch()
        return self.client

    def restart_daemon(self) -> None:
        self.daemon.start()
        self.connect()
        self.await_scanner()

    def scan(self, code: str) -> None:
        self.scanner.scan(code)

    def until(self, wanted: Callable[[View], bool], **more: Any) -> View:
        return self.client.until(wanted, **more)

    def online(self) -> View:
        return self.until(lambda view: view["mode"]["name"] == "online", what="online")

    def offline(self) -> View:
        return self.until(lambda view: view["mode"]["name"] == "offline", what="offline")

    def result(self, item: str, *results: str) -> View:
        """Wait until this item stands so on the list."""
        return self.until(
            lambda view: any(line["item"] == item and line["result"] in results for line in view["items"]),
            what=f"with {item} {results}",
        )

    def screen(self, *names: str) -> View:
        return self.until(lambda view: view["screen"] in names, what=f"on screen {names}")

    def ledger(self, *kinds: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.ils.get("/ledger?kind=" + ",".join(kinds or ("loan", "renewal")))[
            "entries"
        ]
        return entries

    def settled(self, *, timeout_s: float = 30.0) -> View:
        """Wait until nothing is unsent and the station is online again."""
        return self.until(
            lambda view: view["mode"]["name"] == "online" and view["unsent"] == 0, timeout_s=timeout_s, what="settled"
        )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, stack)


@pytest.fixture
def station(bench: Bench) -> Bench:
    """A station that is online, with scanner and printer."""
    bench.start_ils()
    bench.start_scanner()
    bench.start_printer()
    bench.start_daemon()
    bench.online()
    wait_device(bench, "front")
    return bench


def wait_device(bench: Bench, name: str, state: str = "ready") -> None:
    """Wait until the daemon says that a device is so."""
    deadline = time.monotonic() + 20
    while True:
        devices = {device["name"]: device for device in bench.client.call("status.get")["devices"]}
        if devices.get(name, {}).get("state") == state:
            return
        assert time.monotonic() < deadline, devices
