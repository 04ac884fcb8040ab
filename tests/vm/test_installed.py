"""The package on an empty Debian in the machine: installed, lent at through kernel devices, and its power cut.

`KIOSK_VM_CUTS` says how many cuts (8 by default; the long run has 50).
"""

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.demo.processes import Sim
from hardware_sim.vm.disk import Cut, VolatileDisk
from hardware_sim.vm.image import environment, system
from hardware_sim.vm.machine import CallFailed, Machine
from tests.vm.conftest import ROOT, SOURCES

pytestmark = [pytest.mark.vm, pytest.mark.timeout(7200)]
STATION = "tests.vm.guest.station"
CUTS = int(os.environ.get("KIOSK_VM_CUTS", "8"))
CUTS_UNTIL_FOUND = 10
"""So many tries has the check to find what a journal loses that does not flush."""
ITEMS, CARDS = 4000, 20
PER_VISIT = 6
LENDS_S = 6.0
"""The power goes within so many seconds after the first scan can be taken."""


def on(disk: VolatileDisk, *more: tuple[Path, str]) -> Machine:
    made = system()
    libraries = environment(ROOT / "requirements.lock")
    return Machine(made, (*SOURCES, *more), drive=disk.drive, environment=libraries)


def off_in_order(machine: Machine) -> None:
    machine.call(f"{STATION}:switch_off")
    machine.await_end()


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    subprocess.run([sys.executable, "-m", "devtools.package", "--arch", "amd64", "--out", folder], cwd=ROOT, check=True)
    (made,) = folder.glob("*.deb")
    return made


class Installed:
    """What the installation said, and the disk that it left."""

    def __init__(self, told: dict[str, Any], disk: Path) -> None:
        self.told = told
        self.disk = disk


@pytest.fixture(scope="session")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("installed")
    with VolatileDisk(system().disk) as disk:
        with on(disk, (package, "kioskd.deb")) as machine:
            told = machine.call(f"{STATION}:install", package="/run/kiosk-vm/kioskd.deb", timeout_s=900)
            off_in_order(machine)
        disk.flush()
        disk.image(folder / "disk.ext4")
    yield Installed(told, folder / "disk.ext4")
    shutil.rmtree(folder)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Sim]:
    sim = Sim("ils", "--ledger", str(tmp_path / "ledger"), "--items", str(ITEMS), "--patrons", str(CARDS + 12))
    yield sim
    sim.close()


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


def stock(library: Sim) -> tuple[list[str], list[str]]:
    """Return cards and items that nothing speaks against."""
    catalog = library.get("/catalog")
    cards = [
        patron["barcode"]
        for patron in catalog["patrons"]
        if not patron["note"] and not patron["blocked"] and not patron["pin"] and patron["profile"] != "child"
    ]
    items = [
        item["barcode"]
        for item in catalog["items"]
        if item["kind"] == "book" and not item["on_loan_to"] and not item["held_for"] and not item["note"]
    ]
    return cards[:CARDS], items


def loans(library: Sim) -> Counter[str]:
    return Counter(entry["item"] for entry in library.get("/ledger?kind=loan,renewal")["entries"])


def test_the_package_installs_on_an_empty_debian(installed: Installed) -> None:
    told = installed.told
    print(f"installed in {told['took_s']:.0f} s\n{told['said'][-600:]}\n{told['state']}")
    assert told["state"].count("ActiveState=active") == 2
    assert told["recorded"] == 0


