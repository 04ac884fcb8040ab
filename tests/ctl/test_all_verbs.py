"""Every verb of kioskctl by one table: its help at 80 columns, its documented JSON, its end without a daemon."""

import argparse
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kioskd.ctl.__main__ import main, parser
from kioskd.ctl.errors import Exit
from tests.docs.pages import page, rows, section

SCHEMAS = {cells[0]: cells[2] for cells in rows(section(page("docs/PROTOCOL.md"), "## kioskctl")) if len(cells) == 3}
"""docs/PROTOCOL.md: verb with its options → what `--json` prints."""

DONE, FAILED, USAGE, AWAY = Exit.DONE, Exit.FAILED, Exit.USAGE, Exit.NO_ANSWER
WITHOUT_DAEMON: dict[str, tuple[str, Exit]] = {
    "status": ("", AWAY),
    "doctor": ("", FAILED),
    "devices": ("", DONE),
    "scan-test": ("--sheet", DONE),
    "print-test": ("", FAILED),
    "ready": ("", FAILED),
    "drill": ("", AWAY),
    "ils-test": ("", AWAY),
    "support-bundle": ("--show", DONE),
    "trace save": ("--out {new}", AWAY),
    "trace show": ("{missing}", FAILED),
    "trace replay": ("{missing}", FAILED),
    "watch": ("", AWAY),
    "screen": ("", AWAY),
    "mode": ("", AWAY),
    "journal list": ("", DONE),
    "journal summary": ("", DONE),
    "journal show": ("1", FAILED),
    "journal take-back": ("1 --file-is-destroyed --reason x --by KM", AWAY),
    "exceptions list": ("", DONE),
    "exceptions resolve": ("1 drop --reason x --by KM", AWAY),
    "stats": ("", DONE),
    "upload": ("", AWAY),
    "export": ("--format csv --out {new}", DONE),
    "rescue key": ("--out {new}", DONE),
    "rescue export": ("--out {new}", USAGE),
    "rescue import": ("{missing}", AWAY),
    "rescue show": ("{missing}", FAILED),
    "rescue settle": ("", FAILED),
    "downtime show": ("", AWAY),
    "downtime review": ("", AWAY),
    "downtime tick": ("unsent", AWAY),
    "downtime crate": ("25", AWAY),
    "sheet add": ("--at 2026-11-26T10:00 --kind C --item 31168012345672 --card 21168045918653", AWAY),
    "sheet enter": ("{sheet} --date 2026-11-26", AWAY),
    "sheet print": ("--out {new}", DONE),
    "registrations list": ("", AWAY),
    "registrations tick": ("1 pin --by KM", AWAY),
    "worklist": ("", AWAY),
    "report": ("", AWAY),
    "slip": ("settlement", AWAY),
    "staff add": ("KM", USAGE),
    "setup": ("--from {missing}", USAGE),
    "station move": ("--out {new}", DONE),
    "station take-back": ("", FAILED),
    "station start-anew": ("", FAILED),
    "label print": ("--out {new}", DONE),
    "commands": ("", DONE),
    "scan": ("31168012345672", AWAY),
    "call": ("view.get", AWAY),
    "completion": ("bash", DONE),
}
"""Verb → what it is called with, and how it ends where no daemon answers and the journal is empty."""
TAKES_LONGER_S = {"screen": 5.0}
"""It loads a library for the terminal first."""
NO_DOCUMENT = {"screen"}


