"""A whole station but its socket and devices: rules, journal, conversation, in a loop of real or virtual time."""

import asyncio
import uuid
import zoneinfo
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kioskd.daemon.carrying import Rooms
from kioskd.daemon.drafts import Drafts
from kioskd.daemon.open_session import OpenSession
from kioskd.daemon.sealing import Sealing
from kioskd.daemon.station import Station
from kioskd.doors.opened import opened
from kioskd.ils.conversation import Conversation
from kioskd.ils.line import OpenLine, open_tcp
from kioskd.ils.lines import Lines
from kioskd.journal.journal import Journal
from kioskd.journal.thread import JournalInline
from kioskd.model import calls, inputs
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.door import door_of
from kioskd.model.entry import (
    AddEntry,
    AddRow,
    Entry,
    EntryFilter,
    EntryState,
    How,
    Kind,
    ModeName,
    NewEntry,
    Seq,
)
from kioskd.model.settings import DoorSettings, IlsSettings, Secret, Settings, StationSettings
from kioskd.model.time import Clock, ClockSource, ClockTrust, Instant
from kioskd.model.view import LineResult, Paper, Screen, View
from kioskd.rules.state import initial
from kioskd.trace.ring import Ring

ZONE = zoneinfo.ZoneInfo("America/Los_Angeles")
PATIENCE_S = 3600.0


@dataclass
class Time:
    """The true time of the world: of the loop, and of the wall."""

    start_wall_s: float
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def __post_init__(self) -> None:
        self.began = self.loop.time()

    def wall_s(self) -> float:
        return self.start_wall_s + self.loop.time() - self.began


class KioskClock:
    """A station's clocks: the wall clock may be wrong, and be set."""

    def __init__(self, time: Time, *, boot_id: str = "boot-1", trusted: bool = True) -> None:
        self.time = time
        self.wrong_s = 0.0
        self.boot_id = boot_id
        self.trusted = trusted
        self._booted_mono_s = time.loop.time() - 100.0

    def now(self) -> Instant:
        mono_s = self.time.loop.time()
        return Instant(mono_s, self.time.wall_s() + self.wrong_s, mono_s - self._booted_mono_s)

    def trust(self) -> Clock:
        return Clock(self.trusted, ClockSource.NTP if self.trusted else ClockSource.NONE, self.boot_id)


class Glass:
    """What a screen would show. It takes the place of the socket."""

    def __init__(self) -> None:
        self.view: View | None = None
        self.results: list[tuple[int, Any]] = []
        self.changed = asyncio.Event()

    def publish(self, view: View) -> None:
        self.view = view
        self.changed.set()

    def reply(self, request: int, result: Any) -> None:
        self.results.append((request, result))

    def fail(self, request: int, error: Any) -> None:
        self.results.append((request, error))


class Quiet:
    """Scanners that cannot beep."""

    def signal(self, scanner: str, *, accepted: bool) -> None:
        """Nobody hears it."""


@dataclass
class Wait:
    """How long somebody stood there: for the card, or for an item, and what it came to."""

    at_s: float
    for_s: float
    what: str
    result: str


