"""A pytest plugin: runs the tests that claim cells and no others, and writes what became of them to a file."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.matrix.cells import INTERFACES

PROPERTY = "cell"


def claims(item: pytest.Item) -> Iterable[tuple[str, str, str]]:
    """Yield driver, fault and interface of each cell that the test claims."""
    marks = [(set(mark.args[0].split()), mark.args[1], mark.kwargs["on"]) for mark in item.iter_markers("cell")]
    callspec = getattr(item, "callspec", None)
    case = set(callspec.id.split("-")) if callspec is not None else set()
    # Only drivers that the test claims anything for: "usb" may be a cable's name in the id of another driver's test.
    here = case & set().union(*(drivers for drivers, _, _ in marks))
    # A case may run elsewhere than its test says.
    elsewhere = next(iter(case & set(INTERFACES)), None)
    for drivers, fault, interface in marks:
        for driver in sorted(drivers & here if here else drivers):
            yield driver, fault, elsewhere or interface


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cells-to", type=Path, required=True, help="the file for the outcomes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, left = [], []
    for item in items:
        found = list(claims(item))
        (kept if found else left).append(item)
        item.user_properties += [(PROPERTY, list(claim)) for claim in found]
    items[:] = kept
    config.hook.pytest_deselected(items=left)


class Outcomes:
    """Collects the outcomes where they all arrive: in the controller."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._outcomes: dict[str, tuple[bool, list[object]]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        good = report.passed or (report.when != "call" and not report.failed)
        before = self._outcomes.get(report.nodeid, (True, []))
        cells = [value for name, value in report.user_properties if name == PROPERTY]
        self._outcomes[report.nodeid] = (before[0] and good, cells)

    def pytest_sessionfinish(self) -> None:
        rows = [
            {"test": test, "passed": good, "cells": cells} for test, (good, cells) in sorted(self._outcomes.items())
        ]
        self._file.write_text(json.dumps(rows))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes(config.getoption("--cells-to")))
