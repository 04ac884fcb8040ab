"""The installed station's power goes: nothing that was said is missing afterwards, and nothing is there twice.

In two ways. The machine is killed and booted again, `KIOSK_VM_CUTS` times (4 by default; each costs a boot). And the
disk of a running machine is looked at as a cut at this moment would leave it, at `FROZEN` moments: that costs no boot,
and so reaches many more of them.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.demo.processes import Sim, clean_environment
from hardware_sim.vm.disk import Cut, Frozen, VolatileDisk
from hardware_sim.vm.machine import Machine
from hardware_sim.vm.medium import Unreadable, take_out
from tests.vm.installing import STATION, Installed, loans, on, stock

pytestmark = [pytest.mark.vm, pytest.mark.timeout(7200)]
CUTS = int(os.environ.get("KIOSK_VM_CUTS", "4"))
FROZEN_LENDING, FROZEN_STARTING = 45, 15
"""Moments while items are lent, and while the daemon starts again after a kill -9."""
PAUSE_S = 1.5
"""At most, between two moments."""
UNTIL_FOUND = 12
"""Among so many moments the check must find what a journal loses that does not flush."""
PER_VISIT = 6
LENDS_S = 6.0
"""The power goes within so many seconds after the first scan can be taken."""
STATE_DIR = "/var/lib/kioskd"


class Day:
    """What the host heard of a machine whose power goes again and again."""

    def __init__(self, stock: list[str]) -> None:
        self.left = stock
        self.said: list[str] = []
        self.in_flight: list[str] = []
        self.results = Counter[str]()
        self._answers = threading.Event()

    def begin_boot(self) -> None:
        self._answers.clear()

    def hear(self, event: dict[str, Any]) -> None:
        if "scanning" in event:
            self.left.remove(event["scanning"])
            self.in_flight.append(event["scanning"])
        elif "said" in event:
            self.said.append(event["said"])
            self.in_flight.remove(event["said"])
            self.results[event["result"]] += 1
        elif "ready" in event:
            self._answers.set()

    def await_ready(self, machine: Machine) -> None:
        assert self._answers.wait(600), machine.console()

    def lend(self, machine: Machine, cards: list[str]) -> int:
        """Begin to lend one item after the other; return the call's number."""
        self.begin_boot()
        return machine.begin(
            f"{STATION}:lend", on_event=self.hear, cards=cards, items=self.left[:600], per_visit=PER_VISIT
        )

    @property
    def scanned(self) -> set[str]:
        """What may be in the journal."""
        return {*self.said, *self.in_flight}


# ---- cuts that end the machine


def cut_once(
    disk: VolatileDisk, day: Day, cards: list[str], chance: random.Random, before_the_cut: Callable[[Machine], None]
) -> tuple[Cut, float]:
    """Boot, look at what is there, lend, and cut the power at a random moment. Return what was lost of the cache."""
    with on(disk) as machine:
        before_the_cut(machine)
        day.lend(machine, cards)
        if chance.random() < 0.8:
            day.await_ready(machine)
            time.sleep(chance.uniform(0, LENDS_S))
        else:
            time.sleep(chance.uniform(0, machine.boot_s))  # while the daemon starts
        machine.kill()
        return disk.cut(chance if chance.random() < 0.5 else None), machine.boot_s


def test_whenever_the_power_goes_nothing_said_is_missing_or_doubled(installed: Installed, library: Sim) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    print(f"seed {seed}, {CUTS} cuts")
    cards, items = stock(library)
    day = Day(items)
    began = time.monotonic()

    def look(machine: Machine) -> None:
        there = Counter(entry["item"] for entry in machine.call(f"{STATION}:entries", timeout_s=300))
        assert set(there) <= day.scanned, "nobody scanned it"
        missing = set(day.said) - set(there)
        assert not missing, f"said and gone: {missing}\n{machine.call(f'{STATION}:health')}"
        assert set(there.values()) <= {1}

    with VolatileDisk(installed.disk) as disk:
        for number in range(CUTS):
            library.fault(down=chance.random() < 0.5)
            cut, boot_s = cut_once(disk, day, cards, chance, look)
            print(
                f"cut {number + 1}: booted in {boot_s:.0f} s, {len(day.said)} items said so far, "
                f"{cut.unflushed} blocks unflushed, {cut.kept} of them kept"
            )
        library.fault(down=False)
        with on(disk) as machine:
            look(machine)
            summary = machine.call(f"{STATION}:sent", timeout_s=600)
            entries = machine.call(f"{STATION}:entries")
    there = [entry["item"] for entry in entries]
    at_library = loans(library)
    print(
        f"{CUTS} power cuts in {time.monotonic() - began:.0f} s: {len(day.said)} items said, {len(there)} recorded, "
        f"{sum(at_library.values())} loans at the library system, {dict(day.results)}; missing 0, doubled 0"
    )
    print(f"{disk.flushes} flushes; {summary}")
    assert day.said, "nothing was ever lent"
    assert set(day.results) <= {"recorded", "checked_out"}, day.results
    assert {entry["state"] for entry in entries} == {"settled"}
    assert at_library == Counter(there), "each once at the library system"


# ---- cuts that the machine never hears of


@dataclass(frozen=True, slots=True)
class Moment:
    """A medium as a cut would have left it, and what had been promised until then."""

    medium: Frozen
    said: frozenset[str]
    lent: frozenset[str]
    """What the library system had lent to the station's patrons."""
    scanned: frozenset[str]
    """More can nobody have recorded."""


