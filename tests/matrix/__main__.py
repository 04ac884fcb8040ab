"""`python -m tests.matrix [--quick]`: run every cell of drivers × faults, print the tables and each cell's tests.

`--quick` leaves out what needs the virtual machine. Exit status 1: a cell failed, or nothing shows it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.matrix.cells import INTERFACES, KINDS, Kind

TIERS = {"quick": "not long and not systemd and not vm", "vm": "vm"}
NO_TESTS = 5
Cell = tuple[str, str]


class Cells:
    """What ran, by cell."""

    def __init__(self) -> None:
        self.passed: dict[Cell, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        """Cell → test, its cases together → interfaces."""
        self.failed: dict[Cell, set[str]] = defaultdict(set)

    def add(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            for driver, fault, interface in row["cells"]:
                if row["passed"]:
                    self.passed[driver, fault][row["test"].partition("[")[0]].add(interface)
                else:
                    self.failed[driver, fault].add(row["test"])

    def word(self, kind: Kind, cell: Cell) -> str:
        """What stands in the grid: the interfaces on which it passed."""
        if cell in self.failed:
            return "FAILED"
        if cell in self.passed:
            return "+".join(sorted(set().union(*self.passed[cell].values())))
        return "-" if cell in kind.cannot_be else "NOT SHOWN"


def run(tier: str, workers: str) -> tuple[int, list[dict[str, Any]]]:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.matrix.plugin", "--cells-to", file.name]
        command += ["-m", TIERS[tier], "-n", workers]
        command += ["--dist", "worksteal"] if workers != "0" else []
        status = subprocess.run([*command, "tests"], stdout=sys.stderr, check=False).returncode
        told = Path(file.name).read_text()
    return 0 if status == NO_TESTS else status, json.loads(told) if told else []


def show(name: str, kind: Kind, cells: Cells) -> bool:
    """Print one table and its cells; return whether every cell is shown."""
    words = {(driver, fault): cells.word(kind, (driver, fault)) for driver in kind.drivers for fault in kind.faults}
    first = max(map(len, kind.faults))
    widths = {
        driver: max(len(driver), *(len(words[driver, fault]) for fault in kind.faults)) for driver in kind.drivers
    }
    print(f"\n{name:{first}}  " + "  ".join(f"{driver:{widths[driver]}}" for driver in kind.drivers))
    for fault in kind.faults:
        print(f"{fault:{first}}  " + "  ".join(f"{words[driver, fault]:{widths[driver]}}" for driver in kind.drivers))
    print()
    for fault, means in kind.faults.items():
        print(f"{fault}: {means}")
        for driver in kind.drivers:
            cell = driver, fault
            for test, interfaces in sorted(cells.passed.get(cell, {}).items()):
                print(f"  {driver:8} passed  {'+'.join(sorted(interfaces)):8} {test}")
            for test in sorted(cells.failed.get(cell, ())):
                print(f"  {driver:8} FAILED  {test}")
            if cell in kind.cannot_be:
                print(f"  {driver:8} cannot be: {kind.cannot_be[cell]}")
            elif words[cell] == "NOT SHOWN":
                print(f"  {driver:8} NOT SHOWN by any test that ran")
    return not {"FAILED", "NOT SHOWN"} & set(words.values())


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev matrix", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the virtual machine")
    options = parser.parse_args()
    cells, worst = Cells(), 0
    for tier in ("quick",) if options.quick else ("quick", "vm"):
        status, rows = run(tier, "2" if tier == "quick" else "0")
        worst = worst or status
        cells.add(rows)
    whole = [show(name, kind, cells) for name, kind in KINDS.items()]
    print("\n" + "\n".join(f"{interface}: {means}" for interface, means in INTERFACES.items()))
    return 0 if all(whole) and not worst else 1


if __name__ == "__main__":
    sys.exit(main())
