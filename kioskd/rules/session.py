"""What the station knows of a patron's visit, and the questions that it may have for them, as frozen values."""

import datetime as dt
from enum import StrEnum

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.blocks import BlockReason
from kioskd.model.calls import DueDateScope
from kioskd.model.entry import (
    How,
    Seq,
)
from kioskd.model.ils import AskId
from kioskd.model.inputs import Asked, Scanned
from kioskd.model.settings import Secret
from kioskd.model.slip import SlipKind
from kioskd.model.view import AccountState, Flow, LineResult
from kioskd.model.written_late import dataclass


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
