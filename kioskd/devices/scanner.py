"""One scanner's life: absent, opening, ready, failing, and again. It is read in the loop and never waits."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from drivers.base import CannotOpen, Code, DeviceGone, DriverError, ScanEvent, ScanLost, Scanner, WhyNot
from kioskd.devices.advice import SCANNER_FAILED, Trouble, advice
from kioskd.devices.node import Node, node_at
from kioskd.model import inputs
from kioskd.model.device import DeviceCause, DeviceKind, DeviceState, DeviceStatus
from kioskd.model.inputs import Input
from kioskd.model.settings import Secret

log: Final = logging.getLogger("kioskd.scanners")

BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Waits before a device is tried again that is there and cannot be used. One that is not there is waited for."""
STEADY_S: Final = 10.0
"""A scanner that was ready for so long and then failed is tried again at once, as one that never failed."""


class ScannerLife:
    """One scanner, configured or found. Whoever watches its path tells it of plugging and unplugging."""

    def __init__(
        self,
        name: str,
        driver: str,
        path: str,
        open_scanner: Callable[[str], Scanner],
        *,
        deliver: Callable[[Input], None],
        now_rfc3339: Callable[[], str],
        identity: str | None = None,
    ) -> None:
        self.name = name
        self.driver = driver
        self.path = path
        """Where it is, or was; empty while no device has been found for it."""
        self.identity = identity
        self._open_scanner = open_scanner
        self._deliver = deliver
        self._now_rfc3339 = now_rfc3339
        self._loop = asyncio.get_running_loop()
        self._scanner: Scanner | None = None
        self._node: Node | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._failures = 0
        self._ready_since_s = 0.0
        self._told: DeviceStatus | None = None
        self._telling: asyncio.Future[None] | None = None
        self._tells_next: bool | None = None

    @property
    def open(self) -> bool:
        """Whether a device is open now."""
        return self._scanner is not None

    @property
    def state(self) -> DeviceState:
        """What was last told of it; absent before anything was."""
        return self._told.state if self._told is not None else DeviceState.ABSENT

    def start(self) -> None:
        """Open the device if it is there."""
        self._try_anew()

    def plugged(self, path: str = "", identity: str | None = None) -> None:
        """The device is there, at `path` if it moved. If another one was open under its name, that is gone."""
        if self._scanner is not None:
            if node_at(path or self.path) == self._node:
                return  # it was opened before the kernel's word came
            self._give_back()
        self.path = path or self.path
        self.identity = identity or self.identity
        self._try_anew()

    def unplugged(self) -> None:
        """The device is not there any more."""
        if self._scanner is not None and node_at(self.path) == self._node:
            return  # another one is, and it was opened before the kernel's word came
        self._give_back()
        self._cancel_retry()
        self._absent("it was unplugged")

    def rights_changed(self) -> None:
        """Whoever may open the device may be another one now: udev sets rights after the device appears."""
        if self._scanner is None:
            self._try_anew()

    def missing(self, why: Trouble) -> None:
        """No device was found for it."""
        self._tell(DeviceState.ABSENT, why)

    def signal(self, *, accepted: bool) -> None:
        """Let it tell *accepted* or *refused*, where it can. While it still tells one, the last one waits."""
        if self._telling is not None:
            self._tells_next = accepted
            return
        with contextlib.suppress(DriverError, OSError):  # unplugged: whoever reads it notices
            act = self._scanner.signal(accepted=accepted) if self._scanner is not None else None
            if act is not None:
                # In a thread: a beep is asked of the device, and a device may not answer.
                self._telling = self._loop.run_in_executor(None, act)
                self._telling.add_done_callback(self._told_person)

    def _told_person(self, told: asyncio.Future[None]) -> None:
        self._telling = None
        if not told.cancelled() and told.exception() is not None:
            log.warning("%s: signalling failed: %s", self.name, told.exception())
        if self._tells_next is not None:
            accepted, self._tells_next = self._tells_next, None
            self.signal(accepted=accepted)

    def close(self) -> None:
        """Give the device back; nothing is said any more."""
        self._tells_next = None
        self._cancel_retry()
        self._give_back(says_what_is_left=False)

    # ---- opening

    def _try_anew(self) -> None:
        self._failures = 0
        self._tell(DeviceState.OPENING)
        self._try()

    def _try(self) -> None:
        self._cancel_retry()
        self._node = node_at(self.path)
        try:
            scanner = self._open_scanner(self.path)
        except CannotOpen as error:
            self._cannot_open(error)
            return
        except ValueError as error:
            # No later try changes what stands in the file.
            wrong = Trouble(str(error), "correct [[scanner]] and restart kioskd", DeviceCause.WRONG_SETTING)
            self._tell(DeviceState.FAILING, wrong)
            return
        self._scanner = scanner
        self._ready_since_s = self._loop.time()
        self._loop.add_reader(scanner.fileno(), self._readable)
        self._tell(DeviceState.READY)

    def _cannot_open(self, error: CannotOpen) -> None:
        if not Path(self.path).exists():
            # Waited for, not tried again: the kernel will say when it comes.
            self._absent("nothing is there")
            return
        if self._failures or error.why not in (WhyNot.DENIED, WhyNot.BUSY):
            state = DeviceState.ABSENT if error.why is WhyNot.ABSENT else DeviceState.FAILING
            remedy = advice(DeviceKind.SCANNER, error.why, self.path)
            self._tell(state, Trouble(f"{self.path}: {error.detail}", remedy, DeviceCause(error.why.value)))
        # Else it is just plugged in: udev sets its rights, and who looks at new devices lets go of it, in a moment.
        self._try_later()

    def _try_later(self) -> None:
        self._retry = self._loop.call_later(BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)], self._try)
        self._failures += 1

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    # ---- reading

    def _readable(self) -> None:
        self._take(lambda scanner, now_s: scanner.read(now_s))

    def _expire(self) -> None:
        self._expiry = None
        self._take(lambda scanner, now_s: scanner.expire(now_s))

    def _take(self, read: Callable[[Scanner, float], list[ScanEvent]]) -> None:
        if self._scanner is None:
            return
        try:
            self._hand_on(read(self._scanner, self._loop.time()))
        except DeviceGone:
            self._failed(None)
        except (DriverError, OSError) as error:
            # Left in the loop, a descriptor that only fails would be called without end.
            self._failed(getattr(error, "strerror", None) or str(error))
        else:
            self._set_expiry()

    def _hand_on(self, events: list[ScanEvent]) -> None:
        for event in events:
            match event:
                case Code():
                    self._deliver(inputs.Scanned(self.name, Secret(event.text)))
                case ScanLost():
                    self._deliver(inputs.ScanLost(self.name))

    def _set_expiry(self) -> None:
        # Handing on may have closed everything.
        due = self._scanner.deadline() if self._scanner is not None else None
        if self._expiry is not None:
            if due == self._expiry.when():
                return
            self._expiry.cancel()
            self._expiry = None
        if due is not None:
            self._expiry = self._loop.call_at(due, self._expire)

    def _failed(self, problem: str | None) -> None:
        """What was open is of no use any more: unplugged, or, with a `problem`, failing."""
        if self._loop.time() - self._ready_since_s >= STEADY_S:
            self._failures = 0
        self._give_back()
        if problem is None:
            self._absent("it was unplugged")
        else:
            self._tell(DeviceState.FAILING, Trouble(f"{self.path}: {problem}", SCANNER_FAILED, DeviceCause.FAILS))
        # It may be there again already, under the same name.
        self._try_later()

    def _give_back(self, *, says_what_is_left: bool = True) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        scanner, self._scanner = self._scanner, None
        if scanner is None:
            return
        self._loop.remove_reader(scanner.fileno())
        left: list[ScanEvent] = []
        cut_off = False
        # DriverError, OSError: nothing whole was left.
        with contextlib.suppress(DriverError, OSError):
            left = scanner.read(self._loop.time())
        with contextlib.suppress(DriverError):
            cut_off = scanner.deadline() is not None
        scanner.close()
        if says_what_is_left:
            self._hand_on(left)
            if cut_off:
                # The half that came is no barcode; the person must know that this scan did not count.
                self._deliver(inputs.ScanLost(self.name))

    # ---- telling

    def _absent(self, problem: str) -> None:
        remedy = advice(DeviceKind.SCANNER, WhyNot.ABSENT)
        self._tell(DeviceState.ABSENT, Trouble(f"{self.path}: {problem}", remedy, DeviceCause.ABSENT))

    def _tell(self, state: DeviceState, trouble: Trouble | None = None) -> None:
        before = self._told
        problem = trouble.problem if trouble is not None else None
        identity = self.identity or self.path or None
        if before is not None and (before.state, before.problem, before.identity) == (state, problem, identity):
            return
        self._told = DeviceStatus(
            self.name,
            DeviceKind.SCANNER,
            self.driver,
            state,
            identity=identity,
            since=self._now_rfc3339(),
            problem=problem,
            advice=trouble.advice if trouble is not None else None,
            cause=trouble.cause if trouble is not None else None,
        )
        self._deliver(inputs.DeviceChanged(self._told))
