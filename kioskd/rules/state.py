"""All that the station remembers between two inputs, as frozen values."""

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.blocks import BlockList, BlockReason
from kioskd.model.calls import DueDateScope, RequestId
from kioskd.model.device import DeviceStatus
from kioskd.model.downtime import DraftForm, SystemState
from kioskd.model.entry import (
    BEFORE_ALL,
    AddNote,
    AddRow,
    Entry,
    How,
    Look,
    ModeName,
    SaveToken,
    Seq,
    StorageProblem,
    Summary,
)
from kioskd.model.ils import AskId, LineTrouble, LoanAnswer
from kioskd.model.inputs import Asked, Scanned
from kioskd.model.settings import Secret, Settings
from kioskd.model.slip import SlipKind
from kioskd.model.time import Clock, ClockSource
from kioskd.model.view import AccountState, Flow, LineResult, Paper, Tone, View
from kioskd.model.written_late import dataclass
from kioskd.rules.evidence import Facts, Step, Terms
from kioskd.rules.outage import Outage
from kioskd.rules.pace import Pace


class Stage(StrEnum):
    """How far a patron session is."""

    CARD = "card"
    """A flow is chosen, the card is awaited."""
    LOOKUP = "lookup"
    """The library system is asked about the card; scans wait their turn."""
    PIN = "pin"
    ITEMS = "items"
    FINISH = "finish"
    """The patron chooses paper."""
    CLOSING = "closing"
    """Finished; answers or slips are still awaited."""
    DONE = "done"
    """Over; what was done stays on the screen for a moment, without the person."""


OPEN = frozenset({Stage.CARD, Stage.LOOKUP, Stage.PIN, Stage.ITEMS, Stage.FINISH})


GOOD = frozenset({LineResult.CHECKED_OUT, LineResult.RENEWED, LineResult.RECORDED})
"""What the patron may take."""


class Overlay(StrEnum):
    """A screen laid over the session's own."""

    HELP = "help"
    DUE_DATE = "due_date"
    LOANS = "loans"


@dataclass(frozen=True, slots=True)
class Message:
    """What the station says; its text is made when it is shown, in the language of that moment."""

    key: str
    tone: Tone
    params: Mapping[str, str] = field(default_factory=dict)
    until_mono_s: float | None = None


@dataclass(frozen=True, slots=True)
class CardOrItem:
    """A code fits both patterns: is it a card (yes) or an item (no)?"""

    code: str
    how: How


@dataclass(frozen=True, slots=True)
class FinishFirst:
    """Another card came: finish this session and go on with that card?"""

    card: PatronBarcode
    how: How
    unmatched: bool = False


@dataclass(frozen=True, slots=True)
class StillCard:
    """Nobody moved for a while, then items came: is it still the person of this card?"""

    items: tuple[Scanned | Asked, ...]


@dataclass(frozen=True, slots=True)
class TypedCard:
    """A card was typed whose check digit proves nothing: staff confirm it."""

    card: PatronBarcode


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Staff take a code that no pattern knows as an item or a card."""

    code: str
    card: bool
    how: How


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card on the block list, while the library system is away: staff lend to it, or do not."""

    card: PatronBarcode
    reason: BlockReason
    unmatched: bool = False


Question = CardOrItem | FinishFirst | StillCard | TypedCard | Unmatched | ListedCard


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the session. `seq` is None until it is saved; `since_mono_s` is when it was scanned."""

    n: int
    item: ItemBarcode
    result: LineResult
    since_mono_s: float
    seq: Seq | None = None
    reason: str | None = None
    said: str | None = None
    """The library system's own words of a refusal (AF); shown to staff only, since they may name another borrower."""
    title: str | None = None
    due: str | None = None
    alternative_due: dt.date | None = None
    asked: bool = False
    """The library system was asked, so it may know of the loan whatever became of its answer."""
    renewal: bool = False


