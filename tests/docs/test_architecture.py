"""docs/ARCHITECTURE.md draws the machines that the code has."""

import re
import tomllib
from enum import StrEnum
from typing import get_args

import pytest

from kioskd.model.device import DeviceState
from kioskd.model.effects import Effect
from kioskd.model.entry import ModeName
from kioskd.model.inputs import Input
from kioskd.model.view import Screen
from kioskd.rules.evidence import Step
from kioskd.rules.link import Phase
from kioskd.rules.session import Stage
from tests.docs.pages import REPO, first_names, names, nodes, page, rows, section

PAGE = page("docs/ARCHITECTURE.md")
ENDS = {"settled", "exception"}


@pytest.mark.parametrize(
    ("heading", "states", "ends"),
    [
        ("### Modes", ModeName, set()),
        ("### The line", Phase, set()),
        ("### The session", Stage, set()),
        ("### The upload of one entry", Step, ENDS),
        ("### A device", DeviceState, set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_diagram_has_every_state_and_no_other(heading: str, states: type[StrEnum], ends: set[str]) -> None:
    assert nodes(section(PAGE, heading)) == {state.value for state in states} | ends


def test_every_screen_has_its_row() -> None:
    assert first_names(section(PAGE, "### The session")) == [screen.value for screen in Screen]


# Rooms, inputs, effects.


def test_the_table_of_rooms_is_the_import_contract() -> None:
    (contract,) = tomllib.loads(page("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    built = {
        room: {other.removeprefix("kioskd.") for other in below}
        for room, below in contract["may_import"].items()
        if any(
            (REPO / root / (room.replace(".", "/") + end)).exists()
            for root in (".", "hardware-sim")
            for end in ("", ".py")
        )
    }
    told = {
        cells[0].strip("`"): set() if cells[2] == "nothing" else set(cells[2].split(", "))
        for cells in rows(section(PAGE, "## Rooms, ground floor first").partition("\n### ")[0])
    }
    assert told == built


def test_every_effect_has_its_row_and_every_input_is_told() -> None:
    effects = section(PAGE, "## Effects")
    assert first_names(effects) == [effect.__name__ for effect in get_args(Effect)]
    inputs = {each.__name__ for each in get_args(Input)}
    answered = {name for cells in rows(effects) for name in names(cells[2])}
    others = names(re.sub(r"^\|.*$", "", effects, flags=re.MULTILINE))
    assert inputs <= answered | others
    assert answered <= inputs


@pytest.mark.parametrize(
    "room", sorted({path.parent for root in ("kioskd", "drivers") for path in (REPO / root).rglob("*.py")}), ids=str
)
def test_every_room_has_a_word_on_it(room: object) -> None:
    assert f"`{str(room).removeprefix(f'{REPO}/')}/`" in PAGE or str(room) == f"{REPO}/kioskd"
