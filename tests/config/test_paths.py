"""What kioskctl asks: cheap, and lenient towards all that it does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

from kioskd.config import BadConfiguration, Paths, load_paths, paths

DEFAULTS = Paths(Path("/run/kioskd/kioskd.sock"), Path("/var/lib/kioskd"), None)


def test_file_environment_default(tmp_path: Path) -> None:
    path = tmp_path / "kioskd.toml"
    path.write_text("[station]\nstate_dir = '/s'\ncolour = 1\n[ils]\nport = 'x'\n[staff]\ncodes_file = '/c'\n[what]\n")
    assert load_paths(path, {}) == Paths(Path("/run/kioskd/kioskd.sock"), Path("/s"), Path("/c"))
    environ = {"KIOSKD_SOCKET__PATH": "/k", "KIOSKD_STATION__STATE_DIR": "/e", "KIOSKD_STAFF__CODES_FILE": ""}
    assert load_paths(path, environ) == Paths(Path("/k"), Path("/e"), None)
    assert load_paths(tmp_path / "none", environ) == Paths(Path("/k"), Path("/e"), None)
    assert load_paths(None, {"KIOSKD_UNKNOWN": "1"}) == DEFAULTS


def test_a_default_file_that_is_missing_is_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "DEFAULT_FILE", tmp_path / "none")
    assert load_paths(tmp_path / "none", {}) == DEFAULTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "there is no such file"),
        ("[socket", "is not TOML"),
        ("[socket]\npath = 3\n", "[socket] path: 3; allowed: an absolute path"),
        ("[station]\nstate_dir = 'relative'\n", "[station] state_dir: 'relative'; allowed: an absolute path"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str | None, expected: str) -> None:
    path = tmp_path / "kioskd.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadConfiguration) as bad:
        load_paths(path, {})
    assert expected in str(bad.value)
    assert str(path) in str(bad.value)


def test_no_validator_is_imported() -> None:
    program = "import sys; from kioskd.config import load_paths; load_paths(None, {}); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "kioskd.config.paths" in modules
    assert not [name for name in modules if name.startswith("pydantic") or name == "kioskd.config.keys"]
