"""One printer's life, a turn at a time: opened, asked, given one slip, followed until it is out, emptied when it stops.

No thread and no waiting of its own: whoever calls `turn` waits as long as it says. The driver's calls do wait, within
their limits, so the daemon gives it a thread (`kioskd.devices.printer`).

What a printer holds when it stops would come out when it goes on, for somebody else. So it is thrown away at every
stop, whenever that is noticed: after a slip the printer is looked at often, at other times seldom.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from drivers import base as driver
from drivers.escpos_encode import CUT, RESET
from drivers.escpos_printer import CANCEL_PADDING
from drivers.hotplug import Change, PathEvent
from drivers.slip import PaperProfile
from kioskd.devices.advice import DRIVER_MISTAKE, OFF_LINE, STALLED, Trouble, advice, trouble
from kioskd.devices.node import Node, node_at
from kioskd.devices.on_paper import Piece, on_paper
from kioskd.devices.printer_place import Place, PrinterPlace
from kioskd.devices.spool import Spool, Taken
from kioskd.devices.third_party import DriverMistake, ThirdPartyPrinter, open_third_party
from kioskd.devices.wrong_settings import wrong_settings
from kioskd.model.device import DeviceCause, DeviceKind, DeviceState
from kioskd.model.settings import PrinterDriver, PrinterSettings
from kioskd.model.slip import SlipFate
from kioskd.model.view import Paper
from kioskd.model.written_late import dataclass

log: Final = logging.getLogger("kioskd.printer")

LOOK_S: Final = 5.0
"""A printer tells of its paper only when it is asked; a silent one is not asked."""
LOOK_IDLE_S: Final = 10.0
"""After QUIET_LOOKS without any change: each look costs four questions, so four wake-ups."""
QUIET_LOOKS: Final = 2
LOOK_STOPPED_S: Final = 1.0
"""Somebody stands before it and changes the roll; after STOPPED_LOOKS of these it is LOOK_S again."""
STOPPED_LOOKS: Final = 120
EMPTY_AGAIN_LOOKS: Final = 20
"""A printer that is stopped keeps our questions too; a full buffer would hear neither question nor cancelling."""
LOOK_WAITING_S: Final = 0.25
"""While a slip waits for the printer, and for AFTER_SLIP_S after one."""
LOOK_PRINTING_S: Final = 0.1
AFTER_SLIP_S: Final = 5.0
"""So long after a slip its end may still be in a slow printer's buffer."""
LINE_S: Final = 0.05
"""A line of paper on a slow printer: 30 of 203 dots an inch at 75 mm/s."""
OPEN_AGAIN_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
RECOVERED: Final = CANCEL_PADDING + RESET + CUT
"""Ends a picture that broke off, and parts what hangs there from the next person's slip."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the printer."""

    driver: str
    state: DeviceState
    paper: Paper = Paper.UNKNOWN
    ready: bool = False
    problem: str | None = None
    advice: str | None = None
    cause: DeviceCause | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Reports:
    """Who hears what the printer does."""

    known: Callable[[Known], None]
    """Called when something changed, and only then."""
    ended: Callable[[int, SlipFate], None]
    sent: Callable[[bytes], None]
    """The bytes of each slip, before they are written."""


@dataclass(slots=True)
class _Out:
    """The slip that is coming out: what of it the printer does not have yet, and until when it prints what it has."""

    taken: Taken
    pieces: deque[Piece]
    begun: bool = False
    until_s: float = 0.0