@dataclass(frozen=True, slots=True)
class Loan:
    """One thing that the patron has, or that waits for them. `due_text` as the library system wrote it."""

    item: ItemBarcode
    title: str | None = None
    due: dt.date | None = None
    due_text: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What the library system tells of a patron's loans; lives in the session and ends with it.

    `to_look_at`: items about which 17 is still to be asked, the one that is out first. `to_renew`: lines, saved as
    `sending`, that are asked about one after the other, the one that is out first.
    """

    state: AccountState = AccountState.ASKING
    loans: tuple[Loan, ...] = ()
    complete: bool = True
    hold_count: int = 0
    holds: tuple[Loan, ...] = ()
    to_look_at: tuple[ItemBarcode, ...] = ()
    to_renew: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AlternativeDue:
    """Staff's due date that holds now."""

    date: dt.date
    scope: DueDateScope


@dataclass(frozen=True, slots=True)
class Session:
    """One patron's visit."""

    id: str
    flow: Flow
    stage: Stage
    last_input_mono_s: float
    patron: PatronBarcode | None = None
    patron_unmatched: bool = False
    known_to_ils: bool = False
    """The library system answered for this card, so a 35 is owed at the end."""
    denied: bool = False
    renewal_denied: bool = False
    """The card's own flags say that nothing is lent, or renewed."""
    pin: Secret | None = None
    lines: tuple[Line, ...] = ()
    alternative_due: AlternativeDue | None = None
    held: tuple[Scanned | Asked, ...] = ()
    """Scans that came while the card was looked up."""
    lookup: AskId | None = None
    paper: tuple[SlipKind, ...] = ()
    slips: frozenset[int] = frozenset()
    receipt: bool = False
    """A receipt was handed to the printer."""
    warned: bool = False
    account: Account | None = None
    done_until_mono_s: float | None = None
    """When the thanks go by themselves; while it prints, when the slips are given up."""


class Phase(StrEnum):
    """Where the line to the library system stands."""

    DOWN = "down"
    CONNECTING = "connecting"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Link:
    """The line to the library system and what was seen of it.

    `misses`, `good`: polls or connections in a row that failed, that were answered. `next_mono_s`: when to connect
    or to poll next. `login_worked`: a 94 was good once.
    """

    phase: Phase = Phase.DOWN
    misses: int = 0
    good: int = 0
    next_mono_s: float | None = None
    poll: AskId | None = None
    dropped_mono_s: float | None = None
    trouble: LineTrouble | None = LineTrouble.NOT_YET
    detail: str = ""
    last_answer_wall_s: float | None = None
    round_trip_s: float | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)
    supports: str = ""
    """BX of the last 98."""
    server_timeout_s: float | None = None
    login_worked: bool = False
    failures: int = 0
    """Connections that failed in a row, for the back-off."""
    flaps: int = 0
    """Lines in a row that came up and ended without an answer to anything."""
    doubted: bool = False
    """A question about a card, a loan or an item stayed unanswered; good 98s prove nothing until one is answered."""
    relapses: int = 0
    """How often in a row it was in doubt again before an entry was settled."""
    believe_mono_s: float = 0.0
    """Until then it is not believed to be back, however good its 98s."""
    sends_lost: int = 0
    """Loans and renewals in a row whose line died, with none settled between."""
    proofs_lost: int = 0
    """Probes in a row whose line died."""
    cards_doubted: bool = False
    """63 itself stayed unanswered: only an answer to one shows that it works again."""
    suspect: bool = False
    """It refused what it was sent, one after the other: whatever it answers, it may not be itself."""
    upload_problem: str = ""
    """What keeps the upload's own line down, for technicians; empty: nothing that is known."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How the station stands to the library system."""

    name: ModeName = ModeName.OFFLINE
    since_wall_s: float = 0.0
    reason: str = LineTrouble.NOT_YET
    forced: str | None = None
    """Staff's reason for staying offline; None: the station decides."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Staff rights lent to the station."""

    by: str | None = None
    until_mono_s: float | None = None
    wrong: int = 0
    blocked_until_mono_s: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A refusal that is not believed yet: the row that it would be, and the entry."""

    entry: Entry
    row: AddRow
    explained: bool
    """What was looked up shows a reason."""
    unknown: bool = False
    """It said that it does not know the card, or the item."""


@dataclass(frozen=True, slots=True)
class Belief:
    """Whether the library system is itself (`kioskd.rules.belief`).

    `decided`, `refused`: of the first entries of this run. `streak`: patron and item of the refusals in a row, each
    counted once. `tries`: how often an entry was refused in vain. `vouched`: it said yes since it came back; `knows`:
    it knew a card or an item since then, so that its database is not empty. `lied`: it has done what it had refused.
    """

    decided: int = 0
    refused: int = 0
    streak: tuple[tuple[PatronBarcode | None, ItemBarcode | None], ...] = ()
    held: tuple[Held, ...] = ()
    tries: Mapping[Seq, int] = field(default_factory=dict)
    vouched: bool = False
    knows: bool = False
    lied: bool = False
    suspicions: int = 0


@dataclass(frozen=True, slots=True)
class Current:
    """An entry that the upload is at, and the line (`lanes`) on which it asks about it."""

    entry: Entry
    step: Step
    facts: Facts
    lane: int = 0
    ask: AskId | None = None
    terms: Terms | None = None
    """On what terms it was asked about."""
    said: Mapping[str, str] = field(default_factory=dict)
    """The library system's words on the entry itself, kept over later looks."""


