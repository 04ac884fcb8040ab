"""Pages for staff: the sheet, the worklist, the report. Read back as a program would, not looked at by its author."""

import datetime as dt
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from kioskd.exports import code128
from kioskd.paper.pdf import Page, Rule, Words, pdf
from kioskd.paper.report import report
from kioskd.paper.sheet import COLUMNS, FORMATS, sheet
from kioskd.paper.timeline import timeline
from kioskd.paper.worklist import worklist

CARD, ITEM = "21168045918653", "31168012345672"


def objects(document: bytes) -> dict[int, bytes]:
    """Read a PDF by its cross-reference table: each object where the table says that it is."""
    start = int(document[document.rindex(b"startxref") :].split()[1])
    lines = document[start:].split(b"\n")
    assert lines[0] == b"xref"
    count = int(lines[1].split()[1])
    found = {}
    for number in range(1, count):
        place = int(lines[2 + number].split()[0])
        head = b"%d 0 obj\n" % number
        assert document[place : place + len(head)] == head
        found[number] = document[place + len(head) : document.index(b"\nendobj", place)]
    return found


def words(document: bytes) -> list[str]:
    shown = [text for body in objects(document).values() for text in re.findall(rb"\((.*)\) Tj", body)]
    return [re.sub(r"\\(.)", r"\1", text.decode("latin-1")) for text in shown]


def test_a_pdf_is_one_by_its_own_table() -> None:
    document = pdf([Page(100, 50, [Words(1, 2, "a (b) \\ é"), Rule(0, 0, 9, 9)]), Page(10, 10, [])], title="T")
    assert document.startswith(b"%PDF-1.4\n")
    found = objects(document)
    assert b"/Count 2" in found[2]
    streams = [body for body in found.values() if b"stream" in body]
    for body in streams:
        length = int(re.findall(rb"/Length (\d+)", body)[0])
        content = body[body.index(b"stream\n") + 7 : body.index(b"\nendstream")]
        assert len(content) == length
    assert words(document) == ["a (b) \\ é"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_sheet_has_the_columns_of_the_procedure(name: str) -> None:
    document = sheet(name, library="CENTRAL", station="CENTRAL-3")
    text = " ".join(words(document)).lower()
    for column, _ in COLUMNS:
        assert column.split("/")[0].lower() in text, column
    assert "central-3" in text
    assert "shred" in text
    width, height = map(float, re.findall(rb"MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", document)[0])
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (
        round(FORMATS[name].width),
        round(FORMATS[name].height),
    )


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_of_a_sheet_lies_beyond_its_paper(name: str) -> None:
    document = sheet(name, library="X" * 12, station="CENTRAL-3")
    width, height = map(float, re.findall(rb"MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", document)[0])
    places = re.findall(rb"([\d.-]+) ([\d.-]+) (?:m|l|Td)\b", document)
    assert len(places) > 20
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in places)


def entry(**changes: Any) -> dict[str, Any]:
    made = {
        "seq": 7, "at": "2026-11-24T09:12:00-08:00", "clock": "unsure", "station": "CENTRAL-3", "by": None,
        "how": "scanned", "source": "station", "mode": "offline", "due_date": None, "kind": "checkout",
        "patron": CARD, "item": ITEM, "message": "<Blocked>",
    }  # fmt: skip
    return made | changes


def test_the_worklist_has_each_number_as_a_barcode() -> None:
    page = worklist(
        {
            "classes": [
                {"class": "patron_blocked", "text": "Blocked & so on.", "actions": ["drop"], "entries": [entry()]},
                {"class": "unsure", "text": "?", "actions": [], "entries": [entry(seq=8, patron=None, by="KM")]},
            ]
        },
        title="Worklist",
    )
    assert page.count(code128.svg(ITEM)) == 2
    assert page.count(code128.svg(CARD)) == 1
    for wanted in ("2 to decide", "shred", "&lt;Blocked&gt;", "(unsure)", "Blocked &amp; so on.", "by KM", "initials"):
        assert wanted in page


DRAWN: dict[str, Any] = {
    "from": "2026-11-24T08:45:00-08:00",
    "to": "2026-11-24T13:00:00-08:00",
    "step_s": 300,
    "modes": [
        {"at": "2026-11-24T08:45:00-08:00", "mode": "online"},
        {"at": "2026-11-24T09:00:00-08:00", "mode": "offline"},
        {"at": "2026-11-24T12:00:00-08:00", "mode": "recovering"},
        {"at": "2026-11-24T12:10:00-08:00", "mode": "online"},
    ],
    "scans": [["2026-11-24T09:00:00-08:00", 4], ["2026-11-24T09:05:00-08:00", 2]],
    "uploads": [["2026-11-24T12:00:00-08:00", 6]],
}


def test_the_timeline_draws_what_happened_where_it_happened() -> None:
    picture = ET.fromstring(timeline(DRAWN))
    boxes = [
        (float(box.get("x", 0)), float(box.get("width", 0)), float(box.get("height", 0)))
        for box in picture.iter("{http://www.w3.org/2000/svg}rect")
    ]
    whole = dt.timedelta(hours=4, minutes=15)
    start = 960 * (dt.timedelta(minutes=15) / whole)
    band = boxes[:4]
    assert band[1][0] == pytest.approx(start, abs=0.1)
    assert sum(width for _, width, _ in band) == pytest.approx(960, abs=0.5)
    heights = [height for _, _, height in boxes[4:7]]
    assert heights == pytest.approx([80, 40, 120])
    assert all(0 <= x <= 960 for x, _, _ in boxes)
    title = picture.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == (
        "online from 08:45, offline from 09:00, recovering from 12:00, online from 12:10; "
        "6 recorded, 6 settled or decided"
    )


def test_nothing_recorded_is_drawn_too() -> None:
    ET.fromstring(timeline({**DRAWN, "scans": [], "uploads": []}))


def test_the_report_is_one_page_that_says_all() -> None:
    page = report(
        {
            "station": "CENTRAL-3",
            "library": "CENTRAL <1>",
            "outage": {"since": "2026-11-24T09:00:00-08:00", "back": None, "over": None, "closed": None},
            "seen": [{"at": "2026-11-24T09:00:00-08:00", "reason": "no_line", "text": "no connection"}],
            "counts": {"recorded": 6, "settled": 0, "waiting": 6},
            "clock": {
                "source": "staff",
                "offset_s": -120,
                "reviewed_by": "KM",
                "reviewed_at": "2026-11-24T09:10:00-08:00",
            },
            "crates": [{"crate": 1, "items": 12, "on": "2026-11-24"}],
            "steps": [],
            "timeline": DRAWN,
        }
    )
    for wanted in (
        "CENTRAL &lt;1&gt;",
        "no connection",
        "as staff said, -120 s",
        "KM, 2026-11-24 09:10",
        "crate 1",
        "<svg",
    ):
        assert wanted in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", ""), "it needs nothing from outside"
    assert page.count("not yet") == 3
