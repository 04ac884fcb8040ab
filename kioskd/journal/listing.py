"""Entries as the contract's JSON (`journal list`, `exceptions list`, `journal summary`)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final
from zoneinfo import ZoneInfo

from kioskd.model.barcode import masked
from kioskd.model.entry import AddRow, Entry, Summary

UNCLASSED: Final = "unknown"
"""The class of an exception whose row names none."""
MESSAGE_FIELDS: Final = ("AF", "AG")
"""SIP2 screen message and print line: where the library system says in words why it refused."""


def entry_document(entry: Entry, zone: ZoneInfo, *, reveal: bool = False) -> dict[str, object]:
    """Return an entry as `journal list --json` prints it; the card number whole only with `reveal`."""
    what = entry.what
    patron = what.patron
    if patron is not None and not reveal:
        patron_shown: str | None = masked(patron)
    else:
        patron_shown = patron
    return {
        "seq": int(entry.seq),
        "id": what.id,
        "kind": what.kind.value,
        "source": what.source.value,
        "how": what.how.value,
        "unmatched": what.unmatched,
        "patron": patron_shown,
        "item": what.item,
        "at": moment(what.at_wall_s, zone),
        "clock": what.clock.value,
        "mode": what.mode.value,
        "by": what.by,
        "station": what.station,
        "session": what.session,
        "due_date": what.due_date.isoformat() if what.due_date is not None else None,
        "state": entry.state.value,
        "outcome": entry.outcome,
        "answer": dict(entry.answer) if entry.answer is not None else None,
    }


def story_document(entry: Entry, rows: Sequence[AddRow], zone: ZoneInfo, *, reveal: bool = False) -> dict[str, object]:
    """Return an entry as `journal show --json` prints it: `story` has a row for each thing that became of it.

    A row's `looked`: what the library system was asked before it, with the answers by field name; `decided`: the row
    of the table of outcomes (docs/ILS.md) that led to it.
    """
    return {**entry_document(entry, zone, reveal=reveal), "story": [_row_document(row, zone) for row in rows]}


def _row_document(row: AddRow, zone: ZoneInfo) -> dict[str, object]:
    return {
        "at": moment(row.at_wall_s, zone),
        "state": row.state.value,
        "outcome": row.outcome,
        "decided": row.decided,
        "answer": dict(row.answer) if row.answer is not None else None,
        "looked": [
            {"at": moment(look.at_wall_s, zone), "asked": look.asked, "heard": dict(look.heard)} for look in row.looked
        ],
        "due_before": row.due_before,
        "by": row.by,
        "reason": row.reason,
    }


def exception_document(entry: Entry, zone: ZoneInfo, *, reveal: bool = False) -> dict[str, object]:
    """Return an exception as `exceptions list --json` prints it.

    `class`: what is the matter, a key. `message`: the library system's own words, or a person's, or none.
    """
    return {
        **entry_document(entry, zone, reveal=reveal),
        "class": entry.outcome or UNCLASSED,
        "message": _message(entry.answer or {}) or entry.reason or "",
    }


def summary_document(summary: Summary) -> dict[str, object]:
    """Return the journal in numbers as `journal summary --json` prints it."""
    return asdict(summary)


def moment(at_wall_s: float, zone: ZoneInfo) -> str:
    """Return a time as RFC 3339 in the station's zone, to the second."""
    return dt.datetime.fromtimestamp(at_wall_s, zone).isoformat(timespec="seconds")


def _message(answer: Mapping[str, str]) -> str:
    return next((answer[field] for field in MESSAGE_FIELDS if answer.get(field)), "")
