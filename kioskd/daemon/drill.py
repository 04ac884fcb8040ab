"""An outage exercise on the live station: for a while another station stands behind its screen, scanners and printer.

The drill's station runs the same code, and has nothing in common with the real one but the devices: its journal is a
folder of its own that goes when the drill ends, it knows drill barcodes alone, and its line leads nowhere. The real
station goes on behind it, unseen: it polls, uploads and keeps the time. So nothing of a drill can be counted, sent or
looked up, and a real card is no card while it lasts. What staff and technicians ask for beside the screen is about real
entries and goes to the real station: an archive that is taken in, or a row that is typed, must not end with the drill.
"""

import asyncio
import logging
import shutil
import uuid
from dataclasses import replace
from typing import Final

from kioskd.clock import Clocks
from kioskd.daemon.answering import Answering
from kioskd.daemon.carrying import Glass, Paper, Rooms, Scanners
from kioskd.daemon.drafts import Drafts
from kioskd.daemon.open_session import OpenSession
from kioskd.daemon.sealing import Sealing
from kioskd.daemon.station import Station
from kioskd.journal.errors import JournalError
from kioskd.journal.journal import Journal
from kioskd.journal.thread import JournalThread
from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.ils import AskId, LineTrouble, NoAnswer
from kioskd.model.inputs import Input
from kioskd.model.settings import BarcodeSettings, CheckDigit, OfflineSettings, Settings
from kioskd.model.view import View
from kioskd.model.written_late import dataclass
from kioskd.rules.state import initial
from kioskd.trace.ring import Ring

log: Final = logging.getLogger("kioskd")

FOLDER: Final = "drill"
"""In the state directory: the same disk is exercised."""
CARD: Final = "DRILLCARD1"
ITEMS: Final = ("DRILLITEM1", "DRILLITEM2", "DRILLITEM3")
BARCODES: Final = BarcodeSettings(
    patron=(r"^DRILLCARD\d$",), item=(r"^DRILLITEM\d{1,2}$",), check_digit=CheckDigit.OFF, typed_twice=False
)
LONGEST_S: Final = 900.0
"""A drill that nobody ends: patrons want their station back."""
EXERCISED: Final = frozenset(call for call, needs in c.NEEDS.items() if needs is c.Role.SCREEN) | {
    c.SessionDueDate,
    c.ItemCheckin,
    c.RfidRead,
    c.RfidSecure,
    c.PaymentTake,
    c.HoldsProcess,
    c.ScanInject,
}
"""What is done at a screen, and what is refused there: that a drill is about."""


class Numbers:
    """The numbers of Views, whichever station they are of: they rise for whoever watches.

    A View keeps its own number while that rises by itself, as it does until the first drill.
    """

    def __init__(self) -> None:
        self._last = 0

    def fit(self, view: View) -> View:
        """Return a View with a number above all that were shown."""
        seq = max(view.seq, self._last + 1)
        self._last = seq
        return view if seq == view.seq else replace(view, seq=seq)


class Shown:
    """What a station has for a screen, while it is its turn; what it showed last is shown on its return."""

    def __init__(self, front: Glass, numbers: Numbers, *, shown: bool) -> None:
        self._front = front
        self._numbers = numbers
        self._shown = shown
        self._last: View | None = None

    def publish(self, view: View) -> None:
        """Show a View, if it is this station's turn."""
        self._last = view
        if self._shown:
            self._front.publish(self._numbers.fit(view))

    def reply(self, request: c.RequestId, result: object = None) -> None:
        """Answer a call."""
        self._front.reply(request, result)

    def fail(self, request: c.RequestId, error: CallError) -> None:
        """Refuse a call."""
        self._front.fail(request, error)

    def turn(self, *, shown: bool) -> None:
        """Have the screen, or leave it."""
        self._shown = shown
        if shown and self._last is not None:
            self.publish(self._last)


