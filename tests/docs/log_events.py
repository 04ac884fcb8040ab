"""Every line that the daemon can log, read from its syntax: the level, and the words that never change."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.docs.code_names import sources

LEVELS: Final = ("debug", "info", "warning", "error", "exception", "critical")
EVENT: Final = re.compile(r"[a-z]+(_[a-z]+)+")


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """`words`: the event's name, or the sentence with `…` for each value."""

    words: str
    level: str


@cache
def logged() -> tuple[Line, ...]:
    found: set[Line] = set()
    for path in sources():
        if path.parts[-2:] != ("kioskd", "__main__.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    found.update(_lines(node))
    return tuple(sorted(found))


def _lines(call: ast.Call) -> Iterator[Line]:
    match call:
        # turn.log("info", "mode_changed", …)
        case ast.Call(func=ast.Attribute(attr="log"), args=[ast.Constant(value=str(level)), event, *_]):
            yield from (Line(words, level) for words in _words(event))
        # log.warning("client refused: pid %d", …)
        case ast.Call(func=ast.Attribute(attr=level, value=ast.Name(id="log")), args=[text, *_]) if level in LEVELS:
            yield from (Line(words, level) for words in _words(text) if words.strip("… "))
        # _problem("journal_not_read", …), which logs it as an error
        case ast.Call(func=ast.Name(id="_problem"), args=[ast.Constant(value=str(event)), *_]):
            yield Line(event, "error")
        case _:
            pass


def _words(text: ast.expr) -> Iterator[str]:
    match text:
        case ast.Constant(value=str(words)):
            event = EVENT.match(words)
            yield event[0] if event else re.sub("%[a-z]", "…", words)
        case ast.IfExp():
            yield from _words(text.body)
            yield from _words(text.orelse)
        case _:
            raise AssertionError(f"a log line without words of its own: {ast.unparse(text)}")
