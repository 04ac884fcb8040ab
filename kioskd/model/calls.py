"""The local socket's methods as values: what a client may ask. Names are the socket's (docs/PROTOCOL.md).

A field that JSON calls by a Python keyword carries an underscore here (`as_`); `kioskd.front` maps it.
"""

import datetime as dt
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final, NewType

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.choices import ResolveAction, StatsBy
from kioskd.model.downtime_calls import DOWNTIME_METHODS, DowntimeCall
from kioskd.model.entry import EntryState, How, Kind, ModeName, Seq
from kioskd.model.settings import NO_SECRET, Secret
from kioskd.model.slip import SlipKind
from kioskd.model.time import ClockTrust
from kioskd.model.view import Flow
from kioskd.model.written_late import dataclass

RequestId = NewType("RequestId", int)
"""Names one call inside the daemon until it is answered; not the client's JSON-RPC id."""


class Role(IntEnum):
    """What a client may do; each includes the one before. On the wire: the member's name in lower case."""

    SCREEN = 1
    STAFF = 2
    TECHNICIAN = 3


class CodeAs(StrEnum):
    """What staff take a code for that no pattern knows."""

    ITEM = "item"
    PATRON = "patron"


class ShowScreen(StrEnum):
    """The screens that `session.show` can ask for."""

    ITEMS = "items"
    FINISH = "finish"
    DUE_DATE = "due_date"
    HELP = "help"


class DueDateScope(StrEnum):
    """How long an alternative due date holds."""

    NEXT_ITEM = "next_item"
    SESSION = "session"


class ModeWish(StrEnum):
    """What `mode.set` can ask for."""

    AUTO = "auto"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class ViewGet:
    """`view.get`."""


@dataclass(frozen=True, slots=True)
class StatusGet:
    """`status.get`."""


@dataclass(frozen=True, slots=True)
class SessionShow:
    """`session.show`."""

    screen: ShowScreen
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionStart:
    """`session.start`."""

    flow: Flow
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionInput:
    """`session.input`: a code as typed, or the PIN where the View asks one, hence a Secret until the rules know."""

    code: Secret
    as_: CodeAs | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionConfirm:
    """`session.confirm`."""

    yes: bool
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionWithdraw:
    """`session.withdraw`."""

    n: int
    reason: str = ""
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionFinish:
    """`session.finish`."""

    paper: tuple[SlipKind, ...] = ()
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionCancel:
    """`session.cancel`."""

    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionMoreTime:
    """`session.more_time`."""

    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionNextPatron:
    """`session.next_patron`."""

    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionLanguage:
    """`session.language`."""

    language: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionLoans:
    """`session.loans`: show what the patron of the session has on loan, and what waits for them."""

    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRenewAll:
    """`session.renew_all`: renew all that `session.loans` shows."""

    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionDueDate:
    """`session.due_date`; `date` None clears it."""

    date: dt.date | None
    scope: DueDateScope = DueDateScope.NEXT_ITEM
    session: str | None = None


@dataclass(frozen=True, slots=True)
class StaffUnlock:
    """`staff.unlock`."""

    code: Secret


@dataclass(frozen=True, slots=True)
class StaffLock:
    """`staff.lock`."""

    code: Secret = NO_SECRET


@dataclass(frozen=True, slots=True)
class ModeSet:
    """`mode.set`."""

    mode: ModeWish
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ItemCheckin:
    """`item.checkin`."""

    code: ItemBarcode


@dataclass(frozen=True, slots=True)
class RfidRead:
    """`rfid.read`."""


@dataclass(frozen=True, slots=True)
class RfidSecure:
    """`rfid.secure`."""


@dataclass(frozen=True, slots=True)
class PaymentTake:
    """`payment.take`; always refused, so its fields do not matter."""


@dataclass(frozen=True, slots=True)
class HoldsProcess:
    """`holds.process`; always refused, so its fields do not matter."""


@dataclass(frozen=True, slots=True)
class JournalSummary:
    """`journal.summary`."""


@dataclass(frozen=True, slots=True)
class JournalList:
    """`journal.list`; `since` and `until` are RFC 3339; `reveal` shows whole card numbers (staff)."""

    after: int = 0
    limit: int = 200
    state: EntryState | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    reveal: bool = False


