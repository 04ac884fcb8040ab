"""`python -m tests.endurance`: 72 hours of a few desks' lives in compressed load; what grew, as table and pictures."""

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench import page
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
    ("cpu_ms_a_scan", 0.2, "ms of processor time a scan"),
)
"""What may have grown from the first tenth to the end, by the slope that most pairs of hours agree on; at each desk."""
ANSWERS: Sequence[tuple[str, float, str]] = (
    ("offline_ms", 0.5, "ms from scan to *recorded*, median"),
    ("online_ms", 0.5, "ms from scan to *checked out*, median"),
)
"""The same of what the desks of one machine share: the mean over the desks of each hour."""


@dataclass(frozen=True)
class Task:
    """What one desk is to go through."""

    desk: int
    folder: Path
    scans_an_hour: int
    hours: int
    keep_days: int


@dataclass(frozen=True)
class Played:
    """What came of it."""

    desk: int
    samples: list[Sample]
    outages: int
    summary: dict[str, Any]


def play(task: Task) -> Played:
    """Play one desk's hours; a sample of each."""
    found: list[Sample] = []
    task.folder.mkdir()
    desk = Desk(task.folder, task.scans_an_hour, task.keep_days)
    try:
        for hour in range(1, task.hours + 1):
            since = before(desk, time.monotonic())
            desk.hour()
            found.append(sample(desk, hour, since, time.monotonic()))
            row = found[-1]
            print(
                f"desk {task.desk} hour {hour:3}  {row.scans:>8} scans  {row.rss_kib / MIB:6.1f} MiB  "
                f"{row.descriptors:>3} descriptors  journal {row.journal_kib:>7} KiB + log {row.log_kib:>5}  "
                f"offline {row.offline_ms:6.2f} ms (p99 {row.offline_p99_ms:6.2f})  online {row.online_ms:6.2f} ms "
                f"(p99 {row.online_p99_ms:6.2f})  cpu {row.cpu_ms_a_scan:5.2f} ms a scan  {row.took_s:6.1f} s",
                flush=True,
            )
        return Played(task.desk, found, desk.outages, desk.summary())
    finally:
        desk.close()


def flat(samples: Sequence[Any], limits: Sequence[tuple[str, float, str]]) -> list[str]:
    """Print how much each of these grew; return what grew by too much."""
    wrong = []
    for name, most, words in limits:
        grown = slope(samples, name) * len(samples)
        good = grown <= most
        print(f"{'flat' if good else 'GREW':5} {name}: {grown:+.3g} in all ({words}; allowed {most:g})")
        if not good:
            wrong.append(name)
    return wrong


def judge(played: Played, keep_days: int) -> list[str]:
    """Print what grew at a desk; return what grew by too much, and what is left to do."""
    samples, summary = played.samples, played.summary
    print(f"desk {played.desk}: {samples[-1].scans} scans, {played.outages} outages; journal: {summary}")
    wrong = flat(samples, FLAT)
    journal = slope(samples, "journal_kib") * 1024
    a_scan = journal * len(samples) / max(1, samples[-1].scans)
    print(f"      journal_kib: {a_scan:.0f} bytes an entry" + (" (settled ones are purged)" if not keep_days else ""))
    if not keep_days and a_scan > 5:
        wrong.append("journal_kib")
    if summary["unsent"] or summary["exceptions"] or summary["recorded"] != summary["settled"]:
        print(f"WRONG: not all is settled: {summary}")
        wrong.append("settled")
    return wrong


def together(desks: Sequence[Played]) -> list[Sample]:
    """Return the hours of all desks as one: answer times are their mean."""
    found = []
    for rows in zip(*(each.samples for each in desks), strict=True):
        means = {name: statistics.fmean(getattr(row, name) for row in rows) for name, _, _ in ANSWERS}
        found.append(replace(rows[0], **means))
    return found


def pictures(desks: Sequence[Played], folder: Path) -> None:
    """Draw what was sampled."""

    def lines(*what: tuple[str, str], scale: float = 1.0) -> list[Line]:
        return [
            Line(
                label + (f", desk {each.desk}" if len(desks) > 1 else ""),
                [(float(row.hour), float(getattr(row, name)) * scale) for row in each.samples],
            )
            for each in desks
            for name, label in what
        ]

    answers = "From the last byte of a scan to the screen"
    for name, title, unit, drawn in (
        ("memory", "Resident memory of the daemon", "MiB", lines(("rss_kib", "VmRSS"), scale=1 / MIB)),
        ("handles", "Descriptors and threads", "", lines(("descriptors", "descriptors"), ("threads", "threads"))),
        (
            "journal",
            "The journal's files",
            "MiB",
            lines(("journal_kib", "tables"), ("log_kib", "log"), scale=1 / MIB),
        ),
        (
            "answers",
            f"{answers}, medians",
            "ms",
            lines(("offline_ms", "recorded"), ("online_ms", "checked out")),
        ),
        (
            "worst",
            f"{answers}, 99 of 100",
            "ms",
            lines(("offline_p99_ms", "recorded"), ("online_p99_ms", "checked out")),
        ),
    ):
        (folder / f"endurance-{name}.svg").write_text(chart(title, drawn, x="simulated hours", y=unit))


def main() -> int:
    """Play, judge, draw; 1 if anything grew."""
    parser = argparse.ArgumentParser(prog="./dev endurance", description=__doc__)
    parser.add_argument("--scans", type=int, default=1_000_000, metavar="N", help="of all desks (1 000 000)")
    parser.add_argument("--hours", type=int, default=HOURS, metavar="H", help=f"samples, an hour each ({HOURS})")
    parser.add_argument(
        "--desks", type=int, default=2 * (os.cpu_count() or 1), metavar="D", help="side by side (two a core)"
    )
    parser.add_argument("--keep-days", type=int, default=0, metavar="D", help="journal.keep_settled_days (0: purge)")
    parser.add_argument("--write", action="store_true", help="put figures and pictures into docs/performance")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="the disk under the journal (here)")
    options = parser.parse_args()
    an_hour = -(-options.scans // (options.hours * max(1, options.desks)))
    if options.desks < 1 or options.hours < 4 or an_hour < 20:
        parser.error("--desks: 1 at least; --hours: 4 at least; --scans: 20 an hour and desk at least")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kioskd-endurance-", dir=options.folder) as folder:
        numbers = range(1, options.desks + 1)
        tasks = [Task(n, Path(folder, f"desk{n}"), an_hour, options.hours, options.keep_days) for n in numbers]
        with ProcessPoolExecutor(options.desks, mp_context=multiprocessing.get_context("fork")) as pool:
            desks = list(pool.map(play, tasks))
    print(f"{sum(each.samples[-1].scans for each in desks)} scans in {time.monotonic() - began:.0f} s")
    wrong = [what for each in desks for what in judge(each, options.keep_days)]
    print(f"{len(desks)} desks together:")
    wrong += flat(together(desks), ANSWERS)
    if options.write:
        DOCS.mkdir(parents=True, exist_ok=True)
        told = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "load": round(os.getloadavg()[2], 1),
            "keep_settled_days": options.keep_days,
            "took_s": round(time.monotonic() - began),
            "desks": [
                {
                    "desk": each.desk,
                    "outages": each.outages,
                    "summary": each.summary,
                    "hours": [row.row() for row in each.samples],
                }
                for each in desks
            ],
        }
        (DOCS / "endurance.json").write_text(json.dumps(told, indent=1) + "\n")
        pictures(desks, DOCS)
        page.write()
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
