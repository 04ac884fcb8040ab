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

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cold", action="store_true", help="start every process by exec (tests/nest)")


def pytest_runtest_setup(item: pytest.Item) -> None:
    cold = item.config.getoption("--cold") or item.get_closest_marker("long")
    processes.begin = subprocess.Popen if cold else nest.Popen


def pytest_sessionfinish() -> None:
    nest.close()
