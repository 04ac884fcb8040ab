"""docs/PROCEDURE.md: each line of the procedure has what the station does and the test that proves it, or a reason."""

import ast
import re
from functools import lru_cache

import pytest

from tests.docs.pages import REPO, page

PAGE = page("docs/PROCEDURE.md")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| the procedure", "| complaint", "| people"))
]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+|\*)`")


@lru_cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((REPO / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def test_the_tables_are_read() -> None:
    assert len(ROWS) > 40
    assert {len(row) for row in ROWS} == {3}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_each_line_names_tests_that_exist_or_says_why_not(row: list[str]) -> None:
    line, station, proof = row
    assert line
    if station == "-":
        assert len(proof) > 20, "not applicable, and why"
        return
    named = NAMED.findall(proof)
    assert named, proof
    for path, name in named:
        assert name == "*" or name in names_in(path), f"{path}::{name}"
        assert names_in(path)