@dataclass(frozen=True, slots=True)
class Stumbled:
    """Where the line died, and how often in a row there."""

    seq: Seq
    step: Step
    times: int


@dataclass(frozen=True, slots=True)
class Upload:
    """The upload's window on the journal."""

    running: bool = False
    start_mono_s: float | None = None
    """When it may start or go on: the random spread, or a back-off."""
    ahead: tuple[Entry, ...] = ()
    """Registrations and rows from elsewhere, in their order (`ordering`)."""
    ahead_read: bool = False
    queue: tuple[Entry, ...] = ()
    """The next own entries."""
    fetched_to: Seq = BEFORE_ALL
    at_end: bool = False
    """All own entries of this round were read."""
    found: bool = False
    """There was something to do in this round."""
    currents: Mapping[Seq, Current] = field(default_factory=dict)
    """The entries in hand, one a lane at most."""
    marked: frozenset[Seq] = frozenset()
    """They stand as `sending` and were not sent."""
    deaths: Mapping[Seq, int] = field(default_factory=dict)
    doubted: frozenset[Seq] = frozenset()
    """The line died of these three times: they are looked up once more, and not sent again."""
    stumbled: Stumbled | None = None
    last: frozenset[Seq] = frozenset()
    """Entries that let all others go first, later ones of the same item excepted."""
    held_items: Mapping[ItemBarcode, Seq] = field(default_factory=dict)
    held_cards: Mapping[PatronBarcode, Seq] = field(default_factory=dict)
    """Cards whose registration waits for a person."""
    heard: Mapping[int, tuple[Seq, ...]] = field(default_factory=dict)
    """By lane: the last entries about which its present line was answered."""
    trails: Mapping[Seq, tuple[Look, ...]] = field(default_factory=dict)
    """What was asked about an entry so far; written with the row to which it leads."""
    belief: Belief = field(default_factory=Belief)
    pace: Pace = field(default_factory=Pace)
    done: int = 0
    per_s: float = 0.0
    """As people are told it; moves with each entry that is done, and not with time alone."""
    started_mono_s: float = 0.0
    next_send_mono_s: float = 0.0
    backoffs: int = 0

    @property
    def current(self) -> Current | None:
        """The entry that was taken up first of those in hand."""
        return next(iter(self.currents.values()), None)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Cards and items of the entries that were unsent when recovery began, or have become so since."""

    loaded: bool = False
    read_to: Seq = BEFORE_ALL
    numbers: frozenset[str] = frozenset()


class FetchFor(StrEnum):
    """Who asked the journal for unsent entries; one such question is out at a time."""

    PROOF = "proof"
    """The oldest one, to be looked up before the library system is believed to be back."""
    AHEAD = "ahead"
    """Those whose turn is not their number's: registrations, rows from elsewhere."""
    WINDOW = "window"
    """The upload's next ones."""
    BACKLOG = "backlog"
    """All of them in slices, for who goes first."""
    NOBODY = "nobody"
    """Whoever asked no longer wants them."""