class PrinterLife:
    """Owns the printer. All calls from one thread; `monotonic` is the clock of the slips' times."""

    def __init__(
        self,
        place: PrinterPlace,
        spool: Spool,
        reports: Reports,
        drivers: Mapping[str, driver.PrinterFactory],
        monotonic: Callable[[], float],
    ) -> None:
        self._place = place
        self._spool = spool
        self._reports = reports
        self._drivers = drivers
        self._monotonic = monotonic
        settings = place.settings or PrinterSettings(PrinterDriver.USBLP)
        wrong = wrong_settings((), settings, printer_drivers=drivers)
        self._hopeless = bool(wrong)
        self._paper = PaperProfile()
        self._printer: driver.Printer | None = None
        self._identity: str | None = None
        self._known: Known | None = None
        self._failures = 0
        self._stopped_looks = 0
        """How often in a row it said that it prints nothing."""
        self._quiet_looks = 0
        self._stalls = 0
        """How often in a row it did not answer."""
        self._owes_cancel = False
        self._owes_recovery = False
        self._answers = False
        self._path: Path | None = None
        self._node: Node | None = None
        self._out: _Out | None = None
        self._watched_until_s = 0.0
        if wrong:
            problems = "; ".join(map(str, wrong))
            self._tell(
                DeviceState.FAILING,
                trouble=Trouble(problems, "correct [printer] and restart kioskd", DeviceCause.WRONG_SETTING),
            )

    def turn(self) -> float | None:
        """Do what is due. Return after how long there is more to do; None: when a slip or the kernel's word comes."""
        if self._hopeless:
            return None
        if not self._opened():
            return self._open_again_s()
        ready = self._look()
        if ready is None:
            return LOOK_WAITING_S  # one answer may get lost
        if ready and self._out is None:
            taken = self._spool.take(self._monotonic())
            if taken is not None:
                self._begin(taken)
        self._go_on(ready=ready)
        return self._pause_s() if self._printer is not None else self._open_again_s()

    def paths_changed(self, events: Sequence[PathEvent]) -> None:
        """The kernel says that watched paths came, went or changed their rights; the next turn is due at once."""
        self._failures = 0
        mine = any(event.path == self._path and event.change is not Change.RIGHTS for event in events)
        if self._printer is not None and self._path is not None and mine and node_at(self._path) != self._node:
            # Also when something is there again: what is open is another one.
            self._lost(
                Trouble("it was unplugged", advice(DeviceKind.PRINTER, driver.WhyNot.ABSENT), DeviceCause.ABSENT)
            )

    def close(self) -> None:
        """Give the printer back."""
        if self._printer is not None:
            self._printer.close()
            self._printer = None

    # ---- when

    def _pause_s(self) -> float | None:
        now_s = self._monotonic()
        if self._out is not None:
            return max(0.0, min(LOOK_PRINTING_S, self._out.until_s - now_s))
        if not self._spool.empty or now_s < self._watched_until_s:
            return LOOK_WAITING_S
        known = self._known
        if known is None or not known.ready or self._owes_cancel:
            return LOOK_STOPPED_S if self._stopped_looks < STOPPED_LOOKS else LOOK_S
        if not self._answers:
            return None
        return LOOK_S if self._quiet_looks <= QUIET_LOOKS else LOOK_IDLE_S

    def _open_again_s(self) -> float | None:
        if self._hopeless or (self._place.watched and (self._path is None or not self._path.exists())):
            return None  # the kernel will say when it comes
        wait_s = OPEN_AGAIN_S[max(0, min(self._failures, len(OPEN_AGAIN_S)) - 1)]
        return wait_s if self._spool.empty else min(wait_s, LOOK_WAITING_S)

    # ---- opening

    def _opened(self) -> bool:
        if self._printer is not None:
            return True
        news = self._failures == 0
        self._failures += 1
        place = self._place.now()
        if isinstance(place, Trouble):
            self._path = self._identity = None
            self._tell(DeviceState.ABSENT, Paper.NONE if self._place.settings is None else Paper.UNKNOWN, trouble=place)
            return False
        self._path, self._identity, self._paper = place.path, place.identity, place.paper
        if news:
            self._tell(DeviceState.OPENING)
        self._node = node_at(place.path) if place.path is not None else None
        try:
            self._printer = self._open(place)
        except driver.CannotOpen as error:
            state = DeviceState.ABSENT if error.why is driver.WhyNot.ABSENT else DeviceState.FAILING
            self._tell(
                state,
                trouble=Trouble(
                    f"{error.device}: {error.detail}", self._advice(error.why), DeviceCause(error.why.value)
                ),
            )
            return False
        except ValueError as error:
            self._hopeless = True
            self._tell(
                DeviceState.FAILING,
                trouble=Trouble(str(error), "correct [printer] and restart kioskd", DeviceCause.WRONG_SETTING),
            )
            return False
        return True

    def _advice(self, why: driver.WhyNot) -> str:
        return advice(DeviceKind.PRINTER, why, str(self._path) if self._path is not None else "")

    def _open(self, place: Place) -> driver.Printer:
        if place.driver not in self._drivers:
            return ThirdPartyPrinter(open_third_party(place.driver, place.identity, place.arguments), place.identity)
        return self._drivers[place.driver](**{name: value for name, value in place.arguments.items() if value})

    def _mistaken(self, mistake: DriverMistake) -> None:
        self._lost(Trouble(str(mistake), DRIVER_MISTAKE, DeviceCause.FAILS), DeviceState.FAILING)

    def _lost(self, why: Trouble, state: DeviceState = DeviceState.ABSENT) -> None:
        if self._printer is not None:
            self._printer.close()
            self._printer = None
        self._stopped_looks = self._stalls = 0
        if self._out is not None:
            self._broke_off(self._out)
        self._tell(state, trouble=why)

    # ---- asking

    def _look(self) -> bool | None:
        """Ask the printer how it is, and see to what it still holds; True if a slip may be sent, None: ask again."""
        assert self._printer is not None
        try:
            if self._owes_cancel:
                self._cancel()
            status = self._printer.status()
            if trouble(status) is OFF_LINE:
                # No cause: the answers may be from before and after a change.
                status = self._printer.status()
            ready = status.ready is not False
            if not ready and self._stopped_looks % EMPTY_AGAIN_LOOKS == 0:
                self._cancel()
            if ready and self._owes_recovery:
                self._printer.write(RECOVERED)
                self._owes_recovery = False
        except driver.DeviceGone as error:
            self._lost(Trouble(str(error), advice(DeviceKind.PRINTER, driver.WhyNot.ABSENT), DeviceCause.ABSENT))
            return False
        except driver.PrintFailed:
            self._stalls += 1
            if self._stalls == 1:
                return None
            # It may have more in its buffer than was known.
            self._owes_cancel = True
            if not self._stopped_looks:
                self._tell(DeviceState.FAILING, trouble=STALLED)
            return False
        except OSError as error:
            self._lost(Trouble(error.strerror or str(error), STALLED.advice, DeviceCause.SILENT))
            return False
        except DriverMistake as error:
            self._mistaken(error)
            return False
        self._failures = self._stalls = 0
        self._answers = status.answers
        self._quiet_looks += 1
        self._stopped_looks = 0 if ready else self._stopped_looks + 1
        state = DeviceState.READY if ready else DeviceState.FAILING
        self._tell(state, Paper(status.paper.value), trouble=trouble(status), ready=ready)
        return ready

    def _cancel(self) -> None:
        assert self._printer is not None
        self._owes_cancel = True
        self._printer.cancel()
        self._owes_cancel = False

    # ---- printing

    def _begin(self, taken: Taken) -> None:
        try:
            pieces = on_paper(taken.job.what, self._paper)
        except (OSError, ValueError) as error:
            log.error("slip %d cannot be drawn: %s", taken.job.slip, error)
            self._reports.ended(taken.job.slip, SlipFate.DROPPED)
            return
        self._reports.sent(b"".join(piece.payload for piece in pieces))
        self._out = _Out(taken, deque(pieces))
        self._quiet_looks = 0

    def _go_on(self, *, ready: bool) -> None:
        """Give the printer the next piece of the slip that is coming out, or see its end."""
        out = self._out
        if out is None:
            return
        if not ready:
            self._broke_off(out)
            return
        while self._monotonic() >= out.until_s:
            if not out.pieces:
                self._out = None
                self._watched_until_s = self._monotonic() + AFTER_SLIP_S
                self._reports.ended(out.taken.job.slip, SlipFate.PRINTED)
                return
            if not self._write(out):
                return
            if self._answers:
                # Only as much as comes out until the next look: the rest is not in its buffer when it stops.
                out.until_s = self._monotonic() + LINE_S * out.pieces.popleft().rows
                if not out.pieces:
                    return  # it is out when the printer, asked once more, is still there and well
            else:
                out.pieces.popleft()

    def _write(self, out: _Out) -> bool:
        assert self._printer is not None
        try:
            self._printer.write(out.pieces[0].payload)
        except driver.PrintFailed as error:
            log.warning("slip %d: %s", out.taken.job.slip, error)
            if error.sent or out.begun:
                self._broke_off(out)
            else:
                self._not_begun(out)
            if isinstance(error, driver.DeviceGone):
                self._lost(Trouble(str(error), advice(DeviceKind.PRINTER, driver.WhyNot.ABSENT), DeviceCause.ABSENT))
            return False
        except OSError as error:
            self._lost(Trouble(error.strerror or str(error), STALLED.advice, DeviceCause.SILENT))
            return False
        except DriverMistake as error:
            self._mistaken(error)
            return False
        out.begun = True
        return True

    def _not_begun(self, out: _Out) -> None:
        self._out = None
        if not self._spool.give_back(out.taken, self._monotonic()):
            self._reports.ended(out.taken.job.slip, SlipFate.DROPPED)

    def _broke_off(self, out: _Out) -> None:
        self._out = None
        self._owes_cancel = self._owes_recovery = True
        self._reports.ended(out.taken.job.slip, SlipFate.BROKEN)

    # ---- telling

    def _tell(
        self,
        state: DeviceState,
        paper: Paper = Paper.UNKNOWN,
        *,
        trouble: Trouble | None = None,
        ready: bool = False,
    ) -> None:
        known = Known(
            self._place.driver,
            state,
            paper,
            ready,
            trouble.problem if trouble else None,
            trouble.advice if trouble else None,
            trouble.cause if trouble else None,
            self._identity,
        )
        if known != self._known:
            self._known = known
            self._quiet_looks = 0
            self._reports.known(known)
