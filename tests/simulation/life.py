"""A life, from its plan to the last check, and what it came to."""

import asyncio
import gc
import logging
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kioskd.model.entry import EntryState
from tests.simulation import invariants
from tests.simulation.afterwards import keys_at_hand
from tests.simulation.kioskctl import typed
from tests.simulation.library import Hammered
from tests.simulation.loop import VirtualLoop
from tests.simulation.plan import Plan
from tests.simulation.world import World


@dataclass
class Outcome:
    """What a life came to."""

    seed: int
    days: int
    wrong: list[str]
    trace: str
    steps: int = 0
    scans: int = 0
    fewest_scans: int = 0
    promises: int = 0
    entries: int = 0
    settled: int = 0
    exceptions: int = 0
    withdrawn: int = 0
    deeds: int = 0
    requests: int = 0
    slips: int = 0
    typed: int = 0
    """Rows of sheets and registrations that staff heard the number of."""
    exported: int = 0
    purged: int = 0
    starts: int = 0
    checks: int = 0
    happened: dict[str, int] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    """Entries by the mode in which they were recorded."""
    outcomes: dict[str, int] = field(default_factory=dict)


def live(plan: Plan, *, verbose: bool = False, tidy: bool = True) -> Outcome:
    """Carry a plan out from its beginning to the last check; `tidy` False: the process ends with it."""
    with world_of(plan, verbose=verbose, tidy=tidy) as world:
        try:
            world.loop.run_until_complete(world.run())
        except Hammered as without_end:
            world.faults.append(str(without_end))
        return _outcome(world)


@contextmanager
def world_of(plan: Plan, *, verbose: bool = False, tidy: bool = True) -> Iterator[World]:
    """Make a world in which nothing has happened yet, and take it away when it is over."""
    folder = Path(tempfile.mkdtemp(prefix="simulated-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    loop = VirtualLoop()
    log, lines = logging.getLogger("kioskd"), _Lines()
    log.setLevel(logging.INFO)
    log.addHandler(lines)
    propagated, log.propagate = log.propagate, False
    # Looking for cycles in what grows all the time was a tenth of the work; what a life leaves behind goes at its end.
    gc.disable()
    try:
        asyncio.set_event_loop(loop)
        world = World(plan, folder, loop, verbose=verbose)
        world.logs = lines.lines
        try:
            with typed(), keys_at_hand(), plain_log():
                yield world
        finally:
            for machine in world.machines:
                machine.kill()
                machine.disk.close()
            loop.run_until_complete(asyncio.sleep(1))
    finally:
        log.removeHandler(lines)
        log.propagate = propagated
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)
        gc.enable()
        if tidy:
            gc.collect()


@contextmanager
def plain_log() -> Iterator[None]:
    """Let a line of the log not look for who wrote it, nor where: of each the words are kept alone."""
    names = ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing")
    true = {name: getattr(logging, name) for name in names}
    for name in names:
        setattr(logging, name, None)
    try:
        yield
    finally:
        for name, value in true.items():
            setattr(logging, name, value)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _outcome(world: World) -> Outcome:
    checks, wrong = invariants.check(world)
    entries = [entry for machine in world.machines for entry in invariants.entries(machine)]
    states = [entry.state for entry in entries]
    days = range(world.plan.days)
    modes = Counter(entry.what.mode.value for entry in entries)
    # A file and a stick have a name of their own.
    outcomes = Counter(re.sub(r"^(csv|rescue) .*", r"\1", str(entry.outcome)) for entry in entries)
    return Outcome(
        seed=world.plan.seed,
        days=world.plan.days,
        wrong=wrong,
        trace=world.trace.hexdigest(),
        steps=sum(machine.steps for machine in world.machines),
        scans=sum(world.scans.values()),
        fewest_scans=min(world.scans.get(day, 0) for day in days),
        promises=len(world.ledger.promises),
        entries=len(entries),
        settled=states.count(EntryState.SETTLED),
        exceptions=states.count(EntryState.EXCEPTION),
        withdrawn=states.count(EntryState.WITHDRAWN),
        deeds=len(world.library.deeds),
        requests=world.library.requests,
        slips=world.ledger.printed,
        typed=len(world.afterwards.typed),
        exported=sum(len(each.ids) for each in world.afterwards.exported),
        purged=sum(machine.purged for machine in world.machines),
        starts=sum(machine.starts for machine in world.machines),
        checks=checks,
        happened={**world.happened, **{f"line: {name}": n for name, n in world.library.faults.items()}},
        modes=dict(modes),
        outcomes=dict(outcomes),
    )
