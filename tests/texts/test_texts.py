"""Every word that the code speaks is there, in each language, with exactly the parameters that it is given."""

import ast
import itertools
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

import kioskd
from kioskd.model.downtime import BoardStep
from kioskd.model.view import LineResult
from kioskd.rules import policy, worklist
from kioskd.rules.recognise import Why
from kioskd.texts import MODULES, long_date, say, table

SOURCE = Path(kioskd.__file__).parent
ENGLISH = table("en")
WRITTEN = [language for language, module in MODULES.items() if find_spec(module) is not None]
NOT_PARAMS = {"lasting"}


@dataclass(frozen=True)
class Said:
    key: str
    params: frozenset[str] | None
    """None: they cannot be read off the source."""
    where: str


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@cache
def sources() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple(
        (path, ast.parse(path.read_text()))
        for path in sorted(SOURCE.rglob("*.py"))
        if "texts" not in path.relative_to(SOURCE).parts
    )


def literals(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be: a constant, or either side of a choice."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from literals(node.body)
            yield from literals(node.orelse)


@cache
def spoken() -> tuple[Said, ...]:
    return tuple(_spoken())


def _spoken() -> Iterator[Said]:
    """Each `say(language, key, …)` of the texts and each `turn.say(key, tone, …)` of the rules."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id == "say" and len(node.args) == 2:
                key = node.args[1]
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "say" and len(node.args) == 2:
                key = node.args[0]
            else:
                continue
            names = [keyword.arg for keyword in node.keywords]
            params = None if None in names else frozenset(name for name in names if name) - NOT_PARAMS
            yield from (Said(text, params, f"{path.name}:{node.lineno}") for text in literals(key))


def constants() -> set[str]:
    return {
        node.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_source_speaks() -> None:
    assert len({said.key for said in spoken()}) > 40


def test_every_key_that_is_said_exists_with_its_params() -> None:
    wrong = [
        said
        for said in spoken()
        if said.key not in ENGLISH or (said.params is not None and said.params != fields(ENGLISH[said.key]))
    ]
    assert not wrong


def test_every_key_that_is_put_together_exists() -> None:
    lines = [f"line_{reason}" for reason in (*LineResult, "ils_refused", "max_items", "check_digit", "not_for_loan")]
    refusals = [
        key
        for row in itertools.chain(policy.REFUSAL.values(), policy.ELSEWHERE.values())
        for key in (row.reason, row.instead)
    ]
    assert not {*lines, *refusals, *Why} - set(ENGLISH)
    assert not [key for key in (*lines, *refusals, *Why) if fields(ENGLISH[key])]


def test_no_text_is_left_over() -> None:
    made = {f"line_{result}" for result in LineResult} | {"line_ils_refused", "line_max_items", "line_check_digit"}
    made |= {"line_not_for_loan"}
    made |= {key for key in ENGLISH if key.startswith(("weekday_", "month_"))} | {"date_long"}
    made |= {f"board_{step}" for step in BoardStep}
    made |= {f"class_{name}" for name in (*worklist.ACTIONS, worklist.UNKNOWN)}
    assert not set(ENGLISH) - constants() - made


@pytest.mark.parametrize("language", WRITTEN)
def test_a_language_has_every_text_with_the_same_params(language: str) -> None:
    texts = table(language)
    assert set(texts) == set(ENGLISH)
    differ = {key for key, text in texts.items() if fields(text) != fields(ENGLISH[key])}
    assert not differ
    assert not [key for key, text in texts.items() if not text.strip()]


@pytest.mark.parametrize("language", WRITTEN)
def test_every_text_can_be_filled_in(language: str) -> None:
    for key, text in ENGLISH.items():
        filled = say(language, key, **dict.fromkeys(fields(text), "7"))
        assert "{" not in filled


@pytest.mark.parametrize("language", WRITTEN)
def test_a_date_is_written_out_with_its_year(language: str) -> None:
    import datetime as dt

    days = {long_date(language, dt.date(2026, 1, 1) + dt.timedelta(days=31 * n)) for n in range(12)}
    assert len(days) == 12
    assert all("2026" in day for day in days)
