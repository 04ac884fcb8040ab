import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

from kioskd.journal.listing import entry_document, exception_document, summary_document
from kioskd.model.barcode import PatronBarcode
from kioskd.model.entry import Entry, EntryState, Seq, Summary
from kioskd.model.time import ClockTrust

from .making import ZONE, full_entry, new_entry

AT = dt.datetime(2026, 12, 14, 17, 5, 9, tzinfo=dt.UTC).timestamp()


def test_an_entry_has_the_contracts_names() -> None:
    what = dataclasses.replace(full_entry(7), at_wall_s=AT, clock=ClockTrust.CORRECTED)
    entry = Entry(Seq(12), what, EntryState.SETTLED, "lent", {"AF": "ok"})
    assert entry_document(entry, ZoneInfo(ZONE)) == {
        "seq": 12,
        "id": "00000000-0000-4000-8000-000000000007",
        "kind": "checkout",
        "source": "station",
        "how": "scanned",
        "unmatched": True,
        "patron": "…4567",
        "item": "30000000000007",
        "at": "2026-12-14T09:05:09-08:00",
        "clock": "corrected",
        "mode": "offline",
        "by": "ab",
        "station": "CENTRAL-3",
        "session": "s-1",
        "due_date": "2026-12-14",
        "state": "settled",
        "outcome": "lent",
        "answer": {"AF": "ok"},
    }


def test_a_card_is_whole_only_on_demand() -> None:
    entry = Entry(Seq(1), new_entry(), EntryState.RECORDED)
    assert entry_document(entry, ZoneInfo("UTC"), reveal=True)["patron"] == "21234000004567"
    short = dataclasses.replace(entry, what=new_entry(patron=PatronBarcode("123")))
    assert entry_document(short, ZoneInfo("UTC"))["patron"] == "…3"
    none = dataclasses.replace(entry, what=new_entry(patron=None))
    assert entry_document(none, ZoneInfo("UTC"))["patron"] is None
    assert entry_document(none, ZoneInfo("UTC"), reveal=True)["patron"] is None


def test_an_exception_says_what_and_in_whose_words() -> None:
    entry = Entry(Seq(1), new_entry(), EntryState.EXCEPTION, "patron_blocked", {"AF": "Card blocked", "AG": "x"})
    document = exception_document(entry, ZoneInfo("UTC"))
    assert (document["class"], document["message"]) == ("patron_blocked", "Card blocked")
    own = dataclasses.replace(entry, answer=None, reason="staff said so", outcome=None)
    document = exception_document(own, ZoneInfo("UTC"))
    assert (document["class"], document["message"]) == ("unknown", "staff said so")


def test_the_summary_has_the_contracts_names() -> None:
    assert list(summary_document(Summary())) == [
        "recorded",
        "unsent",
        "settled",
        "refused",
        "exceptions",
        "withdrawn",
        "handed_over",
        "oldest_unsent",
        "oldest_exception",
    ]
