"""What the code calls its things, read from its syntax: modules, functions, classes, methods, constants."""

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.docs.pages import REPO

ROOTS: Final = ("kioskd", "drivers", "hardware-sim", "devtools")


def sources() -> list[Path]:
    return [path for root in ROOTS for path in sorted((REPO / root).rglob("*.py"))]


@dataclass(frozen=True, slots=True)
class Names:
    """`single`: every name that some module or class defines. `within`: module or class → what it defines."""

    single: frozenset[str]
    within: Mapping[str, frozenset[str]]

    def known(self, name: str) -> bool:
        """Whether `name`, `module.name` or `Class.name` is one of ours."""
        outer, dot, inner = name.rpartition(".")
        if not dot:
            return name in self.single or hasattr(builtins, name)
        return inner in self.within.get(outer.rpartition(".")[2], ())


@cache
def all_names() -> Names:
    within: dict[str, set[str]] = {}
    for path in sources():
        module = path.parent.name if path.stem == "__init__" else path.stem
        _collect(ast.parse(path.read_text(encoding="utf-8")), module, within)
    single = frozenset(name for names in within.values() for name in names)
    return Names(single, {outer: frozenset(names) for outer, names in within.items()})


def _collect(tree: ast.Module | ast.ClassDef, outer: str, within: dict[str, set[str]]) -> None:
    mine = within.setdefault(outer, set())
    for node in tree.body:
        mine.update(_defined(node))
        if isinstance(node, ast.ClassDef):
            _collect(node, node.name, within)


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Assign():
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            pass
