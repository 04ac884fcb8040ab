"""The daemon's process on a simulated computer: what `kioskd.daemon.running` puts together, in virtual time.

Real: the loop around `step`, the carrying out of effects, journal, conversation, drills, printer and scanner lives.
In place of the socket there is a screen of our own; the journal's thread takes turns with the loop.
"""

import asyncio
import contextlib
import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from kioskd.clock import clock_of
from kioskd.daemon.answering import Answering
from kioskd.daemon.block_list import read_block_list
from kioskd.daemon.carrying import Rooms
from kioskd.daemon.drafts import Drafts
from kioskd.daemon.drill import FOLDER, Drills
from kioskd.daemon.open_session import OpenSession, left_open
from kioskd.daemon.sealing import Sealing
from kioskd.daemon.station import Station
from kioskd.devices.scanner import ScannerLife
from kioskd.doors.door import DoorLine
from kioskd.doors.koha import Koha
from kioskd.ils.lines import Lines
from kioskd.journal import moved, opening
from kioskd.journal.counts import WAITING
from kioskd.journal.journal import Journal, Written
from kioskd.journal.thread import QUIET_S, JournalThread, _Worker
from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.door import door_of, takes
from kioskd.model.entry import BEFORE_ALL, AddRow, Entry, EntryFilter, EntryState, Seq, Write
from kioskd.model.errors import CallError
from kioskd.model.ils import AskCheckout, AskRenew
from kioskd.model.settings import Settings
from kioskd.model.time import Clock, Instant
from kioskd.model.view import View
from kioskd.rules.outage import NOTE as OUTAGE
from kioskd.rules.state import State, initial
from kioskd.trace.ring import Ring
from tests.simulation.devices import PrinterTurns

if TYPE_CHECKING:
    from tests.simulation.machine import Machine

LIFETIME_DAYS = 365
"""No life is that long: what is kept longer is never purged."""
READ_WHOLE_EVERY = 16
"""Purges: so often what is known of a journal is compared with all that stands in it."""
STATE = Path("/simulated")
"""Where SQLite believes its files to be."""


class WatchedJournal(Journal):
    """Keeps what is over as it stood before a purge, and sees that nothing else is taken by one.

    For that it knows all entries, and reads again only what was written since: to read all of them before each of the
    hundreds of purges of a life was a tenth of it. Now and then it does, and compares.
    """

    machine: "Machine"
    looked_through = True
    """Nothing was purged since it was seen that nothing is left of who was purged."""
    _known: dict[Seq, Entry] | None = None
    """None: all of them are to be read."""
    _written: frozenset[Seq] = frozenset()
    """Rows about these were written since."""
    _purges = 0

    def write(self, writes: Sequence[Write]) -> Written:
        rows = [row for row in writes if isinstance(row, AddRow)]
        self.machine.were_exceptions.update(int(row.seq) for row in rows if row.state is EntryState.EXCEPTION)
        self._written |= {row.seq for row in rows}
        try:
            written = super().write(writes)
        except BaseException:
            self._known = None
            raise
        for row in rows:
            self.machine.follow(int(row.seq), row.state)
        return written

    def correct_clock(self, boot_id: str, wall_minus_boot_s: float, now_wall_s: float) -> int:
        self._known = None
        return super().correct_clock(boot_id, wall_minus_boot_s, now_wall_s)

    def _take_back(self, pending: Any) -> None:
        self._known = None
        super()._take_back(pending)

    def purge(self, before_wall_s: float) -> int:
        if self.machine.settings.journal.keep_settled_days > LIFETIME_DAYS:
            number = super().purge(before_wall_s)
            if number:
                self.machine.wrong.append(f"a purge took {number} entries long before their time")
            return number
        before = self._as_it_stands()
        # The power may go when the disk has it and nobody was told yet.
        self.machine.over |= {int(entry.seq): entry for entry in before.values() if entry.state not in WAITING}
        # Unless it comes to its end.
        self._known = None
        number = super().purge(before_wall_s)
        left = {seq for (seq,) in self._connection.execute("SELECT seq FROM entries")}
        gone = [entry for entry in before.values() if entry.seq not in left]
        self.machine.purged += number
        if len(gone) != number or any(entry.state in WAITING for entry in gone):
            self.machine.wrong.append(f"a purge took {[(entry.seq, entry.state.value) for entry in gone]}")
        kept = {seq: entry for seq, entry in before.items() if seq in left}
        if number:
            self.looked_through = False
        elif not self.looked_through:
            self.looked_through = True
            self._nobody_is_left(kept.values())
        self._known = kept
        return number

    def _as_it_stands(self) -> dict[Seq, Entry]:
        """Return all entries, as a whole reading gives them."""
        self._purges += 1
        known, written, self._written = self._known, self._written, frozenset()
        if known is None:
            return {entry.seq: entry for entry in self.entries(EntryFilter())}
        new = self.entries(EntryFilter(after=max(known, default=BEFORE_ALL)))
        known = {**known, **{entry.seq: entry for entry in (*self.those(sorted(written)), *new)}}
        if self._purges % READ_WHOLE_EVERY == 0:
            whole = self.entries(EntryFilter())
            wrong = [entry.seq for entry in whole if known.get(entry.seq) != entry]
            if wrong or len(whole) != len(known):
                self.machine.wrong.append(f"entries {wrong[:3]} changed without a row")
        return known

    def _nobody_is_left(self, kept: Iterable[Entry]) -> None:
        """Nothing of who was purged can be read in the raw files any more."""
        there = {each for entry in kept for each in (entry.what.patron, str(entry.what.item))}
        gone = {each for entry in self.machine.over.values() for each in (entry.what.patron, entry.what.item)}
        for path, content in self.machine.disk.files.items():
            whole = bytes(content.now)
            found = [number for number in gone - there if number is not None and number.encode() in whole]
            if found:
                self.machine.wrong.append(f"purged, and still in {path}: {found[:3]}")


