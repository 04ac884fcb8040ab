"""For all tests: how long an example takes says how busy the machine is, and nothing about the code.

A shell without job control starts what runs in its background deaf to Ctrl-C, and all of its children; the tests
press it.
"""

import signal
import subprocess

import pytest
from hypothesis import HealthCheck, settings

from hardware_sim.demo import processes
from tests import nest

settings.register_profile("kioskd", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kioskd")

BEGUN_FIRST = (
    "tests/dev/test_check.py",
    "tests/screen/test_station.py",
    "tests/dev/test_pip.py",
    "tests/station/test_tour.py",
    "tests/station/test_power_cut.py",
    "tests/station/test_kills.py",
    "tests/station/test_storage.py",
    "tests/screen/",
    "tests/powercut/",
)
"""What takes longest: begun last, one of these would go on alone while the other workers have nothing to do."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cold", action="store_true", help="start every process by exec (tests/nest)")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal what is begun first to all workers: `--dist worksteal` gives each a stretch of the list to begin with."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    first = [item for place in BEGUN_FIRST for item in items if item.nodeid.startswith(place)]
    first = list(dict.fromkeys(first))
    dealt = set(first)
    rest = [item for item in items if item not in dealt]
    stretch = -(-len(rest) // workers)
    items[:] = [
        item
        for worker in range(workers)
        for item in (*first[worker::workers], *rest[worker * stretch : (worker + 1) * stretch])
    ]


def pytest_runtest_setup(item: pytest.Item) -> None:
    cold = item.config.getoption("--cold") or any(map(item.get_closest_marker, ("long", "systemd", "vm")))
    processes.begin = subprocess.Popen if cold else nest.Popen


def pytest_sessionfinish() -> None:
    nest.close()
