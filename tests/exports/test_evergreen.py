"""Evergreen's pending transactions: a golden file, and whatever is written read back as its receiver reads it."""

import datetime as dt
import json
from typing import Any

from hypothesis import given, settings

from kioskd.exports.exported import Why
from kioskd.exports.formats import Format, Station, export
from tests.exports.making import ZONE, document, documents

STATION = Station(ZONE, "0.1.0", "To do")


def pending(*found: dict[str, Any]) -> Any:
    return export(Format.EVERGREEN, found, STATION)


def receiver_reads(payload: bytes) -> list[dict[str, Any]]:
    """Read as offline.pl does: each line alone, a bad one fails all; then sorted by time, keeping ties."""
    lines = payload.decode("ascii").split("\n")
    assert lines.pop() == ""
    rows = [json.loads(line) for line in lines]
    assert all(isinstance(row, dict) and row["type"] in {"checkout", "renew"} for row in rows)
    return sorted(rows, key=lambda row: row["timestamp"])


def test_a_file_byte_for_byte() -> None:
    made = pending(
        document(1, due_date="2026-12-24"),
        document(2, kind="renewal", patron=None, item="30000000000023", at="2026-11-23T10:15:31-08:00"),
    )
    assert made.payload == (
        b'{"type": "checkout", "timestamp": 1795457730, "delta": 0, "barcode": "30000000000015", '
        b'"checkout_time": "2026-11-23T10:15:30-08:00", "patron_barcode": "20000000000017", '
        b'"due_date": "2026-12-24T23:59:59-08:00"}\n'
        b'{"type": "renew", "timestamp": 1795457731, "delta": 0, "barcode": "30000000000023", '
        b'"checkout_time": "2026-11-23T10:15:31-08:00"}\n'
    )
    assert (made.carried, made.left) == ((1, 2), ())


def test_a_registration_and_a_loan_without_a_card_are_left() -> None:
    made = pending(document(1, kind="registration", item=None), document(2, patron=None), document(3, item=""))
    assert made.payload == b""
    assert [each.why for each in made.left] == [Why.REGISTRATION, Why.NO_CARD, Why.NO_ITEM]


def test_when_summer_time_ends_the_offset_tells_the_two_hours_apart() -> None:
    made = pending(
        document(1, at="2026-11-01T01:59:00-07:00"),
        document(2, item="30000000000023", at="2026-11-01T01:01:00-08:00"),
    )
    assert [row["checkout_time"] for row in receiver_reads(made.payload)] == [
        "2026-11-01T01:59:00-07:00",
        "2026-11-01T01:01:00-08:00",
    ]
    assert made.moved == ()


@settings(max_examples=40)
@given(documents())
def test_what_is_written_is_read_back_the_same(found: list[dict[str, Any]]) -> None:
    made = pending(*found)
    rows = receiver_reads(made.payload)
    by_seq = {each["seq"]: each for each in found}
    assert [(row["barcode"], row.get("patron_barcode")) for row in rows] == [
        (by_seq[seq]["item"], by_seq[seq]["patron"] or None) for seq in made.carried
    ]
    for row, seq in zip(rows, made.carried, strict=True):
        assert row["type"] == {"checkout": "checkout", "renewal": "renew"}[by_seq[seq]["kind"]]
        assert dt.datetime.fromisoformat(row["checkout_time"]).timestamp() == row["timestamp"]
        due = by_seq[seq]["due_date"]
        assert row.get("due_date", "")[:10] == (due or "")
    left = {each.row.seq for each in made.left}
    gone = {each["seq"] for each in found if each["state"] in {"refused", "withdrawn"}}
    assert left.isdisjoint(made.carried)
    assert left | set(made.carried) == by_seq.keys() - gone
