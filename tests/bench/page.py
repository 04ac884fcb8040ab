"""The page of figures: a line of history a run, and docs/PERFORMANCE.md's tables and plots drawn from the last one."""

import datetime as dt
import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.aims import judged
from tests.bench.figures import Figure
from tests.bench.plot import Line, chart

REPO = Path(__file__).parents[2]
DOCS = REPO / "docs"
FOLDER = DOCS / "performance"
HISTORY = FOLDER / "bench.jsonl"
PAGE = DOCS / "PERFORMANCE.md"
SIZES = (0, 10_000, 100_000, 1_000_000)
Run = dict[str, Any]


def runs() -> list[Run]:
    """Return every run that is kept, the oldest first."""
    return [json.loads(line) for line in HISTORY.read_text().splitlines()] if HISTORY.exists() else []


def remember(figures: dict[str, Figure]) -> None:
    """Add a run to the history."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    run = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
        "commit": commit or "unknown",
        "machine": machine(),
        "load": round(os.getloadavg()[0], 1),
        "figures": {
            name: {key: value for key, value in each.items() if key != "names"} for name, each in figures.items()
        },
    }
    with HISTORY.open("a") as history:
        history.write(json.dumps(run, ensure_ascii=False) + "\n")


def machine() -> str:
    """Say what it ran on."""
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = model[1] if model else platform.machine()
    return f"{name}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, Python {platform.python_version()}"


def write() -> None:
    """Draw the page's tables and plots anew from what is kept."""
    known = runs()
    text = PAGE.read_text()
    if known:
        last = known[-1]
        plots(known)
        text = _between(text, "figures", [_taken(last), "", *_figures(last["figures"]), "", *_pictures("bench")])
        text = _between(text, "hot path", _parts(last["figures"], "part_", "µs"))
        text = _between(text, "start", _parts(last["figures"], "import_", "ms"))
        text = _between(text, "history", _history(known))
    endurance = FOLDER / "endurance.json"
    if endurance.exists():
        text = _between(text, "endurance", _endurance(json.loads(endurance.read_text())))
    PAGE.write_text(text)


def _between(text: str, name: str, rows: Sequence[str]) -> str:
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = text.partition(first)
    _, found, after = rest.partition(last)
    assert found, f"{PAGE}: {first} … {last} is missing"
    return "\n".join([before + first, *rows, last + after])


def _taken(run: Run) -> str:
    return f"Taken {run['at'][:10]} at commit `{run['commit']}` on {run['machine']}; load before it {run['load']}."


def _figures(figures: dict[str, Figure]) -> list[str]:
    rows = ["| name | median | p99 | n | limit beside it, or aim | |", "| --- | --- | --- | --- | --- | --- |"]
    told = {each.name: each for each in judged(figures)}
    for name, each in figures.items():
        if name.startswith(("part_", "import_", "drivers_")):
            continue
        aim = told.get(name)
        words = f"{aim.words} = {aim.bound:.4g}" if aim else ""
        verdict = "" if aim is None else "reached" if aim.reached else "**missed**"
        p99 = f"{each['p99']:.4g}" if "p99" in each else ""
        rows.append(f"| `{name}` | {each['median']:.4g} {each['unit']} | {p99} | {each['n']} | {words} | {verdict} |")
    return rows


def _parts(figures: dict[str, Figure], prefix: str, unit: str) -> list[str]:
    rows = [f"| part | {unit}, median |", "| --- | --- |"]
    for name, each in figures.items():
        if name.startswith(prefix):
            words = name.removeprefix(prefix).rpartition("_")[0]
            rows.append(f"| `{words}` | {each['median']:.1f} |")
    return rows


HISTORY_OF = ("scan_to_screen_ms", "sync_ms", "journal_add_ms_at_0", "upload_per_s", "start_ms", "rss_mib")