class Kiosk:
    """One station."""

    def __init__(
        self,
        folder: Path,
        clock: KioskClock,
        *,
        open_line: OpenLine = open_tcp,
        name: str = "CENTRAL-1",
        door: DoorSettings | None = None,
        **ils: Any,
    ) -> None:
        chosen = {"host": "ils", "login_user": "kiosk", "upload_spread_s": 0.0, **ils}
        self.settings = Settings(
            station=StationSettings(id=name, state_dir=folder, timezone=ZONE.key, languages=("en",)),
            ils=IlsSettings(**chosen),
            door=door or DoorSettings(),
        )
        self.folder = folder
        self.clock = clock
        self.waits: list[Wait] = []
        self.glass = Glass()
        self._open_line = open_line
        self._requests = 0
        self.running = False

    def start(self) -> "Kiosk":
        """Start the daemon's inside."""
        loop = asyncio.get_running_loop()
        self.journal = Journal.open(self.folder, timezone=ZONE.key)
        self.station = Station(initial(self.settings), self.clock, Ring(self.settings.barcodes))
        queue = JournalInline(self.journal, loop.call_soon)
        rooms = Rooms(
            deliver=self.station.deliver,
            journal=queue,
            front=self.glass,  # type: ignore[arg-type]
            staff_codes=lambda: None,
            answering=None,  # type: ignore[arg-type]
            session=OpenSession(self.folder, queue),
            sealing=Sealing(None),
            drafts=Drafts(None, self.folder),
            read_blocks=lambda: inputs.BlockListRead(None, "none here"),
        )
        self.station.begin(rooms)
        self._line = self._lines()
        started = inputs.Started(instance=str(uuid.uuid4()), summary=self.journal.summary(), clock=self.clock.trust())
        self.station.deliver(started)
        rooms.attach(self._line, None, Quiet(), self.station.state)
        self.station.deliver(inputs.PrinterChanged(Paper.NONE, ready=False))
        self.running = True
        return self

    def _lines(self) -> Conversation | Lines:
        settings, zone, deliver = self.settings, self.station.state.zone, self.station.deliver
        wall_s = lambda: self.clock.now().wall_s  # noqa: E731
        door = door_of(settings)
        if door is None:
            return Conversation(settings.ils, zone, deliver, wall_s, open_line=self._open_line)
        opened_door = opened(settings, door, zone, deliver)
        return Lines(settings.ils, zone, deliver, wall_s, open_line=self._open_line, door=opened_door)

    async def stop(self) -> None:
        """End as a killed daemon does: nothing more is said or written."""
        if self.running:
            self.running = False
            self.station.end()
            await self._line.close()
            self.journal.close()

    # What people do.

    def scan(self, code: str) -> None:
        self.station.deliver(inputs.Scanned("front", Secret(code)))

    def call(self, call: calls.Call, role: calls.Role = calls.Role.STAFF) -> int:
        self._requests += 1
        self.station.deliver(inputs.Asked(calls.RequestId(self._requests), role, call))
        return self._requests

    async def until(self, met: Callable[[View], Any], within_s: float = PATIENCE_S) -> View:
        """Wait until the View is so."""
        async with asyncio.timeout(within_s):
            while self.glass.view is None or not met(self.glass.view):
                self.glass.changed.clear()
                await self.glass.changed.wait()
        return self.glass.view

    async def visit(self, card: str, items: Iterable[str]) -> list[str]:
        """A patron comes, lends and goes; each wait is noted. Returns what became of each item, as the screen said."""
        self.scan(card)
        begun = self.clock.time.loop.time()
        seen = await self.until(lambda view: view.screen is not Screen.CARD and (view.session or view.message))
        self._waited(begun, "card", seen.screen.value)
        results = []
        if seen.session is None:
            return results
        for item in items:
            begun = self.clock.time.loop.time()
            self.scan(item)
            seen = await self.until(lambda view, item=item: _result(view, item) not in {None, LineResult.CHECKING})
            result = _result(seen, item)
            assert result is not None
            results.append(result.value)
            self._waited(begun, item, result.value)
        self.call(calls.SessionFinish(), calls.Role.SCREEN)
        await self.until(lambda view: view.session is None or view.screen is Screen.DONE)
        return results

    def _waited(self, begun: float, what: str, result: str) -> None:
        self.waits.append(Wait(begun, self.clock.time.loop.time() - begun, what, result))

    # What is known.

    @property
    def mode(self) -> ModeName:
        return self.station.state.mode.name

    def entries(self) -> list[Entry]:
        return list(self.journal.entries(EntryFilter()))

    def outcomes(self) -> dict[int, str | None]:
        return {entry.seq: entry.outcome for entry in self.entries()}

    async def settled(self, within_s: float = 24 * PATIENCE_S) -> None:
        """Wait until nothing is unsent."""
        await self.until(lambda view: view.mode.name is ModeName.ONLINE and view.unsent == 0, within_s)

    def fill(self, entries: Sequence[NewEntry]) -> None:
        """Put entries into the journal before the start, as an outage would have."""
        journal = Journal.open(self.folder, timezone=ZONE.key)
        for start in range(0, len(entries), 500):
            journal.write([AddEntry(entry) for entry in entries[start : start + 500]])
        journal.close()

    def note(self, seq: int, state: EntryState, **more: Any) -> None:
        """Put a row into the journal before the start: it was sending when the power went, say."""
        journal = Journal.open(self.folder, timezone=ZONE.key)
        journal.write([AddRow(Seq(seq), state, self.clock.now().wall_s, **more)])
        journal.close()


def _result(view: View, item: str) -> LineResult | None:
    return next((line.result for line in reversed(view.items) if line.item == item), None)


def entry(patron: str | None, item: str | None, at_wall_s: float, kind: Kind = Kind.CHECKOUT, **more: Any) -> NewEntry:
    """An entry as a station records it while the library system is down."""
    return NewEntry(
        **{
            "id": str(uuid.uuid4()),
            "kind": kind,
            "how": How.SCANNED,
            "patron": PatronBarcode(patron) if patron is not None else None,
            "item": ItemBarcode(item) if item is not None else None,
            "at_wall_s": at_wall_s,
            "at_boot_s": 1.0,
            "boot_id": "boot-1",
            "clock": ClockTrust.TRUSTED,
            "mode": ModeName.OFFLINE,
            "station": "CENTRAL-1",
            "session": "s1",
            **more,
        }
    )
