"""Older files are brought up in place, newer ones are left alone."""

from pathlib import Path

import apsw
import pytest

from kioskd.journal import schema
from kioskd.journal.errors import OtherVersion
from kioskd.journal.journal import Journal
from kioskd.model.entry import EntryFilter

from .making import ZONE, add, opened

STEPS = (
    "CREATE TABLE books (number TEXT); INSERT INTO books VALUES ('3001')",
    "ALTER TABLE books ADD COLUMN title TEXT; UPDATE books SET title = 'no title'",
    "CREATE INDEX by_title ON books (title)",
)


@pytest.fixture
def older(tmp_path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(tmp_path / "older.sqlite3"))
    schema.migrate(connection, STEPS[:1])
    return connection


def test_each_missing_step_is_taken_once(older: apsw.Connection) -> None:
    assert schema.migrate(older, STEPS) == 1
    assert schema.migrate(older, STEPS) == 3
    assert older.execute("SELECT * FROM books").fetchall() == [("3001", "no title")]


def test_a_step_that_fails_leaves_the_old_file(older: apsw.Connection) -> None:
    with pytest.raises(apsw.SQLError):
        schema.migrate(older, (*STEPS, "SELECT nonsense"))
    assert schema.version(older) == 1
    assert older.execute("SELECT * FROM books").fetchall() == [("3001",)]


def test_the_journal_is_brought_up_when_it_is_opened(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(state_dir) as journal:
        journal.write([add(1)])
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, "CREATE TABLE later (x)"))
    with opened(state_dir) as journal:
        assert [entry.seq for entry in journal.entries(EntryFilter())] == [1]
    monkeypatch.undo()
    before = (state_dir / "journal.sqlite3").read_bytes()
    with pytest.raises(OtherVersion, match="schema version 2, this program knows 1") as refused:
        opened(state_dir)
    assert refused.value.found == 2
    with pytest.raises(OtherVersion):
        Journal.read_only(state_dir, timezone=ZONE)
    assert (state_dir / "journal.sqlite3").read_bytes() == before


def test_a_file_that_was_never_filled_is_filled(state_dir: Path) -> None:
    state_dir.mkdir()
    (state_dir / "journal.sqlite3").touch()
    with opened(state_dir) as journal:
        assert journal.write([add(1)]).seqs == (1,)
        assert journal.salvaged is None
