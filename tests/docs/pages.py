"""The documents as tests read them: pages, sections, tables, and what stands between marks."""

import re
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).parents[2]
PAGES: Final = (REPO / "README.md", REPO / "CHANGELOG.md", *sorted((REPO / "docs").glob("*.md")))


def page(name: str) -> str:
    return (REPO / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands under a heading, down to the next one of its rank or above."""
    rank = re.match(r"#+", heading)
    assert rank is not None
    _, found, rest = f"\n{text}".partition(f"\n{heading}\n")
    assert found, f"no heading {heading!r}"
    return re.split(rf"\n#{{1,{len(rank[0])}}} ", rest)[0]


def rows(text: str) -> list[list[str]]:
    """The rows of all tables, without their heads."""
    found: list[list[str]] = []
    head: list[str] | None = None
    for line in text.splitlines():
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if head is None:
            head = cells
        elif not set("".join(cells)) <= set("-: "):
            assert len(cells) == len(head), line
            found.append(cells)
    return found


def names(text: str) -> set[str]:
    """What stands in single backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def first_names(text: str) -> list[str]:
    """The names in the first cells of all tables, in order."""
    return [name for cells in rows(text) for name in re.findall(r"`([^`]+)`", cells[0])]


def diagram(text: str) -> str:
    """The one mermaid block of a section."""
    (found,) = re.findall(r"^```mermaid\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(found)


def arrows(text: str) -> set[tuple[str, str]]:
    """The arrows of a mermaid state diagram; `[*]` is its beginning and its end."""
    return set(re.findall(r"^\s*(\S+) --> (\S+?)(?:\s*:.*)?$", diagram(text), re.MULTILINE))


def nodes(text: str) -> set[str]:
    return {node for arrow in arrows(text) for node in arrow} - {"[*]"}


def between(text: str, name: str) -> str:
    """What stands between a page's marks of this name."""
    _, begun, rest = text.partition(f"<!-- {name} -->\n")
    found, ended, _ = rest.partition(f"<!-- end of {name} -->")
    assert begun, f"no mark {name!r}"
    assert ended, f"no end of {name!r}"
    return found.removesuffix("\n")


def renewed(text: str, name: str, table: str) -> str:
    """The page with this table between its marks."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, _ = text.partition(begin)
    between(text, name)
    return before + begin + table + "\n" + end + text.partition(end)[2]
