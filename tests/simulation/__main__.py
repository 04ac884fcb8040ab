"""`python -m tests.simulation`: so many lives of two stations, each from its seed; on both cores."""

import argparse
import dataclasses
import gc
import importlib
import multiprocessing
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.simulation import plan as plans
from tests.simulation.afterwards import derive_key
from tests.simulation.kioskctl import kioskctl_parser
from tests.simulation.life import Outcome, live
from tests.simulation.shrink import kind, shrink
from tests.simulation.sticks import pair

DAYS_A_SEED = 10
IMPORTED_LATE = ("nacl.exceptions", "nacl.public", "nacl.secret", "hardware_sim.ils.door_koha")
"""What is imported when it is first needed; the last brings a web server, which takes as long as a day of a life."""
WARM = 28
"""A life of a day in which nearly everything comes that is compiled, imported or remembered when it is first needed."""


def one(task: tuple[int, int]) -> Outcome:
    """Live one life."""
    seed, days = task
    return live(plans.make(seed, days))


def alone(task: tuple[int, int]) -> Outcome:
    """Live one life in a process that ends with it: nobody looks for what it leaves behind."""
    seed, days = task
    return live(plans.make(seed, days), tidy=False)


def _lives(tasks: list[tuple[int, int]], workers: int) -> Iterator[Outcome]:
    if len(tasks) == 1:
        yield from map(one, tasks)
        return
    ready()
    with multiprocessing.get_context("fork").Pool(workers, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(alone, tasks, chunksize=1)


def ready() -> None:
    """Import and make once what each life would import and make for itself."""
    for name in IMPORTED_LATE:
        importlib.import_module(name)
    kioskctl_parser()
    derive_key()
    pair()
    live(plans.make(WARM, 1))
    gc.collect()
    gc.freeze()


def tell(outcomes: list[Outcome], took_s: float, workers: int) -> None:
    """Print what was simulated, in numbers."""

    def total(name: str) -> int:
        return sum(getattr(outcome, name) for outcome in outcomes)

    days, steps = total("days"), total("steps")
    print(f"{len(outcomes)} seeds, {days} days of two stations in {took_s:.1f} s on {workers} processes:")
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_s = sum(each.ru_utime + each.ru_stime for each in used)
    print(f"  {days / took_s:.1f} days/s, {steps} events of the stations, {steps / took_s:.0f} events/s")
    print(f"  {cpu_s:.0f} s of processor time, {cpu_s / days:.2f} s a day")
    print(f"  {total('scans')} scans, the fewest on a day {min(each.fewest_scans for each in outcomes)}")
    print(f"  {total('entries')} entries, {total('promises')} promises, {total('slips')} lines with numbers on paper")
    print(f"  {total('settled')} settled, {total('exceptions')} before a person, {total('withdrawn')} withdrawn")
    print(
        f"  {total('requests')} SIP2 requests, {total('deeds')} deeds of the library system, {total('starts')} starts"
    )
    print(f"  {total('typed')} rows typed by staff, {total('exported')} handed over in files, {total('purged')} purged")
    print(f"  {total('checks')} checks")
    for title, name in (("what happened", "happened"), ("recorded while", "modes"), ("outcomes", "outcomes")):
        counts: Counter[str] = Counter()
        for outcome in outcomes:
            counts.update(getattr(outcome, name))
        print(f"  {title}: " + ", ".join(f"{what} {number}" for what, number in sorted(counts.items())))


def explain(outcome: Outcome, days: int) -> None:
    """Say what went wrong, and with how little it still does."""
    print(f"\nseed {outcome.seed} FAILED:")
    for wrong in outcome.wrong[:5]:
        print(f"  {wrong}")
    found = kind(outcome.wrong)
    plan = plans.make(outcome.seed, days)

    def fails(shorter: plans.Plan) -> bool:
        return kind(live(shorter).wrong) == found

    short, tried = shrink(plan, fails)
    print(f"It still fails with {len(short.events)} of {len(plan.events)} events ({tried} lives tried):")
    print(f"  {short.personality}, begun {short.begins:%Y-%m-%d}, {short.settings}")
    for event in short.events:
        print(f"  - {event.words()}")
    print(f"again: ./dev simulate --seed {outcome.seed} --days {days}")


def main() -> int:
    """Simulate; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="./dev simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, metavar="N", help="so many lives (10)")
    parser.add_argument("--seed", type=int, metavar="S", help="this one alone; with --seeds: from this one on")
    parser.add_argument("--years", type=float, metavar="Y", help="as many lives as make so many years")
    parser.add_argument("--days", type=int, default=DAYS_A_SEED, metavar="D", help=f"of each life ({DAYS_A_SEED})")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="P")
    parser.add_argument("--first", action="store_true", help="stop at the first that fails")
    parser.add_argument("--no-shrink", action="store_true", help="do not look for a shorter story")
    parser.add_argument("--verbose", action="store_true", help="tell all that happens (with --seed)")
    options = parser.parse_args()
    if options.days < 1 or (options.seeds is not None and options.seeds < 1):
        parser.error("--days and --seeds: at least 1")
    first = options.seed if options.seed is not None else 1
    number = options.seeds or (1 if options.seed is not None else 10)
    if options.years is not None:
        number = max(1, round(options.years * 365 / options.days))
    seeds = range(first, first + number)
    if options.verbose:
        outcome = live(plans.make(first, options.days), verbose=True)
        print(dataclasses.asdict(outcome))
        return int(bool(outcome.wrong))
    began = time.monotonic()
    outcomes: list[Outcome] = []
    workers = min(options.processes, number)
    for outcome in _lives([(seed, options.days) for seed in seeds], workers):
        outcomes.append(outcome)
        if outcome.wrong:
            print(f"seed {outcome.seed}: {outcome.wrong[0].strip().splitlines()[0]}", flush=True)
            if options.first:
                break
    outcomes.sort(key=lambda each: each.seed)
    tell(outcomes, time.monotonic() - began, workers)
    for outcome in outcomes:
        if outcome.fewest_scans < plans.LEAST_SCANS:
            outcome.wrong.append(f"a day with {outcome.fewest_scans} scans")
    failed = [outcome for outcome in outcomes if outcome.wrong]
    if number == 1:
        print(f"  trace {outcomes[0].trace}")
    for outcome in failed[:1] if not options.no_shrink else []:
        explain(outcome, options.days)
    print(
        f"\n{len(failed)} of {len(outcomes)} seeds failed" + (f": {[each.seed for each in failed]}" if failed else "")
    )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
