"""All scanners of a station: those that are configured, or those that are found."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from drivers import SCANNERS
from drivers.base import Scanner
from drivers.hotplug import PathWatch
from kioskd.devices.scanner import ScannerLife
from kioskd.model.device import DeviceKind, DeviceState, DeviceStatus
from kioskd.model.inputs import DeviceChanged, Input
from kioskd.model.settings import ScannerDriver, ScannerSettings

EVENT_DEVICES: Final = Path("/dev/input/event*")
SETTLE_S: Final = 0.3
"""After a plug the kernel and udev make several changes; they are looked at once."""


class Scanners:
    """Opens scanners and keeps them open."""

    def __init__(
        self,
        configured: Sequence[ScannerSettings],
        deliver: Callable[[Input], None],
        now_rfc3339: Callable[[], str],
    ) -> None:
        self._configured = configured
        self._deliver = deliver
        self._now_rfc3339 = now_rfc3339
        self._lives: dict[str, ScannerLife] = {}
        self._watch: PathWatch | None = None
        self._look_later: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Open what is configured; what says no path, or a station without scanners, is looked for."""
        for settings in self._configured:
            if settings.driver is ScannerDriver.EVDEV and not settings.device:
                continue
            if settings.driver.value not in SCANNERS:
                self._deliver(DeviceChanged(_unknown(settings, self._now_rfc3339())))
                continue
            self._add(settings.name, settings.driver.value, *_opening(settings))
        if not self._configured or any(not (s.port or s.device) for s in self._configured):
            self._watch = PathWatch([EVENT_DEVICES])
            asyncio.get_running_loop().add_reader(self._watch.fileno(), self._changed)
            self._look()

    def close(self) -> None:
        """Give all devices back."""
        for life in self._lives.values():
            life.close()
        self._lives.clear()
        if self._look_later is not None:
            self._look_later.cancel()
        if self._watch is not None:
            asyncio.get_running_loop().remove_reader(self._watch.fileno())
            self._watch.close()
            self._watch = None

    def _changed(self) -> None:
        assert self._watch is not None
        if self._watch.read() and self._look_later is None:
            self._look_later = asyncio.get_running_loop().call_later(SETTLE_S, self._look)

    def _look(self) -> None:
        from drivers.find_scanners import find_scanners  # noqa: PLC0415 - only a station without configured scanners
        from drivers.identity import Verdict  # noqa: PLC0415

        self._look_later = None
        assert self._watch is not None
        there = {str(path) for path in self._watch.there}
        for path in [path for path in self._lives if path.startswith("/dev/input/") and path not in there]:
            self._lives.pop(path).close()
        if not there - set(self._lives):
            return
        for found in find_scanners():
            if found.verdict is Verdict.TAKE and found.path not in self._lives:
                opening = partial(SCANNERS["evdev"], device=found.path)
                identity = str(found.identity) if found.identity else found.path
                self._add(found.path, "evdev", found.path, opening, name=found.name or found.path, identity=identity)

    def _add(
        self,
        key: str,
        driver: str,
        path: str,
        open_scanner: Callable[[], Scanner],
        *,
        name: str = "",
        identity: str | None = None,
    ) -> None:
        life = ScannerLife(
            name=name or key,
            driver=driver,
            path=path,
            open_scanner=open_scanner,
            deliver=self._deliver,
            now_rfc3339=self._now_rfc3339,
            identity=identity,
        )
        self._lives[key] = life
        life.start()


def _unknown(settings: ScannerSettings, now: str) -> DeviceStatus:
    return DeviceStatus(
        settings.name,
        DeviceKind.SCANNER,
        settings.driver.value,
        DeviceState.FAILING,
        since=now,
        problem=f"this version has no scanner driver {settings.driver.value!r}",
        advice=f"set driver to one of {', '.join(sorted(SCANNERS))} in [[scanner]]",
    )


def _opening(settings: ScannerSettings) -> tuple[str, Callable[[], Scanner]]:
    if settings.driver is ScannerDriver.SERIAL:
        return settings.port, partial(SCANNERS["serial"], port=settings.port, baud=settings.baud)
    return settings.device, partial(SCANNERS[settings.driver.value], device=settings.device)
