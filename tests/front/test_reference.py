"""docs/PROTOCOL.md says what the code does."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from kioskd.front.limits import Limits
from kioskd.front.params import ALL_METHODS, MAX_LIST, MAX_TEXT
from kioskd.front.protocol import MAX_REQUEST_BYTES
from kioskd.front.reference import MEANINGS, OWN_NEEDS, errors_table, methods_table
from kioskd.model.calls import NEEDS
from kioskd.model.errors import CODES
from kioskd.model.view import Status, View

PAGE = (Path(__file__).parents[2] / "docs/PROTOCOL.md").read_text(encoding="utf-8")


def between(name: str) -> str:
    return PAGE.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- end of {name} -->")[0]


def test_the_tables_are_the_codes() -> None:
    renew = "print them with `python -m kioskd.front.reference`"
    assert between("methods") == methods_table(), renew
    assert between("errors") == errors_table(), renew


def test_every_method_has_a_role_and_every_code_a_meaning() -> None:
    assert {method.call for method in ALL_METHODS.values()} == set(OWN_NEEDS) | set(NEEDS)
    assert set(CODES.values()) <= set(MEANINGS)
    assert all(MEANINGS[code][0] == kind for kind, code in CODES.items())


def names(shape: Any) -> set[str]:
    """The fields of a dataclass and of all within it."""
    found: set[str] = set()
    hints = get_type_hints(shape)
    for field in fields(shape):
        found.add(field.name)
        for inner in (hints[field.name], *get_args(hints[field.name])):
            if is_dataclass(inner):
                found |= names(inner)
    return found


@pytest.mark.parametrize(("heading", "shape"), [("View", View), ("Status", Status)])
def test_every_field_is_described(heading: str, shape: type) -> None:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    told = set(re.findall(r"`([a-z_]+)`", section))
    # A Status' mode is described with the View.
    assert names(shape) - told <= ({"name", "since", "reason", "forced", "slow"} if shape is Status else set())


def test_the_limits_are_the_codes() -> None:
    limits = Limits()
    for told in (
        f"at most {MAX_REQUEST_BYTES:,} bytes",
        f"at most {MAX_TEXT:,} characters, a list at most {MAX_LIST:,} members",
        f"After {limits.stalled_s:.0f} s with its socket",
        f"While {limits.outstanding} requests",
        f"At most {limits.lines_a_turn} requests",
        f"There are {limits.connections:,} connections",
    ):
        assert told in PAGE
