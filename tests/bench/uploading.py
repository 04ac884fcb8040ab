"""The upload beside a bare loop of the same messages on the same line."""

import socket
import time
from pathlib import Path

from hardware_sim.demo.client import Client
from hardware_sim.demo.processes import Daemon, Sim
from tests.bench import figures
from tests.bench.figures import Figure
from tests.station.conftest import FAST_ILS, luhn14
from tests.station.pty_scanner import PtyScanner

LATENCY_MS = 5
A_SESSION = 50


def upload(folder: Path, entries: int = 2000) -> dict[str, Figure]:
    ils = Sim("ils", "--latency-ms", str(LATENCY_MS), "--fault", "down")
    scanner = PtyScanner(folder / "scanner")
    daemon = None
    try:
        ils.post("/world", {"do": "add_items", "count": 2 * entries, "first": 100_000})
        host, _, port = ils.ready["sip2"].rpartition(":")
        card = next(row["barcode"] for row in ils.get("/catalog")["patrons"] if not row.get("blocked"))
        config = {
            "ils": {"host": host, "port": int(port), **FAST_ILS},
            "scanner": [{"name": "front", "driver": "serial", "port": str(folder / "scanner")}],
            "printer": {"driver": "none"},
        }
        daemon = Daemon(folder, config).start()
        with Client(daemon.socket) as client:
            client.watch()
            _record(client, card, entries)
            ils.fault(down=False)
            client.until(lambda view: view["mode"]["name"] == "online" and view["unsent"] == 0, timeout_s=120)
        sent = ils.get("/ledger?kind=loan,renewal")["entries"]
        assert len(sent) == entries
        taken_s = sent[-1]["monotonic"] - sent[0]["monotonic"]
        daemon.stop()
        lines = [row["line"] for row in ils.get("/transcript")["lines"] if row["line"].startswith("11")]
        assert lines
        echo_s = echo((host, int(port)), lines[-1], entries, first=100_000 + entries)
    finally:
        if daemon is not None:
            daemon.stop()
        ils.close()
        scanner.unplug()
    return {
        "upload_per_s": figures.single((entries - 1) / taken_s, "1/s", entries),
        "sip2_echo_per_s": figures.single(entries / echo_s, "1/s", entries),
    }


def _record(client: Client, card: str, entries: int) -> None:
    for start in range(0, entries, A_SESSION):
        client.call("scan.inject", code=card, scanner="bench")
        for number in range(start, min(start + A_SESSION, entries)):
            client.call("scan.inject", code=luhn14("3", 100_000 + number), scanner="bench")
        client.call("session.cancel")
        client.views[:-1] = []


def echo(address: tuple[str, int], template: str, entries: int, *, first: int) -> float:
    """Send the upload's own messages about other items one by one and wait for each answer; nothing else."""
    line = socket.create_connection(address)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = template.rstrip("\r\n").partition("AY")[0]
    before, _, rest = body.partition("|AB")
    after = rest.partition("|")[2]
    begun = time.perf_counter()
    for number in range(entries):
        text = f"{before}|AB{luhn14('3', first + number)}|{after}AY{number % 10}AZ"
        checksum = -sum(text.encode()) & 0xFFFF
        line.sendall(f"{text}{checksum:04X}\r".encode())
        answer = b""
        while b"\r" not in answer:
            answer += line.recv(65536)
    taken_s = time.perf_counter() - begun
    line.close()
    return taken_s
