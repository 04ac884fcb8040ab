"""Starting, resting: how long, how large, how quiet."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from hardware_sim.demo.client import Client
from hardware_sim.demo.processes import BIN, Daemon, Sim, clean_environment, end
from tests.bench import figures
from tests.bench.figures import Figure
from tests.bench.scanning import offline_config
from tests.station.conftest import FAST_ILS
from tests.station.pty_scanner import PtyScanner

LOADED = """
import sys
import kioskd.__main__, kioskd.config.loading, kioskd.daemon.running
ours = ("kioskd", "drivers", "hardware_sim", "__main__")
print(" ".join(sorted(name for name in sys.modules if name.partition(".")[0] not in ours and "-" not in name)))
"""


def _hello_s(folder: Path) -> float:
    daemon = Daemon(folder, offline_config(folder))
    begun = time.perf_counter()
    process = subprocess.Popen(
        [str(BIN / "kioskd"), "--config", str(daemon.config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )
    try:
        while True:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                line.connect(str(daemon.socket))
                line.sendall(b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"bench","protocol":1}}\n')
                if b"result" in line.recv(65536):
                    return time.perf_counter() - begun
            except OSError:
                assert process.poll() is None, "kioskd ended"
                time.sleep(0.001)
            finally:
                line.close()
    finally:
        end(process)


def start(folder: Path, n: int = 15) -> dict[str, Figure]:
    """exec until `hello` is answered, beside the interpreter importing the same libraries."""
    modules = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout.split()
    program = "\n".join(f"try:\n import {name}\nexcept ImportError:\n pass" for name in modules)
    imports = folder / "imports.py"
    imports.write_text(program)
    starts, pythons = [], []
    _hello_s(folder)
    for _ in range(n):
        starts.append(_hello_s(folder) * 1000)
        begun = time.perf_counter()
        subprocess.run([sys.executable, str(imports)], check=True)
        pythons.append((time.perf_counter() - begun) * 1000)
    return {"start_ms": figures.of(starts, "ms"), "python_start_ms": figures.of(pythons, "ms")}


def resting(folder: Path, seconds: float = 30.0) -> dict[str, Figure]:
    """Online with a scanner and a printer, nothing happening."""
    ils = Sim("ils")
    printer = Sim("printer", "--listen", "127.0.0.1:0")
    scanner = PtyScanner(folder / "scanner")
    host, _, port = ils.ready["sip2"].rpartition(":")
    config = {
        "ils": {"host": host, "port": int(port), "login_user": "", "upload_spread_s": FAST_ILS["upload_spread_s"]},
        "scanner": [{"name": "front", "driver": "serial", "port": str(folder / "scanner")}],
        "printer": {"driver": "network", "url": printer.ready["tcp"]},
    }
    daemon = Daemon(folder, config).start()
    try:
        assert daemon.process is not None
        with Client(daemon.socket) as client:
            client.watch()
            client.until(lambda view: view["mode"]["name"] == "online")
        pid = daemon.process.pid
        time.sleep(2.0)
        rss, before = _rss_mib(pid), _switches_and_cpu(pid)
        begun = time.monotonic()
        time.sleep(seconds)
        elapsed_s = time.monotonic() - begun
        after = _switches_and_cpu(pid)
    finally:
        daemon.stop()
        for sim in (ils, printer):
            sim.close()
        scanner.unplug()
    return {
        "rss_mib": figures.single(rss, "MiB", 1),
        "idle_wakeups_per_s": figures.single((after[0] - before[0]) / elapsed_s, "1/s", round(elapsed_s)),
        "idle_cpu_percent": figures.single((after[1] - before[1]) / elapsed_s * 100, "%", round(elapsed_s)),
    }


def _rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def _switches_and_cpu(pid: int) -> tuple[int, float]:
    """Voluntary context switches of all threads, and CPU seconds."""
    switches = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                switches += int(line.split()[1])
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return switches, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
