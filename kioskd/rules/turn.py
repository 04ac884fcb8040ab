"""One step in the making: the state so far and the effects so far. It lives only inside `step`."""

import datetime as dt
import uuid
from collections.abc import Mapping, Set
from dataclasses import field
from functools import lru_cache
from typing import Any, Final

from kioskd.model.calls import RequestId, Role
from kioskd.model.effects import Ask, Effect, Fail, Log, Reply, Save
from kioskd.model.entry import AddRow, SaveToken, Seq, Write
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.ils import AskId, Question, Urgency
from kioskd.model.settings import StationKind
from kioskd.model.time import Instant
from kioskd.model.view import Tone
from kioskd.model.written_late import dataclass
from kioskd.rules.changed import changed
from kioskd.rules.in_flight import WAITED_FOR, AskFor, Asking, SaveFor, Saving
from kioskd.rules.session import Line, Session
from kioskd.rules.state import Message, State

MESSAGE_S = 10.0
"""How long a message stays on a screen that nobody uses."""


@dataclass(slots=True)
class Turn:
    """The state so far and the effects so far of one step."""

    state: State
    at: Instant
    """Now; by staff's word on the time, where that is what holds."""
    own: Instant
    """Now by the computer's own clock."""
    role: Role = Role.SCREEN
    request: RequestId | None = None
    """The call being answered, until it is replied to or refused."""
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        # A copy of its own, which nobody else sees before the step is over: so it may be changed in place, which a
        # state of so many fields rewards (a scan's step takes half the time).
        self.state = changed(self.state)

    def set(self, **changes: Any) -> None:
        """Change fields of the state."""
        for name, value in changes.items():
            object.__setattr__(self.state, name, value)

    def do(self, effect: Effect) -> None:
        """Ask the world for something."""
        self.effects.append(effect)

    def questions(self) -> list[Ask]:
        """Return what the library system is to be asked by now."""
        return [effect for effect in self.effects if isinstance(effect, Ask)]

    def number(self) -> int:
        """Return a number never given out before by this daemon."""
        self.set(count=self.state.count + 1)
        return self.state.count

    def uuid(self) -> str:
        """Return a new UUID, derived from the daemon's own so that a replay gives the same."""
        return str(uuid.uuid5(_namespace(self.state.instance), str(self.number())))

    @property
    def session(self) -> Session:
        """The open session; only to be read where there is one."""
        assert self.state.session is not None
        return self.state.session

    def set_session(self, **changes: Any) -> None:
        """Change fields of the session."""
        self.set(session=changed(self.session, **changes))

    def set_line(self, n: int, **changes: Any) -> None:
        """Change fields of a line of the session."""
        lines = tuple(changed(line, **changes) if line.n == n else line for line in self.session.lines)
        self.set_session(lines=lines)

    def set_line_of(self, seq: Seq, **changes: Any) -> None:
        """Change fields of the line that shows an entry, if the session on the screen has one."""
        session = self.state.session
        for line in session.lines if session is not None else ():
            if line.seq == seq:
                self.set_line(line.n, **changes)

    def line(self, session: str | None, n: int) -> Line | None:
        """Return the line if that session is still there."""
        if self.state.session is None or self.state.session.id != session:
            return None
        return next((line for line in self.state.session.lines if line.n == n), None)

    def say(self, key: str, tone: Tone, *, lasting: bool = False, **params: str) -> None:
        """Put a message on the screen; one that is not lasting goes by itself."""
        until = None if lasting else self.at.mono_s + MESSAGE_S
        self.set(message=Message(key, tone, params, until))

    def hush(self) -> None:
        """Take the message off the screen."""
        if self.state.message is not None:
            self.set(message=None)

    def save(self, writes: tuple[Write, ...], saving: Saving) -> None:
        """Ask the journal."""
        token = SaveToken(self.number())
        self.set(saves={**self.state.saves, token: saving})
        self.do(Save(token, writes))

    def later(self, row: AddRow) -> None:
        """Note what became of an entry; nobody waits for it, and it may share its sync with others."""
        if not self.state.outbox:
            self.set(outbox_since_mono_s=self.at.mono_s)
        self.set(outbox=(*self.state.outbox, row))

    def write_up(self) -> None:
        """Hand the journal what became of entries, so that what is saved after this comes after it."""
        if rows := self.take_outbox():
            self.save(rows, Saving(SaveFor.OUTBOX, rows=rows))

    def take_outbox(self) -> tuple[AddRow, ...]:
        """Return what waits for the journal; whoever takes it saves it."""
        rows = self.state.outbox
        if rows:
            self.set(outbox=())
        return rows

    def ask(
        self,
        question: Question,
        asking: Asking,
        urgency: Urgency,
        until_mono_s: float,
        *,
        lane: int = 0,
        after: AskId | None = None,
    ) -> AskId:
        """Ask the library system; `after`: as soon as it says yes to that question."""
        ask = AskId(self.number())
        self.set(asks={**self.state.asks, ask: asking})
        self.do(Ask(ask, question, urgency, until_mono_s, lane, after))
        return ask

    def fail(self, kind: ErrorKind, message: str, more: Mapping[str, object] | None = None) -> None:
        """Refuse the call being answered, if one is."""
        if self.request is not None:
            self.do(Fail(self.request, CallError(kind, message, more or {})))
            self.request = None

    def reply(self) -> None:
        """Answer the call with the View as it now stands, if it was not answered, refused or put off."""
        if self.request is not None:
            self.do(Reply(self.request))
            self.request = None

    def log(self, level: str, event: str, **fields: object) -> None:
        """Write a line to the log."""
        self.do(Log(level, event, fields))

    @property
    def busy(self) -> bool:
        """Whether a save is in flight that people wait for."""
        return busy(self.state)

    @property
    def staffed(self) -> bool:
        """Whether the one who acts has staff rights."""
        return self.role >= Role.STAFF or self.state.staff.by is not None

    @property
    def self_service(self) -> bool:
        """Whether patrons work this station."""
        return self.state.settings.station.kind is StationKind.SELF

    def local(self, wall_s: float | None = None) -> dt.datetime:
        """Return a moment (default: now) in the station's time zone."""
        return dt.datetime.fromtimestamp(self.at.wall_s if wall_s is None else wall_s, self.state.zone)


