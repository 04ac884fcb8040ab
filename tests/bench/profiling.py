"""Where the time goes: a scan's way through the daemon, part by part, and what a start imports; processor time."""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from drivers.line_assembler import LineAssembler
from kioskd.front.current_view import CurrentView
from kioskd.journal.journal import Journal
from kioskd.model import inputs
from kioskd.model.effects import Save, Show
from kioskd.model.entry import Seq
from kioskd.model.inputs import Event
from kioskd.model.settings import Secret
from kioskd.rules.step import step
from kioskd.trace.ring import Ring
from tests.bench import figures
from tests.bench.figures import Figure
from tests.bench.journal_adds import _entry
from tests.rules.station import ANNA, town
from tests.station.conftest import luhn14

A_MEASUREMENT = 200


def _us(work: Callable[[int], object], n: int = 15) -> Figure:
    """Time so many runs of `A_MEASUREMENT` calls; each call gets another number."""
    times = []
    number = 0
    for _ in range(n):
        begun = time.process_time()
        for _ in range(A_MEASUREMENT):
            number += 1
            work(number)
        times.append((time.process_time() - begun) / A_MEASUREMENT * 1e6)
    return figures.of(times, "µs")


def hot_path(_folder: Path) -> dict[str, Figure]:
    """Each part that a scan's *recorded* waits for, and what comes after it. The journal lies in memory: no disk."""
    station = town().offline()
    station.scan(ANNA)
    for number in range(5):
        station.scan(luhn14("3", 900 + number))
    state, now = station.state, station.now
    scanned = Event(now, inputs.Scanned("front", Secret(luhn14("3", 999))))
    saving, effects = step(state, scanned)
    token = next(effect.token for effect in effects if isinstance(effect, Save))
    saved = Event(now, inputs.Saved(token, (Seq(77),), state.summary))
    shown = next(effect.view for effect in step(saving, saved)[1] if isinstance(effect, Show))
    view = CurrentView()
    ring = Ring(state.settings.barcodes)
    chance = random.Random(1)
    codes = [luhn14("3", chance.randrange(10**9)) for _ in range(20_000)]

    def trace(number: int) -> None:
        ring.add(Event(now, inputs.Scanned("front", Secret(codes[number]))))

    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        journal = Journal.open(Path(folder), timezone="UTC")
        found = {
            "part_bytes_to_code_us": _us(lambda n: LineAssembler().feed(codes[n].encode() + b"\r")),
            "part_step_scanned_us": _us(lambda n: step(state, scanned)),
            "part_journal_write_us": _us(lambda n: journal.write([_entry(n)])),
            "part_step_saved_us": _us(lambda n: step(saving, saved)),
            "part_view_to_json_us": _us(lambda n: view.publish(shown, 0.0)),
            "part_trace_us": _us(trace),
            "part_step_poll_us": _us(lambda n: step(state, Event(now, inputs.Tick()))),
        }
        journal.close()
    return found


def imports(_folder: Path) -> dict[str, Figure]:
    """What a start imports, by package, each package's own time; the median of several interpreters."""
    times: dict[str, list[float]] = {}
    # As at a library, where byte code is kept.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    total: list[float] = []
    for _ in range(8):
        told = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", "import kioskd.__main__, kioskd.daemon.running"],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        ).stderr
        once: dict[str, float] = {}
        for own, name in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", told, re.MULTILINE):
            package = name.partition(".")[0]
            if package in ("kioskd", "drivers"):
                package = ".".join(name.split(".")[:2])
            once[package] = once.get(package, 0.0) + int(own) / 1000
        for package, own_ms in once.items():
            times.setdefault(package, []).append(own_ms)
        total.append(sum(once.values()))
    # The first one wrote the byte code.
    times = {package: known[1:] or known for package, known in times.items()}
    largest = sorted(times, key=lambda package: -sum(times[package]) / len(times[package]))[:14]
    found = {f"import_{package}_ms": figures.of(times[package], "ms") for package in largest}
    return {"import_all_ms": figures.of(total[1:], "ms"), **found}
