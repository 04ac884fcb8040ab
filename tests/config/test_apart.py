"""The configuration read in a child process is the same, and its validator stays there."""

import subprocess
import sys
from pathlib import Path

import pytest

from kioskd.config import BadConfiguration, load
from kioskd.config.apart import load_apart

FILE = """
[ils]
host = "ils.example"
login_user = ""
[[scanner]]
name = "front"
driver = "serial"
port = "/dev/ttyUSB0"
[offline]
closed_dates = ["2026-12-25"]
"""


def test_it_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "kioskd.toml"
    path.write_text(FILE)
    assert load_apart(path, {}, need_file=True)() == load(path, {}, need_file=True)


def test_it_tells_the_same_problems(tmp_path: Path) -> None:
    path = tmp_path / "kioskd.toml"
    path.write_text(FILE + "[nothing]\n")
    with pytest.raises(BadConfiguration) as apart:
        load_apart(path, {"KIOSKD_ILS__PORT": "0"}, need_file=True)()
    with pytest.raises(BadConfiguration) as here:
        load(path, {"KIOSKD_ILS__PORT": "0"}, need_file=True)
    assert apart.value.problems == here.value.problems
    assert len(here.value.problems) == 2


def test_the_validator_is_not_in_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / "kioskd.toml"
    path.write_text(FILE)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from kioskd.config.apart import load_apart\n"
        f"loaded = load_apart(Path({str(path)!r}), {{}}, need_file=True)()\n"
        "assert loaded.settings.ils.host == 'ils.example'\n"
        "print('pydantic' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
