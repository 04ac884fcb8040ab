"""What `./dev check` checks, each as a test: beside the others it costs nobody a wait, and a run shows every fault."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
STEPS = re.findall(r"'([^']+)'", re.search(r"for step in (.+?); do", (REPO / "dev").read_text(), re.DOTALL)[1])
"""As `check` in `dev` lists them."""


def test_there_are_checks() -> None:
    assert {step.split()[0] for step in STEPS} >= {"ruff", "mypy", "lint-imports"}


@pytest.mark.timeout(900)  # Without its cache, on a slow machine, mypy takes minutes.
@pytest.mark.parametrize("step", STEPS)
def test_it_is_passed(step: str) -> None:
    program, *options = step.split()
    done = subprocess.run([BIN / program, *options], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