@dataclass(frozen=True, slots=True)
class ExceptionsList:
    """`exceptions.list`."""

    after: int = 0
    limit: int = 200
    reveal: bool = False


@dataclass(frozen=True, slots=True)
class JournalWithdraw:
    """`journal.withdraw`."""

    seq: Seq
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JournalHandOver:
    """`journal.hand_over`; `to` names the export or the station that has the entries now."""

    seqs: tuple[Seq, ...]
    to: str


@dataclass(frozen=True, slots=True)
class JournalHandedOver:
    """`journal.handed_over`: which entries were handed over to that, and not taken back since."""

    to: str


@dataclass(frozen=True, slots=True)
class JournalTakeBack:
    """`journal.take_back`: these were handed over to a file that nobody loaded, and is destroyed: they go up after all.

    `by`: initials, where no staff code has unlocked the station.
    """

    seqs: tuple[Seq, ...]
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Rescued:
    """One entry of a rescue archive, as `journal.list` gives it. `sealed`: a registration's form; `keys`: its locks."""

    id: str
    kind: Kind
    how: How
    at: dt.datetime
    clock: ClockTrust
    mode: ModeName
    station: str
    session: str
    state: EntryState
    patron: PatronBarcode | None = None
    item: ItemBarcode | None = None
    unmatched: bool = False
    by: str | None = None
    due_date: dt.date | None = None
    sealed: str = ""
    keys: str = ""

    def __repr__(self) -> str:
        return f"Rescued({self.id})"


@dataclass(frozen=True, slots=True)
class JournalTakeIn:
    """`journal.take_in`: entries of another station's rescue archive; all of them are here afterwards, each once.

    `part` names this part of the archive; one that was taken in is not taken in again.
    """

    archive: str
    part: str
    entries: tuple[Rescued, ...]


@dataclass(frozen=True, slots=True)
class ExceptionsResolve:
    """`exceptions.resolve`; `by`: initials, where no staff code has unlocked the station."""

    seq: Seq
    action: ResolveAction
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class JournalShow:
    """`journal.show`: an entry's whole story."""

    seq: Seq
    reveal: bool = False


@dataclass(frozen=True, slots=True)
class SheetAdd:
    """`sheet.add`: one row of a paper downtime sheet, as it stands there.

    `kind`: `checkout` or `renewal`, or the sheet's own `C` or `R`. `by`: the initials on the sheet. `sure`: record it
    although it looks like an entry that is here already.
    """

    at: dt.datetime
    kind: str
    item: Secret
    patron: Secret = NO_SECRET
    due_date: dt.date | None = None
    by: str = ""
    sure: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class PatronRegister:
    """`patron.register`: the registration form; the fields are those of `kioskd.rules.form`.

    `sure`: record it although the card, or a person of this name and birth date, was registered here already.
    """

    card: Secret
    last: Secret
    birth_date: Secret
    language: str
    first: Secret = NO_SECRET
    middle: Secret = NO_SECRET
    alt_first: Secret = NO_SECRET
    alt_middle: Secret = NO_SECRET
    alt_last: Secret = NO_SECRET
    library: str = ""
    profile: str = ""
    categories: tuple[str, ...] = ()
    address: Secret = NO_SECRET
    email: Secret = NO_SECRET
    phone: Secret = NO_SECRET
    ticks: tuple[str, ...] = ()
    sure: bool = False

    def __repr__(self) -> str:
        return "PatronRegister(…)"


@dataclass(frozen=True, slots=True)
class RegistrationsList:
    """`registrations.list`; the forms stay sealed: who has a staff code opens them at his own end."""


@dataclass(frozen=True, slots=True)
class UploadStart:
    """`upload.start`."""


@dataclass(frozen=True, slots=True)
class StatsGet:
    """`stats.get`: how much was done and refused, without persons; both days are included."""

    by: StatsBy = StatsBy.DAY
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class TraceGet:
    """`trace.get`: a stretch of the last inputs, without anybody's number; `after` None: from the oldest state kept."""

    after: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class DrillStart:
    """`drill.start`: an outage exercise begins; the daemon answers it, no rule does."""


@dataclass(frozen=True, slots=True)
class DrillEnd:
    """`drill.end`."""


@dataclass(frozen=True, slots=True)
class ScanInject:
    """`scan.inject`."""

    code: Secret
    scanner: str = "injected"


