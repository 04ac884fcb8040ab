"""CSV and to-do list: what stands in them is what was recorded, whatever the numbers hold."""

import csv
import html
import io
import re
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
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


def picture(text: str, module_px: int = 2) -> Image.Image:
    """Draw the bars of `code128.modules`, with quiet zones."""
    widths = code128.modules(text)
    image = Image.new("L", ((sum(widths) + 20) * module_px, 60), 255)
    at = 10 * module_px
    for nth, width in enumerate(widths):
        if nth % 2 == 0:
            image.paste(0, (at, 0, at + width * module_px, 60))
        at += width * module_px
    return image


@pytest.mark.parametrize("text", [CARD, ITEM, "KIOSK01", "1", "12", "123", "12345", "A1", "AB1234567C12345", "~ }"])
def test_a_foreign_reader_reads_the_barcode(text: str) -> None:
    (read,) = zxingcpp.read_barcodes(picture(text))
    assert (read.text, read.format) == (text, zxingcpp.BarcodeFormat.Code128)


@settings(max_examples=40)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=24))
def test_a_foreign_reader_reads_any_printable_text(text: str) -> None:
    (read,) = zxingcpp.read_barcodes(picture(text))
    assert read.text == text


@pytest.mark.parametrize("text", ["", "\t", "Ö", "1\n"])
def test_what_code_128_cannot_hold_here_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        code128.modules(text)


def test_the_svg_has_the_same_bars_at_the_same_places() -> None:
    widths = code128.modules(ITEM)
    bars = re.findall(r"M(\d+) 0h(\d+)v1", code128.svg(ITEM))
    places = [10 + sum(widths[:nth]) for nth in range(0, len(widths), 2)]
    assert [(int(at), int(width)) for at, width in bars] == list(zip(places, widths[::2], strict=True))
