"""The View, which is all that a front screen draws, and the Status, which a technician reads. Field names are the
socket's (docs/PROTOCOL.md)."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from kioskd.model.device import DeviceStatus
from kioskd.model.downtime import AlarmView, DowntimeView
from kioskd.model.entry import ModeName, Summary
from kioskd.model.settings import StationKind
from kioskd.model.written_late import dataclass


class Screen(StrEnum):
    """What the front screen shows."""

    IDLE = "idle"
    CARD = "card"
    PIN = "pin"
    CONFIRM = "confirm"
    ITEMS = "items"
    DUE_DATE = "due_date"
    FINISH = "finish"
    PRINTING = "printing"
    DONE = "done"
    LOANS = "loans"
    HELP = "help"
    STAFF = "staff"
    OUT_OF_SERVICE = "out_of_service"


class Flow(StrEnum):
    """What the patron came for."""

    CHECKOUT = "checkout"
    RENEW = "renew"


class LineResult(StrEnum):
    """What became of one item of the session."""

    CHECKING = "checking"
    CHECKED_OUT = "checked_out"
    RENEWED = "renewed"
    RECORDED = "recorded"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Tone(StrEnum):
    """How a message sounds: a question, good news, a caution, a stop."""

    ASK = "ask"
    OK = "ok"
    WARN = "warn"
    STOP = "stop"


class Paper(StrEnum):
    """What is known of the receipt paper."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StationView:
    """Which station this is; `time` is local wall time, `HH:MM`."""

    id: str
    kind: StationKind
    time: str


@dataclass(frozen=True, slots=True)
class ModeView:
    """How the station stands to the library system, and since when (RFC 3339)."""

    name: ModeName
    since: str
    reason: str
    forced: bool
    slow: bool


@dataclass(frozen=True, slots=True)
class PatronView:
    """Whose session it is, as far as a screen may show: `••••` and at most four digits."""

    label: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One item of the session."""

    n: int
    item: str
    result: LineResult
    reason: str | None
    text: str
    title: str | None
    due: str | None


class AccountState(StrEnum):
    """How far the patron's loans are known."""

    ASKING = "asking"
    READY = "ready"
    UNKNOWN = "unknown"
    """The library system did not tell them."""


@dataclass(frozen=True, slots=True)
class LoanView:
    """One thing on loan. `result` and `text`: what became of its renewal in this session, else null."""

    item: str
    title: str | None
    due: str | None
    result: LineResult | None
    text: str | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """What the patron has on loan, on the screen `loans` and nowhere else; nothing of it is kept.

    `loans`: in the order of their due dates. `complete`: false where the library system has more than it lists.
    `holds_ready`: how many holds wait on the shelf; `holds`: their titles, as far as they are known.
    """

    state: AccountState
    loans: tuple[LoanView, ...]
    complete: bool
    holds_ready: int
    holds: tuple[str, ...]


class KeyedFor(StrEnum):
    """What digits keyed by command barcodes are for."""

    NUMBER = "number"
    PIN = "pin"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class KeyedView:
    """What has been keyed by command barcodes so far: how many digits, and which, unless they are a secret."""

    what: KeyedFor
    count: int
    text: str | None


@dataclass(frozen=True, slots=True)
class MessageView:
    """What the station says now, in the session's language."""

    key: str
    params: Mapping[str, str]
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class TimerView:
    """A countdown the patron sees: what `kind` it is, and in how many seconds it ends when this was sent."""

    ends_in_s: int
    kind: str


@dataclass(frozen=True, slots=True)
class DueDateView:
    """Staff's alternative due date that holds now."""

    date: str
    scope: str


@dataclass(frozen=True, slots=True)
class StaffView:
    """Whether staff rights are lent to the station, and to whom (initials)."""

    unlocked: bool
    by: str | None


@dataclass(frozen=True, slots=True)
class UploadView:
    """How far the upload is."""

    done: int
    left: int
    per_s: float


@dataclass(frozen=True, slots=True)
class View:
    """All that a front screen needs."""

    seq: int
    session: str | None
    station: StationView
    screen: Screen
    flow: Flow | None
    language: str
    mode: ModeView
    patron: PatronView | None
    items: tuple[LineView, ...]
    message: MessageView | None
    timer: TimerView | None
    choices: tuple[str, ...]
    due_date: DueDateView | None
    staff: StaffView
    unsent: int
    exceptions: int
    paper: Paper
    upload: UploadView | None
    offers: tuple[str, ...] = ()
    """The papers that can be had now (`receipt`, `bookmark`)."""
    helpdesk: str = ""
    """The helpdesk's telephone; for patrons only while the library system is down."""
    account: AccountView | None = None
    """On the screen `loans`: what this patron has."""
    keyed: KeyedView | None = None
    """Digits that came by command barcodes and wait for *enter*."""
    contact: str = ""
    """Where whoever wants something else turns to later (`library.contact`)."""
    downtime: DowntimeView | None = None
    """From the beginning of an outage until its report is closed, where staff are at the station."""
    alarm: AlarmView | None = None
    """Something has waited for more than a day."""
    drafts: tuple[str, ...] = ()
    """The forms that staff have begun (`draft.get`), while the station is unlocked."""


@dataclass(frozen=True, slots=True)
class IlsStatus:
    """The line to the library system: its state, when it last answered, how fast, and what is wrong.

    `upload_problem`: what is wrong with the way of the uploads alone.
    """

    state: str
    last_answer: str | None = None
    round_trip_ms: float | None = None
    problem: str | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)
    upload_problem: str | None = None


@dataclass(frozen=True, slots=True)
class ClockStatus:
    """Whether the wall clock can be believed, and on whose word."""

    trusted: bool
    source: str


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """Room left where the journal lives."""

    free_mib: int | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What `status.get` answers."""

    mode: ModeView
    ils: IlsStatus
    devices: tuple[DeviceStatus, ...]
    journal: Summary
    clock: ClockStatus
    disk: DiskStatus
    version: str
    uptime_s: int
    alarm: AlarmView | None = None
