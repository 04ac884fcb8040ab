"""What the station asks the library system and what it hears back, free of the wire; `kioskd.ils` speaks SIP2."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import NewType

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.settings import Secret
from kioskd.model.written_late import dataclass

AskId = NewType("AskId", int)
"""Names one question until its answer or its silence."""


class Urgency(StrEnum):
    """Who waits for the answer; a patron's question goes before all others."""

    PATRON = "patron"
    POLL = "poll"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class AskStatus:
    """99 SC status."""


@dataclass(frozen=True, slots=True)
class AskPatron:
    """63 patron information. `charged`: ask for the list of items on loan (summary position 2, answered in AU).

    `holds`: ask for the holds that wait on the shelf instead (position 0, answered in AS).
    """

    patron: PatronBarcode
    pin: Secret | None = None
    charged: bool = False
    holds: bool = False


@dataclass(frozen=True, slots=True)
class AskItem:
    """17 item information."""

    item: ItemBarcode


@dataclass(frozen=True, slots=True)
class AskCheckout:
    """11 checkout. `at_wall_s`: when it happened. `due`: nb due date; None sends the transaction date there."""

    patron: PatronBarcode
    item: ItemBarcode
    at_wall_s: float
    no_block: bool = False
    due: dt.date | None = None
    renewal_allowed: bool = False
    pin: Secret | None = None


@dataclass(frozen=True, slots=True)
class AskRenew:
    """29 renew; `patron` None for a renewal by item alone (AA is sent empty)."""

    patron: PatronBarcode | None
    item: ItemBarcode
    at_wall_s: float
    no_block: bool = False
    due: dt.date | None = None
    pin: Secret | None = None


@dataclass(frozen=True, slots=True)
class AskRenewAll:
    """65 renew all of what a patron has; asked only where the whole list of loans is known and saved."""

    patron: PatronBarcode
    pin: Secret | None = None


@dataclass(frozen=True, slots=True)
class AskCheckin:
    """09 checkin."""

    item: ItemBarcode
    at_wall_s: float


@dataclass(frozen=True, slots=True)
class AskEndSession:
    """35 end patron session."""

    patron: PatronBarcode


Question = AskStatus | AskPatron | AskItem | AskCheckout | AskRenew | AskRenewAll | AskCheckin | AskEndSession


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """98 ACS status. Only `online` and `timeout_s` are believed; `flags` are shown to technicians.

    `timeout_s`: None for none or unknown. `time_text`: the 18 characters of date/time sync.
    `local_time`: those read as a naive local time, None if unreadable. `supports`: BX by position.
    """

    online: bool
    timeout_s: float | None = None
    time_text: str = ""
    local_time: dt.datetime | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)
    supports: str = ""


@dataclass(frozen=True, slots=True)
class PatronAnswer:
    """64 patron information response. `valid` is BL (None: not sent), `pin_ok` is CQ.

    `charged`: AU, each item once; `charged_count`: what the list repeats counts once. `denied`: charge privileges
    denied, `renewal_denied`, `card_lost`: patron status positions 0, 1, 4. `blocks`: the names of all positions set.
    """

    patron: PatronBarcode
    valid: bool | None
    pin_ok: bool | None = None
    denied: bool = False
    renewal_denied: bool = False
    card_lost: bool = False
    blocks: tuple[str, ...] = ()
    charged: tuple[ItemBarcode, ...] = ()
    charged_count: int | None = None
    holds: tuple[ItemBarcode, ...] = ()
    """AS: what waits for this patron on the shelf."""
    hold_count: int | None = None
    message: str = ""


class Circulation(StrEnum):
    """18's circulation status, as far as a decision needs it."""

    AVAILABLE = "available"
    CHARGED = "charged"
    HOLD_SHELF = "hold_shelf"
    LOST = "lost"
    MISSING = "missing"
    OTHER = "other"
    """01; many servers say so for an unknown item."""
    ELSEWHERE = "elsewhere"
    """On order, in process, in transit, recalled and the like."""


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """18 item information response. `known`: False where the server does not know it (01 with an empty AJ)."""

    item: ItemBarcode
    circulation: Circulation
    known: bool
    title: str = ""
    due_text: str = ""
    due: dt.date | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class LoanAnswer:
    """12 checkout response or 30 renew response. `item`, `patron`: as the answer names them ("" if it does not).

    `renewal`: renewal ok = Y; on a refusal some servers say by it that this patron already has the item.
    `due_text`: AH as sent, `due`: read as a date. `message`: AF; may name another borrower.
    """

    ok: bool
    renewal: bool
    item: str
    patron: str
    title: str = ""
    due_text: str = ""
    due: dt.date | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class RenewAllAnswer:
    """66 renew all response. `renewed` BM and `unrenewed` BN, each item once; an item may be named in neither."""

    ok: bool
    renewed: tuple[ItemBarcode, ...] = ()
    unrenewed: tuple[ItemBarcode, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class CheckinAnswer:
    """10 checkin response. `alert`: alert = Y; `alert_type`: CV; `destination`: CT; `location`: AQ."""

    ok: bool
    item: str
    alert: bool
    alert_type: str = ""
    destination: str = ""
    location: str = ""
    title: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class EndSessionAnswer:
    """36 end session response."""

    ended: bool


Answer = StatusAnswer | PatronAnswer | ItemAnswer | LoanAnswer | RenewAllAnswer | CheckinAnswer | EndSessionAnswer


def said_yes(answer: Answer) -> bool:
    """Tell whether a loan or renewal was answered with a yes, so that what was to follow it may go out."""
    return isinstance(answer, LoanAnswer) and answer.ok


class NoAnswer(StrEnum):
    """Why a question stays without an answer."""

    NO_LINE = "no_line"
    """Nothing was sent: there is no connection, or none in time."""
    TIMED_OUT = "timed_out"
    """It was sent (perhaps in part) and nothing came in time; the line is closed."""
    DROPPED = "dropped"
    """It was sent (perhaps in part) and the line died."""
    MISMATCHED = "mismatched"
    """An answer came for another item or patron; the line is closed."""
    UNSENDABLE = "unsendable"
    """It cannot be written as SIP2 (a `|` or a control character in a number); nothing was sent."""
    UNREADABLE = "unreadable"
    """It was sent, and what came back is no such answer; the line is closed."""
    DOOR_LOST = "door_lost"
    """It went through the library system's own door for offline transactions, and no answer came back."""
    NO_SEAT = "no_seat"
    """Nothing was sent: the login of that line was refused."""
    NOT_FOLLOWED = "not_followed"
    """Nothing was sent: the question that it was to go out behind was not answered with a yes."""


class LineTrouble(StrEnum):
    """What keeps the line to the library system down."""

    NOT_YET = "starting"
    NO_NAME = "no_name"
    REFUSED = "no_line"
    LOST = "line_lost"
    SILENT = "no_answer"
    LOGIN = "login_refused"
    SAYS_OFFLINE = "says_offline"
    GARBLED = "garbled"
    HALF_UP = "half_up"
    SUSPECT = "ils_suspect"
    QUIET = "quiet_hours"
