"""docs/DEPENDENCIES.md, pyproject.toml, the locks and the system packages name the same things."""

import re
import tomllib
from pathlib import Path

REPO = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())


def names(requirements: list[str]) -> set[str]:
    return {match[0] for line in requirements if (match := re.match(r"[A-Za-z0-9._-]+", line))}


def documented() -> dict[str, set[str]]:
    page = (REPO / "docs/DEPENDENCIES.md").read_text()
    return {
        title: set(re.findall(r"^\| `([^`]+)` \| \S", section, re.MULTILINE))
        for title, section in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    }


def system_packages() -> list[list[str]]:
    lines = (REPO / "devtools/system-packages").read_text().splitlines()
    return [[cell.strip() for cell in line.split("|", 3)] for line in lines if not line.startswith("#")]


def test_the_page_has_every_dependency_and_no_other() -> None:
    assert documented() == {
        "To run": names(PROJECT["project"]["dependencies"]),
        "To run, for who wants it": names(PROJECT["project"]["optional-dependencies"]["text-screen"]),
        "To build": names(PROJECT["dependency-groups"]["build"]),
        "To check and test": names(PROJECT["project"]["optional-dependencies"]["dev"]),
        "Of the system": {package for _, package, _, _ in system_packages()},
    }


def test_every_system_package_has_a_known_set_a_probe_and_a_reason() -> None:
    rows = system_packages()
    assert rows
    for use, package, present, why in rows:
        assert use in {"run", "compile", "test", "long", "systemd", "vm", "arm64"}, package
        assert "|" not in why, package
        assert present, package
        assert why, package


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (REPO / lock).read_text(), re.MULTILINE))


def test_the_locks_pin_every_dependency_and_agree() -> None:
    run, every = pinned("requirements.lock"), pinned("requirements-dev.lock")
    to_run = names(PROJECT["project"]["dependencies"]) | names(PROJECT["dependency-groups"]["build"])
    assert to_run <= run.keys()
    assert to_run | names(PROJECT["project"]["optional-dependencies"]["dev"]) <= every.keys()
    assert run.items() <= every.items()


def test_the_locks_name_no_host() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (REPO / lock).read_text()
        assert "--index" not in (REPO / lock).read_text()
