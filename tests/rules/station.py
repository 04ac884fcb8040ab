"""A station in a world that fits into memory: `step`, a journal, a library system, a printer and clocks.

It stands in for the world and not for the rules: it carries out what `step` asks for, tells what came of it in the
order in which the rooms tell it, and watches after each step that what must always hold does (see `invariants`).
"""

import datetime as dt
import zoneinfo
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.blocks import BlockList
from kioskd.model.device import DeviceKind, DeviceState, DeviceStatus
from kioskd.model.downtime import DraftForm
from kioskd.model.entry import Entry, ModeName
from kioskd.model.errors import CallError
from kioskd.model.ils import Answer, AskId, AskStatus, LineTrouble, NoAnswer, Urgency, said_yes
from kioskd.model.settings import (
    BarcodeSettings,
    IlsSettings,
    OfflineSettings,
    Secret,
    SessionSettings,
    Settings,
    StaffSettings,
    StationKind,
    StationSettings,
)
from kioskd.model.slip import SlipFate
from kioskd.model.time import Clock, ClockSource, Instant
from kioskd.model.view import Paper, View
from kioskd.rules.deadlines import deadline
from kioskd.rules.outage import NOTE
from kioskd.rules.state import State, initial
from kioskd.rules.step import step
from tests.rules import invariants
from tests.rules.journal import Journal
from tests.rules.library import Book, Library, Patron

INSTANCE = "6d2c1c1e-5b39-4c7e-9d0f-3c0d6a0c9b11"
ANNA, BEN, CLEO = "21168045918653", "21168057203143", "21168031415920"
"""Cards with good check digits."""
BOOK, FILM, DISC = "31168012345672", "31168000000016", "31168000000024"
ZONE = zoneinfo.ZoneInfo("America/Los_Angeles")
NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=ZONE).timestamp()
URGENT_FIRST = {Urgency.PATRON: 0, Urgency.POLL: 1, Urgency.UPLOAD: 2}
STEPS_AT_MOST = 5000
TIMEOUT_S = 8.0


def settings(kind: StationKind = StationKind.SELF, **rooms: dict[str, Any]) -> Settings:
    """The settings of a small library; `rooms` overrides fields by section, e.g. `ils={"ask_pin": True}`."""

    def of(section: str, **defaults: Any) -> dict[str, Any]:
        return {**defaults, **rooms.get(section, {})}

    return Settings(
        station=StationSettings(
            **of("station", id="CENTRAL-3", library="CENTRAL", kind=kind, languages=("en",), timezone=ZONE.key)
        ),
        ils=IlsSettings(**of("ils", host="ils", upload_spread_s=0.0, checkin=True)),
        staff=StaffSettings(**of("staff", codes_file=Path("codes"))),
        barcodes=BarcodeSettings(**of("barcodes")),
        offline=OfflineSettings(**of("offline")),
        session=SessionSettings(**of("session")),
    )


@dataclass
class Line:
    """The line to the library system, as `kioskd.ils` keeps it: one question at a time, patrons first."""

    up: bool = False
    opening: e.Connect | None = None
    current: e.Ask | None = None
    queue: list[tuple[int, int, e.Ask]] = field(default_factory=list)
    followers: dict[AskId, e.Ask] = field(default_factory=dict)
    """By the question whose yes sends them out."""

    def waits_for(self, ask: AskId) -> bool:
        """Tell whether a question has no answer yet."""
        return (self.current is not None and self.current.ask == ask) or any(
            place[2].ask == ask for place in self.queue
        )


