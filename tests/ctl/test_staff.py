"""`staff add`: the code comes in unseen, and only its hash is kept."""

import asyncio
import fcntl
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from kioskd.model.settings import Secret
from kioskd.staff import StaffCodes

from .conftest import kioskctl


async def test_a_code_from_stdin_is_whose_it_is(folder: Path) -> None:
    path = folder / "codes"
    done = await kioskctl("staff", "add", "AB", "--code-stdin", "--codes-file", path, "--json", stdin="482915\n")
    assert (done.status, done.err) == (0, "")
    assert done.document == {"initials": "AB", "file": str(path), "opens_registrations": True}
    assert "482915" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert StaffCodes.load(path).check(Secret("482915")) == "AB"
    assert StaffCodes.load(path).check(Secret("482916")) is None


async def test_the_configuration_says_which_file(folder: Path) -> None:
    config = folder / "kioskd.toml"
    config.write_text(f'[staff]\ncodes_file = "{folder}/codes"\n[ils]\nhost = "127.0.0.1"\n')
    done = await kioskctl("--config", config, "staff", "add", "AB", "--code-stdin", stdin="482915\n")
    assert (done.status, done.err) == (0, "")
    assert StaffCodes.load(folder / "codes").check(Secret("482915")) == "AB"


async def test_no_codes_file_is_wrong_configuration(folder: Path) -> None:
    config = folder / "kioskd.toml"
    config.write_text('[ils]\nhost = "127.0.0.1"\n')
    done = await kioskctl("--config", config, "staff", "add", "AB", "--code-stdin", stdin="482915\n")
    assert done.status == 2
    assert "codes_file" in done.err


@pytest.mark.parametrize(("initials", "code"), [("", "482915"), ("A B", "482915"), ("AB", "")])
async def test_what_is_no_code_or_no_initials_is_refused(folder: Path, initials: str, code: str) -> None:
    arguments = ("staff", "add", initials, "--code-stdin", "--codes-file", folder / "codes")
    done = await kioskctl(*arguments, stdin=code + "\n")
    assert done.status in {1, 2}
    assert done.err.startswith("kioskctl: ")
    assert not (folder / "codes").exists()


async def test_without_a_terminal_it_does_not_ask(folder: Path) -> None:
    done = await kioskctl("staff", "add", "AB", "--codes-file", folder / "codes")
    assert done.status == 2
    assert "--code-stdin" in done.err


@pytest.mark.parametrize(("again", "status"), [("482915", 0), ("482951", 1)])
async def test_at_a_terminal_it_asks_twice_without_echo(folder: Path, again: str, status: int) -> None:
    ours, theirs = pty.openpty()

    def own_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    command = [sys.executable, "-m", "kioskd.ctl", "staff", "add", "AB", "--codes-file", str(folder / "codes")]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=own_terminal
    )
    shown = b""
    for prompt, code in ((b"Code of AB: ", "482915"), (b"Once more: ", again)):
        while prompt not in shown:
            shown += await asyncio.to_thread(os.read, ours, 1024)
        os.write(ours, code.encode() + b"\n")
    await process.communicate()
    os.close(theirs)
    while shown.count(b"\n") < 2:  # the line ends after each prompt
        shown += os.read(ours, 1024)
    os.close(ours)
    assert process.returncode == status
    assert b"4829" not in shown
    assert (folder / "codes").exists() is (status == 0)