def _history(known: Sequence[Run]) -> list[str]:
    rows = ["| taken | commit | " + " | ".join(f"`{name}`" for name in HISTORY_OF) + " | load |"]
    rows.append("| --- | --- |" + " --- |" * (len(HISTORY_OF) + 1))
    for run in known[-12:]:
        medians = [run["figures"].get(name, {}).get("median") for name in HISTORY_OF]
        cells = [f"{median:.4g}" if median is not None else "" for median in medians]
        rows.append(f"| {run['at'][:16]} | `{run['commit']}` | " + " | ".join(cells) + f" | {run['load']} |")
    return rows


def _endurance(told: dict[str, Any]) -> list[str]:
    desks, chosen = told["desks"], []
    for desk in desks:
        hours = desk["hours"]
        chosen += [
            {"desk": desk["desk"], **hours[round(part * (len(hours) - 1))]} for part in (0, 0.1, 0.25, 0.5, 0.75, 1)
        ]
    names = (
        ("desk", "desk", 1),
        ("hour", "hour", 1),
        ("scans", "scans", 1),
        ("rss_kib", "memory, MiB", 1024),
        ("descriptors", "descriptors", 1),
        ("threads", "threads", 1),
        ("journal_kib", "tables, KiB", 1),
        ("log_kib", "log, KiB", 1),
        ("offline_ms", "scan to *recorded*, ms", 1),
        ("online_ms", "scan to *checked out*, ms", 1),
        ("cpu_ms_a_scan", "processor a scan, ms", 1),
    )
    scans, outages = sum(each["hours"][-1]["scans"] for each in desks), sum(each["outages"] for each in desks)
    unsent, waiting = (sum(each["summary"][name] for each in desks) for name in ("unsent", "exceptions"))
    rows = [
        f"{scans} scans and {outages} outages in {len(desks[0]['hours'])} hours of {len(desks)} stations, played in",
        f"{told['took_s']} s; left at the end: {unsent} unsent, {waiting} exceptions.",
        f"`journal.keep_settled_days` {told['keep_settled_days']}. On {told['machine']}; load {told['load']}.",
        "",
        "| " + " | ".join(title for _, title, _ in names) + " |",
        "| " + " | ".join("---" for _ in names) + " |",
    ]
    rows += ["| " + " | ".join(f"{row[name] / scale:.6g}" for name, _, scale in names) + " |" for row in chosen]
    return [*rows, "", *_pictures("endurance")]


def _pictures(kind: str) -> list[str]:
    names = sorted(path.name for path in FOLDER.glob(f"{kind}-*.svg"))
    return [f"![{name.removesuffix('.svg').replace('-', ': ')}](performance/{name})" for name in names]


def plots(known: Sequence[Run]) -> None:
    """Draw the figures against their limits."""
    figures = known[-1]["figures"]
    there = [size for size in SIZES if f"journal_add_ms_at_{size}" in figures]
    if there:
        adds = Line("one durable entry", [(size, figures[f"journal_add_ms_at_{size}"]["median"]) for size in there])
        raw = figures["raw_sync_ms"]["median"]
        limits = {"one raw sync": raw, "raw sync + 0.15 ms": raw + 0.15}
        title = "A durable entry, by the size of the journal"
        picture = chart(title, [adds], x="entries in the journal", y="ms", limits=limits, log_x=True)
        (FOLDER / "bench-adds.svg").write_text(picture)
    numbered = list(enumerate(known, start=1))

    def line(name: str) -> Line:
        points = [(float(n), run["figures"][name]["median"]) for n, run in numbered if name in run["figures"]]
        return Line(name, points)

    for file, title, unit, names in (
        ("scan", "From a scan to *recorded*, beside one sync", "ms", ("scan_to_screen_ms", "sync_ms")),
        ("start", "From exec to hello, beside Python and the libraries", "ms", ("start_ms", "python_start_ms")),
        ("upload", "The upload, beside a bare loop of its messages", "1/s", ("upload_per_s", "sip2_echo_per_s")),
    ):
        lines = [each for each in map(line, names) if each.points]
        if lines:
            (FOLDER / f"bench-{file}.svg").write_text(chart(title, lines, x="run", y=unit))
