"""The tree as `pipx install .` lays it: a wheel in an environment of its own, with all that its programs read."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


def done(*command: str, **environment: str) -> str:
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=100, check=False, cwd="/", env=os.environ | environment
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the wheel's programs lie; libraries come from this environment, its own copy of kioskd does not."""
    place = tmp_path_factory.mktemp("pip")
    pip = (sys.executable, "-m", "pip")
    done(*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(place), str(REPO))
    (wheel,) = place.glob("kioskd-*.whl")
    done(sys.executable, "-m", "venv", "--without-pip", str(place / "venv"))
    done(*pip, "--python", str(place / "venv"), "install", "-q", "--no-deps", "--no-index", str(wheel))
    # A .pth file on PYTHONPATH is not read, so the tree itself is out of reach.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))
        yield place / "venv/bin"


@pytest.mark.long
def test_an_outage_is_lent_through_with_the_wheels_programs(programs: Path) -> None:
    where = done(str(programs / "python"), "-c", "import drivers, hardware_sim, kioskd; print(kioskd.__file__)")
    assert where.startswith(str(programs.parent))
    for program in ("kioskd", "kioskctl", "kioskd-screen", "kiosk-sim"):
        assert program in done(str(programs / program), "--help")
    tour = done(str(programs / "kiosk-sim"), "demo", "--tour", "--no-browser", KIOSK_SIM_BIN=str(programs))
    assert "14." in tour
