"""The printer's thread: the loop hands slips in and hears what became of each, and never waits for paper."""

import asyncio
import contextlib
import logging
import os
import select
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from drivers import PRINTERS
from drivers.base import PrinterFactory
from drivers.hotplug import PathWatch
from kioskd.devices.printer_life import Known, PrinterLife, Reports
from kioskd.devices.printer_place import USBLP_FOLDER, FindPrinters, PrinterPlace, find_attached_printers
from kioskd.devices.spool import Spool
from kioskd.model import inputs
from kioskd.model.device import DeviceKind, DeviceState, DeviceStatus
from kioskd.model.effects import Print
from kioskd.model.inputs import Input
from kioskd.model.settings import PrinterSettings
from kioskd.model.slip import SlipFate
from kioskd.model.view import Paper

NAME: Final = "printer"
CLOSE_S: Final = 0.9
"""A printer that hangs delays the daemon's end no longer; the thread ends with the process."""
log: Final = logging.getLogger("kioskd.printer")


class PrinterThread:
    """The printer as the loop sees it. Made, and called, in the loop; each call returns at once, `close` soon."""

    def __init__(
        self,
        settings: PrinterSettings | None,
        deliver: Callable[[Input], None],
        now_rfc3339: Callable[[], str],
        *,
        trace: Callable[[bytes], None] | None = None,
        drivers: Mapping[str, PrinterFactory] = PRINTERS,
        find: FindPrinters = find_attached_printers,
        usblp_folder: Path = USBLP_FOLDER,
    ) -> None:
        """`settings` None: look for a printer. `trace` hears the bytes of each slip."""
        self._loop = asyncio.get_running_loop()
        self._deliver = deliver
        self._now_rfc3339 = now_rfc3339
        self._trace = trace
        self._place = PrinterPlace(settings, find, usblp_folder)
        self._drivers = drivers
        self._spool = Spool()
        self._deadlines: dict[int, asyncio.TimerHandle] = {}
        self._told_device: tuple[object, ...] | None = None
        self._told_printer: inputs.PrinterChanged | None = None
        self._over = False
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def print(self, job: Print) -> None:
        """Print a slip when the printer is ready, or drop it when its time is over; answered by `SlipEnded`."""
        self._deadlines[job.slip] = self._loop.call_at(job.until_mono_s, self._time_is_over, job.slip)
        self._spool.add(job)
        self._ring()

    def drop(self) -> None:
        """Drop every slip that has not started: it belongs to somebody who has gone."""
        for job in self._spool.drop():
            # Not from within the step that asked for it.
            self._loop.call_soon(self._ended, job.slip, SlipFate.DROPPED)
        self._ring()

    def close(self) -> None:
        """Give the printer back. Nothing is heard of it afterwards."""
        self._over = True
        for timer in self._deadlines.values():
            timer.cancel()
        self._deadlines.clear()
        self._ring()
        if self._thread.is_alive():
            self._thread.join(timeout=CLOSE_S)
        if not self._thread.is_alive() and self._bell >= 0:
            os.close(self._bell)
            self._bell = -1

    def _ring(self) -> None:
        if self._bell >= 0:
            with contextlib.suppress(BlockingIOError):  # rung so often that it cannot be missed
                os.eventfd_write(self._bell, 1)

    def _time_is_over(self, slip: int) -> None:
        if self._spool.withdraw(slip):
            self._ended(slip, SlipFate.DROPPED)

    def _ended(self, slip: int, fate: SlipFate) -> None:
        timer = self._deadlines.pop(slip, None)
        if timer is not None and not self._over:
            timer.cancel()
            self._deliver(inputs.SlipEnded(slip, fate))

    def _known(self, known: Known) -> None:
        if self._over:
            return
        about = (known.driver, known.state, known.problem, known.advice, known.identity)
        if about != self._told_device:
            self._told_device = about
            self._deliver(
                inputs.DeviceChanged(
                    DeviceStatus(
                        NAME,
                        DeviceKind.PRINTER,
                        known.driver,
                        known.state,
                        identity=known.identity,
                        since=self._now_rfc3339(),
                        problem=known.problem,
                        advice=known.advice,
                        cause=known.cause,
                    )
                )
            )
        changed = inputs.PrinterChanged(known.paper, known.ready, known.problem)
        if changed != self._told_printer:
            self._told_printer = changed
            self._deliver(changed)

    # ---- in the thread

    def _run(self) -> None:
        reports = Reports(
            known=lambda known: self._in_loop(self._known, known),
            ended=lambda slip, fate: self._in_loop(self._ended, slip, fate),
            sent=lambda payload: self._in_loop(self._trace, payload) if self._trace is not None else None,
        )
        try:
            self._live(reports)
        except BaseException as error:
            # A mistake of ours: lending goes on, the technician sees it, and the trace goes to the log.
            problem = f"its thread has ended: {type(error).__name__}"
            known = Known(self._place.driver, DeviceState.FAILING, Paper.UNKNOWN, problem=problem)
            self._in_loop(self._known, known)
            raise

    def _live(self, reports: Reports) -> None:
        life = PrinterLife(self._place, self._spool, reports, self._drivers, self._loop.time)
        watch = self._watch()
        try:
            while not self._over:
                pause_s = life.turn()
                if self._waited(pause_s, watch) and watch is not None:
                    events = watch.read()
                    if events:
                        life.paths_changed(events)
        finally:
            life.close()
            if watch is not None:
                watch.close()

    def _watch(self) -> PathWatch | None:
        if not self._place.watched:
            return None
        try:
            return PathWatch(self._place.watched)
        except OSError as error:
            log.warning("no watch on %s, replugging is noticed late: %s", self._place.watched[0], error.strerror)
            return None

    def _waited(self, pause_s: float | None, watch: PathWatch | None) -> bool:
        """Wait until something is due; True if the kernel says that a path changed."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if watch is not None:
            poll.register(watch.fileno(), select.POLLIN)
        ready = poll.poll(None if pause_s is None else pause_s * 1000)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._bell)
        return any(fd != self._bell for fd, _ in ready)

    def _in_loop(self, call: Callable[..., None], *arguments: object) -> None:
        # RuntimeError: the loop has ended, and nobody is left to hear it.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)
