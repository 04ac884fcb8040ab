"""A machine with the package on it, as a station: its daemon, its journal, a library system beside it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.systemd.machine import Machine

FAST: Final = {
    "login_user": "", "timeout_s": 2.0, "poll_online_s": 1.0, "poll_offline_s": 0.3, "poll_return_s": 0.05,
    "upload_spread_s": 0.0,
}  # fmt: skip
"""The station's own times, shortened."""
CARD: Final = "20000000000014"
SIM: Final = (
    "/usr/bin/python3 -IS -c 'import sys; "
    'sys.path += ["/opt/sim", "/usr/lib/kioskd/python", "/usr/lib/kioskd/cp%d%d" % sys.version_info[:2]]; '
    "from hardware_sim.__main__ import main; sys.exit(main())' "
)
"""The simulators, with the libraries that the package brought."""


class Station(Machine):
    """One station."""

    def configure(self, **sections: Mapping[str, object]) -> None:
        """Write the configuration; `ils` comes with short times unless it says others."""
        said: dict[str, dict[str, object]] = {"station": {"id": "T-1", "timezone": "Etc/UTC"}}
        said |= {"ils": {"host": "127.0.0.1", "port": 6001, **FAST}}
        for name, keys in sections.items():
            said[name] = {**said.get(name, {}), **keys}
        lines: list[str] = []
        for name, keys in said.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
        self.write("/etc/kioskd/kioskd.toml", "\n".join(lines) + "\n")

    def wait_ready(self) -> None:
        """Wait until the daemon says that it is ready."""
        self.run("systemctl start kioskd.service")

    @property
    def pid(self) -> int:
        """The daemon's process, as the machine numbers it; 0: none."""
        return int(self.show("kioskd", "MainPID"))

    def start_ils(self, *options: str) -> None:
        """Start a library system that remembers over restarts what truly happened."""
        words = " ".join(("ils --listen 127.0.0.1:6001 --control 127.0.0.1:6002 --ledger /var/ledger", *options))
        self.write("/usr/local/bin/sim-ils", f"#!/bin/sh\nexec {SIM}{words}\n", 0o755)
        self.run("systemd-run --quiet --unit=ils /usr/local/bin/sim-ils")

    def stop_ils(self) -> None:
        """End the library system."""
        self.run("systemctl stop ils")

    def lend(self, *items: str, card: str = CARD) -> None:
        """Let a patron borrow these, and go."""
        self.run(f"kioskctl scan {card}")
        for item in items:
            self.run(f"kioskctl scan {item}")
        self.until(lambda: not self._checking(), "the items are decided")
        self.run("kioskctl call session.finish '{}'")

    def summary(self) -> dict[str, Any]:
        """Return the journal in numbers."""
        found: dict[str, Any] = self.json("kioskctl --json journal summary")
        return found

    def entries(self) -> list[dict[str, Any]]:
        """Return the journal's entries."""
        found: list[dict[str, Any]] = self.json("kioskctl --json journal list")["entries"]
        return found

    def loans(self) -> list[str]:
        """Return the items lent at the library system, once for each time that it lent them."""
        rows = [json.loads(line) for line in self.run("cat /var/ledger").splitlines()]
        return [row["item"] for row in rows if row["kind"] == "loan"]

    def all_sent(self) -> None:
        """Wait until nothing is unsent."""
        self.until(lambda: self.summary()["unsent"] == 0, "all is sent", within_s=60)

    def _checking(self) -> bool:
        view = self.json("kioskctl --json call view.get")
        return any(item["result"] == "checking" for item in view["items"])
