"""Every claim on a cell of the matrix of drivers and faults names a cell that there is."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.matrix.cells import INTERFACES, KINDS

TESTS = Path(__file__).parents[1]


def claims() -> Iterator[tuple[str, str, str, str]]:
    """Yield file, driver, fault and interface of each `pytest.mark.cell(…)` in the tests."""
    for path in sorted(TESTS.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.cell" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.cell":
                drivers, fault = (ast.literal_eval(argument) for argument in node.args)
                (on,) = (ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg == "on")
                for driver in drivers.split():
                    yield str(path.relative_to(TESTS)), driver, fault, on


def test_each_claim_is_on_a_cell_that_can_be() -> None:
    cells = {
        (driver, fault)
        for kind in KINDS.values()
        for driver in kind.drivers
        for fault in kind.faults
        if (driver, fault) not in kind.cannot_be
    }
    found = list(claims())
    assert [claim for claim in found if claim[1:3] not in cells or claim[3] not in INTERFACES] == []


def test_what_cannot_be_is_a_cell() -> None:
    for kind in KINDS.values():
        assert {driver for driver, _ in kind.cannot_be} <= set(kind.drivers)
        assert {fault for _, fault in kind.cannot_be} <= set(kind.faults)


def test_each_cell_that_can_be_is_claimed() -> None:
    cells = {
        (driver, fault)
        for kind in KINDS.values()
        for driver in kind.drivers
        for fault in kind.faults
        if (driver, fault) not in kind.cannot_be
    }
    assert cells - {claim[1:3] for claim in claims()} == set()
