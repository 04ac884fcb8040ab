"""All scanners of a station: those that are configured, and those that are found."""

import asyncio
import errno
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from drivers import SCANNERS
from drivers.base import Scanner, ScannerFactory
from drivers.hotplug import Change, PathEvent, PathWatch
from drivers.identity import Found, Verdict
from drivers.scan_test import Typed
from drivers.whole import believed
from kioskd.devices.finding import FOUND_AT, Find, find_attached, free_name, key, nothing_found
from kioskd.devices.listening import Listening
from kioskd.devices.scanner import ScannerLife
from kioskd.devices.scanner_drivers import open_configured, open_found, open_heard, path_of
from kioskd.devices.wrong_settings import wrong_settings
from kioskd.model.device import DeviceCause, DeviceKind, DeviceState, DeviceStatus
from kioskd.model.inputs import DeviceChanged, Input, Scanned
from kioskd.model.settings import ScannerSettings, Secret

log: Final = logging.getLogger("kioskd.scanners")

SETTLE_S: Final = 0.3
"""After a plug the kernel and udev make several changes; they are looked at once."""
WITHOUT_WATCH_S: Final = 1.0
"""How often paths are looked at where the kernel grants no watch."""
KEY_UP_S: Final = 0.1
"""After a burst the scanner lets go of its last key: grabbed before, it would seem to be in the middle of a code."""
SEARCH: Final = "scanner search"
"""The name under which a station without any scanner says so."""


