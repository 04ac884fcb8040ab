"""All that the rules can ask of the world; `kioskd.daemon` carries each out."""

from collections.abc import Mapping
from dataclasses import field

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.calls import (
    ExceptionsList,
    JournalHandedOver,
    JournalList,
    JournalShow,
    RegistrationsList,
    RequestId,
    StatsGet,
    StatusGet,
    TraceGet,
)
from kioskd.model.downtime import DraftForm, ProbeKind
from kioskd.model.downtime_calls import ReportGet, WorklistGet
from kioskd.model.entry import SaveToken, Seq, Write
from kioskd.model.errors import CallError
from kioskd.model.ils import Answer, AskId, Question, Urgency
from kioskd.model.settings import Secret
from kioskd.model.slip import Slip
from kioskd.model.view import View
from kioskd.model.written_late import dataclass


@dataclass(frozen=True, slots=True)
class Save:
    """Write all of these durably, or none; answered by `Saved` or `NotSaved`."""

    token: SaveToken
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class CheckDisk:
    """Find out whether the journal takes rows again; answered by `DiskChecked`."""


@dataclass(frozen=True, slots=True)
class CorrectClock:
    """The clock can be trusted now: entries of this boot that were unsure get their exact time."""

    boot_id: str
    wall_minus_boot_s: float
    at_wall_s: float


@dataclass(frozen=True, slots=True)
class Purge:
    """Forget the entries that were over before that time; nothing is answered."""

    before_wall_s: float


@dataclass(frozen=True, slots=True)
class FetchUnsent:
    """Read the oldest unsent entries after `after`; answered by `Fetched`.

    `ahead`: only registrations and rows from elsewhere, whose turn is not their number's.
    """

    after: Seq
    limit: int
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class FetchExceptions:
    """Read the exceptions of one kind, the oldest first; answered by `ExceptionsFetched`."""

    outcome: str
    limit: int


@dataclass(frozen=True, slots=True)
class ReadEntries:
    """Read these entries; answered by `EntriesRead`."""

    request: RequestId
    seqs: tuple[Seq, ...]


@dataclass(frozen=True, slots=True)
class FindEntries:
    """Find the entries of this item or of this card (one of them is None); answered by `EntriesRead`."""

    request: RequestId
    item: ItemBarcode | None = None
    patron: PatronBarcode | None = None


@dataclass(frozen=True, slots=True)
class ReadTaken:
    """Find the entries with these ids or of these items, and what was taken in of an archive.

    Answered by `TakenRead`.
    """

    request: RequestId
    archive: str
    ids: frozenset[str]
    items: frozenset[ItemBarcode] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seal:
    """Seal personal data so that staff alone can open it; answered by `Sealed`.

    `twin`: what two forms of the same person have in common; told apart by a keyed hash that is kept, never as it is.
    """

    request: RequestId
    content: Mapping[str, str] = field(repr=False)
    twin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeepDraft:
    """Keep a form that is being filled in, sealed; answered by `DraftKept`. Of two the higher number stays."""

    request: RequestId
    number: int
    form: DraftForm
    content: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DropDrafts:
    """Take drafts away, those kept under a lower number too; nothing is answered."""

    number: int
    forms: tuple[DraftForm, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """Look whether a related system (by its place in the configuration) answers; answered by `Probed`."""

    system: int
    kind: ProbeKind
    address: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class ReadFigures:
    """Count the entries that were recorded since a moment; answered by `FiguresRead`."""

    request: RequestId
    since_wall_s: float


@dataclass(frozen=True, slots=True)
class ReadBlockList:
    """Read the block list; answered by `BlockListRead`."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a line: TCP, 93 if there is a login, 99; answered by `LineUp` or `LineDown` within `timeout_s`."""

    timeout_s: float


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close the line if there is one; what still waits is `Unanswered`."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the library system; answered by `Answered` or `Unanswered` at `until_mono_s` at the latest.

    `lane`: on which line; 0 is the one that `Connect` opens, the others open by themselves. `after`: it goes out right
    behind this question, which is about something else, if that is answered with a yes (`said_yes`), and its time
    counts from there; else it is `Unanswered` with NOT_FOLLOWED.
    """

    ask: AskId
    question: Question
    urgency: Urgency
    until_mono_s: float
    lane: int = 0
    after: AskId | None = None


@dataclass(frozen=True, slots=True)
class Forget:
    """Nobody waits for this answer any more: what is not on the line yet is not sent."""

    ask: AskId


@dataclass(frozen=True, slots=True)
class Show:
    """The View changed."""

    view: View


@dataclass(frozen=True, slots=True)
class Reply:
    """A call succeeded. `result` None: answer with the View as it now stands."""

    request: RequestId
    result: Answer | Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """A call was refused."""

    request: RequestId
    error: CallError


@dataclass(frozen=True, slots=True)
class Query:
    """A call that the journal (or, for the status, all rooms) answers by reading."""

    request: RequestId
    call: (
        JournalList
        | JournalShow
        | JournalHandedOver
        | ExceptionsList
        | RegistrationsList
        | StatsGet
        | StatusGet
        | TraceGet
        | WorklistGet
        | ReportGet
    )


@dataclass(frozen=True, slots=True)
class CheckStaffCode:
    """Find out whose code this is; slow by design, so off the loop; answered by `StaffCodeChecked`.

    `request`: None if it was keyed by scanner, so that no call waits.
    """

    request: RequestId | None
    code: Secret


@dataclass(frozen=True, slots=True)
class Print:
    """Print a slip if the printer is ready before `until_mono_s`, else drop it; answered by `SlipEnded`."""

    slip: int
    what: Slip
    until_mono_s: float


@dataclass(frozen=True, slots=True)
class DropSlips:
    """Drop every slip that has not started; what the printer still holds is cancelled."""


@dataclass(frozen=True, slots=True)
class Beep:
    """Let the scanner tell *accepted* or *refused*, where its model can."""

    scanner: str
    good: bool


@dataclass(frozen=True, slots=True)
class Log:
    """A line for the log: a stable event name and its fields, card numbers masked."""

    level: str
    event: str
    fields: Mapping[str, object] = field(default_factory=dict)


Effect = (
    Save
    | CheckDisk
    | CorrectClock
    | Purge
    | FetchUnsent
    | FetchExceptions
    | ReadEntries
    | FindEntries
    | ReadTaken
    | Seal
    | KeepDraft
    | DropDrafts
    | Probe
    | ReadFigures
    | ReadBlockList
    | Connect
    | Disconnect
    | Ask
    | Forget
    | Show
    | Reply
    | Fail
    | Query
    | CheckStaffCode
    | Print
    | DropSlips
    | Beep
    | Log
)
