"""CSV and to-do list: what stands in them is what was recorded, whatever the numbers hold."""

import csv
import html
import io
import re
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from PIL import Image

from kioskd.exports import code128
from kioskd.exports.formats import Format, Station, export
from kioskd.exports.table import COLUMNS
from tests.exports.making import CARD, ITEM, ZONE, document, documents

STATION = Station(ZONE, "0.1.0", "To do")


@settings(max_examples=40)
@given(documents())
def test_csv_reads_back_the_same(found: list[dict[str, Any]]) -> None:
    made = export(Format.CSV, found, STATION)
    head, *rows = csv.reader(io.StringIO(made.payload.decode(), newline=""), strict=True)
    assert tuple(head) == COLUMNS
    assert len(rows) == len(found) == len(made.carried)
    for row, entry in zip(rows, found, strict=True):
        read = dict(zip(head, row, strict=True))
        assert read["unmatched"] == "no"
        assert {name: read[name] for name in ("patron", "item", "at", "due_date", "state")} == {
            name: entry[name] or "" for name in ("patron", "item", "at", "due_date", "state")
        }


def test_csv_without_entries_is_its_head() -> None:
    assert export(Format.CSV, [], STATION).payload == (",".join(COLUMNS) + "\r\n").encode()


@settings(max_examples=40)
@given(documents())
def test_the_todo_list_names_each_entry_once_registrations_first(found: list[dict[str, Any]]) -> None:
    made = export(Format.TODO, found, STATION)
    page = made.payload.decode()
    heads = re.findall(r"<h2>(\d+)\. ([^<]+)</h2>", page)
    assert sorted(int(seq) for seq, _ in heads) == [
        each["seq"] for each in found if each["state"] not in {"refused", "withdrawn"}
    ]
    acts = [act for _, act in heads]
    assert acts == sorted(acts, key=lambda act: act != "Register this card")
    for each in found:
        if each["state"] == "recorded" and each["item"]:
            assert f"item {html.escape(each['item'])}</figcaption>" in page


def test_a_lost_answer_and_a_due_date_are_told_on_the_todo_list() -> None:
    page = export(Format.TODO, [document(1, state="sending", due_date="2026-12-24", by="AB")], STATION).payload.decode()
    assert "look first whether this patron has the item already" in page
    assert "<strong>2026-12-24</strong>" in page
    assert "by AB" in page


def picture(svg: str, module_px: int = 2) -> Image.Image:
    """Draw the bars of an SVG."""
    (width,) = re.findall(r'viewBox="0 0 (\d+) 1"', svg)
    image = Image.new("L", (int(width) * module_px, 60), 255)
    for at, bar in re.findall(r"M(\d+) 0h(\d+)v1", svg):
        image.paste(0, (int(at) * module_px, 0, (int(at) + int(bar)) * module_px, 60))
    return image


@pytest.mark.parametrize("text", [CARD, ITEM, "KIOSK01", "1", "12345", "AB1234567C12345", "~ }"])
def test_a_foreign_reader_reads_the_barcode(text: str) -> None:
    (read,) = zxingcpp.read_barcodes(picture(code128.svg(text)))
    assert (read.text, read.format) == (text, zxingcpp.BarcodeFormat.Code128)


@pytest.mark.parametrize("text", ["", "\t", "Ö", "1\n"])
def test_what_a_barcode_cannot_hold_here_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        code128.svg(text)
