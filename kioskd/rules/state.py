"""All that the station remembers between two inputs, as frozen values."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import field

from kioskd.model.barcode import PatronBarcode
from kioskd.model.blocks import BlockList
from kioskd.model.calls import RequestId
from kioskd.model.device import DeviceStatus
from kioskd.model.downtime import DraftForm, SystemState
from kioskd.model.entry import (
    AddNote,
    AddRow,
    SaveToken,
    StorageProblem,
    Summary,
)
from kioskd.model.ils import AskId
from kioskd.model.inputs import Asked, Scanned
from kioskd.model.settings import Secret, Settings
from kioskd.model.time import Clock, ClockSource
from kioskd.model.view import Paper, Tone, View
from kioskd.model.written_late import dataclass
from kioskd.rules.in_flight import Asking, FetchFor, Saving
from kioskd.rules.link import Link, Mode
from kioskd.rules.outage import Outage
from kioskd.rules.sending import Backlog, Upload
from kioskd.rules.session import Overlay, Question, Session


@dataclass(frozen=True, slots=True)
class Message:
    """What the station says; its text is made when it is shown, in the language of that moment."""

    key: str
    tone: Tone
    params: Mapping[str, str] = field(default_factory=dict)
    until_mono_s: float | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """Staff rights lent to the station."""

    by: str | None = None
    until_mono_s: float | None = None
    wrong: int = 0
    blocked_until_mono_s: float | None = None


@dataclass(frozen=True, slots=True)
class LastScan:
    """A scanner's last code, to know the same book read twice."""

    code: Secret
    mono_s: float


@dataclass(frozen=True, slots=True)
class TypedOnce:
    """A card number typed once that must be typed again."""

    card: PatronBarcode
    until_mono_s: float


@dataclass(frozen=True, slots=True)
class Looked:
    """What was last seen of a related system, and since when it is so."""

    state: SystemState
    since_wall_s: float


@dataclass(frozen=True, slots=True)
class Keyed:
    """Digits keyed by command barcodes; `staff`: they are a staff code."""

    text: Secret
    staff: bool = False
    until_mono_s: float = 0.0


@dataclass(frozen=True, slots=True)
class State:
    """The whole station."""

    settings: Settings
    zone: zoneinfo.ZoneInfo
    language: str
    instance: str = ""
    started_wall_s: float = 0.0
    count: int = 0
    """Rises with each id that is given out."""
    summary: Summary = field(default_factory=Summary)
    clock: Clock = field(default_factory=lambda: Clock(trusted=False, source=ClockSource.NONE, boot_id=""))
    wall_minus_boot_s: float | None = None
    """Where the wall clock stood, against the time since boot, when it was last found right."""
    session: Session | None = None
    question: Question | None = None
    overlay: Overlay | None = None
    message: Message | None = None
    mode: Mode = field(default_factory=Mode)
    link: Link = field(default_factory=Link)
    staff: Staff = field(default_factory=Staff)
    paper: Paper = Paper.UNKNOWN
    printer_ready: bool = False
    devices: tuple[DeviceStatus, ...] = ()
    storage: StorageProblem | None = None
    storage_check_mono_s: float | None = None
    free_mib: int | None = None
    saves: Mapping[SaveToken, Saving] = field(default_factory=dict)
    asks: Mapping[AskId, Asking] = field(default_factory=dict)
    outbox: tuple[AddRow, ...] = ()
    """What became of entries, waiting for the journal; nobody waits for it."""
    outbox_since_mono_s: float = 0.0
    """When the first of those came."""
    waiting: tuple[Scanned | Asked, ...] = ()
    reading: Mapping[RequestId, Asked] = field(default_factory=dict)
    """Calls that wait for the entries they are about."""
    last_scans: Mapping[str, LastScan] = field(default_factory=dict)
    typed_once: TypedOnce | None = None
    keyed: Keyed | None = None
    touched_mono_s: float = 0.0
    """When somebody last did something at the station."""
    upload: Upload = field(default_factory=Upload)
    fetch: FetchFor | None = None
    blocks: BlockList | None = None
    backlog: Backlog = field(default_factory=Backlog)
    nightly_wall_s: float | None = None
    """When what waits is sent whatever its back-off says: in the night, and before the library opens."""
    outage: Outage | None = None
    """The last one; also when it is over."""
    to_note: tuple[AddNote, ...] = ()
    """What was noticed of it, waiting for the journal; nobody waits for it."""
    today: str | None = None
    """The day that the board shows, while there is one."""
    alarmed: bool = False
    """Something has waited for more than a day."""
    systems: Mapping[int, Looked] = field(default_factory=dict)
    """Related systems by their place in the settings."""
    probe_mono_s: float | None = None
    staffs_clock: float | None = None
    """Wall time minus time since boot by staff's word, which holds until somebody better vouches for the clock."""
    drafts: Mapping[DraftForm, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """Forms that staff have begun, while the station is unlocked."""
    drafts_dropped: int = 0
    form_scan: RequestId | None = None
    """Who waits for a code that belongs to a form."""
    papers: Mapping[int, RequestId | None] = field(default_factory=dict)
    """Papers for staff that are being printed, and the calls that wait for them."""
    view: View | None = None


def initial(settings: Settings) -> State:
    """Return the state of a station that has not started yet."""
    return State(
        settings=settings,
        zone=zoneinfo.ZoneInfo(settings.station.timezone),
        language=settings.station.languages[0],
    )