class OwnSlips:
    """The printer as the drill has it: its slips have numbers that no slip of the real station has."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper

    def print(self, job: e.Print) -> None:
        """Print a slip of the drill."""
        self._paper.print(replace(job, slip=-job.slip))

    def drop(self) -> None:
        """Drop what has not started."""
        self._paper.drop()


class NoLine:
    """A line that leads nowhere: nobody is asked anything."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def connect(self, timeout_s: float) -> None:  # noqa: ARG002 - at once
        """Say that there is no connection."""
        self._later(inputs.LineDown(LineTrouble.REFUSED, "a drill: this line leads nowhere"))

    def disconnect(self) -> None:
        """There is nothing to close."""

    def ask(self, ask: e.Ask) -> None:
        """Ask nobody."""
        self._later(inputs.Unanswered(ask.ask, NoAnswer.NO_LINE))

    def forget(self, ask: AskId) -> None:
        """Nothing waits."""

    def go_on(self) -> None:
        """Nothing goes out."""

    def _later(self, what: Input) -> None:
        asyncio.get_running_loop().call_soon(self._station.deliver, what)


@dataclass(frozen=True, slots=True)
class _Drill:
    """One drill."""

    station: Station
    journal: JournalThread
    shown: Shown
    limit: asyncio.TimerHandle


