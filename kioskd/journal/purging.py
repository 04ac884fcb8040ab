"""Forgetting people: entries that are over are taken out whole, so that nobody reads them out of the file's free pages.

What stays is how many there were (`tally`). What waits for the library system or for a person never goes.
"""

from typing import Final

import apsw

AT_ONCE: Final = 200
"""Entries a transaction: short enough that a scan may wait for it."""

_OVER: Final = """
    SELECT seq FROM entries
    WHERE seq NOT IN (SELECT seq FROM standing)
    AND ifnull((SELECT at_wall_s FROM rows WHERE rows.seq = entries.seq ORDER BY n DESC LIMIT 1), at_wall_s) < ?1
    ORDER BY seq LIMIT ?2
"""
"""Entries whose newest row, or else they themselves, are older than that."""
_OF_OVER: Final = "seq IN (SELECT seq FROM over)"
_FORMS: Final = f"kind = 'registration' AND json_extract(content, '$.id') IN (SELECT id FROM entries WHERE {_OF_OVER})"  # noqa: S608
_PERSONAL: Final = (
    ("notes", _FORMS, ("content",)),
    ("rows", _OF_OVER, ("answer", "reason")),
    ("entries", _OF_OVER, ("patron", "item")),
)
"""What goes, notes first since their entries name them; and its columns that may speak of a person."""
_BLANK: Final = "substr(replace(hex(zeroblob(length(CAST({0} AS BLOB)))), '00', 'xx'), 1, length(CAST({0} AS BLOB)))"


def forget(connection: apsw.Connection, before_wall_s: float) -> int:
    """Take up to `AT_ONCE` entries that were over before that time out of the tables; return how many.

    Within the caller's transaction, which has tallied all that is there. What is deleted could otherwise be read in
    free pages, or carved back by a salvage.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS over (seq INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM over")
    connection.execute(f"INSERT INTO over {_OVER}", (before_wall_s, AT_ONCE))
    ((number,),) = connection.execute("SELECT count(*) FROM over").fetchall()
    assert isinstance(number, int)
    if not number:
        return 0
    for table, which, columns in _PERSONAL:
        # Overwritten first, in place since the length stays: pages that are freed whole are not zeroed any more then.
        chosen = [rowid for (rowid,) in connection.execute(f"SELECT rowid FROM {table} WHERE {which}").fetchall()]  # noqa: S608 # our own names
        blank = ", ".join(f"{column} = {_BLANK.format(column)}" for column in columns)
        connection.executemany(f"UPDATE {table} SET {blank} WHERE rowid = ?", [(rowid,) for rowid in chosen])  # noqa: S608
        connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", [(rowid,) for rowid in chosen])  # noqa: S608
    return number
