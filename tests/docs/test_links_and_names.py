"""What the documents name exists: files, links, functions, configuration keys."""

import re
import tomllib
from pathlib import Path

import pytest

from kioskd.config.keys import SECTIONS
from kioskd.front.params import ALL_METHODS
from tests.docs.code_names import ROOTS, all_names, sources
from tests.docs.pages import PAGES, REPO, names, page, rows, section

FOLDERS = (*ROOTS, "docs", "tests", "systemd", ".ci")
KEYS = {f"{name}.{key}" for name, found in SECTIONS.items() for key in found.keys}
SPEAKS_OF_CODE = ("docs/ARCHITECTURE.md", "docs/ILS.md", "docs/OPERATIONS.md")


def missing_paths(text: str, folder: Path = REPO) -> list[str]:
    """Files and folders that are not there: from the root, beside the page, or in the folder that the heading names."""
    missing: list[str] = []
    bases = [REPO, folder]
    for line in re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL).splitlines():
        if line.startswith("#"):
            bases = [REPO, folder, *(REPO / name for name in names(line) if (REPO / name).is_dir())]
        for name in re.findall(r"`([\w.-]+(?:/[\w.*-]+)*/?)`", line):
            ours = name.endswith((".py", ".md")) or (name.split("/")[0] in FOLDERS and "/" in name)
            if ours and not any((base / name).exists() for base in bases):
                missing.append(name)
    return missing


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def broken_links(text: str, folder: Path) -> list[str]:
    broken: list[str] = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = folder / name
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            broken.append(target)
    return broken


def unknown_names(text: str) -> list[str]:
    """Names in the shape of code that no code of ours has."""
    known = all_names()
    modules = {".".join(path.relative_to(REPO).with_suffix("").parts).removesuffix(".__init__") for path in sources()}
    unknown: list[str] = []
    for name in sorted(names(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))):
        bare = name.removesuffix("()")
        if not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", bare) or bare in KEYS | modules | set(ALL_METHODS):
            continue
        called, dotted = name.endswith("()"), bare.partition(".")[0] in known.within
        camel = re.fullmatch(r"[A-Z][a-z]+([A-Z][a-z]+)*(\.\w+)?", bare) is not None
        constant = re.fullmatch(r"[A-Z]+(_[A-Z]+)+", bare) is not None
        file = re.search(r"\.(py|md|toml|lock|sqlite3)$", bare) is not None
        if not file and (called or camel or constant or (dotted and "." in bare)) and not known.known(bare):
            unknown.append(name)
    return unknown


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_and_link_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert missing_paths(text, path.parent) == []
    assert broken_links(text, path.parent) == []


@pytest.mark.parametrize("name", SPEAKS_OF_CODE)
def test_every_function_class_and_key_exists(name: str) -> None:
    assert unknown_names(page(name)) == []


def test_a_wrong_name_is_found() -> None:
    text = (
        "### `kioskd/rules/`\n`mode.py` `moed.py` `kioskd/rules/step.py` `kioskd/rulez/` [a](NO.md) [b](README.md#no)"
    )
    assert missing_paths(text) == ["moed.py", "kioskd/rulez/"]
    assert broken_links(text, REPO) == ["NO.md", "README.md#no"]
    told = "`step()` `stepp()` "
    told += "`mode.enter()` `mode.leave()` `Turn.save()` `Turn.sav()` `Saved` `Savd` `ils.host` `ils.hst`"
    assert unknown_names(told) == ["Savd", "Turn.sav()", "ils.hst", "mode.leave()", "stepp()"]
    assert unknown_names("`kioskd.rules` `kioskd.rulez`") == ["kioskd.rulez"]


def test_the_readme_sends_to_every_document_and_every_command_exists() -> None:
    told = {target for cells in rows(page("README.md")) for target in re.findall(r"\]\(([^)]+)\)", cells[0])}
    assert {f"docs/{path.name}" for path in (REPO / "docs").glob("*.md")} <= told
    usage = (REPO / "dev").read_text(encoding="utf-8")
    for command in re.findall(r"\./dev (\w+)", page("README.md") + page("CHANGELOG.md")):
        assert f"\n  {command} " in usage or f"\n  {command}\n" in usage, command


def test_the_newest_change_is_this_version() -> None:
    version = tomllib.loads(page("pyproject.toml"))["project"]["version"]
    assert re.findall(r"^## (\S+)$", page("CHANGELOG.md"), re.MULTILINE)[0] == version
    assert len(re.findall(r"^- ", section(page("CHANGELOG.md"), f"## {version}"), re.MULTILINE)) > 5


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_table_is_whole(path: Path) -> None:
    rows(path.read_text(encoding="utf-8"))