class Drills:
    """Leads what people and devices do to the real station, or to the drill's."""

    def __init__(self, settings: Settings, front: Glass, clock: Clocks, real: Station) -> None:
        numbers = Numbers()
        self.shown = Shown(front, numbers, shown=True)
        """The real station's screen."""
        self._numbers = numbers
        self._settings = settings
        self._front = front
        self._clock = clock
        self._real = real
        self._folder = settings.station.state_dir / FOLDER
        self._paper: Paper | None = None
        self._scanners: Scanners | None = None
        self._printer: inputs.PrinterChanged | None = None
        self._devices: dict[str, inputs.DeviceChanged] = {}
        self._now: _Drill | None = None
        self._changing: asyncio.Task[None] | None = None
        # What a power cut left of one.
        self._clear()

    def attach(self, paper: Paper | None, scanners: Scanners) -> None:
        """Let drills have the printer and the scanners too."""
        self._paper, self._scanners = paper, scanners

    def deliver(self, what: Input) -> None:
        """Take in what a person did, or a device told."""
        if isinstance(what, inputs.Asked) and isinstance(what.call, c.DrillStart | c.DrillEnd):
            self._asked(what)
            return
        if isinstance(what, inputs.PrinterChanged):
            self._printer = what
        elif isinstance(what, inputs.DeviceChanged):
            self._devices[what.status.name] = what
        drill = self._now
        match what:
            case inputs.SlipEnded(slip, fate) if slip < 0:
                # One that the drill did not live to hear of is nobody's.
                if drill is not None:
                    drill.station.deliver(inputs.SlipEnded(-slip, fate))
            case inputs.Asked() if drill is not None and type(what.call) in EXERCISED:
                drill.station.deliver(what)
            case inputs.Scanned() | inputs.ScanLost() if drill is not None:
                drill.station.deliver(what)
            case _:
                self._real.deliver(what)
                if drill is not None and isinstance(what, inputs.PrinterChanged | inputs.DeviceChanged):
                    drill.station.deliver(what)

    def close(self) -> None:
        """The daemon ends, and a drill with it."""
        if self._changing is not None:
            self._changing.cancel()
        if self._now is not None:
            self._now.limit.cancel()
            self._now.station.end()
            self._now.journal.stop()
        self._clear()

    def _asked(self, asked: inputs.Asked) -> None:
        starts = isinstance(asked.call, c.DrillStart)
        why = None
        if asked.role < c.Role.TECHNICIAN:
            needs = {"needs": c.Role.TECHNICIAN.name.lower()}
            self._front.fail(asked.request, CallError(ErrorKind.NOT_ALLOWED, "a technician's", needs))
            return
        if self._changing is not None or starts is (self._now is not None):
            why = "a drill is on" if starts else "no drill is on"
        elif starts and self._real.state.session is not None:
            why = "somebody is at the station; wait until they have gone"
        elif self._scanners is None:
            why = "the devices are not there yet; try again"
        if why is not None:
            self._front.fail(asked.request, CallError(ErrorKind.NOT_NOW, why))
            return
        work = self._start(asked.request) if starts else self._end(asked.request)
        self._changing = asyncio.get_running_loop().create_task(work, name="drill")
        self._changing.add_done_callback(self._changed)

    def _changed(self, task: asyncio.Task[None]) -> None:
        self._changing = None
        if not task.cancelled() and (fault := task.exception()) is not None:
            raise fault

    async def _start(self, request: c.RequestId) -> None:
        own = self._settings
        settings = replace(
            own,
            station=replace(own.station, id=f"{own.station.id} DRILL", state_dir=self._folder),
            # Nobody's code is known in it, so no screen asks for one.
            staff=replace(own.staff, codes_file=None),
            barcodes=BARCODES,
            offline=OfflineSettings(bookmark_days=own.offline.bookmark_days),
        )
        try:
            journal = await asyncio.to_thread(self._open, settings)
        except (JournalError, OSError) as problem:
            await asyncio.to_thread(self._clear)
            self._front.fail(request, CallError(ErrorKind.STORAGE, f"the disk takes no drill: {problem}"))
            return
        loop = asyncio.get_running_loop()
        station = Station(initial(settings), self._clock, Ring(BARCODES))
        queue = self._queue(journal)
        shown = Shown(self._front, self._numbers, shown=False)
        rooms = Rooms(
            deliver=station.deliver,
            journal=queue,
            front=shown,
            staff_codes=lambda: None,
            answering=Answering(settings, queue, shown, lambda: self._clock.now().wall_s, station.ring),
            session=OpenSession(self._folder, queue),
            sealing=Sealing(None),
            drafts=Drafts(None, self._folder),
            read_blocks=lambda: inputs.BlockListRead(None, "a drill has none"),
        )
        station.begin(rooms)
        station.deliver(inputs.Started(str(uuid.uuid4()), journal.summary(), self._clock.trust()))
        assert self._scanners is not None
        paper = OwnSlips(self._paper) if self._paper is not None else None
        rooms.attach(NoLine(station), paper, self._scanners, station.state)
        for known in (*self._devices.values(), *((self._printer,) if self._printer is not None else ())):
            station.deliver(known)
        limit = loop.call_later(LONGEST_S, self._over)
        self._now = _Drill(station, queue, shown, limit)
        self.shown.turn(shown=False)
        shown.turn(shown=True)
        log.warning("drill_started")
        self._front.reply(request, {"card": CARD, "items": list(ITEMS), "seconds": LONGEST_S})

    def _open(self, settings: Settings) -> Journal:
        self._clear()
        return Journal.open(self._folder, timezone=settings.station.timezone)

    def _queue(self, journal: Journal) -> JournalThread:
        return JournalThread(journal, asyncio.get_running_loop().call_soon_threadsafe, lambda _found: None)

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _over(self) -> None:
        """Nobody ended it."""
        if self._changing is None and self._now is not None:
            self._changing = asyncio.get_running_loop().create_task(self._end(None), name="drill")
            self._changing.add_done_callback(self._changed)

    async def _end(self, request: c.RequestId | None) -> None:
        drill = self._now
        assert drill is not None
        summary = drill.station.state.summary
        # From here on people are the real station's again.
        self._now = None
        drill.limit.cancel()
        drill.station.end()
        drill.shown.turn(shown=False)
        self.shown.turn(shown=True)
        await asyncio.to_thread(self._remove, drill.journal)
        log.warning("drill_ended recorded=%d", summary.recorded)
        if request is not None:
            self._front.reply(request, {"recorded": summary.recorded, "unsent": summary.unsent})

    def _remove(self, journal: JournalThread) -> None:
        journal.stop()
        self._clear()
