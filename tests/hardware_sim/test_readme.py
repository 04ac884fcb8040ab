"""The tables in hardware-sim/README.md are those of the code; run as a program, this file renews them."""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware_sim.ils.codes import code14
from hardware_sim.ils.faults import Faults as IlsFaults
from hardware_sim.ils.personality import PERSONALITIES, SWITCHED, Personality
from hardware_sim.ils.quirks import QUIRKS, TROUBLES
from hardware_sim.printer.faults import Faults as PrinterFaults
from hardware_sim.switches import merged, standing, table

README = Path(__file__).parents[2] / "hardware-sim" / "README.md"
KINDS: dict[str, type[msgspec.Struct]] = {"ils": IlsFaults, "printer": PrinterFaults}


def rows(kind: type[msgspec.Struct]) -> str:
    lines = [
        f"| `{name}` | {values} | {meaning.replace('|', chr(92) + '|')} |" for name, values, meaning in table(kind)
    ]
    return "\n".join(["| switch | values | meaning |", "| --- | --- | --- |", *lines])


def words(switches: Mapping[str, Any]) -> str:
    """Write switches as the command line takes them."""
    said = []
    for name, value in switches.items():
        text = ",".join(value) if isinstance(value, list) else json.dumps(value).strip('"').removesuffix(".0")
        said.append(f"`{name}`" if value is True else f"`{name}={text}`")
    return " ".join(said)


def spread(head: str, lines: Sequence[Sequence[str]]) -> str:
    count = head.count("|") - 1
    cells = [[cell.replace("|", chr(92) + "|") for cell in line] for line in lines]
    return "\n".join([head, "|" + " --- |" * count, *("| " + " | ".join(line) + " |" for line in cells)])


def tables() -> dict[str, str]:
    quirks = [(row.fact, row.who, words(row.switches), words(row.station)) for row in QUIRKS]
    troubles = [(row.fact, words(row.switches)) for row in TROUBLES]
    return {
        **{f"switches of {name}": rows(kind) for name, kind in KINDS.items()},
        "quirks": spread("| fact | seen or read in | switches | a station needs, in `[ils]` |", quirks),
        "troubles": spread("| what | switches |", troubles),
    }


def between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name}: [^\n]*-->\n)(.*?)(<!-- end -->)", re.DOTALL)


@pytest.mark.parametrize("name", tables())
def test_the_tables_are_those_of_the_code(name: str) -> None:
    found = between(name).search(README.read_text())
    assert found is not None
    assert found[2].strip() == tables()[name]


@pytest.mark.parametrize("row", [*QUIRKS, *TROUBLES], ids=lambda row: row.fact)
def test_each_fact_is_played_by_switches_that_exist(row: Any) -> None:
    assert standing(merged(IlsFaults(), dict(row.switches))) == row.switches


def test_every_way_of_a_server_has_a_switch() -> None:
    ways = {field.name for field in msgspec.structs.fields(IlsFaults)}
    own = {field.name for field in dataclasses.fields(Personality)}
    # Written by switches of other names or values: `terminator`, `status_timeout`, `unsupported`.
    assert own - ways == {"timeout_and_retries", "supported", "resend_terminator"}
    assert set(SWITCHED) <= own & ways


def test_the_personalities_and_codes_named_exist() -> None:
    text = README.read_text()
    assert all(f"`{name}`" in text for name in PERSONALITIES)
    codes = set(re.findall(r"`([23]\d{13})`", text))
    assert codes <= {code14(prefix, n) for prefix in "23" for n in range(1, 20)}


if __name__ == "__main__":
    text = README.read_text()
    for name, drawn in tables().items():
        text = between(name).sub(lambda found, drawn=drawn: f"{found[1]}{drawn}\n{found[3]}", text)
    README.write_text(text)
