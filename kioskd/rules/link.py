"""Where the line to the library system stands, and the station to it, as frozen values."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from kioskd.model.entry import (
    ModeName,
)
from kioskd.model.ils import AskId, LineTrouble
from kioskd.model.written_late import dataclass


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
