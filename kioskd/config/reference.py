"""The tables of docs/CONFIG.md, drawn from the table of keys."""

import datetime as dt
from dataclasses import MISSING
from enum import StrEnum
from pathlib import Path
from typing import Final

from kioskd.config.keys import SECTIONS, Key, Section, heading
from kioskd.config.names import PREFIX, variable
from kioskd.config.profiles import PROFILES

BEGIN: Final = "<!-- keys -->"
END: Final = "<!-- end of keys -->"


def keys_tables() -> str:
    """Return every key by section, then the profiles, as Markdown."""
    parts = [_section(name, section) for name, section in SECTIONS.items()]
    return "\n\n".join([*parts, _profiles()])


def renewed(page: str) -> str:
    """Return a page with what stands between its marks drawn anew."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks the marks {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{keys_tables()}\n{END}{tail}"


def _section(name: str, section: Section) -> str:
    form = f"{PREFIX}{name}".upper() + " (JSON)" if section.many else variable(name, "<key>").replace("<KEY>", "…")
    lines = [
        f"### `{heading(name)}`",
        "",
        f"{section.title} In the environment: `{form}`.",
        "",
        "| key | default | unit | allowed | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for key, row in section.keys.items():
        cells = (f"`{key}`", default_text(section, key, row), row.unit, row.kind.allowed, row.means)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def default_text(section: Section, key: str, row: Key) -> str:
    """Return a key's default as the file would say it, marked as code; in words where it depends on something."""
    if row.default:
        return row.default
    default = section.default(key)
    assert default is not MISSING, f"{key} has no default, and its row tells none"
    return f"`{_toml(default)}`"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return '""'
        case StrEnum() | Path() | dt.date():
            return f'"{value}"'
        case dt.time():
            return f'"{value:%H:%M}"'
        case str():
            return f"'{value}'" if "\\" in value else f'"{value}"'
        case tuple():
            return f"[{', '.join(_toml(each) for each in value)}]"
        case _:
            return f"{value}"


def _profiles() -> str:
    lines = [
        "### Profiles",
        "",
        "| `profile` | other defaults | what is known |",
        "| --- | --- | --- |",
    ]
    for name, profile in PROFILES.items():
        defaults = ", ".join(f"`{key} = {_toml(value)}`" for key, value in profile.defaults.items())
        lines.append(f"| `{name}` | {defaults or 'none'} | {profile.known} |")
    return "\n".join(lines)