class JournalTurns(JournalThread):
    """The journal's thread in virtual time: what comes while the disk is busy shares the next flush."""

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop, chance: random.Random) -> None:
        self._queue = _Waiting()
        self._worker = _Worker(journal, self._hand_over, None)
        self._loop = loop
        self._chance = chance
        self._due: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self.dead = False

    def submit(self, job: Any, done: Any) -> None:
        super().submit(job, done)
        self._come_soon()

    def die(self) -> None:
        """The process is gone, whatever was queued."""
        self.dead = True
        for timer in (self._due, self._idle):
            if timer is not None:
                timer.cancel()
        opening_abandoned(self._worker.journal)

    def stop(self) -> None:
        """Close the journal; what was queued is done."""
        while not self.dead and (self._worker.scans or not self._queue.empty()):
            self._turn()
        if not self.dead:
            self._worker.journal.close()
            self.die()

    def _hand_over(self, call: Callable[[], None]) -> None:
        if not self.dead:
            self._loop.call_soon(self._told, call)

    def _told(self, call: Callable[[], None]) -> None:
        if not self.dead:
            call()

    def _come_soon(self) -> None:
        if self._due is None and not self.dead:
            # An SD card takes 2 to 50 ms.
            self._due = self._loop.call_later(self._chance.uniform(0.0005, 0.02), self._work)

    def _work(self) -> None:
        self._due = None
        if self.dead:
            return
        self._turn()
        if self.dead:
            return
        if self._worker.scans or not self._queue.empty():
            self._come_soon()
        elif self._worker.journal.checkpoint_due and self._idle is None:
            self._idle = self._loop.call_later(QUIET_S, self._rest)

    def _rest(self) -> None:
        self._idle = None
        if not self.dead and self._queue.empty():
            self._worker.checkpoint()


class _Waiting:
    """`queue.SimpleQueue`, as far as the journal's thread uses it; it never waits."""

    def __init__(self) -> None:
        self._items: list[Any] = []

    def put(self, item: Any) -> None:
        self._items.append(item)

    def get(self, timeout: float | None = None) -> Any:
        return self._items.pop(0)

    def empty(self) -> bool:
        return not self._items


