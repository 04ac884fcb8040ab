"""`python -m tests.fuzz`: so many inputs in total, shared between the readers; 1 if one of them crashed or grew."""

import argparse
import multiprocessing
import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence

from tests.fuzz import engine
from tests.fuzz.targets import FOLDER, TARGETS

GROWN_KIB = 4_096
"""A reader whose process needs so much more in the last third of its inputs than in the second keeps something."""
A_SHARD = 250_000
"""Inputs of one process: few enough that two cores end together."""


def one(task: tuple[str, int, str]) -> engine.Run:
    """Fuzz one target in a process of its own."""
    name, inputs, seed = task
    return engine.fuzz(name, TARGETS[name], inputs, seed)


def shards(names: Sequence[str], inputs: int, seed: int) -> list[tuple[str, int, str]]:
    """Return the work of each process; the slowest readers first."""
    left, found = inputs, []
    shares = sum(TARGETS[name].share for name in names)
    for name in sorted(names, key=lambda name: TARGETS[name].share):
        # Of what is left, so that the last one takes what does not divide.
        whole = max(1, left * TARGETS[name].share // shares)
        left, shares = left - whole, shares - TARGETS[name].share
        count = -(-whole // A_SHARD)
        found += [(name, whole // count + (n < whole % count), f"{seed}.{n}") for n in range(count)]
    return found


def main() -> int:
    """Fuzz, print, keep what crashed."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, metavar="N", help="in total (1 000 000)")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="these alone")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="P")
    options = parser.parse_args()
    tasks = shards(options.target or list(TARGETS), options.inputs, options.seed)
    left = Counter(name for name, _, _ in tasks)
    runs: dict[str, engine.Run] = {}
    faults = 0
    print(f"{'reader':<16} {'inputs':>10} {'a second':>9} {'lines':>6} {'kept':>5} {'slowest ms':>10} {'grown KiB':>9}")
    try:
        with multiprocessing.get_context("fork").Pool(options.processes, maxtasksperchild=1) as pool:
            for shard in pool.imap_unordered(one, tasks):
                runs.setdefault(shard.name, engine.Run(shard.name)).add(shard)
                left[shard.name] -= 1
                if not left[shard.name]:
                    faults += tell(runs[shard.name])
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    total, kinds = sum(run.inputs for run in runs.values()), sum(len(run.crashes) for run in runs.values())
    print(f"{total} inputs in {len(tasks)} processes, {kinds} kinds of crashes")
    return int(bool(faults))


def tell(run: engine.Run) -> int:
    """Print what came of a reader; return how many faults it has."""
    print(
        f"{run.name:<16} {run.inputs:>10} {run.inputs / max(run.took_s, 0.001):>9.0f} {run.lines:>6}"
        f" {run.kept:>5} {run.slowest_s * 1000:>10.1f} {run.grown_kib:>9}",
        flush=True,
    )
    for what, given in run.crashes.items():
        print(f"  CRASHED: {what}\n    {engine.keep(run.name, given)}: {given[:200]!r}", flush=True)
    grew = run.grown_kib > GROWN_KIB
    if grew:
        print(f"  GREW by {run.grown_kib} KiB: {run.memory_kib}", flush=True)
    return len(run.crashes) + grew


if __name__ == "__main__":
    sys.exit(main())
