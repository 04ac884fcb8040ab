"""What people read: on a terminal in colour, elsewhere plain, and nothing that moves the cursor."""

import asyncio
import os
import pty
import subprocess
import sys

import pytest

from kioskd.ctl.output import clean, sentence, table

from .conftest import Daemon


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (True, "yes"),
        (3, "3"),
        ("Nguyễn 图书", "Nguyễn 图书"),
        ("\x1b[2J\r\n\tx", "?[2J???x"),
        ("a\u202eb", "a?b"),
    ],
)
def test_a_value_cannot_move_the_cursor(value: object, shown: str) -> None:
    assert clean(value) == shown


def test_a_sentence_holds_what_is_there() -> None:
    assert sentence("up", None, False, "", "12 ms") == "up, 12 ms"


def test_a_table_goes_on_below_where_the_terminal_is_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    table(("seq", "item", "what is wrong"), [(1, "30000000000007", "on loan to another"), (12, "3", "")])
    assert capsys.readouterr().out.splitlines() == [
        "seq  item            what is wrong",
        "1    30000000000007  on loan",
        "                     to",
        "                     another",
        "12   3",
    ]


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
async def test_colours_are_for_terminals(daemon: Daemon, no_color: str | None, *, coloured: bool) -> None:
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environ |= {} if no_color is None else {"NO_COLOR": no_color}
    command = [sys.executable, "-m", "kioskd.ctl", "--socket", str(daemon.path), "mode"]
    process = await asyncio.create_subprocess_exec(*command, stdout=theirs, stderr=subprocess.PIPE, env=environ)
    os.close(theirs)
    await process.communicate()
    shown = os.read(ours, 4096)
    os.close(ours)
    assert process.returncode == 0
    assert (b"\x1b[32monline\x1b[0m" in shown) is coloured
    assert b"online" in shown
