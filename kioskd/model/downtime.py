"""An outage as staff see it: the downtime board while it lasts, the recovery board when it ends. No person is in it."""

from enum import StrEnum

from kioskd.model.written_late import dataclass


class ProbeKind(StrEnum):
    """How a related system is looked at."""

    NONE = "none"
    TCP = "tcp"
    """Something accepts a connection there."""
    HTTP = "http"
    """It answers, and not with a server's error (500 and above)."""


class SystemState(StrEnum):
    """What is known of a related system."""

    UNPROBED = "unprobed"
    """It has no probe."""
    ASKING = "asking"
    ANSWERS = "answers"
    SILENT = "silent"


class BoardStep(StrEnum):
    """What is ticked when the library system is back, in this order; the values are the ends of text keys."""

    OTHER_PCS = "other_pcs"
    """Other offline PCs log out and in: their system loads the past week's files only."""
    UNSENT = "unsent"
    SHEETS = "sheets"
    REGISTRATIONS = "registrations"
    CRATES = "crates"
    """Crates are checked in with their dates; sorter, Smartshelf and induction points are on again."""
    REPORT = "report"


class DraftForm(StrEnum):
    """A form that staff are filling in."""

    REGISTER = "register"
    SHEET = "sheet"
    REVIEW = "review"
    """What time it is, by staff's word."""
    CRATE = "crate"
    DROP = "drop"
    """Why an exception is dropped."""


@dataclass(frozen=True, slots=True)
class SeenView:
    """One thing that was seen of the library system: when (RFC 3339), the reason's key, and in words."""

    at: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class SystemView:
    """A row of the downtime board. `text`: what staff do meanwhile, as the configuration words it."""

    name: str
    probe: ProbeKind
    state: SystemState
    since: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The session settings that staff look over at each outage; `by`: who did, None: it is still to be done.

    `date`: today by this station; its time stands in the View's `station`. `clock`: on whose word that is right.
    `offset_s`: by how much staff's word differs from the computer's clock, None: they were not asked.
    """

    station: str
    library: str
    date: str
    clock: str
    offset_s: int | None
    by: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class BlocksView:
    """The block list: how many cards it holds, and how many whole days old it is; `old`: so old that it only warns."""

    cards: int
    days: int
    old: bool


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail to the Sort Center's leads, ready to be sent from anywhere; `mailto` is what its QR code says."""

    to: tuple[str, ...]
    subject: str
    body: str
    mailto: str


@dataclass(frozen=True, slots=True)
class CrateView:
    """A crate of returned items, which are counted and nothing else; `on`: the day on which they were returned."""

    crate: int
    items: int
    on: str
    mail: MailView | None


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the recovery board. `next`: it is the one that can be ticked now."""

    step: BoardStep
    text: str
    done: bool
    next: bool
    by: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class DowntimeView:
    """The downtime board; staff alone are shown it.

    `since`: when the outage began. `back`: when the library system answered again, `over`: when nothing waited here
    any more; None: not yet. `seen`: what was seen of it, oldest first. `read_out`: what to tell the helpdesk.
    `advice`: what holds meanwhile, a sentence each. `blocks`: the block list, None: there is none. `board`: the
    recovery board, empty before it is back.
    """

    since: str
    back: str | None
    over: str | None
    seen: tuple[SeenView, ...]
    helpdesk: str
    read_out: str
    advice: tuple[str, ...]
    systems: tuple[SystemView, ...]
    review: ReviewView
    blocks: BlocksView | None
    crates: tuple[CrateView, ...]
    board: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Entries since an outage began: how many, where they stand, the first and the last one's time."""

    recorded: int = 0
    settled: int = 0
    waiting: int = 0
    exceptions: int = 0
    first_wall_s: float | None = None
    last_wall_s: float | None = None


@dataclass(frozen=True, slots=True)
class AlarmView:
    """Entries wait that are older than a day: the time of the oldest one (RFC 3339), and what to say."""

    oldest: str
    text: str
