"""An entry behind an exception of its item: the journal says so at each start, for the upload holds it up by that."""

from pathlib import Path

from kioskd.model.entry import EntryState, Seq
from tests.journal.making import add, opened, row


def test_an_unsent_entry_knows_the_exception_before_it(tmp_path: Path) -> None:
    with opened(tmp_path / "state") as journal:
        first = add(1)
        (one,) = journal.write([first]).seqs
        (two,) = journal.write([add(3, item=first.entry.item)]).seqs
        (other,) = journal.write([add(2)]).seqs
        journal.write([row(one, EntryState.EXCEPTION)])
    with opened(tmp_path / "state") as journal:
        assert {entry.seq: entry.behind for entry in journal.unsent()} == {two: Seq(one), other: None}
