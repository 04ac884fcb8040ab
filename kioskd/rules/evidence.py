"""What is known about an entry while it goes up: the words in which `verdict` decides. Each is one small set."""

import datetime as dt
from enum import StrEnum

from kioskd.model.written_late import dataclass


class Step(StrEnum):
    """What the upload is asking about an entry."""

    LOOK_CARD = "look_card"
    """63: is a card known whose registration here nobody has confirmed?"""
    LOOK_PATRON = "look_patron"
    """63 with the list of loans, before it is sent (again)."""
    LOOK_ITEM = "look_item"
    """17, before it is sent (again)."""
    LOOK_DUE = "look_due"
    """17 before a renewal, for the due date that it should move."""
    MARK = "mark"
    """The sending row is being saved."""
    SEND = "send"
    """11 or 29."""
    VERIFY_PATRON = "verify_patron"
    """63 after the answer: is it on this patron's list?"""
    VERIFY_ITEM = "verify_item"
    """17 after the answer: who has it, and until when?"""


class Deed(StrEnum):
    """What is to be done there."""

    LOAN = "loan"
    RENEWAL = "renewal"
    TURNED = "turned"
    """A loan of what the patron has already: sent once, as a renewal."""


class Past(StrEnum):
    """How far it had come before the question."""

    NEW = "new"
    """Never sent."""
    LOST = "lost"
    """Sent, and the answer was lost."""
    NO = "no"
    """Answered with a refusal, by now."""
    YES = "yes"
    """Answered with a yes that leaves something to be seen."""


class Said(StrEnum):
    """12 or 30, read against what was sent."""

    UNASKED = "-"
    YES = "yes"
    RENEWED = "yes, renewed"
    """30 says yes, or 12 does with *renewal ok*."""
    OTHER_DATE = "yes, another due date"
    """Than staff's."""
    NO_DATE = "yes, no due date"
    """Staff gave one, and the answer has none to compare it with."""
    UNPROVED = "yes, unproved"
    """No-block forced its way, where a yes to that proves nothing."""
    NO = "no"
    HAS_IT = "no, has it"
    """A refusal with *renewal ok*: this patron has it already."""


class Listed(StrEnum):
    """64's list of loans (AU): is the item on it?"""

    UNASKED = "-"
    YES = "listed"
    NO = "not listed"
    SILENT = "list not whole"
    """It counts more loans than it lists, or neither counts nor lists any."""


class Card(StrEnum):
    """64 about the patron."""

    UNASKED = "-"
    GOOD = "good"
    BLOCKED = "blocked"
    """*charge denied* or *card lost*."""
    UNKNOWN = "unknown"
    """BL says N."""


class Shelf(StrEnum):
    """18's circulation status."""

    UNASKED = "-"
    FREE = "available"
    HOLD = "hold shelf"
    CHARGED = "charged"
    ELSEWHERE = "elsewhere"
    """Anything else about an item that it knows."""
    UNKNOWN = "unknown"
    """*other*, without a title."""


class Due(StrEnum):
    """18's due date, read against what matters at that step."""

    UNTOLD = "-"
    """Not asked, not told, or no two dates that may be compared."""
    MOVED = "moved"
    """It is another one than before the renewal was sent."""
    STILL = "unmoved"
    """So soon that no renewal of the entry's day, or since, can have made it."""
    SAME = "as before"
    """The same as before the renewal was sent, and so late that a renewal of that day may leave it where it is."""
    KEPT = "kept"
    """It is staff's."""
    OTHER = "another"
    """It is not staff's."""
    BEYOND = "beyond"
    """As late as a loan or renewal at the entry's time makes it, or later."""
    SHORT = "short of that"


@dataclass(frozen=True, slots=True)
class Terms:
    """`wanted`: staff's due date. `due`: the date that goes with no-block; None: no-block is not sent.

    `renewed_to`: what is due then or later needs no renewal of the entry's time any more; `unrenewed_before`: what is
    due sooner was not renewed on the entry's day, or since; `lent_past`: no loan of that day is due so late, so one
    that is began later. None: not known.
    `forces`: what goes with it makes this library system lend whatever stands against it.
    """

    wanted: dt.date | None
    due: dt.date | None
    renewed_to: dt.date | None
    unrenewed_before: dt.date | None
    lent_past: dt.date | None
    forces: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known. `dated`: staff gave a due date. `by_item`: a renewal without a card.

    `forces`: no-block goes with it, to a system of which is known that it forces its way. `doubted`: the line has died
    of it three times. `refused`: it was answered no before, by a system that was never seen to do what it refuses.
    """

    deed: Deed
    past: Past
    said: Said = Said.UNASKED
    listed: Listed = Listed.UNASKED
    card: Card = Card.UNASKED
    shelf: Shelf = Shelf.UNASKED
    due: Due = Due.UNTOLD
    dated: bool = False
    by_item: bool = False
    forces: bool = False
    doubted: bool = False
    refused: bool = False
