"""What the station waits for: the journal's answers and the library system's, as frozen values."""

from enum import StrEnum

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.calls import RequestId
from kioskd.model.entry import (
    AddNote,
    AddRow,
    Look,
    Seq,
)
from kioskd.model.ils import LoanAnswer
from kioskd.model.written_late import dataclass


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
