"""The package's station in a machine of its own, and the library system that it talks to."""

from collections import Counter
from pathlib import Path
from typing import Any

from hardware_sim.demo.processes import Sim
from hardware_sim.vm.disk import VolatileDisk
from hardware_sim.vm.image import environment, system
from hardware_sim.vm.machine import Machine

ROOT = Path(__file__).parents[2]
SOURCES = (
    (ROOT / "kioskd", "kioskd"),
    (ROOT / "drivers", "drivers"),
    (ROOT / "hardware-sim" / "hardware_sim", "hardware-sim/hardware_sim"),
    (ROOT / "tests" / "vm", "tests/vm"),
)
"""What every machine has of the working tree."""
STATION = "tests.vm.guest.station"
"""Where the guest's side stands."""
ITEMS, CARDS = 4000, 20


class Installed:
    """What the installation said, and the disk that it left."""

    def __init__(self, told: dict[str, Any], disk: Path) -> None:
        self.told = told
        self.disk = disk


def on(disk: VolatileDisk) -> Machine:
    """Return a machine on that disk, not yet switched on."""
    return on_drive(disk.drive)


def on_drive(drive: str, *more: tuple[Path, str]) -> Machine:
    """Return a machine on what QEMU calls so; `more` goes there beside the working tree."""
    return Machine(system(), (*SOURCES, *more), drive=drive, environment=environment(ROOT / "requirements.lock"))


def off_in_order(machine: Machine) -> None:
    machine.call(f"{STATION}:switch_off")
    machine.await_end()


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
    """Return what the library system lent, by item."""
    return Counter(entry["item"] for entry in library.get("/ledger?kind=loan,renewal")["entries"])
