"""Which of a file's tables are sections of ours."""

from kioskd.config.file import Tables
from kioskd.config.keys import SECTIONS, heading
from kioskd.config.near import meant
from kioskd.config.problems import Problem, kind, printable


def told_apart(tables: Tables, source: str) -> tuple[Tables, list[Problem]]:
    """Return the known sections that are tables, and what is wrong with the others."""
    good: Tables = {}
    problems = []
    for name, content in tables.items():
        section = SECTIONS.get(name)
        if section is None:
            problems.append(_stranger(source, name, content))
        elif section.many:
            if isinstance(content, list) and all(isinstance(each, dict) for each in content):
                good[name] = content
            else:
                problems.append(Problem(source, f"[[{name}]]", kind(content), f"a list of tables, each [[{name}]]"))
        elif isinstance(content, dict):
            good[name] = content
        else:
            problems.append(Problem(source, f"[{name}]", kind(content), f"a table, [{name}]"))
    return good, problems


def _stranger(source: str, name: str, content: object) -> Problem:
    if isinstance(content, dict | list):
        sections = ", ".join(heading(each) for each in SECTIONS)
        return Problem(source, f"[{printable(name)}]", f"unknown section{meant(name, SECTIONS)}", sections)
    homes = [heading(each) for each, section in SECTIONS.items() if name in section.keys]
    return Problem(
        source,
        printable(name),
        "stands outside of all sections",
        f"under {' or '.join(homes)}" if homes else "no such key",
    )
