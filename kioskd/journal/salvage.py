"""A damaged journal: set aside whole, never deleted; what reads of it goes on in a new one.

Power may fail between any two of these steps. The new journal is built and flushed beside the damaged one; from its
final name on (`names.salvaged`) every start goes on where the last one stopped.
"""

import json
import os
from itertools import islice
from pathlib import Path

import apsw

from kioskd.journal import carve, columns, names, schema
from kioskd.journal.columns import ENTRIES, LASTING
from kioskd.journal.counts import Counts
from kioskd.journal.folder import sync_folder
from kioskd.journal.reading import stand
from kioskd.model.entry import UNSENT, AddRow, EntryState, Seq
from kioskd.model.written_late import dataclass

SALVAGED = "salvaged"
"""The outcome of the `sending` rows that a salvage adds: whether they were sent is not known any more."""
SKIPPED_NUMBERS = 1000
"""Left free after the greatest number found: those lost at the end stand on slips and are not given out again."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged journal. `missing`: gaps in the numbers below the greatest one that was found."""

    aside: Path
    detail: str
    entries: int
    rows: int
    missing: int


def replace(state_dir: Path, detail: str) -> Salvage:
    """Set the damaged journal aside and put what reads of it in its place. Raises apsw.Error, OSError."""
    number = 1
    while any(path.exists() for path in names.companions(names.aside(state_dir, number))):
        number += 1
    damaged = state_dir / names.JOURNAL
    part = state_dir / names.PART
    for path in names.companions(part):
        path.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    entries, rows, missing = _build(part, damaged)
    _sync(part)
    part.rename(names.salvaged(state_dir, number))
    sync_folder(state_dir)
    finish(state_dir)
    return Salvage(names.aside(state_dir, number), detail, entries, rows, missing)


def finish(state_dir: Path) -> None:
    """Go on with a replacement that was interrupted, if there is one. Raises OSError."""
    for complete in state_dir.glob(names.salvaged(state_dir, 0).name.replace("-0.", "-*.")):
        number = int(complete.stem.rpartition("-")[2])
        damaged = names.companions(state_dir / names.JOURNAL)
        for old, new in zip(damaged, names.companions(names.aside(state_dir, number)), strict=True):
            # What has its place already was moved by the run before; what stands here then is not the damaged one.
            if old.exists() and not new.exists():
                old.rename(new)
        sync_folder(state_dir)
        complete.rename(state_dir / names.JOURNAL)
        sync_folder(state_dir)


def _build(part: Path, damaged: Path) -> tuple[int, int, int]:
    """Write every true row of the damaged journal into a new one."""
    connection = apsw.Connection(str(part))
    try:
        connection.pragma("page_size", schema.PAGE_SIZE)
        # Nothing depends on this file until it is flushed as a whole.
        connection.pragma("journal_mode", "OFF")
        connection.pragma("synchronous", "OFF")
        schema.migrate(connection, schema.STEPS)
        connection.execute("BEGIN")
        rows = carve.true_rows(damaged)
        while batch := list(islice(rows, BATCH)):
            for table in LASTING:
                chosen = [cells for of, cells in batch if of is table]
                connection.executemany(table.insert.replace("INSERT", "INSERT OR IGNORE", 1), chosen)
        highest = _number(
            connection, "SELECT max(ifnull((SELECT max(seq) FROM entries), 0), ifnull(max(seq), 0)) FROM rows"
        )
        connection.execute("DELETE FROM rows WHERE seq NOT IN (SELECT seq FROM entries)")
        _tally(connection, highest)
        connection.execute("COMMIT")
        entries = _number(connection, "SELECT count(*) FROM entries")
        return entries, _number(connection, "SELECT count(*) FROM rows"), highest - entries
    finally:
        connection.close()


def _tally(connection: apsw.Connection, highest: int) -> None:
    """Fill the tables that are made from the others."""
    counts = Counts()
    next_row = _number(connection, "SELECT ifnull(max(n), 0) + 1 FROM rows")
    last = 0
    while cells := connection.execute(f"{ENTRIES.select} WHERE seq > ? ORDER BY seq LIMIT ?", (last, BATCH)).fetchall():
        for entry_cells in cells:
            seq, what, added_as = columns.entry_of(entry_cells)
            kept = connection.execute(f"{columns.ROWS.select} WHERE seq = ? ORDER BY n", (seq,)).fetchall()
            entry = stand(seq, what, added_as, [columns.row_of(row).row for row in kept])
            state = entry.state
            if state in UNSENT:
                # Its later rows may be lost: the upload looks it up before it sends it.
                state = EntryState.SENDING
                row = AddRow(seq, state, what.at_wall_s, outcome=SALVAGED, due_before=entry.due_before)
                connection.execute(columns.ROWS.insert, columns.row_cells(next_row, entry.state, row))
                next_row += 1
            counts.add(state)
            if state is EntryState.EXCEPTION or state in UNSENT:
                item = what.item if state is EntryState.EXCEPTION else None
                connection.execute("INSERT INTO standing VALUES (?, ?, ?)", (seq, state.value, item))
            last = Seq(seq)
    connection.execute(
        "UPDATE tally SET to_seq = ?, to_n = ?, counts = ?, next_seq = ?",
        (last, next_row - 1, json.dumps(counts.plain()), highest + 1 + SKIPPED_NUMBERS),
    )


def _number(connection: apsw.Connection, statement: str) -> int:
    ((number,),) = connection.execute(statement).fetchall()
    assert isinstance(number, int)
    return number


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