def moment(disk: VolatileDisk, day: Day, library: Sim, chance: random.Random) -> Moment:
    """Freeze it now. What was said and lent is read before, what was scanned after: never the wrong way round."""
    said, lent = frozenset(day.said), frozenset(loans(library))
    medium = disk.freeze(chance if chance.random() < 0.5 else None)
    return Moment(medium, said, lent, frozenset(day.scanned))


@dataclass(slots=True)
class Verdict:
    """What is wrong with a journal that was found on a medium."""

    missing: set[str] = field(default_factory=set)
    """Said to a patron, or lent at the library system."""
    wrong: list[str] = field(default_factory=list)
    recorded: int = 0


def judge(found: Moment, folder: Path) -> Verdict:
    """Take the journal from the medium and read it, by SQLite as it is and by kioskctl."""
    verdict = Verdict()
    disk = folder / "disk.ext4"
    found.medium.image(disk)
    taken = folder / "taken"
    taken.mkdir()
    take_out(disk, STATE_DIR, taken)
    state_dir = taken / Path(STATE_DIR).name
    told = subprocess.run(
        [Path(sys.executable).parent / "kioskctl", "--json", "--state-dir", state_dir, "journal", "list"],
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
    )
    if told.returncode:
        verdict.wrong.append(told.stderr.strip())
        verdict.missing = {*found.said, *found.lent}
        return verdict
    items = Counter(entry["item"] for entry in json.loads(told.stdout)["entries"])
    verdict.recorded = len(items)
    verdict.missing = (found.said | found.lent) - set(items)
    verdict.wrong += [f"{item} is there {count} times" for item, count in items.items() if count > 1]
    verdict.wrong += [f"nobody scanned {item}" for item in set(items) - found.scanned]
    with closing(sqlite3.connect(state_dir / "journal.sqlite3")) as database:
        verdict.wrong += [row for (row,) in database.execute("PRAGMA integrity_check") if row != "ok"]
    return verdict


def judge_all(moments: list[Moment], tmp_path: Path) -> list[Verdict]:
    verdicts = []
    for found in moments:
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            verdicts.append(judge(found, Path(folder)))
    return verdicts


def lend_and_freeze(
    disk: VolatileDisk, machine: Machine, library: Sim, day: Day, chance: random.Random, count: int
) -> Iterator[Moment]:
    """Freeze the disk at so many moments while items are lent and the library system comes and goes."""
    cards, _ = stock(library)
    call = day.lend(machine, cards)
    day.await_ready(machine)
    for number in range(count):
        if number % 8 == 0:
            library.fault(down=chance.random() < 0.5)
        time.sleep(chance.uniform(0.05, PAUSE_S))
        yield moment(disk, day, library, chance)
    machine.end(call)


def start_and_freeze(
    disk: VolatileDisk, machine: Machine, library: Sim, day: Day, chance: random.Random, count: int
) -> Iterator[Moment]:
    """Freeze the disk at so many moments while the daemon is killed and starts, again and again."""
    call = machine.begin(f"{STATION}:start_again_and_again")
    for _ in range(count):
        time.sleep(chance.uniform(0.05, PAUSE_S))
        yield moment(disk, day, library, chance)
    machine.end(call)


def test_at_whatever_moment_the_disk_is_frozen_nothing_said_is_missing_or_doubled(
    installed: Installed, library: Sim, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    _, items = stock(library)
    day = Day(items)
    with VolatileDisk(installed.disk) as disk:
        with on(disk) as machine:
            print(f"booted in {machine.boot_s:.1f} s")
            moments = [*lend_and_freeze(disk, machine, library, day, chance, FROZEN_LENDING)]
            moments += start_and_freeze(disk, machine, library, day, chance, FROZEN_STARTING)
        began = time.monotonic()
        verdicts = judge_all(moments, tmp_path)
    unflushed = [found.medium.cut.unflushed for found in moments]
    print(
        f"{len(moments)} moments: {sum(map(bool, unflushed))} with unflushed blocks ({max(unflushed)} at most), "
        f"{sum(found.medium.cut.kept for found in moments)} blocks kept in all; {len(moments[-1].said)} items said at "
        f"the last, {dict(day.results)}; judged in {time.monotonic() - began:.0f} s"
    )
    for found, verdict in zip(moments, verdicts, strict=True):
        assert not verdict.missing, (verdict, found.medium.cut)
        assert not verdict.wrong, (verdict, found.medium.cut)
    assert day.said, "nothing was ever lent"
    assert verdicts[-1].recorded >= len(moments[-1].said)
    assert any(unflushed), "no moment at which anything could have been lost"


@pytest.mark.parametrize("mode", ["NORMAL", "OFF"])
def test_the_check_finds_what_a_journal_loses_that_does_not_flush(
    installed: Installed, library: Sim, tmp_path: Path, mode: str
) -> None:
    chance = random.Random(1)
    _, items = stock(library)
    day = Day(items)
    with VolatileDisk(installed.disk) as disk:
        with on(disk) as machine:
            machine.call(f"{STATION}:no_flush", mode=mode, timeout_s=300)
            moments = [*lend_and_freeze(disk, machine, library, day, chance, UNTIL_FOUND)]
        bad = 0
        for found in moments:
            with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
                try:
                    verdict = judge(found, Path(folder))
                except Unreadable as broken:
                    verdict = Verdict(wrong=[str(broken)])
            bad += bool(verdict.missing or verdict.wrong)
    print(f"synchronous={mode}: {bad} of {len(moments)} moments lost what was said, {len(day.said)} items said")
    assert bad
