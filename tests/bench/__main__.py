"""`python -m tests.bench [--json FILE] [--record]`: the figures of the contract, each beside its limit."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import drivers_alone, journal_adds, life, page, painting, profiling, scanning, uploading, whole_way
from tests.bench.aims import judged
from tests.bench.figures import Figure


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="The figures of the contract, beside their limits."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="measure only this part")
    parser.add_argument("--largest", type=int, default=1_000_000, metavar="N", help="the largest journal (1 000 000)")
    parser.add_argument("--record", action="store_true", help="add the run to docs/performance, rewrite the page")
    parser.add_argument("--page", action="store_true", help="only draw docs/PERFORMANCE.md anew from what is kept")
    options = parser.parse_args()
    if options.page:
        page.write()
        return 0
    parts: dict[str, Callable[[Path], dict[str, Figure]]] = {
        "scanning": scanning.scan_to_screen,
        "pixels": painting.scan_to_pixels,
        "cost": scanning.cost_of_an_entry,
        "whole": whole_way.cost_of_the_whole_way,
        "journal": lambda folder: journal_adds.adds(folder, options.largest),
        "upload": uploading.upload,
        "drivers": drivers_alone.importing,
        "start": life.start,
        "resting": life.resting,
        "parts": profiling.hot_path,
        "imports": profiling.imports,
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
    if options.record:
        page.remember(figures)
        page.write()
    return 0


def _judge(figures: dict[str, Figure]) -> None:
    for each in judged(figures):
        verdict = "reached" if each.reached else "MISSED "
        print(f"{verdict:8} {each.name}: {each.value:g}, aim {each.words} = {each.bound:g}")


if __name__ == "__main__":
    sys.exit(main())