Call = (
    ViewGet
    | StatusGet
    | SessionShow
    | SessionStart
    | SessionInput
    | SessionConfirm
    | SessionWithdraw
    | SessionFinish
    | SessionCancel
    | SessionMoreTime
    | SessionNextPatron
    | SessionLanguage
    | SessionLoans
    | SessionRenewAll
    | SessionDueDate
    | StaffUnlock
    | StaffLock
    | ModeSet
    | ItemCheckin
    | RfidRead
    | RfidSecure
    | PaymentTake
    | HoldsProcess
    | JournalSummary
    | JournalList
    | ExceptionsList
    | JournalWithdraw
    | JournalHandOver
    | JournalHandedOver
    | JournalTakeBack
    | JournalTakeIn
    | JournalShow
    | ExceptionsResolve
    | SheetAdd
    | PatronRegister
    | RegistrationsList
    | UploadStart
    | ScanInject
    | StatsGet
    | DrillStart
    | DrillEnd
    | TraceGet
    | DowntimeCall
)

METHODS: Final[Mapping[str, type[Call]]] = {
    "view.get": ViewGet,
    "status.get": StatusGet,
    "session.show": SessionShow,
    "session.start": SessionStart,
    "session.input": SessionInput,
    "session.confirm": SessionConfirm,
    "session.withdraw": SessionWithdraw,
    "session.finish": SessionFinish,
    "session.cancel": SessionCancel,
    "session.more_time": SessionMoreTime,
    "session.next_patron": SessionNextPatron,
    "session.language": SessionLanguage,
    "session.loans": SessionLoans,
    "session.renew_all": SessionRenewAll,
    "session.due_date": SessionDueDate,
    "staff.unlock": StaffUnlock,
    "staff.lock": StaffLock,
    "mode.set": ModeSet,
    "item.checkin": ItemCheckin,
    "rfid.read": RfidRead,
    "rfid.secure": RfidSecure,
    "payment.take": PaymentTake,
    "holds.process": HoldsProcess,
    "journal.summary": JournalSummary,
    "journal.list": JournalList,
    "exceptions.list": ExceptionsList,
    "journal.withdraw": JournalWithdraw,
    "journal.hand_over": JournalHandOver,
    "journal.handed_over": JournalHandedOver,
    "journal.take_back": JournalTakeBack,
    "journal.take_in": JournalTakeIn,
    "journal.show": JournalShow,
    "exceptions.resolve": ExceptionsResolve,
    "sheet.add": SheetAdd,
    "patron.register": PatronRegister,
    "registrations.list": RegistrationsList,
    "upload.start": UploadStart,
    "scan.inject": ScanInject,
    "stats.get": StatsGet,
    "drill.start": DrillStart,
    "drill.end": DrillEnd,
    "trace.get": TraceGet,
    **DOWNTIME_METHODS,
}
"""Every method that the rules answer. `hello`, `view.watch` and `diagnostics.watch` are the connection's own."""

_BY_ROLE: Final[Mapping[Role, tuple[type[Call], ...]]] = {
    Role.SCREEN: (
        ViewGet,
        StatusGet,
        SessionShow,
        SessionStart,
        SessionInput,
        SessionConfirm,
        SessionWithdraw,
        SessionFinish,
        SessionCancel,
        SessionMoreTime,
        SessionNextPatron,
        SessionLanguage,
        SessionLoans,
        SessionRenewAll,
        StaffUnlock,
        StaffLock,
    ),
    Role.STAFF: (
        SessionDueDate,
        ModeSet,
        ItemCheckin,
        RfidRead,
        RfidSecure,
        PaymentTake,
        HoldsProcess,
        JournalSummary,
        JournalList,
        ExceptionsList,
        JournalWithdraw,
        JournalHandOver,
        JournalHandedOver,
        JournalTakeBack,
        JournalTakeIn,
        JournalShow,
        ExceptionsResolve,
        SheetAdd,
        PatronRegister,
        RegistrationsList,
        UploadStart,
        StatsGet,
        *DOWNTIME_METHODS.values(),
    ),
    Role.TECHNICIAN: (ScanInject, TraceGet, DrillStart, DrillEnd),
}

NEEDS: Final[Mapping[type[Call], Role]] = {call: role for role, calls in _BY_ROLE.items() for call in calls}
"""The least role that may make a call; `staff.unlock` lends staff rights to screens."""