class Scanners:
    """Opens scanners and keeps them open. Used in the loop alone; nothing here waits for a device."""

    def __init__(
        self,
        configured: Sequence[ScannerSettings],
        deliver: Callable[[Input], None],
        now_rfc3339: Callable[[], str],
        *,
        drivers: Mapping[str, ScannerFactory] = SCANNERS,
        find: Find = find_attached,
        found_at: Sequence[Path] = FOUND_AT,
        patterns: Sequence[str] = (),
    ) -> None:
        """`patterns`: regular expressions of whole codes, for scanners that end a code by nothing but a pause."""
        self._configured = configured
        self._deliver = deliver
        self._now_rfc3339 = now_rfc3339
        self._drivers = drivers
        self._find = find
        self._found_at = found_at
        self._patterns = patterns
        self._loop = asyncio.get_running_loop()
        self._at_path: dict[Path, ScannerLife] = {}
        """By the configured path."""
        self._places: list[ScannerLife] = []
        """Configured without a path: each takes a device that is found."""
        self._elsewhere: list[ScannerLife] = []
        """Of other packages' drivers, without a path: only their drivers know where they are."""
        self._found: dict[str, ScannerLife] = {}
        """By what the device is known by (`finding.key`); some of them are places."""
        self._searched_for: frozenset[str] = frozenset()
        self._watch: PathWatch | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._search: asyncio.Task[None] | None = None
        self._search_again = False
        self._search_told: str | None = None
        self._listening: Listening | None = None
        self._by_scan: dict[str, Callable[[str], Scanner]] = {}
        """What the scan test took for scanners, by `finding.key`, and how each is opened."""

    def start(self) -> None:
        """Open what is configured; what says no path, or a station without scanners, is looked for."""
        unusable = {wrong.key: wrong for wrong in wrong_settings(self._configured, None, scanner_drivers=self._drivers)}
        for at, settings in enumerate(self._configured):
            wrong = unusable.get(f"scanner.{at}.driver")
            if wrong is not None:
                self._tell_wrong(settings, f"there is no scanner driver {wrong.value!r}", wrong.allowed)
                continue
            path = path_of(settings)
            life = self._life(settings.name, str(settings.driver), path, partial(self._open_configured, settings))
            if path:
                self._at_path[Path(os.path.abspath(path))] = life  # noqa: PTH100 (as the watch has it: links stay)
            elif settings.driver in self._drivers:
                self._places.append(life)
            else:
                self._elsewhere.append(life)
        if self._configured:
            self._searched_for = frozenset(place.driver for place in self._places)
        else:
            self._searched_for = frozenset(self._drivers)
        self._begin_watch()
        for life in (*self._at_path.values(), *self._elsewhere):
            life.start()
        if self._searched_for:
            self._look()

    def close(self) -> None:
        """Give all devices back."""
        for life in self._all():
            life.close()
        if self._listening is not None:
            self._listening.close()
        if self._timer is not None:
            self._timer.cancel()
        if self._search is not None:
            self._search.cancel()
        if self._watch is not None:
            self._loop.remove_reader(self._watch.fileno())
            self._watch.close()
            self._watch = None

    def signal(self, scanner: str, *, accepted: bool) -> None:
        """Let the scanner of that name tell *accepted* or *refused*, where it can."""
        for life in self._all():
            if life.name == scanner:
                life.signal(accepted=accepted)

    def _all(self) -> tuple[ScannerLife, ...]:
        return (*self._at_path.values(), *self._elsewhere, *self._found.values())

    # ---- the kernel's word

    def _begin_watch(self) -> None:
        try:
            self._watch = PathWatch([*self._at_path, *(self._found_at if self._searched_for else ())])
        except OSError as error:
            # The user's watches are used up (fs.inotify.max_user_instances): others' fault, no reason not to lend.
            log.warning("no watch on devices, they are looked at each second: %s", error.strerror)
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.ENOMEM):
                raise
            self._timer = self._loop.call_later(WITHOUT_WATCH_S, self._look_without_watch)
            return
        self._loop.add_reader(self._watch.fileno(), self._paths_changed)

    def _paths_changed(self) -> None:
        if self._watch is None:
            return
        looks = False
        for event in self._watch.read():
            life = self._at_path.get(event.path)
            if life is not None:
                _told_by_kernel(life, event)
                continue
            looks = True
            if event.change is Change.GONE:
                for life in self._found.values():
                    if life.path == str(event.path):
                        life.unplugged()
        if looks and self._timer is None:
            self._timer = self._loop.call_later(SETTLE_S, self._settled)

    def _look_without_watch(self) -> None:
        for path, life in self._at_path.items():
            there = path.exists()
            if there and life.state is DeviceState.ABSENT:
                life.plugged()
            elif not there and life.open:
                life.unplugged()
        for life in self._found.values():
            if life.open and not Path(life.path).exists():
                life.unplugged()
        if self._searched_for:
            self._look()
        self._timer = self._loop.call_later(WITHOUT_WATCH_S, self._look_without_watch)

    # ---- searching

    def _settled(self) -> None:
        self._timer = None
        self._look()

    def _look(self) -> None:
        if self._search is not None:
            self._search_again = True
            return
        self._search = self._loop.create_task(self._look_around())

    async def _look_around(self) -> None:
        try:
            self._take(await self._find())
        except OSError as error:
            log.warning("looking for scanners: %s", error)
        self._search = None
        if self._search_again:
            self._search_again = False
            self._look()

    def _take(self, found: Sequence[Found]) -> None:
        configured = {path.resolve() for path in self._at_path}
        mine = [
            device
            for device in found
            if device.driver in self._searched_for and Path(device.path).resolve() not in configured
        ]
        for device in mine:
            if device.verdict is Verdict.TAKE or key(device) in self._by_scan:
                self._serve(device)
        trouble = nothing_found(mine)
        for place in self._places:
            if place not in self._found.values():
                place.missing(trouble)
        if not self._configured:
            self._tell_search(mine)
            self._listen_to(mine)

    def _listen_to(self, mine: Sequence[Found]) -> None:
        """While there is no scanner, wait for one of the keyboards to type a barcode as fast as a scanner does."""
        if self._listening is None and self._patterns:
            self._listening = Listening(believed(self._patterns), self._heard)
        if self._listening is not None:
            self._listening.follow(() if self._found else mine)

    def _heard(self, device: Found, typed: Typed, layout: str) -> None:
        log.info("%s (%s) typed a barcode in layout %s: it is a scanner", device.path, device.name, layout)
        self._by_scan[key(device)] = partial(open_heard, layout, typed.terminator, drivers=self._drivers)
        self._loop.call_later(KEY_UP_S, self._take_heard, device, typed.readings[layout])

    def _take_heard(self, device: Found, code: str) -> None:
        self._serve(device)
        self._tell_search(())
        life = self._found[key(device)]
        if life.open:
            self._deliver(Scanned(life.name, Secret(code)))  # the scan that showed it counts as well

    def _serve(self, device: Found) -> None:
        """Open a device under the name it had, or a configured one that is free, or one of its own."""
        known_by, identity = key(device), str(device.identity) if device.identity is not None else None
        here = [life for life in self._found.values() if life.open and life.path == device.path]
        life = here[0] if here else self._found.get(known_by)
        if life is not None and life.path == device.path:
            self._known_by(known_by, life)
            if not life.open:
                life.rights_changed()
            return
        if life is None:
            life = self._free_place(device.driver)
        if life is None:
            names = {life.name for life in (*self._at_path.values(), *self._places, *self._found.values())}
            opens = self._by_scan.get(known_by) or partial(self._open_found, device.driver)
            life = self._life(free_name(device, names), device.driver, device.path, opens)
        self._known_by(known_by, life)
        life.plugged(device.path, identity)

    def _known_by(self, known_by: str, life: ScannerLife) -> None:
        self._found = {known: other for known, other in self._found.items() if other is not life}
        self._found[known_by] = life

    def _free_place(self, driver: str) -> ScannerLife | None:
        """Return a configured scanner that has no device; one that never had any before one whose device is away."""
        free = [place for place in self._places if place.driver == driver and not place.open]
        return min(free, key=lambda place: bool(place.path), default=None)

    def _tell_search(self, found: Sequence[Found]) -> None:
        """Say that there is no scanner at all; and, if that was said, that there is one now."""
        trouble = nothing_found(found) if not self._found else None
        problem = trouble.problem if trouble else None
        if problem == self._search_told:
            return
        self._search_told = problem
        self._deliver(
            DeviceChanged(
                DeviceStatus(
                    SEARCH,
                    DeviceKind.SCANNER,
                    "evdev",
                    DeviceState.ABSENT if trouble else DeviceState.READY,
                    since=self._now_rfc3339(),
                    problem=problem,
                    advice=trouble.advice if trouble else None,
                    cause=trouble.cause if trouble else None,
                )
            )
        )

    # ---- opening

    def _life(self, name: str, driver: str, path: str, opens: Callable[[str], Scanner]) -> ScannerLife:
        return ScannerLife(name, driver, path, opens, deliver=self._deliver, now_rfc3339=self._now_rfc3339)

    def _open_configured(self, settings: ScannerSettings, path: str) -> Scanner:
        return open_configured(settings, path, drivers=self._drivers, patterns=self._patterns)

    def _open_found(self, driver: str, path: str) -> Scanner:
        return open_found(driver, path, drivers=self._drivers)

    def _tell_wrong(self, settings: ScannerSettings, problem: str, allowed: str) -> None:
        status = DeviceStatus(
            settings.name,
            DeviceKind.SCANNER,
            str(settings.driver),
            DeviceState.FAILING,
            since=self._now_rfc3339(),
            problem=problem,
            advice=f"correct driver in [[scanner]]: {allowed}",
            cause=DeviceCause.WRONG_SETTING,
        )
        self._deliver(DeviceChanged(status))


def _told_by_kernel(life: ScannerLife, event: PathEvent) -> None:
    match event.change:
        case Change.GONE:
            life.unplugged()
        case Change.APPEARED:
            life.plugged()
        case Change.RIGHTS:
            life.rights_changed()
