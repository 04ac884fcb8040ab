"""The packages that the machines install: this working copy's, and variants of it as later versions."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from devtools.package.__main__ import build

REPO: Final = Path(__file__).parents[2]
PARTS: Final = (
    "kioskd", "drivers", "packaging", "systemd", "docs", "README.md", "CHANGELOG.md", "pyproject.toml",
    "requirements.lock",
)  # fmt: skip
STEP: Final = "CREATE TABLE of_a_later_version (n INTEGER PRIMARY KEY) STRICT;"


def variant(folder: Path, name: str, version: str, change: Callable[[Path], None]) -> Path:
    """Return the package of a copy of this working copy that `change` was let at."""
    copy = folder / name
    copy.mkdir()
    for part in PARTS:
        source = REPO / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)
    change(copy)
    out = folder / f"{name}-deb"
    out.mkdir()
    return build(copy, "amd64", out, version, compression="none")


def one_step_more(copy: Path) -> None:
    """Let this version have a table that the one before lacks."""
    path = copy / "kioskd/journal/schema.py"
    text = path.read_text()
    head, mark, tail = text.partition("\n)\n\n\ndef version")
    assert mark, "the steps end elsewhere now"
    path.write_text(f'{head}\n    """{STEP}""",{mark}{tail}')


def fails_its_trial(copy: Path) -> None:
    """Let it bring the journal up, and then not come up itself."""
    one_step_more(copy)
    _before_ready(copy, 'raise RuntimeError("this version cannot start")')


def fails_only_in_earnest(copy: Path) -> None:
    """Let it come up in the trial, and not at the station."""
    one_step_more(copy)
    _before_ready(copy, 'assert "trial" in str(settings.station.state_dir), "this version cannot start here"')


def _before_ready(copy: Path, line: str) -> None:
    path = copy / "kioskd/daemon/running.py"
    text = path.read_text()
    mark = '        notify("READY=1")\n'
    assert mark in text
    path.write_text(text.replace(mark, f"        {line}\n{mark}"))
