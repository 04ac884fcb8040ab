"""`python -m tests.fuzz`: so many inputs in total, shared between the readers; 1 if one of them crashed or grew."""

import argparse
import multiprocessing
import os
import shutil
import sys

from tests.fuzz import engine
from tests.fuzz.targets import FOLDER, TARGETS

GROWN_KIB = 16_384
"""A reader whose process grew by more in the last two thirds of its inputs keeps something."""


def one(task: tuple[str, int, int]) -> engine.Run:
    """Fuzz one target in a process of its own."""
    name, inputs, seed = task
    return engine.fuzz(name, TARGETS[name], inputs, seed)


def main() -> int:
    """Fuzz, print, keep what crashed."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, metavar="N", help="in total (1 000 000)")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="these alone")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="P")
    options = parser.parse_args()
    names = options.target or list(TARGETS)
    shares = sum(TARGETS[name].share for name in names)
    tasks = [(name, max(1, options.inputs * TARGETS[name].share // shares), options.seed) for name in names]
    faults = 0
    runs = []
    print(f"{'reader':<16} {'inputs':>10} {'a second':>9} {'lines':>6} {'kept':>5} {'slowest ms':>10} {'grown KiB':>9}")
    try:
        with multiprocessing.get_context("fork").Pool(options.processes, maxtasksperchild=1) as pool:
            for run in pool.imap_unordered(one, tasks):
                runs.append(run)
                print(
                    f"{run.name:<16} {run.inputs:>10} {run.inputs / max(run.took_s, 0.001):>9.0f} {run.lines:>6}"
                    f" {run.kept:>5} {run.slowest_s * 1000:>10.1f} {run.grown_kib:>9}",
                    flush=True,
                )
                for what, given in run.crashes.items():
                    faults += 1
                    print(f"  CRASHED: {what}\n    {engine.keep(run.name, given)}: {given[:200]!r}", flush=True)
                if run.grown_kib > GROWN_KIB:
                    faults += 1
                    print(f"  GREW by {run.grown_kib} KiB", flush=True)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    total = sum(run.inputs for run in runs)
    print(f"{total} inputs, {sum(len(run.crashes) for run in runs)} kinds of crashes")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
