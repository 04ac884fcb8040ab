"""The environment: `KIOSKD_<SECTION>__<KEY>`, and `KIOSKD_<SECTION>` in JSON for lists of tables."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from kioskd.config.file import Tables
from kioskd.config.keys import SECTIONS
from kioskd.config.kinds import Checked, Flag, Kind, ListOf, Number, Whole
from kioskd.config.names import PREFIX, variable
from kioskd.config.near import meant
from kioskd.config.problems import Problem, kind, printable

__all__ = ["from_environment", "variable", "variables"]

_WORDS: Final[Mapping[str, bool]] = {
    "true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?\d{1,18}(\.\d{0,18})?", re.ASCII)


def variables() -> list[str]:
    """Return all names that are known."""
    lists = [f"{PREFIX}{name}".upper() for name, section in SECTIONS.items() if section.many]
    plain = [variable(name, key) for name, section in SECTIONS.items() if not section.many for key in section.keys]
    return lists + plain


def from_environment(environ: Mapping[str, str]) -> tuple[Tables, list[Problem]]:
    """Return what the variables set, and those that set nothing."""
    tables: Tables = {}
    problems: list[Problem] = []
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX):
            continue
        section_name, _, key = name.removeprefix(PREFIX).partition("__")
        section = SECTIONS.get(section_name.lower())
        if section is None or name != name.upper():
            problems.append(_stranger(name))
        elif section.many and not key:
            content = _from_json(value)
            if isinstance(content, list) and all(isinstance(each, dict) for each in content):
                tables[section_name.lower()] = content
            else:
                found = "no JSON" if content is value else kind(content)
                problems.append(Problem(name, "", found, 'a list of tables as JSON: [{"name": "front", …}]'))
        elif not section.many and key.lower() in section.keys:
            tables.setdefault(section_name.lower(), {})[key.lower()] = _value(section.keys[key.lower()].kind, value)
        else:
            problems.append(_stranger(name))
    return tables, problems


def _stranger(name: str) -> Problem:
    section_name = name.removeprefix(PREFIX).partition("__")[0].lower()
    section = SECTIONS.get(section_name)
    if section is None:
        allowed = f"{PREFIX}<SECTION>__<KEY>, the section one of {', '.join(each.upper() for each in SECTIONS)}"
    elif section.many:
        allowed = f"{PREFIX}{section_name.upper()}, a list of tables as JSON"
    else:
        allowed = ", ".join(variable(section_name, key) for key in section.keys)
    return Problem(printable(name), "", f"unknown variable{meant(name, variables())}", allowed)


def _value(kind: Kind, text: str) -> Any:  # noqa: ANN401 - what cannot be read stays text, and is then refused as such
    match kind:
        case Flag():
            return _WORDS.get(text.strip().lower(), text)
        case Whole():
            return int(text) if _WHOLE.fullmatch(text.strip()) else text
        case Number():
            return float(text) if _NUMBER.fullmatch(text.strip()) else text
        case ListOf():
            return _from_json(text)
        case Checked(json=as_json):
            return _from_json(text) if as_json else text


def _from_json(text: str) -> Any:  # noqa: ANN401 - as above
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
