"""All that can reach the rules: one union, each with the moment it was noticed (see `Event`)."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from kioskd.model.blocks import BlockList
from kioskd.model.calls import Call, RequestId, Role
from kioskd.model.device import DeviceStatus
from kioskd.model.downtime import DraftForm, Figures
from kioskd.model.entry import AddNote, Entry, How, SaveToken, Seq, StorageProblem, Summary
from kioskd.model.ils import Answer, AskId, LineTrouble, NoAnswer, StatusAnswer
from kioskd.model.settings import Secret
from kioskd.model.slip import SlipFate
from kioskd.model.time import Clock, Instant
from kioskd.model.view import Paper
from kioskd.model.written_late import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """The daemon is ready to work: what the journal held, and whether staff had forced offline (and why)."""

    instance: str
    """A random UUID made by the daemon at its start, from which all its entries' ids derive."""
    summary: Summary
    clock: Clock
    forced_reason: str | None = None
    interrupted: int | None = None
    """How many entries the session had that was open when the last daemon ended; None: there was none."""
    outage: tuple[AddNote, ...] = ()
    """What the journal holds of outages, the oldest first."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scanner handed over one whole code."""

    scanner: str
    code: Secret
    how: How = How.SCANNED


@dataclass(frozen=True, slots=True)
class ScanLost:
    """A scanner lost part of a scan; nothing of it may be used."""

    scanner: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A client of the socket calls a method; `role` is what its credentials allow."""

    request: RequestId
    role: Role
    call: Call


@dataclass(frozen=True, slots=True)
class StaffCodeChecked:
    """The answer to a `CheckStaffCode`: whose code it is (initials), or nobody's."""

    request: RequestId | None
    initials: str | None
    drafts: Mapping[DraftForm, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """What that member had begun to fill in before a restart."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What `Save` asked for is durable; `seqs` are the new entries' numbers in the order of its writes."""

    token: SaveToken
    seqs: tuple[Seq, ...]
    summary: Summary


@dataclass(frozen=True, slots=True)
class NotSaved:
    """Nothing of what `Save` asked for was kept."""

    token: SaveToken
    problem: StorageProblem


@dataclass(frozen=True, slots=True)
class DiskChecked:
    """The answer to a `CheckDisk`: whether the journal takes rows again."""

    problem: StorageProblem | None
    free_mib: int | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer to a `FetchUnsent`: the oldest unsent entries after the number asked for."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """The answer to a `FetchUnsent` that the disk did not give."""

    problem: StorageProblem


@dataclass(frozen=True, slots=True)
class ExceptionsFetched:
    """The answer to a `FetchExceptions`; empty as well where the disk gave nothing."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class EntriesRead:
    """The answer to a `ReadEntries` or `FindEntries`: those that exist, by number."""

    request: RequestId
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class TakenRead:
    """The answer to a `ReadTaken`: the entries that exist, and the parts of the archive that are here already.

    `problem`: the disk gave nothing.
    """

    request: RequestId
    entries: tuple[Entry, ...] = ()
    parts: frozenset[str] = frozenset()
    problem: StorageProblem | None = None


class CannotSeal(StrEnum):
    """Why personal data could not be sealed."""

    NO_KEYS = "no_keys"
    """No staff member has a code that could open it."""
    UNREADABLE = "keys_unreadable"
    NOT_WRITTEN = "not_written"
    """Drafts alone: the disk took nothing."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The answer to a `Seal`. `twin`: the keyed hash to keep; `known`: such a one is here already."""

    request: RequestId
    sealed: str = field(default="", repr=False)
    twin: str = ""
    known: bool = False
    problem: CannotSeal | None = None


@dataclass(frozen=True, slots=True)
class DraftKept:
    """The answer to a `KeepDraft`."""

    request: RequestId
    number: int
    problem: CannotSeal | None = None


@dataclass(frozen=True, slots=True)
class Probed:
    """The answer to a `Probe`."""

    system: int
    answers: bool


@dataclass(frozen=True, slots=True)
class FiguresRead:
    """The answer to a `ReadFigures`; None: the journal could not be read."""

    request: RequestId
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class BlockListRead:
    """The answer to a `ReadBlockList`: the list, or why it could not be read."""

    blocks: BlockList | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class LineUp:
    """The answer to a `Connect`: connected, logged in, and the first 98 is here."""

    status: StatusAnswer


@dataclass(frozen=True, slots=True)
class LineDown:
    """The answer to a `Connect` that failed, or the end of a line that was up. `detail` is for technicians."""

    trouble: LineTrouble
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The library system answered."""

    ask: AskId
    answer: Answer
    round_trip_s: float


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The library system did not answer."""

    ask: AskId
    why: NoAnswer


@dataclass(frozen=True, slots=True)
class PrinterChanged:
    """What is known of the printer now."""

    paper: Paper
    ready: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SlipEnded:
    """What became of a slip."""

    slip: int
    fate: SlipFate


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A peripheral's life cycle moved on."""

    status: DeviceStatus


@dataclass(frozen=True, slots=True)
class ClockChanged:
    """The kernel's word on the wall clock changed."""

    clock: Clock


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline that the rules asked for has come (`rules.deadline`)."""


Heard = (
    Started
    | StaffCodeChecked
    | Saved
    | NotSaved
    | DiskChecked
    | Fetched
    | FetchFailed
    | ExceptionsFetched
    | EntriesRead
    | TakenRead
    | Sealed
    | DraftKept
    | Probed
    | FiguresRead
    | BlockListRead
    | LineUp
    | LineDown
    | Answered
    | Unanswered
    | PrinterChanged
    | SlipEnded
    | DeviceChanged
    | ClockChanged
    | Tick
)
"""What the rooms answer and notice."""

Input = Scanned | ScanLost | Asked | Heard


@dataclass(frozen=True, slots=True)
class Event:
    """An input and the moment at which it was noticed."""

    at: Instant
    input: Input
