"""A hundred times unplugged and plugged in again: nothing leaks, nothing grows, and it is noticed within a second."""

import json
from itertools import pairwise
from typing import Any

import pytest

from hardware_sim.vm.machine import Machine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(2400)]
CYCLES = 100
FEWER = 30
"""Of what takes the kernel's USB half a second and more for each."""
NOTICED_MS = 1000
GROWTH_KIB = 256
"""In the last half, without its largest step: the allocator's noise, not half of all cycles times anything."""
STEP_KIB = 2048
"""Once: an arena of Python's allocator (1 MiB), which the largest burst so far needed. A leak has no largest step."""


def judge(what: str, told: dict[str, Any]) -> None:
    print(f"{what}: {json.dumps({key: value for key, value in told.items() if key != 'files'})}")
    first, last = told["files"]
    assert last == first, "descriptors leaked"
    steps = [after - before for before, after in pairwise(told["resident_kib"][4:])]
    assert len(steps) == 5
    assert sum(steps) - max(steps) < GROWTH_KIB
    assert max(steps) < STEP_KIB
    assert told["scanned_again"] <= told["cycles"] / 5
    assert told["noticed_ms"]["median"] < NOTICED_MS


@pytest.mark.parametrize(
    ("kind", "configured", "cycles", "within_a_code"),
    [
        pytest.param(
            "usb",
            True,
            CYCLES,
            True,
            id="usb-by-id",
            marks=pytest.mark.cell("evdev", "replugged again and again", on="gadget"),
        ),
        pytest.param(
            "usb", False, FEWER, False, id="usb-found", marks=pytest.mark.cell("evdev", "unplugged idle", on="gadget")
        ),
        pytest.param(
            "uhid",
            False,
            CYCLES,
            True,
            id="uhid-found",
            marks=pytest.mark.cell("evdev", "replugged again and again", on="uhid"),
        ),
        pytest.param(
            "hid_pos",
            False,
            CYCLES,
            True,
            id="hid-pos-found",
            marks=pytest.mark.cell("hidraw", "replugged again and again", on="uhid"),
        ),
        pytest.param(
            "hid_pos",
            False,
            CYCLES,
            False,
            id="hid-pos-idle",
            marks=pytest.mark.cell("hidraw", "unplugged idle", on="uhid"),
        ),
    ],
)
def test_a_scanner(machine: Machine, kind: str, configured: bool, cycles: int, within_a_code: bool) -> None:
    told = machine.call(
        "tests.vm.guest.life:scanner_cycles",
        kind=kind,
        configured=configured,
        cycles=cycles,
        within_a_code=within_a_code,
        timeout_s=2000,
    )
    judge(f"{kind}, {'configured' if configured else 'found'}", told)


@pytest.mark.cell("serial", "replugged again and again", on="gadget")
@pytest.mark.cell("serial", "unplugged in a code", on="gadget")
def test_a_serial_scanner(machine: Machine) -> None:
    judge("USB-CDC", machine.call("tests.vm.guest.life:serial_cycles", cycles=FEWER, timeout_s=1200))


def test_a_printer(machine: Machine) -> None:
    judge("usblp", machine.call("tests.vm.guest.life:printer_cycles", cycles=FEWER, timeout_s=1200))
