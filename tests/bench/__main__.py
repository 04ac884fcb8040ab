"""`python -m tests.bench [--json FILE] [--quick]`: the figures of the contract, each beside its limit."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import drivers_alone, journal_adds, life, painting, scanning, uploading
from tests.bench.figures import Figure

AIMS = {
    "scan_to_screen_ms": ("1.3 x sync_ms + 1 ms", lambda f: 1.3 * f["sync_ms"]["median"] + 1.0),
    "start_ms": ("400 ms and 2 x python_start_ms", lambda f: min(400.0, 2 * f["python_start_ms"]["median"])),
    "rss_mib": ("48 MiB", lambda _: 48.0),
    "idle_wakeups_per_s": ("1 a second", lambda _: 1.0),
    "flushes_per_entry": ("1 flush", lambda _: 1.0),
}
LEAST = {"upload_per_s": ("85 % of sip2_echo_per_s", lambda f: 0.85 * f["sip2_echo_per_s"]["median"])}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="The figures of the contract, beside their limits."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="measure only this part")
    parser.add_argument("--largest", type=int, default=1_000_000, metavar="N", help="the largest journal (1 000 000)")
    options = parser.parse_args()
    parts: dict[str, Callable[[Path], dict[str, Figure]]] = {
        "scanning": scanning.scan_to_screen,
        "pixels": painting.scan_to_pixels,
        "cost": scanning.cost_of_an_entry,
        "journal": lambda folder: journal_adds.adds(folder, options.largest),
        "upload": uploading.upload,
        "drivers": drivers_alone.importing,
        "start": life.start,
        "resting": life.resting,
    }
    figures: dict[str, Figure] = {}
    for name, measure in parts.items():
        if options.only and name not in options.only:
            continue
        with tempfile.TemporaryDirectory(prefix="kioskd-bench-", dir=Path.cwd()) as folder:
            found = measure(Path(folder))
        figures |= found
        for key, figure in found.items():
            rest = f"  p99 {figure['p99']:g}" if "p99" in figure else ""
            print(f"{key:32} {figure['median']:>12g} {figure['unit']:8}{rest}  n={figure['n']}", flush=True)
            if "names" in figure:
                print(f"{'':8}{' '.join(figure['names'])}")
    _judge(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def _judge(figures: dict[str, Figure]) -> None:
    for key, (words, limit) in (AIMS | LEAST).items():
        if key not in figures:
            continue
        reached = figures[key]["median"]
        bound = limit(figures)
        good = reached >= bound if key in LEAST else reached <= bound
        print(f"{'reached' if good else 'MISSED ':8} {key}: {reached:g}, aim {words} = {bound:g}")
    for key in [key for key in figures if key.startswith("journal_add_ms_at_")]:
        bound = figures["raw_sync_ms"]["median"] + 0.15
        good = figures[key]["median"] <= bound
        words = f"{figures[key]['median']:g} ms, aim one raw sync + 0.15 ms = {bound:g}"
        print(f"{'reached' if good else 'MISSED ':8} {key}: {words}")


if __name__ == "__main__":
    sys.exit(main())
