"""The table of faults is about the code as it is; and some are tried each night."""

from pathlib import Path

import pytest

from tests.mutations.__main__ import Caught, hints, page, try_out
from tests.mutations.faults import FAULTS, Fault

TOP = Path(__file__).resolve().parents[2]


def test_each_fault_can_be_made_in_one_place() -> None:
    assert len(FAULTS) >= 30
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        source = (TOP / fault.file).read_text()
        assert source.count(fault.old) == 1, f"{fault.name}: bring it up to the code, tests/mutations/faults.py"
        assert fault.new != fault.old
        compile(source.replace(fault.old, fault.new), fault.file, "exec")
        assert all((TOP / test).exists() for test in fault.tests), fault.name


def test_the_page_keeps_what_was_not_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("")
    first, second = FAULTS[:2]
    path.write_text(page([Caught(first, "tests/a.py::b", None, 0.0), Caught(second, None, "seed 7: lost", 0.0)], path))
    path.write_text(page([Caught(second, "tests/c.py::d", None, 0.0)], path))
    assert hints(path)[first.name].test == "tests/a.py::b"
    assert hints(path)[second.name].test == "tests/c.py::d"
    assert f"2 of {len(FAULTS)} faults were tried, 0 of them" in path.read_text()
    path.write_text(page([Caught(first, None, None, 0.0)], path))
    assert "1 of them noticed by nothing" in path.read_text()


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "name", ["say before save", "forget that it was sent", "not written comes back", "wrong order"]
)
def test_a_few_are_noticed(name: str) -> None:
    fault: Fault = next(each for each in FAULTS if each.name == name)
    assert try_out(fault, 0).test is not None
