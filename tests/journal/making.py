"""Entries as the station would make them."""

import datetime as dt
from pathlib import Path

from kioskd.journal.journal import Journal
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import AddEntry, AddRow, EntryState, How, Kind, ModeName, NewEntry, Seq
from kioskd.model.time import ClockTrust

ZONE = "America/Los_Angeles"
NOON = 1_796_400_000.0
BOOT = "80e6745f-6a05-497b-a26e-e6f3a1ad0fa5"


def new_entry(number: int = 1, **changes: object) -> NewEntry:
    values: dict[str, object] = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "kind": Kind.CHECKOUT,
        "how": How.SCANNED,
        "patron": PatronBarcode("21234000004567"),
        "item": ItemBarcode(f"3{number:013d}"),
        "at_wall_s": NOON + number,
        "at_boot_s": 100.0 + number,
        "boot_id": BOOT,
        "clock": ClockTrust.TRUSTED,
        "mode": ModeName.OFFLINE,
        "station": "CENTRAL-3",
        "session": "s-1",
        **changes,
    }
    return NewEntry(**values)  # type: ignore[arg-type]


def full_entry(number: int = 1) -> NewEntry:
    """An entry without a None."""
    return new_entry(number, by="ab", due_date=dt.date(2026, 12, 14), unmatched=True)


def add(number: int = 1, state: EntryState = EntryState.RECORDED, **changes: object) -> AddEntry:
    return AddEntry(new_entry(number, **changes), state)


def row(seq: int, state: EntryState, outcome: str | None = None, **more: object) -> AddRow:
    return AddRow(Seq(seq), state, NOON, outcome, **more)  # type: ignore[arg-type]


def opened(state_dir: Path) -> Journal:
    return Journal.open(state_dir, timezone=ZONE)
