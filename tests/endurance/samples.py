"""What is read of the daemon's process from the kernel, once an hour."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.endurance.desk import Desk


@dataclass(frozen=True)
class Sample:
    """The station after an hour. Times in milliseconds; sizes in KiB; processor time per scan in milliseconds."""

    hour: int
    scans: int
    rss_kib: int
    descriptors: int
    threads: int
    journal_kib: int
    log_kib: int
    offline_ms: float
    offline_p99_ms: float
    online_ms: float
    online_p99_ms: float
    cpu_ms_a_scan: float
    took_s: float

    def row(self) -> dict[str, float]:
        """As JSON."""
        return asdict(self)


@dataclass
class Before:
    """What the counters said an hour ago."""

    cpu_s: float
    scans: int
    at_s: float


def before(desk: Desk, now_s: float) -> Before:
    """Read the counters."""
    return Before(_cpu_s(desk.pid), desk.scans, now_s)


def sample(desk: Desk, hour: int, since: Before, now_s: float) -> Sample:
    """Read everything."""
    pid, state = desk.pid, desk.daemon.state_dir
    scans = max(1, desk.scans - since.scans)
    offline, online = desk.timed.offline_s, desk.timed.online_s
    return Sample(
        hour=hour,
        scans=desk.scans,
        rss_kib=_status(pid, "VmRSS"),
        descriptors=sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        threads=_status(pid, "Threads"),
        journal_kib=_kib(state / "journal.sqlite3"),
        log_kib=_kib(state / "journal.sqlite3-wal"),
        offline_ms=_ms(offline, 0.5),
        offline_p99_ms=_ms(offline, 0.99),
        online_ms=_ms(online, 0.5),
        online_p99_ms=_ms(online, 0.99),
        cpu_ms_a_scan=round((_cpu_s(pid) - since.cpu_s) * 1000 / scans, 3),
        took_s=round(now_s - since.at_s, 2),
    )


def slope(samples: Sequence[Sample], name: str) -> float:
    """Return how much a value grows each hour: the middle of the slopes between every two samples (Theil and Sen)."""
    # The first tenth is warming up: caches, rings and the allocator's arenas fill.
    settled = samples[len(samples) // 10 :]
    values = [(each.hour, float(getattr(each, name))) for each in settled]
    slopes = [
        (there - here) / (later - earlier)
        for at, (earlier, here) in enumerate(values)
        for later, there in values[at + 1 :]
    ]
    return statistics.median(slopes) if slopes else 0.0


def _ms(seconds: Sequence[float], part: float) -> float:
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000, 3)


def _kib(path: Path) -> int:
    return path.stat().st_size // 1024 if path.exists() else 0


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(f"no {name}")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
