"""The printer, in a thread of its own: status before and after, one slip at a time, nothing for the next person."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from drivers import PRINTERS
from drivers import base as driver
from drivers.slip import Align, PaperProfile
from drivers.slip import Slip as PaperSlip
from drivers.slip import SlipLine as PaperLine
from kioskd.devices.advice import advice
from kioskd.model import inputs
from kioskd.model.device import DeviceKind, DeviceState, DeviceStatus
from kioskd.model.effects import Print
from kioskd.model.inputs import Input
from kioskd.model.settings import PrinterDriver, PrinterSettings
from kioskd.model.slip import Align as ModelAlign
from kioskd.model.slip import Slip, SlipFate
from kioskd.model.view import Paper

NAME: Final = "printer"
log: Final = logging.getLogger("kioskd.printer")

LOOK_S: Final = 5.0
"""A printer tells of its paper only when it is asked; a silent one is not asked."""
LOOK_FAILING_S: Final = 1.0
AFTER_SLIP_S: Final = 5.0
"""So long after a slip its paper may still end in the middle of it."""
LOOK_AFTER_SLIP_S: Final = 0.25
OPEN_AGAIN_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was last told of the printer."""

    state: DeviceState
    paper: Paper
    ready: bool
    problem: str | None


class PrinterThread:
    """Owns the printer; the loop hands slips in and hears what became of each."""

    def __init__(
        self,
        settings: PrinterSettings | None,
        deliver: Callable[[Input], None],
        now_rfc3339: Callable[[], str],
        *,
        trace: Callable[[bytes], None] | None = None,
    ) -> None:
        self._settings = settings or PrinterSettings(PrinterDriver.USBLP)
        self._finds = settings is None
        self._loop = asyncio.get_running_loop()
        self._deliver = deliver
        self._now_rfc3339 = now_rfc3339
        self._trace = trace
        self._wake = threading.Condition()
        self._jobs: deque[Print] = deque()
        self._over = False
        self._dropped_to = 0
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._printer: driver.Printer | None = None
        self._known: _Known | None = None
        self._failures = 0
        self._owes_cancel = False
        self._slip_until_s = 0.0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def print(self, job: Print) -> None:
        """Print a slip when the printer is ready, or drop it when its time is over."""
        with self._wake:
            self._jobs.append(job)
            self._wake.notify()

    def drop(self) -> None:
        """Drop every slip that has not started: it belongs to somebody who has gone."""
        with self._wake:
            if self._jobs:
                self._dropped_to = max(job.slip for job in self._jobs)
                self._wake.notify()

    def close(self) -> None:
        """Let a slip that is being printed end, and give the printer back."""
        with self._wake:
            self._over = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=3.0)

    # In the thread.

    def _run(self) -> None:
        while not self._over:
            self._look()
            job = self._next_job()
            if job is not None:
                self._do(job)
        if self._printer is not None:
            self._printer.close()

    def _next_job(self) -> Print | None:
        """Wait for a slip, or until it is time to look at the printer again."""
        with self._wake:
            if not self._jobs and not self._over:
                self._wake.wait(self._pause_s())
            return self._jobs[0] if self._jobs and not self._over else None

    def _pause_s(self) -> float | None:
        known = self._known
        if self._printer is None:
            return OPEN_AGAIN_S[min(self._failures, len(OPEN_AGAIN_S) - 1)]
        if time.monotonic() < self._slip_until_s:
            return LOOK_AFTER_SLIP_S
        if known is not None and known.paper is Paper.UNKNOWN and known.ready and not self._owes_cancel:
            return None
        return LOOK_S if known is not None and known.ready else LOOK_FAILING_S

    def _open(self) -> bool:
        if self._printer is not None:
            return True
        if self._finds and not self._find():
            return False
        settings = self._settings
        arguments: dict[str, str] = {}
        match settings.driver:
            case PrinterDriver.NETWORK:
                arguments = {"url": settings.url}
            case PrinterDriver.USBLP:
                arguments = {"device": settings.device or "/dev/usb/lp0"}
            case PrinterDriver.SERIAL:
                arguments = {"port": settings.port}
            case PrinterDriver.USB | PrinterDriver.NONE:
                arguments = {}
        opening = PRINTERS.get(settings.driver.value)
        if opening is None:
            problem = f"this version has no printer driver {settings.driver.value!r}"
            self._tell(_Known(DeviceState.FAILING, Paper.UNKNOWN, ready=False, problem=problem), None)
            self._failures = len(OPEN_AGAIN_S)
            return False
        try:
            self._printer = opening(**arguments)
        except driver.CannotOpen as error:
            self._failures += 1
            state = DeviceState.ABSENT if error.why is driver.WhyNot.ABSENT else DeviceState.FAILING
            self._tell(_Known(state, Paper.UNKNOWN, ready=False, problem=str(error)), error.why)
            return False
        self._failures = 0
        return True

    def _find(self) -> bool:
        """Look for a receipt printer that nobody configured."""
        from drivers.find_printers import find_printers  # noqa: PLC0415 - only a station without a configured one
        from drivers.identity import Verdict  # noqa: PLC0415

        paths = [found.path for found in find_printers() if found.verdict is Verdict.TAKE]
        if not paths:
            self._failures = len(OPEN_AGAIN_S)
            problem = "no receipt printer was found"
            self._tell(_Known(DeviceState.ABSENT, Paper.NONE, ready=False, problem=problem), driver.WhyNot.ABSENT)
            return False
        self._settings = replace(self._settings, device=paths[0])
        return True

    def _look(self) -> bool:
        """Ask the printer how it is; True if a slip may be sent."""
        if not self._open():
            return False
        assert self._printer is not None
        try:
            if self._owes_cancel:
                self._printer.cancel()
                self._owes_cancel = False
            status = self._printer.status()
        except driver.PrinterStalled as error:
            self._tell(_Known(DeviceState.FAILING, Paper.UNKNOWN, ready=False, problem=str(error)), None)
            return False
        except (driver.PrintFailed, driver.DeviceGone) as error:
            self._lost(str(error))
            return False
        problem = _problem(status)
        ready = status.ready is not False
        state = DeviceState.READY if ready else DeviceState.FAILING
        self._tell(_Known(state, Paper(status.paper.value), ready, problem), None)
        if not ready and time.monotonic() < self._slip_until_s:
            # It stopped in the middle of the last slip and would print the rest for somebody else.
            self._slip_until_s = 0.0
            self._owes_cancel = True
            return self._look()
        return ready

    def _lost(self, why: str) -> None:
        if self._printer is not None:
            self._printer.close()
            self._printer = None
        self._tell(_Known(DeviceState.ABSENT, Paper.UNKNOWN, ready=False, problem=why), driver.WhyNot.ABSENT)

    def _do(self, job: Print) -> None:
        """Print the first slip in the queue, or drop it; it stays in the queue until it begins."""
        while True:
            with self._wake:
                over = self._over or job.slip <= self._dropped_to
            if over or self._loop.time() > job.until_mono_s:
                self._ended(job, SlipFate.DROPPED)
                return
            if self._look():
                break
            with self._wake:
                self._wake.wait(LOOK_AFTER_SLIP_S)
        with self._wake:
            if job.slip <= self._dropped_to:
                self._jobs.popleft()
                self._say(inputs.SlipEnded(job.slip, SlipFate.DROPPED))
                return
        self._ended(job, self._write(job.what))

    def _write(self, slip: Slip) -> SlipFate:
        from drivers.escpos_encode import encode  # noqa: PLC0415 - only when something is printed

        assert self._printer is not None
        paper = PaperProfile(self._settings.columns, self._settings.codepage)
        encoded = encode(_on_paper(slip), paper)
        if self._trace is not None:
            self._loop.call_soon_threadsafe(self._trace, encoded.payload)
        try:
            self._printer.write(encoded.payload)
        except driver.PrintFailed as error:
            log.warning("slip broke off: %s", error)
            # What the printer still holds would come out after the next paper change, for somebody else.
            self._owes_cancel = error.sent > 0
            if isinstance(error, driver.DeviceGone):
                self._lost(str(error))
            return SlipFate.BROKEN if error.sent else SlipFate.DROPPED
        self._slip_until_s = time.monotonic() + AFTER_SLIP_S
        return SlipFate.PRINTED if self._look() else SlipFate.BROKEN

    def _ended(self, job: Print, fate: SlipFate) -> None:
        with self._wake:
            self._jobs.remove(job)
        self._say(inputs.SlipEnded(job.slip, fate))

    def _tell(self, known: _Known, why: driver.WhyNot | None) -> None:
        if known == self._known:
            return
        before, self._known = self._known, known
        if before is None or (before.state, before.problem) != (known.state, known.problem):
            status = DeviceStatus(
                NAME,
                DeviceKind.PRINTER,
                self._settings.driver.value,
                known.state,
                identity=self._settings.url or self._settings.device or self._settings.port or None,
                since=self._now_rfc3339(),
                problem=known.problem,
                advice=advice(DeviceKind.PRINTER, why) if why else _remedy(known),
            )
            self._say(inputs.DeviceChanged(status))
        self._say(inputs.PrinterChanged(known.paper, known.ready, known.problem))

    def _say(self, what: Input) -> None:
        try:
            self._loop.call_soon_threadsafe(self._deliver, what)
        except RuntimeError:
            log.debug("the loop has ended: %s is not heard", type(what).__name__)


def _problem(status: driver.PrinterStatus) -> str | None:
    if status.paper is driver.Paper.OUT:
        return "paper is out"
    if status.cover_open:
        return "the cover is open"
    if status.faults:
        return "the printer reports: " + ", ".join(sorted(fault.value for fault in status.faults))
    if status.online is False:
        return "the printer is off line"
    return None


def _remedy(known: _Known) -> str | None:
    if known.ready:
        return None
    return "load paper, close the cover, then print a test slip: kioskctl print-test"


def _on_paper(slip: Slip) -> PaperSlip:
    return PaperSlip(
        tuple(
            PaperLine(
                line.text,
                Align.CENTRE if line.align is ModelAlign.CENTRE else Align.LEFT,
                bold=line.large,
                size=2 if line.large else 1,
            )
            for line in slip.lines
        )
    )
