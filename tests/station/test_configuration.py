"""A wrong configuration, as the command says it: all of it at once, with place and allowed values, exit 2."""

import subprocess
from pathlib import Path

import pytest

from hardware_sim.demo.processes import BIN, clean_environment

WRONG = """
[station]
id = "a b"
colour = "red"
gates = 1

[ils]
port = 70000
timeout_s = "long"

[[scanner]]
driver = "serial"

[printer]
driver = "network"

[tea]
hot = true
"""
TOLD = {
    "[station] id": "1 to 32 of A-Z a-z 0-9 . _ -",
    "[station] colour": "library, kind",
    "[station] gates": "true or false",
    "[ils] host": "",
    "[ils] port": "a whole number from 1 to 65535",
    "[ils] timeout_s": "a number above 0",
    "[[scanner]] 1: port": "an absolute path",
    "[printer] url": "host:port",
    "[tea]": "[station], [socket]",
    "KIOSKD_ILS__PROT": "KIOSKD_ILS__PROTOCOL",
    "KIOSKD_COLOUR": "KIOSKD_<SECTION>__<KEY>",
    "KIOSKD_SESSION__IDLE_S": "a number above 0",
}
ENVIRONMENT = {"KIOSKD_ILS__PROT": "sip2", "KIOSKD_COLOUR": "red", "KIOSKD_SESSION__IDLE_S": "soon"}


def kioskd(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(BIN / "kioskd"), *arguments],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def refused(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """The problems, one a line after the head."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


@pytest.mark.parametrize("check", [(), ("--check",)], ids=["start", "check"])
def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path, check: tuple[str, ...]) -> None:
    file = tmp_path / "kioskd.toml"
    file.write_text(WRONG)
    head, *lines = refused(kioskd("--config", str(file), *check, **ENVIRONMENT))
    assert str(file) in head + "".join(lines)
    for place, allowed in TOLD.items():
        (line,) = [line for line in lines if f"{place}:" in line]
        assert "allowed: " in line, line
        assert allowed in line.partition("allowed: ")[2], line
    assert len(lines) == len(TOLD)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("check", [(), ("--check",)], ids=["start", "check"])
def test_a_missing_file_is_said_beside_wrong_variables(tmp_path: Path, check: tuple[str, ...]) -> None:
    file = tmp_path / "none.toml"
    told = "\n".join(refused(kioskd("--config", str(file), *check, KIOSKD_ILS__PORT="0")))
    assert str(file) in told
    assert "KIOSKD_ILS__PORT" in told


@pytest.mark.parametrize("content", ["[ils", "[ils]\nhost = 'h'\nhost = 'i'\n", "\0", "[ils]\nhost = '\xff'"])
def test_what_is_no_toml_is_said_with_its_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "kioskd.toml"
    file.write_bytes(content.encode("latin-1"))
    assert str(file) in "\n".join(refused(kioskd("--check", "--config", str(file))))


def test_wrong_usage_is_exit_2_as_well(tmp_path: Path) -> None:
    refused(kioskd("--colour", "red"))


def test_one_line_is_a_configuration_and_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "kioskd.toml"
    file.write_text("ils.host = '127.0.0.1'\n")
    done = kioskd("--check", "--config", str(file), KIOSKD_STATION__ID="BRANCH-7")
    assert done.returncode == 0, done
    assert all(line.startswith("kioskd: warning: ") for line in done.stderr.splitlines())
    assert "BRANCH-7" in done.stdout
    assert list(tmp_path.iterdir()) == [file]
