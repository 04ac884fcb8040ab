"""`python -m tests.endurance`: 72 hours of a station's life in compressed load; what grew, as table and pictures."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.plot import Line, chart
from tests.endurance.desk import Desk
from tests.endurance.samples import Sample, before, sample, slope

DOCS = Path(__file__).parents[2] / "docs" / "performance"
HOURS = 72
MIB = 1024
FLAT: Sequence[tuple[str, float, str]] = (
    ("rss_kib", 4 * MIB, "KiB of memory over the whole run"),
    ("descriptors", 2, "descriptors"),
    ("threads", 1, "threads"),
    ("offline_ms", 0.5, "ms from scan to *recorded*, median"),
    ("online_ms", 0.5, "ms from scan to *checked out*, median"),
    ("cpu_ms_a_scan", 0.2, "ms of processor time a scan"),
)
"""What may have grown from the first tenth to the end, by the slope that most pairs of hours agree on."""


def play(desk: Desk, hours: int) -> list[Sample]:
    """Play the hours; return a sample of each."""
    found: list[Sample] = []
    for hour in range(1, hours + 1):
        since = before(desk, time.monotonic())
        desk.hour()
        found.append(sample(desk, hour, since, time.monotonic()))
        row = found[-1]
        print(
            f"hour {hour:3}  {row.scans:>8} scans  {row.rss_kib / MIB:6.1f} MiB  {row.descriptors:>3} descriptors  "
            f"journal {row.journal_kib:>7} KiB + log {row.log_kib:>5}  offline {row.offline_ms:6.2f} ms "
            f"(p99 {row.offline_p99_ms:6.2f})  online {row.online_ms:6.2f} ms (p99 {row.online_p99_ms:6.2f})  "
            f"cpu {row.cpu_ms_a_scan:5.2f} ms a scan  {row.took_s:6.1f} s",
            flush=True,
        )
    return found


def judge(samples: Sequence[Sample], keep_days: int) -> list[str]:
    """Print what grew; return what grew by too much."""
    wrong = []
    for name, most, words in FLAT:
        grown = slope(samples, name) * len(samples)
        good = grown <= most
        print(f"{'flat' if good else 'GREW':5} {name}: {grown:+.3g} in all ({words}; allowed {most:g})")
        if not good:
            wrong.append(name)
    journal = slope(samples, "journal_kib") * 1024
    a_scan = journal * len(samples) / max(1, samples[-1].scans)
    print(f"      journal_kib: {a_scan:.0f} bytes an entry" + (" (settled ones are purged)" if not keep_days else ""))
    if not keep_days and a_scan > 5:
        wrong.append("journal_kib")
    return wrong


def pictures(samples: Sequence[Sample], folder: Path) -> None:
    """Draw what was sampled."""

    def line(name: str, label: str, scale: float = 1.0) -> Line:
        return Line(label, [(float(each.hour), float(getattr(each, name)) * scale) for each in samples])

    for name, title, unit, lines in (
        ("memory", "Resident memory of the daemon", "MiB", [line("rss_kib", "VmRSS", 1 / MIB)]),
        ("handles", "Descriptors and threads", "", [line("descriptors", "descriptors"), line("threads", "threads")]),
        (
            "journal",
            "The journal's files",
            "MiB",
            [line("journal_kib", "tables", 1 / MIB), line("log_kib", "log", 1 / MIB)],
        ),
        (
            "answers",
            "From the last byte of a scan to the screen",
            "ms",
            [
                line("offline_ms", "recorded, median"),
                line("offline_p99_ms", "recorded, p99"),
                line("online_ms", "checked out, median"),
                line("online_p99_ms", "checked out, p99"),
            ],
        ),
    ):
        (folder / f"endurance-{name}.svg").write_text(chart(title, lines, x="simulated hours", y=unit))


def main() -> int:
    """Play, judge, draw; 1 if anything grew."""
    parser = argparse.ArgumentParser(prog="./dev endurance", description=__doc__)
    parser.add_argument("--scans", type=int, default=1_000_000, metavar="N", help="in all (1 000 000)")
    parser.add_argument("--hours", type=int, default=HOURS, metavar="H", help=f"samples, an hour each ({HOURS})")
    parser.add_argument("--keep-days", type=int, default=0, metavar="D", help="journal.keep_settled_days (0: purge)")
    parser.add_argument("--write", action="store_true", help="put figures and pictures into docs/performance")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="the disk under the journal (here)")
    options = parser.parse_args()
    if options.hours < 4 or options.scans < options.hours * 20:
        parser.error("--hours: 4 at least; --scans: 20 an hour at least")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kioskd-endurance-", dir=options.folder) as folder:
        desk = Desk(Path(folder), -(-options.scans // options.hours), options.keep_days)
        try:
            samples = play(desk, options.hours)
            summary = desk.summary()
        finally:
            desk.close()
    print(f"{samples[-1].scans} scans, {desk.outages} outages in {time.monotonic() - began:.0f} s; journal: {summary}")
    wrong = judge(samples, options.keep_days)
    if summary["unsent"] or summary["exceptions"] or summary["recorded"] != summary["settled"]:
        print(f"WRONG: not all is settled: {summary}")
        wrong.append("settled")
    if options.write:
        DOCS.mkdir(parents=True, exist_ok=True)
        told = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "load": round(os.getloadavg()[2], 1),
            "keep_settled_days": options.keep_days,
            "outages": desk.outages,
            "summary": summary,
            "hours": [each.row() for each in samples],
        }
        (DOCS / "endurance.json").write_text(json.dumps(told, indent=1) + "\n")
        pictures(samples, DOCS)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
