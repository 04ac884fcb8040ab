"""Koha's .koc 1.0: a golden file, its limits, and whatever is written read back as Koha reads it."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings

from kioskd.exports.exported import Why
from kioskd.exports.formats import Format, Station, export
from tests.exports.making import CARD, ITEM, ZONE, document, documents, koha_reads

STATION = Station(ZONE, "0.1.0", "To do")


def koc(*found: dict[str, Any]) -> Any:
    return export(Format.KOHA_KOC, found, STATION)


def test_a_file_byte_for_byte() -> None:
    made = koc(
        document(1),
        document(2, kind="renewal", item="30000000000023", at="2026-11-23T10:15:31-08:00"),
        document(3, patron="21168000000018", item="30000000000031", at="2026-11-23T18:59:59-08:00"),
    )
    assert made.payload == (
        b"Version=1.0\tGenerator=kioskd\tGeneratorVersion=0.1.0\n"
        b"2026-11-23 10:15:30 000\tissue\t20000000000017\t30000000000015\n"
        b"2026-11-23 10:15:31 000\tissue\t20000000000017\t30000000000023\n"
        b"2026-11-23 18:59:59 000\tissue\t21168000000018\t30000000000031\n"
    )
    assert (made.carried, made.left, made.moved) == ((1, 2, 3), (), ())


@pytest.mark.parametrize(
    ("changes", "why", "carried"),
    [
        ({"kind": "registration", "item": None}, Why.REGISTRATION, False),
        ({"kind": "renewal", "patron": None}, Why.NO_CARD, False),
        ({"item": None}, Why.NO_ITEM, False),
        ({"due_date": "2026-12-24"}, Why.DUE_DATE, True),
        ({"patron": "2" * 33}, Why.CARD_TOO_LONG, False),
        ({"item": "3" * 21}, Why.ITEM_TOO_LONG, False),
        ({"patron": "2000\t017"}, Why.UNWRITABLE, False),
        ({"item": "30000\n"}, Why.UNWRITABLE, False),
        ({"item": "3000Ö"}, Why.UNWRITABLE, False),
        ({"patron": " 2000"}, Why.UNWRITABLE, False),
    ],
    ids=lambda value: value.value if isinstance(value, Why) else None,
)
def test_what_it_cannot_hold_is_left_and_said(changes: dict[str, Any], why: Why, carried: bool) -> None:
    made = koc(document(1, **changes))
    assert [(each.row.seq, each.why) for each in made.left] == [(1, why)]
    assert made.carried == ((1,) if carried else ())
    assert len(koha_reads(made.payload)[1]) == carried


@pytest.mark.parametrize(("number", "fits"), [("2" * 32, True), ("2" * 33, False)])
def test_the_longest_card(number: str, fits: bool) -> None:
    assert bool(koc(document(1, patron=number)).carried) is fits


def test_two_loans_of_one_item_in_one_second_keep_their_order() -> None:
    made = koc(document(1), document(2, patron="21168000000018"))
    assert [row[0] for row in koha_reads(made.payload)[1]] == ["2026-11-23 10:15:30", "2026-11-23 10:15:31"]
    assert made.moved == (2,)


def test_when_summer_time_ends_the_local_clock_stands_still_rather_than_going_back() -> None:
    made = koc(
        document(1, at="2026-11-01T01:59:00-07:00"),
        document(2, item="30000000000023", at="2026-11-01T01:01:00-08:00"),
        document(3, item="30000000000031", at="2026-11-01T02:10:00-08:00"),
    )
    assert [row[0] for row in koha_reads(made.payload)[1]] == [
        "2026-11-01 01:59:00",
        "2026-11-01 01:59:00",
        "2026-11-01 02:10:00",
    ]


def test_a_clock_that_was_wrong_does_not_lead_an_entry_past_its_neighbours() -> None:
    made = koc(
        document(1),
        document(2, item="30000000000023", at="2099-01-01T00:00:00-08:00", clock="unsure"),
        document(3, item="30000000000031", at="1970-01-01T00:00:00-08:00", clock="unsure"),
        document(4, item="30000000000049", at="2026-11-23T10:20:00-08:00"),
    )
    assert [row[0][11:] for row in koha_reads(made.payload)[1]] == ["10:15:30", "10:20:00", "10:20:00", "10:20:00"]
    assert made.carried == (1, 2, 3, 4)


def test_rows_of_a_paper_sheet_stand_where_their_time_puts_them() -> None:
    made = koc(
        document(1, at="2026-11-23T10:00:00-08:00"),
        document(2, item="30000000000023", at="2026-11-23T12:00:00-08:00"),
        document(3, item="30000000000031", at="2026-11-23T11:00:00-08:00", source="sheet"),
    )
    assert made.carried == (1, 3, 2)


@settings(max_examples=40)
@given(documents())
def test_what_is_written_is_read_back_the_same(found: list[dict[str, Any]]) -> None:
    made = koc(*found)
    header, rows = koha_reads(made.payload)
    assert header == {"Version": "1.0", "Generator": "kioskd", "GeneratorVersion": "0.1.0"}
    by_seq = {each["seq"]: each for each in found}
    assert [(command, arguments) for _, command, arguments in rows] == [
        ("issue", [by_seq[seq]["patron"], by_seq[seq]["item"]]) for seq in made.carried
    ]
    times = [dt.datetime.fromisoformat(time) for time, _, _ in rows]
    assert times == sorted(times)
    assert max(Counter((time, row[2][1]) for time, row in zip(times, rows, strict=True)).values(), default=1) == 1
    # Each entry whose item left the station is in the file or on the to-do list.
    left = {each.row.seq for each in made.left}
    gone = {each["seq"] for each in found if each["state"] in {"refused", "withdrawn"}}
    assert left | set(made.carried) == by_seq.keys() - gone
    own = [seq for seq in made.carried if by_seq[seq]["source"] == "station"]
    assert own == sorted(own)


def test_card_and_item_are_not_mixed_up() -> None:
    assert koha_reads(koc(document(1)).payload)[1][0][2] == [CARD, ITEM]
