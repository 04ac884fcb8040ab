"""How far the upload is, and how far the library system is believed, as frozen values."""

from collections.abc import Mapping
from dataclasses import field

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import (
    BEFORE_ALL,
    AddRow,
    Entry,
    Look,
    Seq,
)
from kioskd.model.ils import AskId
from kioskd.model.written_late import dataclass
from kioskd.rules.evidence import Facts, Step, Terms
from kioskd.rules.pace import Pace


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
