"""The import contract finds what the plan forbids; whether the house keeps it, ./dev check says."""

import grimp
import pytest

from devtools.rooms import RoomsContract

PLAN = {
    "kioskd.model": [],
    "drivers": [],
    "kioskd.rules": ["kioskd.model"],
    "kioskd.front": ["kioskd.model"],
    "kioskd.ctl": ["kioskd.model", "kioskd.front.protocol"],
    "kioskd.not_built_yet": ["kioskd.rules"],
}
ONLY_IN = {"apsw": ["kioskd.front"]}
NEVER = {"kioskd.rules": ["time"]}


def faults(*imports: tuple[str, str], plan: dict[str, list[str]] = PLAN) -> list[tuple[str, str]]:
    graph = grimp.ImportGraph()
    for importer, imported in imports:
        graph.add_module(importer)
        graph.add_module(imported, is_squashed=imported in {"apsw", "time"})
        graph.add_import(importer=importer, imported=imported, line_number=3, line_contents="")
    tables = {"may_import": plan, "only_in": ONLY_IN, "never": NEVER}
    check = RoomsContract("rooms", {}, tables).check(graph, verbose=False)
    found = [(fault.importer, fault.imported) for fault in check.metadata["faults"]]
    assert check.kept == (not found)
    return found


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("kioskd.rules.session", "kioskd.model.view"),
        ("kioskd.rules.session", "kioskd.rules.policy"),
        ("kioskd.rules.session", "kioskd"),
        ("kioskd.ctl.watch", "kioskd.front.protocol"),
        ("kioskd.front.server", "apsw"),
        ("kioskd.front.server", "time"),
    ],
)
def test_what_the_plan_allows_passes(importer: str, imported: str) -> None:
    assert faults((importer, imported)) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("kioskd.model.view", "kioskd.rules"),
        ("kioskd.rules.session", "drivers.base"),
        ("kioskd.ctl.watch", "kioskd.front.server"),
        ("kioskd.ctl.watch", "kioskd.rules"),
        ("drivers.base", "kioskd"),
        ("kioskd", "kioskd.model"),
        ("kioskd.rules.session", "apsw"),
        ("kioskd.rules.session", "time"),
    ],
)
def test_what_the_plan_lacks_is_a_fault(importer: str, imported: str) -> None:
    assert faults((importer, imported)) == [(importer, imported)]


def test_a_module_in_no_row_is_a_fault() -> None:
    assert ("kioskd.cellar", "-") in faults(("kioskd.cellar", "time"))


def test_a_room_cannot_be_allowed_a_higher_floor() -> None:
    plan = {"kioskd.model": ["kioskd.rules"], "kioskd.rules": []}
    assert faults(plan=plan) == [("kioskd.model", "kioskd.rules")]
