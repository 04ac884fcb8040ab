"""From the last byte of a scan on a pty to *recorded* in a watching client's View; and what it costs the disk."""

import re
import time
from pathlib import Path

from hardware_sim.demo.client import Client
from hardware_sim.demo.processes import Daemon
from tests.bench import figures
from tests.bench.disk import RawFile
from tests.bench.figures import Figure
from tests.station.conftest import FAST_ILS, luhn14
from tests.station.pty_scanner import PtyScanner

A_SESSION = 10
CARD = luhn14("2", 7)


def offline_config(folder: Path) -> dict[str, object]:
    """A station whose library system cannot be reached."""
    return {
        "ils": {"host": "127.0.0.1", "port": 9, **FAST_ILS, "poll_offline_s": 30.0},
        "scanner": [{"name": "front", "driver": "serial", "port": str(folder / "scanner")}],
        "printer": {"driver": "none"},
        "barcodes": {"repeat_s": 0.0},
    }


class Desk:
    """One person scanning, one screen watching."""

    def __init__(self, folder: Path, wrapper: tuple[str, ...] = ()) -> None:
        self.scanner = PtyScanner(folder / "scanner")
        self.daemon = Daemon(folder, offline_config(folder)).start(wrapper=wrapper)
        self.client = Client(self.daemon.socket)
        self.client.watch()
        while not any(
            device["name"] == "front" and device["state"] == "ready"
            for device in self.client.call("status.get")["devices"]
        ):
            time.sleep(0.01)
        self.number = 0

    def one(self) -> float:
        """Scan one item; return the seconds until it stands recorded."""
        if self.number % A_SESSION == 0:
            self.client.call("session.cancel") if self.number else None
            self.scanner.scan(CARD)
            self.client.until(lambda view: view["screen"] == "items" and not view["items"])
        item = luhn14("3", 100_000 + self.number)
        self.number += 1
        begun = time.perf_counter()
        self.scanner.scan(item)
        self.client.until(
            lambda view: (
                bool(view["items"]) and view["items"][-1]["item"] == item and view["items"][-1]["result"] == "recorded"
            )
        )
        taken = time.perf_counter() - begun
        self.client.views[:-1] = []
        return taken

    def close(self) -> None:
        self.client.close()
        self.daemon.stop()
        self.scanner.unplug()


def scan_to_screen(folder: Path, n: int = 500) -> dict[str, Figure]:
    desk = Desk(folder)
    raw = RawFile(folder)
    try:
        for _ in range(20):
            desk.one()
        pairs = [(desk.one(), raw.sync_s()) for _ in range(n)]
    finally:
        raw.close()
        desk.close()
    return {
        "scan_to_screen_ms": figures.of([scan * 1000 for scan, _ in pairs], "ms"),
        "sync_ms": figures.of([sync * 1000 for _, sync in pairs], "ms"),
    }


def cost_of_an_entry(folder: Path, n: int = 200) -> dict[str, Figure]:
    """Count flushes and bytes of the daemon's own file calls."""
    trace = folder / "trace"
    wrapper = ("strace", "-f", "-y", "-o", str(trace), "-e", "trace=fsync,fdatasync,sync_file_range,pwrite64,write")
    desk = Desk(folder, wrapper)
    try:
        for _ in range(5):
            desk.one()
        before = trace.stat().st_size
        for _ in range(n):
            desk.one()
        calls = trace.read_text(errors="replace")[before:]
    finally:
        desk.close()
    flushes = len(re.findall(r"\b(?:fsync|fdatasync)\(", calls))
    written = sum(
        int(size) for size in re.findall(r"\b(?:pwrite64|write)\(\d+<[^>]*/state/[^>]*>.*= (\d+)$", calls, re.MULTILINE)
    )
    return {
        "flushes_per_entry": figures.single(flushes / n, "flushes", n),
        "bytes_per_entry": figures.single(written / n, "bytes", n),
    }