def test_a_day_with_an_outage_and_everything_pulled_or_killed(installed: Installed, library: Sim) -> None:
    cards, items = stock(library)
    control = port(library.control)
    with VolatileDisk(installed.disk) as disk, on(disk) as machine:
        print(f"booted in {machine.boot_s:.1f} s")
        machine.call(f"{STATION}:configure", port=port(library.ready["sip2"]))
        told = machine.call(f"{STATION}:day", cards=cards, items=items[:40], control=control, timeout_s=1200)
        print(json.dumps(told, indent=1))
        before = machine.call(f"{STATION}:entries")
        machine.call(f"{STATION}:reboot")
        machine.await_boot()
        print(f"rebooted in {machine.boot_s:.1f} s")
        assert machine.call(f"{STATION}:entries") == before
        print(machine.call(f"{STATION}:after_the_day", control=control, timeout_s=600))
        after = machine.call(f"{STATION}:entries")
    said = [item for item, _ in told["said"]]
    assert {result for _, result in told["said"]} == {"checked_out", "recorded"}
    assert told["interrupted"]["key"] == "session_interrupted"
    assert told["watchdog"], "the hang was ended by the watchdog"
    assert told["times_s"]["scanner back"] < 5
    assert [entry["item"] for entry in after] == said, "each once, in order"
    assert {entry["state"] for entry in after} == {"settled"}
    assert loans(library) == Counter(said), "each once at the library system"


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
            self.in_flight.remove(event["said"])
            self.said.append(event["said"])
            self.results[event["result"]] += 1
        elif "ready" in event:
            self._answers.set()

    def await_ready(self, timeout_s: float) -> bool:
        return self._answers.wait(timeout_s)


def cut_once(
    disk: VolatileDisk, day: Day, cards: list[str], chance: random.Random, before_the_cut: Any
) -> tuple[Cut, float]:
    """Boot, look at what is there, lend, and cut the power at a random moment. Return what was lost of the cache."""
    with on(disk) as machine:
        before_the_cut(machine)
        day.begin_boot()
        machine.begin(f"{STATION}:lend", on_event=day.hear, cards=cards, items=day.left[:400], per_visit=PER_VISIT)
        if chance.random() < 0.8:
            assert day.await_ready(600), machine.console()
            time.sleep(chance.uniform(0, LENDS_S))
        else:
            time.sleep(chance.uniform(0, machine.boot_s))  # while the daemon starts
        machine.kill()
        return disk.cut(chance if chance.random() < 0.5 else None), machine.boot_s


def missing_or_doubled(machine: Machine, day: Day) -> tuple[set[str], dict[str, int]]:
    """Return what was said and is not in the journal, and what is there more often than once."""
    there = Counter(entry["item"] for entry in machine.call(f"{STATION}:entries", timeout_s=300))
    strange = set(there) - set(day.said) - set(day.in_flight)
    assert not strange, f"nobody scanned {strange}"
    return set(day.said) - set(there), {item: count for item, count in there.items() if count > 1}


def test_whenever_the_power_goes_nothing_said_is_missing_or_doubled(installed: Installed, library: Sim) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    print(f"seed {seed}, {CUTS} cuts")
    cards, items = stock(library)
    day = Day(items)
    began = time.monotonic()

    def look(machine: Machine) -> None:
        missing, doubled = missing_or_doubled(machine, day)
        assert not missing, f"said and gone: {missing}\n{machine.call(f'{STATION}:health')}"
        assert not doubled

    with VolatileDisk(installed.disk) as disk:
        with on(disk) as machine:
            machine.call(f"{STATION}:configure", port=port(library.ready["sip2"]), timeout_s=300)
            off_in_order(machine)
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


@pytest.mark.parametrize("mode", ["NORMAL", "OFF"])
def test_the_check_finds_what_a_journal_loses_that_does_not_flush(
    installed: Installed, library: Sim, mode: str
) -> None:
    chance = random.Random(1)
    cards, items = stock(library)
    day = Day(items)
    lost: set[str] = set()

    def look(machine: Machine) -> None:
        try:
            missing, _ = missing_or_doubled(machine, day)
        except CallFailed as broken:  # it does not even start
            missing = {str(broken)[-200:]}
        lost.update(missing)

    library.fault(down=True)
    with VolatileDisk(installed.disk) as disk:
        with on(disk) as machine:
            machine.call(f"{STATION}:configure", port=port(library.ready["sip2"]), timeout_s=300)
            machine.call(f"{STATION}:no_flush", mode=mode, timeout_s=300)
            off_in_order(machine)
        tries = 0
        while not lost and tries < CUTS_UNTIL_FOUND:
            tries += 1
            cut_once(disk, day, cards, chance, look)
    print(f"synchronous={mode}: {len(lost)} items said and gone after {tries} cuts")
    assert lost
