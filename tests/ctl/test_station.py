"""kioskctl station: what a technician types to move a station, and what they are told."""

import json
from pathlib import Path

import pytest

from kioskd.ctl.__main__ import main
from kioskd.journal.journal import Journal
from tests.journal.making import add

CONFIG = 'station.id = "CENTRAL-3"\nils.host = "sip2.library.example"\n'


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    with Journal.open(folder, timezone="Etc/UTC") as journal:
        journal.write([add(1), add(2)])
    (tmp_path / "old.toml").write_text(CONFIG)
    return folder


def station(tmp_path: Path, which: str, *arguments: str) -> int:
    words = ["--config", str(tmp_path / f"{which}.toml"), "--json", "station", *arguments]
    return main([*words, "--state-dir", str(tmp_path / which)])


def test_out_and_in_with_the_configuration(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.toml").write_text('ils.host = "127.0.0.1"\n')
    file = tmp_path / "move"
    assert station(tmp_path, "old", "move", "--out", str(file)) == 0
    assert json.loads(capsys.readouterr().out)["unsent"] == 2
    assert station(tmp_path, "new", "move", "--in", str(file)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["station"] == "CENTRAL-3"
    assert told["replaced"] == [str(tmp_path / "new.toml")]
    assert (tmp_path / "new.toml").read_text() == (tmp_path / "old.toml").read_text()
    assert (tmp_path / "new.toml.before-move").read_text() == 'ils.host = "127.0.0.1"\n'
    with Journal.open(tmp_path / "new", timezone="Etc/UTC") as journal:
        assert journal.summary().unsent == 2


def test_without_config_leaves_it_as_it_is(old: Path, tmp_path: Path) -> None:
    (tmp_path / "new.toml").write_text('ils.host = "127.0.0.1"\n')
    file = tmp_path / "move"
    assert station(tmp_path, "old", "move", "--out", str(file)) == 0
    assert station(tmp_path, "new", "move", "--in", str(file), "--without-config") == 0
    assert (tmp_path / "new.toml").read_text() == 'ils.host = "127.0.0.1"\n'


def test_a_running_daemon_is_told_of_with_what_to_type(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal.open(old, timezone="Etc/UTC"):
        assert station(tmp_path, "old", "move", "--out", str(tmp_path / "move")) == 1
    assert "systemctl stop kioskd.socket kioskd" in capsys.readouterr().err


def test_take_back_wants_to_be_sure_and_start_anew_sets_aside(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert station(tmp_path, "old", "take-back", "--file-is-destroyed") == 1
    assert "nothing was moved away" in capsys.readouterr().err
    assert station(tmp_path, "old", "move", "--out", str(tmp_path / "move")) == 0
    assert station(tmp_path, "old", "take-back") == 2
    assert station(tmp_path, "old", "take-back", "--file-is-destroyed") == 0
    with Journal.open(old, timezone="Etc/UTC") as journal:
        assert journal.summary().unsent == 2
    assert station(tmp_path, "old", "move", "--out", str(tmp_path / "again")) == 0
    assert station(tmp_path, "old", "start-anew") == 0
    with Journal.open(old, timezone="Etc/UTC") as journal:
        assert journal.summary().recorded == 0
    assert (old / "journal.moved-1.sqlite3").exists()


@pytest.mark.parametrize("arguments", [("move",), ("move", "--out", "a", "--in", "b"), ()])
def test_wrong_usage(old: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert station(tmp_path, "old", *arguments) == 2


def test_what_is_no_archive(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.toml").write_text(CONFIG)
    (tmp_path / "photo").write_bytes(b"\xff\xd8\xff" * 1000)
    assert station(tmp_path, "new", "move", "--in", str(tmp_path / "photo")) == 1
    assert "no archive of a station" in capsys.readouterr().err
    assert station(tmp_path, "new", "move", "--in", str(tmp_path / "nothing")) == 1
