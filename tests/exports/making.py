"""Entries as the contract gives them, and the receivers' own ways of reading files, written from their sources."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

ZONE = ZoneInfo("America/Los_Angeles")
CARD, ITEM = "20000000000017", "30000000000015"


def document(seq: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "id": f"0198c0de-0000-7000-8000-{seq:012d}",
        "kind": "checkout",
        "source": "station",
        "how": "scanned",
        "unmatched": False,
        "patron": CARD,
        "item": ITEM,
        "at": "2026-11-23T10:15:30-08:00",
        "clock": "trusted",
        "mode": "offline",
        "by": None,
        "station": "CENTRAL-3",
        "session": "s1",
        "due_date": None,
        "state": "recorded",
        "outcome": None,
        "answer": None,
    } | changes


def moment(second: int) -> str:
    return dt.datetime.fromtimestamp(second, ZONE).isoformat(timespec="seconds")


NUMBERS = st.text(st.characters(max_codepoint=0x2FF) | st.sampled_from("中\u2028😀"), min_size=1, max_size=40)
# A span with the end of summer time in it (2026-11-01 09:00 UTC), close enough for many in one second.
SECONDS = st.integers(1_793_523_000, 1_793_527_000) | st.integers(1_793_523_590, 1_793_523_610)


@st.composite
def documents(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Any entries in sequence: of any kind and source, at any times, with numbers of any characters."""
    count = draw(st.integers(0, 12))
    return [
        document(
            seq,
            kind=draw(st.sampled_from(["checkout", "renewal", "registration"])),
            source=draw(st.sampled_from(["station", "station", "sheet", "rescue"])),
            patron=draw(st.sampled_from([None, CARD, "21168000000018"]) | NUMBERS),
            item=draw(st.sampled_from([None, ITEM, "30000000000023"]) | NUMBERS),
            at=moment(draw(SECONDS)),
            clock=draw(st.sampled_from(["trusted", "trusted", "corrected", "unsure"])),
            due_date=draw(st.sampled_from([None, None, "2026-12-24"])),
            state=draw(st.sampled_from(["recorded", "sending", "settled", "refused", "withdrawn", "exception"])),
        )
        for seq in range(1, count + 1)
    ]


def koha_reads(payload: bytes) -> tuple[dict[str, str], list[tuple[str, str, list[str]]]]:
    """Read a .koc file as Koha's enqueue_koc.pl does: header into a hash, rows cut at tabs, times at one blank."""
    head, *lines = payload.decode("utf-8").replace("\r", "").split("\n")
    assert lines.pop() == "", "the last row has its line end"
    header = dict(part.split("=") for part in head.split("\t"))
    rows = []
    for line in lines:
        timestamp, command, *arguments = line.split("\t")
        date, time, _ = timestamp.split(" ")
        rows.append((f"{date} {time}", command, arguments))
    return header, rows
