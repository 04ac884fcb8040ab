"""The one command of a working copy, without its set-up."""

import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


def dev(*arguments: str, cwd: Path = REPO) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(REPO / "dev"), *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [(), ("destroy",), ("--tour",)])
def test_what_it_does_not_know_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    answer = dev(*arguments)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "usage: ./dev COMMAND" in answer.stderr


def test_help_is_asked_for_and_so_goes_to_stdout(tmp_path: Path) -> None:
    answer = dev("--help", cwd=tmp_path)
    assert answer.returncode == 0
    assert answer.stderr == ""
    for command in ("demo", "test", "check", "bench", "matrix", "faults", "setup"):
        assert f"\n  {command}" in answer.stdout


@pytest.mark.parametrize(
    ("shell", "script"), [("sh", "dev"), ("sh", "devtools/lock"), ("bash", ".ci/run")], ids=["dev", "lock", "ci"]
)
def test_a_shell_reads_each_script(shell: str, script: str) -> None:
    answer = subprocess.run([shell, "-n", str(REPO / script)], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert (REPO / script).stat().st_mode & 0o111 or script == "devtools/lock"