def opening_abandoned(journal: Journal) -> None:
    """Let go of a dead process's file: its disk takes nothing any more."""
    with contextlib.suppress(Exception):
        opening.abandon(journal._connection)


@dataclass
class Clocks:
    """One process's clocks."""

    machine: "Machine"

    def now(self) -> Instant:
        machine = self.machine
        mono_s = machine.loop.time()
        return Instant(mono_s, machine.wall_s, mono_s - machine.booted_s + 20.0)

    def trust(self) -> Clock:
        return clock_of(self.machine.synchronised, self.machine.boot_id)


class Carrier:
    """Watches each effect, then has it carried out."""

    def __init__(self, machine: "Machine", rooms: Rooms) -> None:
        self._machine = machine
        self._rooms = rooms

    def ask(self, questions: Sequence[e.Ask], state: State) -> None:
        for question in questions:
            self._watch(question, state)
        self._rooms.ask(questions, state)

    def carry(self, effect: e.Effect, state: State) -> None:
        self._watch(effect, state)
        self._rooms.carry(effect, state)

    def _watch(self, effect: e.Effect, state: State) -> None:
        machine = self._machine
        if state.upload.last:
            machine.stepped_aside |= state.upload.last
        if isinstance(effect, e.Ask):
            if isinstance(effect.question, AskCheckout | AskRenew):
                seq = state.asks[effect.ask].seq if effect.ask in state.asks else None
                machine.on_ask(machine, effect, seq)
        elif isinstance(effect, e.Log):
            machine.on_log(machine, effect)


class CountedStation(Station):
    """Counts its steps, and the scans among them."""

    machine: "Machine"

    def _step(self, what: inputs.Input, carrier: Any) -> None:
        self.machine.steps += 1
        if isinstance(what, inputs.Scanned):
            self.machine.on_scan()
        super()._step(what, carrier)

    def _trace_later(self, event: inputs.Event, before: State, effects: list[e.Effect] | None) -> None:
        # A ring that keeps nothing needs none of the thousands of timers of a day.
        if self.machine.traced:
            super()._trace_later(event, before, effects)


class SimulatedDrills(Drills):
    """Drills on the simulated disk: their journal lies beside the real one, and takes turns with the loop as well."""

    def __init__(self, process: "Process", clocks: Clocks) -> None:
        self._process = process
        super().__init__(process.machine.settings, process, clocks, process.station)

    @property
    def on(self) -> bool:
        """Whether a drill is on, begins or ends."""
        return self._now is not None or self._changing is not None

    def _open(self, settings: Settings) -> Journal:
        self._clear()
        self._folder.mkdir(parents=True)
        disk = self._process.machine.disk
        return Journal.open(STATE / FOLDER, timezone=settings.station.timezone, vfs=disk.name)

    def _queue(self, journal: Journal) -> JournalThread:
        return JournalTurns(journal, self._process.machine.loop, self._process.machine.chance)

    def _clear(self) -> None:
        super()._clear()
        disk = self._process.machine.disk
        with contextlib.suppress(apsw.IOError):
            for path in [path for path in disk.files if path.startswith(f"{STATE / FOLDER}/")]:
                disk.call()
                del disk.files[path]

    def die(self) -> None:
        """The process is gone, and a drill with it; what it leaves on the disk is for the next one."""
        if self._changing is not None:
            self._changing.cancel()
        if self._now is not None:
            self._now.limit.cancel()
            self._now.station.end()
            assert isinstance(self._now.journal, JournalTurns)
            self._now.journal.die()


class NoRing(Ring):
    """Is given nothing: to hide everybody's numbers is a tenth of the work, and done in lives that are traced."""

    def add(self, event: inputs.Event, before: State | None = None, effects: object = None) -> None:
        raise AssertionError("nothing is traced in this life")