def leaves(of: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every verb that does something."""
    below = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield path, of
    for action in below:
        for name, each in action.choices.items():
            yield from leaves(each, f"{path} {name}".strip())


LEAVES = dict(leaves(parser()))


def schema(verb: str) -> str:
    """What the page says of a verb's document."""
    found = [told for head, told in SCHEMAS.items() if re.match(rf"`{re.escape(verb)}[ `]", head)]
    assert found, f"docs/PROTOCOL.md has no row for `{verb}`"
    return " ".join(found)


def test_the_table_has_every_verb() -> None:
    assert list(WITHOUT_DAEMON) == list(LEAVES)


@pytest.mark.parametrize("verb", LEAVES)
def test_its_help_fits_80_columns_and_says_what_it_does(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = LEAVES[verb].format_help()
    assert all(len(line) <= 80 for line in told.splitlines()), told
    assert told.startswith(f"usage: kioskctl {verb}")
    for action in LEAVES[verb]._actions:
        if action.help != argparse.SUPPRESS and action.option_strings and action.option_strings != ["--to"]:
            assert action.help or action.metavar, f"{verb} {action.option_strings} explains nothing"


@pytest.mark.parametrize("verb", [verb for verb in LEAVES if verb not in NO_DOCUMENT])
def test_its_document_is_described(verb: str) -> None:
    assert schema(verb).strip(), verb


def called(verb: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], Exit]:
    """A place where no daemon answers and the journal is empty; what the verb is called with there, and its end."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    config = folder / "kioskd.toml"
    config.write_text(
        f'[ils]\nhost = "127.0.0.1"\nlogin_user = ""\n[station]\nstate_dir = "{folder / "state"}"\n'
        f'[socket]\npath = "{folder / "s"}"\n[printer]\ndriver = "none"\n'
    )
    (folder / "sheet.csv").write_text("10:00,C,21168045918653,31168012345672,,KM\n")
    from kioskd.journal import Journal  # after the folder is known

    Journal.open(folder / "state", timezone="UTC").close()
    given, status = WITHOUT_DAEMON[verb]
    words = given.format(new="made", missing="missing", sheet="sheet.csv").split()
    root = ["--root", str(folder)] if verb in ("doctor", "devices", "support-bundle") else []
    return ["--config", str(config), *verb.split(), *words, *root], status


@pytest.mark.parametrize("verb", LEAVES)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_without_a_daemon_it_ends_as_it_should(
    verb: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    as_json: bool,
) -> None:
    given_words, status = called(verb, tmp_path, monkeypatch)
    begun_s = time.monotonic()
    ended = main([*(["--json"] if as_json else []), *given_words])
    took_s = time.monotonic() - begun_s
    out, err = capsys.readouterr()
    assert ended == status, err
    assert took_s < TAKES_LONGER_S.get(verb, 1.0) + LOADED_S, verb
    assert "Traceback" not in out + err
    if status is AWAY:
        assert "does not answer" in err
        assert out == ""
    if status is not DONE:
        assert err.startswith("kioskctl: ")
    if as_json and out:
        document = json.loads(out)
        assert isinstance(document, dict)
        if "error" not in document:
            told = schema(verb)
            assert [name for name in document if f"`{name}`" not in told and f'"{name}"' not in told] == []
    if not as_json and verb not in ("completion", "scan-test", "commands", "rescue key"):
        assert "\x1b" not in out
        # A path or a key may be longer; what is for people is not.
        wide = [line for line in out.splitlines() if len(line) > 80 and str(tmp_path) not in line and "key" not in line]
        assert wide == []


LOADED_S = 4.0
"""What a busy machine takes; the second itself is measured in test_endings, on processes."""


@pytest.mark.parametrize(("terminal", "coloured"), [(True, True), (False, False)], ids=["terminal", "pipe"])
def test_colours_stand_in_a_terminal_and_not_in_a_pipe(tmp_path: Path, *, terminal: bool, coloured: bool) -> None:
    command = [sys.executable, "-m", "kioskd.ctl", "devices", "--root", str(tmp_path), "--socket", str(tmp_path / "s")]
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    if terminal:
        master, slave = pty.openpty()
        done = subprocess.run(command, stdout=slave, stderr=slave, env=environ, check=False, timeout=60)
        out = os.read(master, 65536).decode()
        os.close(slave)
        os.close(master)
    else:
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False, timeout=60)
        out = done.stdout
    assert done.returncode == 0
    assert "does not answer" in out
    assert ("\x1b[" in out) == coloured


COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CHANGES = re.compile(r"[A-Za-z0-9+/=_-]{40,}|\d+")
"""Times, room on the disk, keys: not the same twice."""


@pytest.mark.parametrize("verb", [verb for verb in LEAVES if verb not in NO_DOCUMENT])
def test_a_terminal_gets_the_same_text_and_colours_at_most(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    heard = []
    for place in ("pipe", "terminal"):
        folder = tmp_path / "one"
        folder.mkdir()
        words, status = called(verb, folder, monkeypatch)
        reading, writing = os.pipe() if place == "pipe" else pty.openpty()
        with ThreadPoolExecutor(1) as ears, os.fdopen(writing, "w") as out:
            all_of_it = ears.submit(everything, reading)
            monkeypatch.setattr(sys, "stdout", out)
            assert main(words) == status
            monkeypatch.undo()
            out.close()
            heard.append(all_of_it.result(timeout=20).replace("\r\n", "\n"))
        folder.rename(tmp_path / place)
    pipe, terminal = heard
    if verb not in ("completion", "scan-test", "commands"):
        assert "\x1b" not in pipe
    assert CHANGES.sub("0", COLOURS.sub("", terminal)) == CHANGES.sub("0", COLOURS.sub("", pipe))


def everything(reading: int) -> str:
    """What is written until nobody can write any more: a pipe then ends, a terminal then fails (EIO)."""
    whole = b""
    try:
        while some := os.read(reading, 65536):
            whole += some
    except OSError:
        pass
    os.close(reading)
    return whole.decode()
