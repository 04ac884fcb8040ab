"""What pydantic found wrong, in the words of the file: source, key, what was found, what may stand there."""

from collections.abc import Callable, Mapping
from typing import Any

from kioskd.config.keys import SECTIONS, heading
from kioskd.config.kinds import Checked, ListOf
from kioskd.config.names import variable
from kioskd.config.near import meant
from kioskd.config.problems import Problem, kind, printable, shown

Source = Callable[[str, str], str]
"""Section and key → where the value came from."""


def problem(error: Mapping[str, Any], source: Source) -> Problem:
    """Return one of `ValidationError.errors()` as a problem."""
    name, *rest = error["loc"]
    section = SECTIONS[name]
    place = f"[{name}]"
    if section.many:
        place = f"[[{name}]] {rest.pop(0) + 1}:"
    key = str(rest[0])
    where = source(name, key)
    if error["type"] == "extra_forbidden":
        return _unknown(name, key, where, place)
    allowed = section.keys[key].kind
    if error["type"] == "missing":
        also = f" (or the variable {variable(name, key)})"
        return Problem(where, f"{place} {key}", "not set", allowed.allowed + ("" if section.many else also))
    number = f", number {rest[1] + 1}" if len(rest) > 1 and isinstance(allowed, ListOf) else ""
    return Problem(where, f"{place} {key}{number}", _found(error, allowed), allowed.allowed)


def _unknown(name: str, key: str, where: str, place: str) -> Problem:
    keys = SECTIONS[name].keys
    found = "unknown key" + meant(key, keys)
    if homes := [heading(each) for each, section in SECTIONS.items() if key in section.keys]:
        found += f"; it belongs under {' or '.join(homes)}"
    return Problem(where, f"{place} {printable(key)}", found, ", ".join(keys))


def _found(error: Mapping[str, Any], allowed: object) -> str:
    value = error["input"]
    if isinstance(allowed, Checked) and allowed.secret and not (isinstance(value, str) and value.startswith("/")):
        return kind(value)
    reason = error.get("ctx", {}).get("error")
    if error["type"] == "too_short":
        return "an empty list"
    return f"{shown(value)}: {reason}" if isinstance(reason, ValueError) else shown(value)
