"""One machine for all tests of this folder that need no machine of their own; each test is a call in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_sim.vm.image import environment, system
from hardware_sim.vm.machine import Machine, scratch

ROOT = Path(__file__).parents[2]
SOURCES = (
    (ROOT / "kioskd", "kioskd"),
    (ROOT / "drivers", "drivers"),
    (ROOT / "hardware-sim" / "hardware_sim", "hardware-sim/hardware_sim"),
    (ROOT / "tests" / "vm", "tests/vm"),
)


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    made = system()
    libraries = environment(ROOT / "requirements.lock")
    with Machine(made, SOURCES, drive=scratch(made.disk), environment=libraries) as running:
        print(f"booted in {running.boot_s:.1f} s")
        yield running
