"""The package on an empty Debian in the machine: installed, and lent at through kernel devices for a day."""

import json
from collections import Counter

import pytest

from hardware_sim.demo.processes import Sim
from hardware_sim.vm.disk import VolatileDisk
from tests.vm.installing import STATION, Installed, loans, on, port, stock

pytestmark = [pytest.mark.vm, pytest.mark.timeout(7200)]


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