@dataclass
class Station:
    config: Settings = field(default_factory=settings)
    library: Library = field(default_factory=Library)
    journal: Journal = field(default_factory=Journal)
    reachable: bool = True
    """False: nobody listens at the library system's port."""
    hangs: bool = False
    """It accepts, and never answers."""
    hangs_on: tuple[type, ...] = ()
    """It answers all but these."""
    dies: list[str] = field(default_factory=list)
    """What becomes of the next answers but those to polls: `ok`, or the line dies `before` or `after` it acted."""
    login_refused: bool = False
    journal_waits: bool = False
    """The journal answers when `save()` is called."""
    library_waits: bool = False
    """The library system answers when `answer()` is called."""
    codes: dict[str, str] = field(default_factory=lambda: {"2468": "AB"})
    watch: bool = True
    clock: Clock = field(default_factory=lambda: Clock(trusted=True, source=ClockSource.NTP, boot_id="boot"))
    mono_s: float = 1000.0
    wall_s: float = NOON
    line: Line = field(default_factory=Line)
    effects: list[e.Effect] = field(default_factory=list)
    answers: dict[c.RequestId, list[e.Reply | e.Fail | e.Query]] = field(default_factory=dict)
    printing: list[e.Print] = field(default_factory=list)
    printed: list[e.Print] = field(default_factory=list)
    printer_waits: bool = False
    checks: deque[e.CheckStaffCode] = field(default_factory=deque)
    codes_wait: bool = False
    cannot_seal: inputs.CannotSeal | None = None
    blocks: BlockList | None = None
    drafts_on_disk: dict[DraftForm, Any] = field(default_factory=dict)
    drafts_wait: bool = False
    """A draft is on the disk when `keep_draft()` is called; as there, not if it was dropped meanwhile."""
    keeping: deque[e.KeepDraft] = field(default_factory=deque)
    drafts_dropped: int = 0
    answering: set[str] = field(default_factory=set)
    """Addresses of related systems that answer."""
    scans: list[invariants.Scan] = field(default_factory=list)
    steps: int = 0
    round_trip_s: float = 0.01

    def __post_init__(self) -> None:
        self.state: State = initial(self.config)
        self._inputs: deque[inputs.Input] = deque()
        self._numbers = 0
        self._requests = 0

    # The world's verbs.

    def start(self, *, forced: str | None = None, interrupted: int | None = None) -> "Station":
        outage = tuple(note for note in self.journal.notes if note.kind == NOTE)
        self.tell(inputs.Started(INSTANCE, self.journal.summary(), self.clock, forced, interrupted, outage))
        return self

    def with_printer(self) -> "Station":
        self.tell(inputs.DeviceChanged(DeviceStatus("paper", DeviceKind.PRINTER, "usblp", DeviceState.READY)))
        self.tell(inputs.PrinterChanged(Paper.OK, ready=True))
        return self

    def scan(self, code: str, scanner: str = "front") -> View:
        self.scans.append(invariants.Scan(code, self.view.session if self.state.view else None, self._patron()))
        self.tell(inputs.Scanned(scanner, Secret(code)))
        return self.view

    def call(self, call: c.Call, role: c.Role = c.Role.SCREEN) -> c.RequestId:
        """Call a method; the answer stands in `answers` as soon as there is one."""
        self._requests += 1
        request = c.RequestId(self._requests)
        self.answers[request] = []
        if isinstance(call, c.SessionInput | c.ScanInject):
            self.scans.append(invariants.Scan(str(call.code), self.view.session, self._patron(), typed=True))
        self.tell(inputs.Asked(request, role, call))
        return request

    def asks(self, call: c.Call, role: c.Role = c.Role.SCREEN) -> e.Reply | e.Fail | e.Query | None:
        """Call a method and return what it was answered at once."""
        answers = self.answers[self.call(call, role)]
        assert len(answers) <= 1
        return answers[0] if answers else None

    def refused(self, call: c.Call, role: c.Role = c.Role.SCREEN) -> CallError:
        answer = self.asks(call, role)
        assert isinstance(answer, e.Fail), answer
        return answer.error

    def enter(self, code: str, as_: c.CodeAs | None = None, role: c.Role = c.Role.SCREEN) -> View:
        self.call(c.SessionInput(Secret(code), as_), role)
        return self.view

    def unlock(self, code: str = "2468") -> View:
        self.call(c.StaffUnlock(Secret(code)))
        return self.view

    def finish(self, *paper: Any) -> View:
        self.call(c.SessionFinish(tuple(paper)))
        return self.view

    def confirm(self, *, yes: bool = True) -> View:
        self.call(c.SessionConfirm(yes))
        return self.view

    def advance(self, seconds: float) -> View:
        """Let time pass: ticks and time-outs come when they are due, and never so often that the clock stands."""
        end = self.mono_s + seconds
        for _ in range(STEPS_AT_MOST):
            due, act = self._next_event()
            if due is None or due > end:
                self._set_time(end)
                return self.view
            self._set_time(max(self.mono_s, due))
            act()
        msg = "time does not pass: a deadline comes again and again"
        raise AssertionError(msg)

    def outage(self) -> None:
        """The library system goes away; whoever waits learns it."""
        self.reachable = False
        if self.line.up:
            self._broke(NoAnswer.DROPPED, LineTrouble.LOST)
        self._settle()

    def offline(self) -> "Station":
        self.outage()
        self.advance(120)
        assert self.mode is ModeName.OFFLINE
        return self

    def back(self) -> None:
        self.reachable, self.hangs, self.hangs_on = True, False, ()

    def save(self) -> None:
        """Let the journal answer its oldest request."""
        self._inputs.append(self.journal.answer())
        self._settle()

    def answer(self) -> None:
        """Let the library system answer the question that is out."""
        assert self.line.current is not None
        self._answer()
        self._settle()

    def check_code(self) -> None:
        check = self.checks.popleft()
        self.tell(self._checked(check))

    def keep_draft(self) -> None:
        """Let the oldest draft get to the disk."""
        effect = self.keeping.popleft()
        if effect.number > self.drafts_dropped:
            self.drafts_on_disk[effect.form] = effect.content
        self.tell(inputs.DraftKept(effect.request, effect.number, self.cannot_seal))

    def _checked(self, check: e.CheckStaffCode) -> inputs.StaffCodeChecked:
        initials = self.codes.get(str(check.code))
        return inputs.StaffCodeChecked(check.request, initials, self.drafts_on_disk if initials else {})

    def slip(self, fate: SlipFate) -> None:
        """The oldest slip ends."""
        slip = self.printing.pop(0)
        if fate is SlipFate.PRINTED:
            self.printed.append(slip)
        self.tell(inputs.SlipEnded(slip.slip, fate))

    def tell(self, what: inputs.Input) -> None:
        self._inputs.append(what)
        self._settle()

    # What is seen.

    @property
    def view(self) -> View:
        assert self.state.view is not None
        return self.state.view

    @property
    def mode(self) -> ModeName:
        return self.state.mode.name

    @property
    def said(self) -> str | None:
        return self.view.message.key if self.view.message else None

    @property
    def entries(self) -> Sequence[Entry]:
        return tuple(self.journal.entries.values())

    @property
    def now(self) -> Instant:
        return Instant(self.mono_s, self.wall_s, self.mono_s + 50)

    def results(self) -> list[tuple[str, str]]:
        return [(line.item, line.result.value) for line in self.view.items]

    def lent(self) -> list[tuple[str | None, str]]:
        return [(deed.patron, deed.item) for deed in self.library.ledger if deed.what == "lent"]

    def of(self, kind: type[e.Effect]) -> list[Any]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    # How the world goes on.

    def _patron(self) -> str | None:
        return self.state.session.patron if self.state.session else None

    def _set_time(self, mono_s: float) -> None:
        self.wall_s += mono_s - self.mono_s
        self.mono_s = mono_s

    def _next_event(self) -> tuple[float | None, Callable[[], None]]:
        found: list[tuple[float, Callable[[], None]]] = []
        due = deadline(self.state, self.now)
        if due is not None:
            found.append((due, lambda: self.tell(inputs.Tick())))
        out = [ask for ask in (self.line.current, *(place[2] for place in self.line.queue)) if ask is not None]
        found += [(ask.until_mono_s, lambda ask=ask: self._too_late(ask)) for ask in out]
        if self.line.opening is not None and (self.hangs or self.library_waits):
            opening = self.line.opening
            found.append((self.opened_s + opening.timeout_s, self._opening_timed_out))
        return min(found, key=lambda each: each[0]) if found else (None, lambda: None)

    def _too_late(self, ask: e.Ask) -> None:
        if ask is self.line.current:
            self._broke(NoAnswer.TIMED_OUT, LineTrouble.SILENT)
        else:
            self.line.queue = [place for place in self.line.queue if place[2] is not ask]
            self._unanswered(ask, NoAnswer.NO_LINE)
        self._settle()

    def _unanswered(self, ask: e.Ask, why: NoAnswer) -> None:
        self._inputs.append(inputs.Unanswered(ask.ask, why))
        self._follow(ask, None)

    def _follow(self, ask: e.Ask, answer: Answer | None) -> None:
        """What was to go out behind a question goes out with its yes, or never; its time counts from now."""
        follower = self.line.followers.pop(ask.ask, None)
        if follower is None:
            return
        if answer is not None and said_yes(answer):
            self._queue(replace(follower, until_mono_s=self.mono_s + TIMEOUT_S))
            # Before the rules hear of that yes.
            self._next_goes_out()
        else:
            self._unanswered(follower, NoAnswer.NOT_FOLLOWED)

    def _queue(self, ask: e.Ask) -> None:
        self._numbers += 1
        self.line.queue.append((URGENT_FIRST[ask.urgency], self._numbers, ask))

    def _opening_timed_out(self) -> None:
        self._failed(LineTrouble.SILENT)
        self._settle()

    def _settle(self) -> None:
        while True:
            while self._inputs:
                self._step(self._inputs.popleft())
            if self.journal.asked and not self.journal_waits:
                self._inputs.append(self.journal.answer())
            elif self.checks and not self.codes_wait:
                check = self.checks.popleft()
                self._inputs.append(self._checked(check))
            elif self.printing and not self.printer_waits:
                slip = self.printing.pop(0)
                self.printed.append(slip)
                self._inputs.append(inputs.SlipEnded(slip.slip, SlipFate.PRINTED))
            elif not self._library_goes_on():
                return

    def _next_goes_out(self) -> bool:
        line = self.line
        if line.current is not None or not line.up or not line.queue:
            return False
        line.queue.sort()
        line.current = line.queue.pop(0)[2]
        return True

    def _library_goes_on(self) -> bool:
        line = self.line
        if line.opening is not None and not (self.hangs or self.library_waits):
            self._open()
            return True
        if self._next_goes_out():
            return True
        silent = self.hangs or self.library_waits
        if line.current is not None and not silent and not isinstance(line.current.question, self.hangs_on):
            self._answer()
            return True
        return False

    def _open(self) -> None:
        if not self.reachable:
            self._failed(LineTrouble.REFUSED)
        elif self.login_refused:
            self._failed(LineTrouble.LOGIN)
        else:
            self.line.opening = None
            self.line.up = True
            status = self.library.answer(AskStatus(), self._today())
            self._inputs.append(inputs.LineUp(status))

    def open_line(self) -> None:
        """Let the line come up that `library_waits` holds back."""
        self._open()
        self._settle()

    def _failed(self, trouble: LineTrouble) -> None:
        self.line.opening = None
        self._refuse_all()
        self._inputs.append(inputs.LineDown(trouble))

    def _answer(self) -> None:
        ask = self.line.current
        assert ask is not None
        polled = ask.urgency is Urgency.POLL
        fate = self.dies.pop(0) if self.dies and not polled else "ok"
        if fate == "before":
            self._broke(NoAnswer.DROPPED, LineTrouble.LOST)
            return
        answer = self.library.answer(ask.question, self._today())
        if fate == "after":
            self._broke(NoAnswer.DROPPED, LineTrouble.LOST)
            return
        self.line.current = None
        self._inputs.append(inputs.Answered(ask.ask, answer, self.round_trip_s))
        self._follow(ask, answer)

    def _broke(self, why: NoAnswer, trouble: LineTrouble) -> None:
        line = self.line
        current, line.current, line.up = line.current, None, False
        if current is not None:
            self._unanswered(current, why)
        self._refuse_all()
        self._inputs.append(inputs.LineDown(trouble))

    def _refuse_all(self) -> None:
        queue, self.line.queue = sorted(self.line.queue), []
        for _, _, ask in queue:
            self._unanswered(ask, NoAnswer.NO_LINE)

    def _today(self) -> dt.date:
        return dt.datetime.fromtimestamp(self.wall_s, ZONE).date()

    def _step(self, what: inputs.Input) -> None:
        before = self.state
        self.steps += 1
        assert self.steps < 100 * STEPS_AT_MOST
        self.state, effects = step(before, inputs.Event(self.now, what))
        self.effects += effects
        if self.watch:
            invariants.check(self, before, what, effects)
        for effect in effects:
            self._carry(effect)

    def _ask(self, ask: e.Ask) -> None:
        if ask.after is not None:
            if self.line.waits_for(ask.after):
                self.line.followers[ask.after] = ask
            else:
                self._unanswered(ask, NoAnswer.NOT_FOLLOWED)
        elif not self.line.up and self.line.opening is None:
            self._unanswered(ask, NoAnswer.NO_LINE)
        else:
            self._queue(ask)

    def _carry(self, effect: e.Effect) -> None:
        match effect:
            case (
                e.Save()
                | e.FetchUnsent()
                | e.FetchExceptions()
                | e.ReadEntries()
                | e.FindEntries()
                | e.ReadTaken()
                | e.CheckDisk()
            ):
                self.journal.asked.append(effect)
            case e.Reply() | e.Fail() | e.Query():
                self.answers[effect.request].append(effect)
            case e.Connect():
                self.opened_s = self.mono_s
                self.line.opening = effect
                self.line.up = False
            case e.Ask():
                self._ask(effect)
            case e.Forget():
                forgotten = [place[2] for place in self.line.queue if place[2].ask == effect.ask]
                self.line.queue = [place for place in self.line.queue if place[2] not in forgotten]
                for ask in forgotten:
                    self._unanswered(ask, NoAnswer.NO_LINE)
                for before, follower in list(self.line.followers.items()):
                    if follower.ask == effect.ask:
                        del self.line.followers[before]
                        self._unanswered(follower, NoAnswer.NOT_FOLLOWED)
            case e.KeepDraft() if self.drafts_wait:
                self.keeping.append(effect)
            case e.KeepDraft():
                self.drafts_on_disk[effect.form] = effect.content
                self._inputs.append(inputs.DraftKept(effect.request, effect.number, self.cannot_seal))
            case e.DropDrafts():
                self.drafts_dropped = effect.number
                for form in effect.forms:
                    self.drafts_on_disk.pop(form, None)
            case e.Probe():
                self._inputs.append(inputs.Probed(effect.system, answers=effect.address in self.answering))
            case e.ReadFigures():
                self._inputs.append(inputs.FiguresRead(effect.request, self.journal.figures(effect.since_wall_s)))
            case e.ReadBlockList():
                self._inputs.append(inputs.BlockListRead(self.blocks, "" if self.blocks else "no such file"))
            case e.Seal():
                twin = f"hash of {effect.twin}"
                known = any(note.content.get("twin") == twin for note in self.journal.notes)
                told = inputs.Sealed(effect.request, "sealed", twin, known=known, problem=self.cannot_seal)
                self._inputs.append(told)
            case e.CheckStaffCode():
                self.checks.append(effect)
            case e.Print():
                self.printing.append(effect)
            case e.DropSlips():
                dropped, self.printing = self.printing, []
                self._inputs.extend(inputs.SlipEnded(slip.slip, SlipFate.DROPPED) for slip in dropped)
            case e.Disconnect() | e.Show() | e.CorrectClock() | e.Purge() | e.Beep() | e.Log():
                pass


def town(**changes: Any) -> Station:
    """A station of a small town: three cards and three things, the library system up; started unless told not to."""
    begun = changes.pop("begun", True)
    kind = changes.pop("kind", StationKind.SELF)
    sections = {
        name: changes.pop(name)
        for name in ("station", "ils", "staff", "barcodes", "offline", "session")
        if name in changes
    }
    library = Library(
        patrons={ANNA: Patron(), BEN: Patron(), CLEO: Patron()}, books={BOOK: Book(), FILM: Book(), DISC: Book()}
    )
    made = Station(config=settings(kind, **sections), library=library, **changes)
    return made.start() if begun else made
