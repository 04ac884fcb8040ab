"""What all connections share: the desk, the faults, the count of cuts, what was heard and said."""

import asyncio
from collections import deque
from typing import Final

import msgspec

from hardware_sim.control import Changes

from .cuts import Cuts
from .desk import Desk
from .disguise import Disguise
from .doings import Others
from .faults import Faults
from .logins import Caller, Logins
from .personality import Personality, switched
from .wire import Answer

TRANSCRIPT_LINES: Final = 50_000


class Spoken(msgspec.Struct, frozen=True):
    """A line of the transcript. `direction` is `>` for a request and `<` for an answer."""

    n: int
    monotonic: float
    connection: int
    direction: str
    line: str


class Service:
    """The server's common part, below its connections and its listener."""

    def __init__(
        self,
        *,
        desk: Desk,
        logins: Logins,
        others: Others,
        personality: Personality,
        faults: Faults,
        latency_ms: float,
        changes: Changes,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.desk = desk
        self.logins = logins
        self.others = others
        self._own = self.personality = personality
        self.disguise = Disguise(personality)
        self.latency_ms = latency_ms
        self.changes = changes
        self.faults = faults
        self.last: tuple[Answer, bool] | None = None  # of whichever connection: what a worker process remembers
        self.transcript: deque[Spoken] = deque(maxlen=TRANSCRIPT_LINES)
        self.callers: dict[int, Caller] = {}
        self.accepted = 0
        self.requests: dict[str, int] = {}
        self.cuts = Cuts(faults)
        self.cuts_happened = 0
        self.spoken = 0
        self.longest_queue = 0
        self._busy_until = 0.0
        self.put_faults(faults)

    def put_faults(self, faults: Faults) -> None:
        """Let these switches stand from now on."""
        self.faults = self.desk.faults = self.disguise.faults = self.logins.faults = faults
        self.personality = self.desk.personality = self.disguise.personality = switched(self._own, faults)

    def queued_s(self) -> float:
        """Take a place in the one worker's queue, where there is only one; return when its turn is over."""
        busy_s = self.faults.busy_ms / 1000
        if not busy_s:
            return 0.0
        now = self.loop.time()
        self._busy_until = max(now, self._busy_until) + busy_s
        self.longest_queue = max(self.longest_queue, round((self._busy_until - now) / busy_s))
        return self._busy_until - now

    def note_cut(self) -> None:
        """Count a cut that happened."""
        self.cuts_happened += 1
        self.changes.note()

    def joined(self, peer: str) -> Caller:
        """Number a new connection."""
        self.accepted += 1
        caller = Caller(self.accepted, peer)
        self.callers[caller.connection] = caller
        self.logins.joined(caller)
        self.changes.note()
        return caller

    def left(self, caller: Caller) -> None:
        """Forget a connection that ended."""
        self.callers.pop(caller.connection, None)
        self.logins.left(caller)
        self.changes.note()

    def heard(self, connection: int, line: bytes) -> None:
        """Write a request into the transcript."""
        code = line[:2].decode("ascii", "replace")
        self.requests[code] = self.requests.get(code, 0) + 1
        self._speak(connection, ">", line)

    def said(self, connection: int, line: bytes) -> None:
        """Write an answer into the transcript."""
        self._speak(connection, "<", line)

    def _speak(self, connection: int, direction: str, line: bytes) -> None:
        self.spoken += 1
        text = line.decode(self.disguise.encoding, "replace").rstrip("\r\n")
        self.transcript.append(Spoken(self.spoken, self.loop.time(), connection, direction, text))
        self.changes.note()
