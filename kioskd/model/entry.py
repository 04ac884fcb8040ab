"""A transaction as the journal keeps it: an entry that is never edited, and the rows that tell what became of it."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NewType

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.time import ClockTrust
from kioskd.model.written_late import dataclass

Seq = NewType("Seq", int)
"""An entry's local number, rising from 1; it stands on slips."""

BEFORE_ALL: Final = Seq(0)
"""No entry's number; lists *after* it hold all."""

SaveToken = NewType("SaveToken", int)
"""Names one request to the journal, so that its answer finds who asked."""


class Kind(StrEnum):
    """What was done."""

    CHECKOUT = "checkout"
    RENEWAL = "renewal"
    REGISTRATION = "registration"


class Source(StrEnum):
    """Where an entry came from."""

    STATION = "station"
    SHEET = "sheet"
    RESCUE = "rescue"


class How(StrEnum):
    """How the code of the item entered."""

    SCANNED = "scanned"
    TYPED = "typed"
    INJECTED = "injected"


class ModeName(StrEnum):
    """How the station stands to the library system."""

    ONLINE = "online"
    OFFLINE = "offline"
    RECOVERING = "recovering"


class EntryState(StrEnum):
    """Where an entry stands; the state of its newest row."""

    RECORDED = "recorded"
    SENDING = "sending"
    SETTLED = "settled"
    REFUSED = "refused"
    EXCEPTION = "exception"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    HANDED_OVER = "handed_over"


UNSENT = frozenset({EntryState.RECORDED, EntryState.SENDING})


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry before the journal gave it its number.

    `at_wall_s`, `at_boot_s`, `boot_id`: the moment by the wall clock, since boot, and of which boot (see `Instant`).
    """

    id: str
    kind: Kind
    how: How
    patron: PatronBarcode | None
    item: ItemBarcode | None
    at_wall_s: float
    at_boot_s: float
    boot_id: str
    clock: ClockTrust
    mode: ModeName
    station: str
    session: str
    source: Source = Source.STATION
    unmatched: bool = False
    by: str | None = None
    due_date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands: what was recorded (its time corrected if the clock was), and its newest row.

    `sendings`: how many `sending` rows it has. `due_before`: the item's due date text as the library system gave it
    just before the newest sending of a renewal, by which a lost answer is decided. `behind`: an earlier entry of the
    same item that waits as an exception; `registration`: an earlier registration of the same card that does. Both
    are filled in by the journal for unsent entries.
    """

    seq: Seq
    what: NewEntry
    state: EntryState
    outcome: str | None = None
    answer: Mapping[str, str] | None = None
    reason: str | None = None
    sendings: int = 0
    due_before: str | None = None
    behind: Seq | None = None
    registration: Seq | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One question to the library system about an entry, before the row that it led to.

    `asked`: SIP2's number of it. `heard`: the answer by field name, without names, titles or other people's numbers;
    or `none`: why there was no answer.
    """

    at_wall_s: float
    asked: str
    heard: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AddEntry:
    """Ask the journal for a new entry, standing in `state` (`recorded`, or `sending` if it is sent at once)."""

    entry: NewEntry
    state: EntryState = EntryState.RECORDED


@dataclass(frozen=True, slots=True)
class AddRow:
    """Ask the journal to note what became of an entry.

    `outcome`: a key that says why (an exception's class, for instance). `answer`: the library system's own words by
    field name, without names, PINs or card numbers. `by`, `reason`: the person's initials and words, if one acted.
    `decided`: the row of the table of outcomes that led here. `looked`: what was asked before it.
    """

    seq: Seq
    state: EntryState
    at_wall_s: float
    outcome: str | None = None
    answer: Mapping[str, str] | None = None
    by: str | None = None
    reason: str | None = None
    due_before: str | None = None
    decided: str | None = None
    looked: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class AddNote:
    """Ask the journal to note something of the station itself, such as a forced mode (`kind` = `mode`)."""

    kind: str
    at_wall_s: float
    content: Mapping[str, str]


Write = AddEntry | AddRow | AddNote


@dataclass(frozen=True, slots=True)
class Summary:
    """The journal in numbers, as `kioskctl journal summary` prints it.

    `recorded` counts all entries ever; `unsent` those in `recorded` or `sending`; `oldest_unsent` is the oldest
    one's time (RFC 3339 in the station's zone) or None; `oldest_exception` likewise of those that wait for a person.
    """

    recorded: int = 0
    unsent: int = 0
    settled: int = 0
    refused: int = 0
    exceptions: int = 0
    withdrawn: int = 0
    handed_over: int = 0
    oldest_unsent: str | None = None
    oldest_exception: str | None = None


class StorageProblem(StrEnum):
    """Why the journal could not write."""

    FULL = "disk_full"
    READ_ONLY = "disk_read_only"
    BROKEN = "disk_error"


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries a list holds; times are seconds since 1970 UTC, `after` excludes that number itself."""

    after: Seq = BEFORE_ALL
    limit: int | None = None
    state: EntryState | None = None
    since_wall_s: float | None = None
    until_wall_s: float | None = None