class SaveFor(StrEnum):
    """What a save in flight is for."""

    ITEM = "item"
    WITHDRAWAL = "withdrawal"
    MODE = "mode"
    HAND_OVER = "hand_over"
    RESOLUTION = "resolution"
    OUTBOX = "outbox"
    MARK = "mark"
    LOANS = "loans"
    """The renewals of all that a patron has, in one piece."""
    LOANS_MARK = "loans_mark"
    """Their due dates, and that they are about to be sent."""
    BY_HAND = "by_hand"
    """A row of a paper sheet, or a registration."""
    TAKE_IN = "take_in"
    """Entries of another station, or that come back from a hand-over."""
    DOWNTIME = "downtime"
    """What staff did on the downtime board, or about a registration."""
    NOTES = "notes"
    """What the station noticed of an outage."""


@dataclass(frozen=True, slots=True)
class Saving:
    """One save in flight. `n`, `lines`: the session's lines; `rows`: what to try again if it fails."""

    what: SaveFor
    session: str | None = None
    n: int = 0
    lines: tuple[int, ...] = ()
    rows: tuple[AddRow, ...] = ()
    request: RequestId | None = None
    seqs: tuple[Seq, ...] = ()
    mode_reason: str | None = None
    scanner: str | None = None
    """Whose scan it was, to let it beep once the item is safe."""
    live: bool = False
    """Saved as `sending`: to be sent as soon as it is saved."""
    patron: PatronBarcode | None = None
    item: ItemBarcode | None = None
    row: AddRow | None = None
    """What is noted of a new entry as soon as it has its number."""
    notes: tuple[AddRow | None, ...] = ()
    """The same for each of several new entries."""
    numbers: frozenset[str] = frozenset()
    """Cards and items of several entries."""
    told: tuple[AddNote, ...] = ()
    registers: bool = False
    """It is a registration: its draft has served."""


WAITED_FOR = frozenset(
    {
        SaveFor.ITEM,
        SaveFor.LOANS,
        SaveFor.WITHDRAWAL,
        SaveFor.MODE,
        SaveFor.HAND_OVER,
        SaveFor.RESOLUTION,
        SaveFor.BY_HAND,
        SaveFor.TAKE_IN,
        SaveFor.DOWNTIME,
    }
)
"""While one of these is in flight, scans and calls wait their turn."""


class AskFor(StrEnum):
    """Whose question is out."""

    CARD = "card"
    LOAN = "loan"
    SECOND_LOOK = "second_look"
    """Whether a loan or renewal that was refused was done all the same."""
    CHECKIN = "checkin"
    POLL = "poll"
    UPLOAD = "upload"
    GOODBYE = "goodbye"
    ACCOUNT = "account"
    """A patron's loans, or a title and due date among them."""
    RENEW_ALL = "renew_all"
    PROBE = "probe"
    """A card asked about before the library system is believed to be back."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """A live refusal that is looked at before it is told. `due_before`: the due date before a renewal."""

    item: ItemBarcode
    refusal: LoanAnswer
    due_before: str
    looked: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """One question out. `seq`, `seqs`: the entries it is about. `lane`: the line that it goes on.

    `until_mono_s`: how long a patron waits for a loan, with all that is asked about it.
    """

    what: AskFor
    session: str | None = None
    n: int = 0
    seq: Seq | None = None
    request: RequestId | None = None
    renewal: bool = False
    seqs: tuple[Seq, ...] = ()
    lane: int = 0
    until_mono_s: float = 0.0
    look: SecondLook | None = None


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
