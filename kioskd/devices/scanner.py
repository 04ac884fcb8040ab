"""One scanner's life: absent, opening, ready, failing, and again. It is read in the loop and never waits."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from drivers.base import CannotOpen, Code, DeviceGone, ScanLost, Scanner, WhyNot
from drivers.hotplug import PathWatch
from kioskd.devices.advice import advice
from kioskd.model import inputs
from kioskd.model.device import DeviceKind, DeviceState, DeviceStatus
from kioskd.model.inputs import Input
from kioskd.model.settings import Secret

BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Waits before a device is tried again that is there and cannot be opened; one that is absent is waited for."""


@dataclass(slots=True)
class ScannerLife:
    """One configured or found scanner."""

    name: str
    driver: str
    path: str
    open_scanner: Callable[[], Scanner]
    deliver: Callable[[Input], None]
    now_rfc3339: Callable[[], str]
    identity: str | None = None
    watch: bool = True
    _scanner: Scanner | None = None
    _watch: PathWatch | None = None
    _timer: asyncio.TimerHandle | None = None
    _retry: asyncio.TimerHandle | None = None
    _failures: int = 0
    _state: DeviceState | None = None
    _problem: str | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def start(self) -> None:
        """Watch for the device, and open it if it is there."""
        if self.watch:
            self._watch = PathWatch([Path(self.path)])
            self._loop.add_reader(self._watch.fileno(), self._plugged)
        self._open()

    def close(self) -> None:
        """Give the device back and stop watching."""
        if self._retry is not None:
            self._retry.cancel()
        self._drop()
        if self._watch is not None:
            self._loop.remove_reader(self._watch.fileno())
            self._watch.close()
            self._watch = None

    def _plugged(self) -> None:
        assert self._watch is not None
        if not self._watch.read():
            return
        if self._scanner is None:
            self._failures = 0
            self._open()
            return
        # The path now leads elsewhere: what is open is no longer what is plugged in.
        try:
            self._read()
        except DeviceGone:
            self._gone("unplugged")
            return
        if Path(self.path) not in self._watch.there:
            self._gone("unplugged")

    def _open(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._tell(DeviceState.OPENING)
        try:
            scanner = self.open_scanner()
        except CannotOpen as error:
            self._cannot(error)
            return
        self._failures = 0
        self._scanner = scanner
        self._loop.add_reader(scanner.fileno(), self._readable)
        self._tell(DeviceState.READY)

    def _cannot(self, error: CannotOpen) -> None:
        state = DeviceState.ABSENT if error.why is WhyNot.ABSENT else DeviceState.FAILING
        self._tell(state, f"{self.path}: {error.detail}", advice(DeviceKind.SCANNER, error.why))
        if state is DeviceState.FAILING or not self.watch:
            wait_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
            self._failures += 1
            self._retry = self._loop.call_later(wait_s, self._open)

    def _readable(self) -> None:
        try:
            self._read()
        except DeviceGone:
            self._gone("unplugged")

    def _read(self) -> None:
        scanner = self._scanner
        if scanner is None:
            return
        self._hand_on(scanner.read(self._loop.time()))

    def _hand_on(self, events: list[Code | ScanLost]) -> None:
        for event in events:
            match event:
                case Code():
                    self.deliver(inputs.Scanned(self.name, Secret(event.text)))
                case ScanLost():
                    self.deliver(inputs.ScanLost(self.name))
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._scanner.deadline() if self._scanner is not None else None
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        scanner = self._scanner
        if scanner is None:
            return
        try:
            self._hand_on(scanner.expire(self._loop.time()))
        except DeviceGone:
            self._gone("unplugged")

    def _gone(self, why: str) -> None:
        self._drop()
        self._tell(DeviceState.ABSENT, f"{self.path}: {why}", advice(DeviceKind.SCANNER, WhyNot.ABSENT))
        # It may be back already, under the same name.
        self._retry = self._loop.call_later(BACKOFF_S[0], self._open)

    def _drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._scanner is not None:
            self._loop.remove_reader(self._scanner.fileno())
            self._scanner.close()
            self._scanner = None

    def _tell(self, state: DeviceState, problem: str | None = None, remedy: str | None = None) -> None:
        if (state, problem) == (self._state, self._problem):
            return
        if state is DeviceState.OPENING and self._state in (DeviceState.ABSENT, DeviceState.FAILING):
            return  # a try that fails again is no news
        self._state, self._problem = state, problem
        status = DeviceStatus(
            self.name,
            DeviceKind.SCANNER,
            self.driver,
            state,
            identity=self.identity or self.path,
            since=self.now_rfc3339(),
            problem=problem,
            advice=remedy,
        )
        self.deliver(inputs.DeviceChanged(status))
