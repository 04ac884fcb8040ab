"""An entry as an export sees it: read from the contract's JSON, so that daemon and journal file give the same."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import EntryState, Kind, Seq, Source
from kioskd.model.time import ClockTrust


@dataclass(frozen=True, slots=True)
class Row:
    """One entry with its card number whole. `at` has its offset; `may_be_known`: it was sent, its answer was lost."""

    seq: Seq
    kind: Kind
    source: Source
    patron: PatronBarcode | None
    item: ItemBarcode | None
    at: dt.datetime
    clock: ClockTrust
    due_date: dt.date | None
    state: EntryState
    station: str
    by: str | None = None

    @property
    def may_be_known(self) -> bool:
        """Whether the library system may have this loan already, although no answer came."""
        return self.state is EntryState.SENDING


def read(document: Mapping[str, object]) -> Row:
    """Return an entry of `journal list --json --reveal`. Raises ValueError naming the field that is amiss."""
    field = "seq"
    try:
        seq = Seq(int(str(document[field])))
        field = "kind"
        kind = Kind(str(document[field]))
        field = "source"
        source = Source(str(document[field]))
        field = "at"
        at = dt.datetime.fromisoformat(str(document[field]))
        if at.utcoffset() is None:
            raise ValueError("no offset")
        field = "clock"
        clock = ClockTrust(str(document[field]))
        field = "due_date"
        due = document[field]
        due_date = None if due is None else dt.date.fromisoformat(str(due))
        field = "state"
        state = EntryState(str(document[field]))
    except (KeyError, ValueError) as problem:
        raise ValueError(f"an entry's {field} is not as the contract says: {problem}") from None
    patron, item = document.get("patron"), document.get("item")
    by, station = document.get("by"), document.get("station")
    return Row(
        seq=seq,
        kind=kind,
        source=source,
        patron=None if patron is None else PatronBarcode(str(patron)),
        item=None if item is None else ItemBarcode(str(item)),
        at=at,
        clock=clock,
        due_date=due_date,
        state=state,
        station=str(station or ""),
        by=None if by is None else str(by),
    )
