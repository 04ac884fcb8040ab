"""The table of faults is about the code as it is; and some are tried each night."""

from pathlib import Path

import pytest

from tests.mutations.__main__ import try_out
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


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "name", ["say before save", "forget that it was sent", "not written comes back", "wrong order"]
)
def test_a_few_are_noticed(name: str) -> None:
    fault: Fault = next(each for each in FAULTS if each.name == name)
    assert try_out(fault, 0).test is not None
