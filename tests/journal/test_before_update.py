"""The copy of the journal that an update can go back to."""

import os
from pathlib import Path

import apsw
import pytest

from kioskd.journal import schema, whole_copy
from kioskd.journal.before_update import Gained, go_back, keep, main
from kioskd.journal.errors import JournalHeld, OtherVersion
from kioskd.journal.names import JOURNAL
from kioskd.model.entry import EntryFilter, EntryState

from .making import add, opened, row

LATER = (*schema.STEPS, "CREATE TABLE of_a_later_version (n INTEGER PRIMARY KEY) STRICT;")


@pytest.fixture
def copy_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    return folder


def written(state_dir: Path) -> None:
    """A journal whose log holds what its tables do not have yet."""
    with opened(state_dir) as journal:
        journal.write([add(1), add(2)])
        journal.checkpoint()
        journal.write([add(3), row(1, EntryState.SETTLED, "lent")])


def update(state_dir: Path, monkeypatch: pytest.MonkeyPatch, *, numbers: tuple[int, ...] = ()) -> None:
    """Let a later version open it, and record these."""
    with monkeypatch.context() as later:
        later.setattr(schema, "STEPS", LATER)
        with opened(state_dir) as journal:
            journal.write([add(number) for number in numbers])


def items(state_dir: Path) -> list[object]:
    with opened(state_dir) as journal:
        return [entry.what.item for entry in journal.entries(EntryFilter())]


def test_going_back_gives_the_older_version_its_journal(
    state_dir: Path, copy_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(state_dir)
    before = items(state_dir)
    assert keep(state_dir, copy_dir).stat().st_mode & 0o777 == 0o600
    update(state_dir, monkeypatch)
    with pytest.raises(OtherVersion):
        opened(state_dir)
    assert go_back(state_dir, copy_dir)
    assert items(state_dir) == before
    assert (state_dir / JOURNAL).stat().st_mode & 0o777 == 0o600


def test_a_journal_that_was_not_brought_up_stays_as_it_is(state_dir: Path, copy_dir: Path) -> None:
    written(state_dir)
    keep(state_dir, copy_dir)
    with opened(state_dir) as journal:
        journal.write([add(4)])
    assert not go_back(state_dir, copy_dir)
    assert len(items(state_dir)) == 4


def test_what_was_recorded_meanwhile_is_never_given_up(
    state_dir: Path, copy_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(state_dir)
    keep(state_dir, copy_dir)
    update(state_dir, monkeypatch, numbers=(4,))
    with pytest.raises(Gained):
        go_back(state_dir, copy_dir)
    with monkeypatch.context() as later:
        later.setattr(schema, "STEPS", LATER)
        assert len(items(state_dir)) == 4


def test_a_cut_at_any_step_of_going_back_leaves_one_of_both_whole(
    state_dir: Path, copy_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(state_dir)
    before = items(state_dir)
    keep(state_dir, copy_dir)
    update(state_dir, monkeypatch)

    class Cut(BaseException):
        pass

    steps = ["empty_log", "sync_folder", "sync_folder"]
    for number, name in enumerate(steps):
        done = 0
        true = getattr(whole_copy, name)

        def cut(path: Path, *, at: int = steps[:number].count(name), true: object = true) -> None:
            nonlocal done
            done += 1
            if done > at:
                raise Cut
            true(path)  # type: ignore[operator]

        with monkeypatch.context() as broken:
            broken.setattr(whole_copy, name, cut)
            with pytest.raises(Cut):
                go_back(state_dir, copy_dir)
        with monkeypatch.context() as later:
            later.setattr(schema, "STEPS", LATER)
            assert items(state_dir) == before
    go_back(state_dir, copy_dir)
    with monkeypatch.context() as later:
        later.setattr(schema, "STEPS", LATER)
        assert items(state_dir) == before


def test_a_daemon_that_runs_is_not_disturbed(state_dir: Path, copy_dir: Path) -> None:
    with opened(state_dir) as journal:
        journal.write([add(1)])
        with pytest.raises(JournalHeld):
            keep(state_dir, copy_dir)
        with pytest.raises(JournalHeld):
            go_back(state_dir, copy_dir)


def test_the_command_says_what_is_wrong_in_a_line(
    state_dir: Path, copy_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(state_dir)
    assert main(["keep", str(state_dir), str(copy_dir)]) == 0
    assert main(["go-back", str(state_dir), str(copy_dir)]) == 0
    os.truncate(copy_dir / JOURNAL, 100)
    assert main(["go-back", str(state_dir), str(copy_dir)]) == 1
    assert main(["forth"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith("journal-before: ")


def test_the_copy_is_one_file_that_stock_tools_read(state_dir: Path, copy_dir: Path) -> None:
    written(state_dir)
    copy = keep(state_dir, copy_dir)
    assert [path.name for path in copy_dir.iterdir()] == [JOURNAL]
    connection = apsw.Connection(str(copy), apsw.SQLITE_OPEN_READONLY)
    assert connection.execute("SELECT count(*) FROM entries").fetchall() == [(3,)]
    connection.close()
