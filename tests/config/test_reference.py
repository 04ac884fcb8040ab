"""docs/CONFIG.md says what the code does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kioskd.config.keys import SECTIONS
from kioskd.config.reference import keys_tables, renewed
from kioskd.config.secrets import DOOR, LOGIN, UPLOAD

PAGE = (Path(__file__).parents[2] / "docs/CONFIG.md").read_text(encoding="utf-8")


def test_the_tables_are_the_codes() -> None:
    assert renewed(PAGE) == PAGE, "draw them anew with `python -m kioskd.config docs/CONFIG.md`"


def test_every_key_is_told() -> None:
    tables = keys_tables()
    for name, section in SECTIONS.items():
        table = re.split(r"^### ", tables, flags=re.MULTILINE)[1 + list(SECTIONS).index(name)]
        assert name in table.splitlines()[0]
        assert re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE) == list(section.keys)


def test_every_row_has_five_cells() -> None:
    rows = [line for line in keys_tables().partition("### Profiles")[0].splitlines() if line.startswith("|")]
    assert {len(re.split(r"(?<!\\)\|", row)) for row in rows} == {7}


def test_the_credentials_are_told() -> None:
    for key in (LOGIN, UPLOAD, DOOR):
        assert f"| `{key.section}.{key.user}` | `{key.credential}` | `{key.section}.{key.file}` |" in PAGE


def test_the_command_draws_a_page_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- keys -->\nold\n<!-- end of keys -->\nafter\n")
    subprocess.run([sys.executable, "-m", "kioskd.config", str(page)], check=True)
    assert page.read_text() == f"before\n<!-- keys -->\n{keys_tables()}\n<!-- end of keys -->\nafter\n"


def test_a_page_without_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="marks"):
        renewed("no marks")
