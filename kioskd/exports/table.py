"""All that is known of entries as CSV (RFC 4180), for spreadsheets and scripts; UTF-8, a head line, CR LF."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from kioskd.exports.exported import Exported
from kioskd.exports.row import Row
from kioskd.model.entry import Seq

COLUMNS: Final = (
    "seq", "id", "kind", "source", "how", "unmatched", "patron", "item", "at", "clock", "mode", "by", "station",
    "session", "due_date", "state", "outcome",
)  # fmt: skip
"""The fields of `journal list --json`, each a column; `answer`, which is a table itself, stays in the journal."""


def table(documents: Sequence[Mapping[str, object]], rows: Sequence[Row]) -> Exported:
    """Return entries as CSV; `documents` are the contract's, whole; `rows` the same, read."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for document in documents:
        writer.writerow([_cell(document.get(name)) for name in COLUMNS])
    carried = tuple(Seq(row.seq) for row in rows)
    return Exported(out.getvalue().encode("utf-8", "backslashreplace"), carried)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