class Process:
    """The daemon, from its start to whatever ends it."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine
        self.alive = True
        loop, settings = machine.loop, machine.settings
        # An apsw VFS knows no directory: where the journal looks for this mark, it lies beside it here.
        moved.refuse(settings.station.state_dir)
        self.journal = WatchedJournal.open(STATE, timezone=settings.station.timezone, vfs=machine.disk.name)
        self.journal.machine = machine
        clocks = Clocks(machine)
        self.instance = str(uuid.UUID(int=machine.chance.getrandbits(128), version=4))
        self.ring = Ring(settings.barcodes) if machine.traced else NoRing(settings.barcodes)
        self.station = CountedStation(initial(settings), clocks, self.ring)
        self.station.machine = machine
        note = self.journal.last_note("mode")
        outage = tuple(self.journal.notes(OUTAGE))
        summary = self.journal.summary()
        was_open = left_open(settings.station.state_dir, self.journal)
        self.queue = JournalTurns(self.journal, loop, machine.chance)
        self.drills = SimulatedDrills(self, clocks)
        self.rooms = Rooms(
            deliver=self.deliver,
            journal=self.queue,
            front=self.drills.shown,
            staff_codes=lambda: StaffCodes(machine.codes),  # type: ignore[arg-type, return-value]
            answering=Answering(settings, self.queue, self, lambda: clocks.now().wall_s, self.ring),
            session=OpenSession(settings.station.state_dir, self.queue),
            sealing=Sealing(machine.sealing),
            drafts=Drafts(machine.sealing, settings.station.state_dir),
            read_blocks=partial(read_block_list, settings.offline.block_list),
        )
        self.station.begin(Carrier(machine, self.rooms))
        forced = note.content.get("reason") if note is not None and note.content.get("mode") == "offline" else None
        self.deliver(inputs.Started(self.instance, summary, clocks.trust(), forced, was_open, outage))
        self.line = Lines(
            settings.ils,
            settings_zone(settings),
            self.deliver,
            lambda: clocks.now().wall_s,
            open_line=partial(machine.library.open_line, machine.name),
            trace=machine.on_line,
            traced=lambda: machine.traced,
            door=self._door(),
        )
        self.printer = PrinterTurns(machine.roll, self.by_people, self._now)
        self.scanner = ScannerLife(
            "front", "serial", machine.cable.path, machine.cable.open, deliver=self.by_people, now_rfc3339=self._now
        )
        self.rooms.attach(self.line, self.printer, self, self.station.state)
        self.drills.attach(self.printer, self)
        self.scanner.start()
        self.printer.start()

    def _door(self) -> DoorLine | None:
        settings = self.machine.settings
        door = door_of(settings)
        if door is None:
            return None
        send = self.machine.library.through_the_door
        return DoorLine(Koha(settings.door), send, self.deliver, partial(takes, door), door.at_once)

    def deliver(self, what: inputs.Input) -> None:
        """Take an input in, unless the process is dead."""
        if self.alive:
            self.station.deliver(what)

    def by_people(self, what: inputs.Input) -> None:
        """Take in what people do, or what a device tells: a drill may be meant."""
        if self.alive:
            self.drills.deliver(what)

    def _now(self) -> str:
        return dt.datetime.fromtimestamp(self.machine.wall_s, dt.UTC).isoformat()

    def signal(self, scanner: str, *, accepted: bool) -> None:
        """Let the scanner tell *accepted* or *refused*."""
        self.scanner.signal(accepted=accepted)

    # As the front: what goes to the screens.

    def publish(self, view: View) -> None:
        if self.alive:
            self.machine.on_view(self.machine, view)

    def reply(self, request: c.RequestId, result: Any = None) -> None:
        if self.alive:
            self.machine.answered(request, result)

    def fail(self, request: c.RequestId, error: CallError) -> None:
        if self.alive:
            self.machine.answered(request, error)

    def die(self) -> None:
        """Nothing of it happens any more; what left it before is under way."""
        self.alive = False
        self.station.end()
        self.drills.die()
        self.scanner.close()
        self.printer.close()
        self.queue.die()
        self.line.disconnect()


@dataclass(frozen=True)
class StaffCodes:
    """As `kioskd.staff` knows them, without its slow hash."""

    codes: Mapping[str, str]

    def check(self, code: str) -> str | None:
        return self.codes.get(code)


def settings_zone(settings: Settings) -> dt.tzinfo:
    return initial(settings).zone