@lru_cache(maxsize=4)
def _namespace(instance: str) -> uuid.UUID:
    return uuid.UUID(instance)


def busy(state: State) -> bool:
    """Tell whether a save is in flight that people wait for."""
    return any(saving.what in WAITED_FOR for saving in state.saves.values())


LIVE: Final = frozenset({AskFor.LOAN, AskFor.SECOND_LOOK})
"""What a patron waits for, about one entry."""


def awaited(state: State) -> Set[Seq]:
    """Return the entries whose live answer a patron still waits for, or whose outcome is on its way to the journal."""
    found: set[Seq] = set()
    for asking in state.asks.values():
        found.update(asking.seqs)
        if asking.seq is not None and asking.what in LIVE:
            found.add(asking.seq)
    found.update(row.seq for row in state.outbox)
    for saving in state.saves.values():
        found.update(row.seq for row in saving.rows)
        if saving.what is SaveFor.LOANS_MARK:
            found.update(saving.seqs)
    session = state.session
    if session is not None and session.account is not None and session.account.to_renew:
        # Of a *renew all*, those that have not been asked about yet.
        waiting = session.account.to_renew
        found.update(line.seq for line in session.lines if line.n in waiting and line.seq is not None)
    return found


def unsent(state: State) -> int:
    """Return how many entries wait to be sent, as people are told."""
    return max(0, state.summary.unsent - len(awaited(state))) if state.summary.unsent else 0


def taken(state: State) -> frozenset[Seq]:
    """Return the entries that somebody is taking back at this moment: no row of ours may come after theirs."""
    return frozenset(
        seq
        for saving in state.saves.values()
        if saving.what in (SaveFor.WITHDRAWAL, SaveFor.HAND_OVER, SaveFor.RESOLUTION)
        for seq in saving.seqs
    )
