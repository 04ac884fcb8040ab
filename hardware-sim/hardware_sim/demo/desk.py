"""The desk: all that the demonstration starts, and ends again."""

import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from hardware_sim.demo.client import Client
from hardware_sim.demo.processes import Announcing, Daemon, Sim

ILS: Final[dict[str, Any]] = {
    "login_user": "kiosk",
    "login_password_file": "",
    "timeout_s": 3.0,
    "poll_online_s": 2.0,
    "poll_offline_s": 1.0,
    "poll_return_s": 0.3,
    "answers_to_return": 3,
    "upload_spread_s": 0.5,
    "checkin": True,
}
"""A day's times, shortened so that a newcomer sees them; nothing is switched off."""


class Desk:
    """A station and the world around it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kd-")))
        self.ils = self._sim("ils", "--latency-ms", "40")
        self.scanner = self._sim("scanner", "--link", str(self.folder / "scanner"))
        self.printer = self._sim("printer", "--listen", "127.0.0.1:0")
        host, _, port = self.ils.ready["sip2"].rpartition(":")
        password = self.folder / "ils-password"
        password.touch(mode=0o600)
        password.write_text("secret")
        config = {
            "station": {"id": "DEMO-1", "gates": True},
            "ils": {**ILS, "host": host, "port": int(port), "login_password_file": str(password)},
            "scanner": [{"name": "front", "driver": "serial", "port": str(self.folder / "scanner")}],
            "printer": {"driver": "network", "url": self.printer.ready["tcp"]},
            "helpdesk": {"phone": "x85100"},
        }
        self.daemon = Daemon(self.folder, config).start()
        stack.callback(self.daemon.stop)
        self.screen = Announcing("kioskd-screen", "--socket", str(self.daemon.socket), "--listen", "127.0.0.1:0")
        stack.callback(self.screen.close)
        addresses = [f"--{name}={sim.control}" for name, sim in self._named()]
        self.bench = Announcing("kiosk-sim", "bench", *addresses, f"--screen={self.screen_url}")
        stack.callback(self.bench.close)

    def _sim(self, *arguments: str) -> Sim:
        sim = Sim(*arguments)
        self._stack.callback(sim.close)
        return sim

    def _named(self) -> list[tuple[str, Sim]]:
        return [("ils", self.ils), ("scanner", self.scanner), ("printer", self.printer)]

    @property
    def screen_url(self) -> str:
        """The front screen's address."""
        return str(self.screen.ready["url"])

    @property
    def bench_url(self) -> str:
        """The bench's address."""
        return str(self.bench.ready.get("url") or self.bench.ready["bench"])

    def connect(self) -> Client:
        """Return a client that watches."""
        client = Client(self.daemon.socket)
        self._stack.callback(client.close)
        client.watch()
        return client

    def scan(self, code: str) -> None:
        """Hold a code before the scanner."""
        self.scanner.post("/scan", {"code": code})

    def page(self, url: str) -> str:
        """Fetch a page as a browser does."""
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own loopback address
            return str(answer.read().decode())
