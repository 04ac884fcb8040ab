"""The tables in hardware-sim/README.md are those of the code; run as a program, this file renews them."""

import re
from pathlib import Path

import msgspec
import pytest

from hardware_sim.ils.codes import code14
from hardware_sim.ils.faults import Faults as IlsFaults
from hardware_sim.ils.personality import PERSONALITIES
from hardware_sim.printer.faults import Faults as PrinterFaults
from hardware_sim.switches import table

README = Path(__file__).parents[2] / "hardware-sim" / "README.md"
KINDS: dict[str, type[msgspec.Struct]] = {"ils": IlsFaults, "printer": PrinterFaults}


def rows(kind: type[msgspec.Struct]) -> str:
    lines = [
        f"| `{name}` | {values} | {meaning.replace('|', chr(92) + '|')} |" for name, values, meaning in table(kind)
    ]
    return "\n".join(["| switch | values | meaning |", "| --- | --- | --- |", *lines])


def between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- switches of {name}: [^\n]*-->\n)(.*?)(<!-- end -->)", re.DOTALL)


@pytest.mark.parametrize("name", KINDS)
def test_the_tables_of_switches_are_those_of_the_code(name: str) -> None:
    found = between(name).search(README.read_text())
    assert found is not None
    assert found[2].strip() == rows(KINDS[name])


def test_the_personalities_and_codes_named_exist() -> None:
    text = README.read_text()
    assert all(f"`{name}`" in text for name in PERSONALITIES)
    codes = set(re.findall(r"`([23]\d{13})`", text))
    assert codes <= {code14(prefix, n) for prefix in "23" for n in range(1, 20)}


if __name__ == "__main__":
    text = README.read_text()
    for name, kind in KINDS.items():
        text = between(name).sub(lambda found, kind=kind: f"{found[1]}{rows(kind)}\n{found[3]}", text)
    README.write_text(text)
