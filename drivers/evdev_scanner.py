"""Scanners that the kernel takes for keyboards: `/dev/input/event*`, grabbed, so that nothing reaches the desktop."""

import contextlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Self

from drivers.base import DeviceGone, ScanEvent
from drivers.input_device import (
    SYN_DROPPED,
    EventType,
    caps_lock_lit,
    keys_down,
    open_input,
    read_events,
)
from drivers.input_signal import SIGNALS, has, is_lit, play
from drivers.key_assembler import MAX_CHARACTERS, MODIFIERS, KeyAssembler
from drivers.opening import cannot_open
from drivers.scan_loop import ScanLoop

CHARACTER_GAP_S: Final = 0.5
CODE_GAP_S: Final = 0.1
"""Where only a pause ends a code: above the 20 ms between its characters, below the 0.3 s between two codes."""


class EvdevScanner:
    """One grabbed device and its own assembler."""

    def __init__(
        self, fd: int, device: str, assembler: KeyAssembler, *, character_gap_s: float, signals: dict[bool, str]
    ) -> None:
        self._fd: int | None = fd
        self._device = device
        self._assembler = assembler
        self._rest = bytearray()
        self._loop = ScanLoop(device, self._take, assembler, gap_s=character_gap_s)
        self._signals = signals

    @classmethod
    def open(
        cls,
        *,
        device: str,
        layout: str = "us",
        terminator: str = "any",
        prefix: str = "",
        suffix: str = "",
        patterns: Sequence[str] = (),
        character_gap_s: float | None = None,
        max_characters: int = MAX_CHARACTERS,
        accepted: str = "",
        refused: str = "",
    ) -> Self:
        """Open and grab (`EVIOCGRAB`) the event device at the path `device`; links are followed.

        `layout`: what the scanner is set to, a name in `drivers.layouts.LAYOUTS`. `terminator`: a name in
        `drivers.key_assembler.TERMINATORS`. `prefix`, `suffix`: what the scanner types round a code; taken off where it
        stands. `character_gap_s`: a code whose next key takes longer is lost; with terminator `none` and no suffix it
        is over then, and passed if it is one of `patterns` (regular expressions for whole codes). `accepted`,
        `refused`: what `signal` does, names in `drivers.input_signal.SIGNALS`, or empty; nothing where the device has
        no such thing. Raises CannotOpen (busy: somebody else grabbed it); ValueError for a bad setting.
        """
        for name in (accepted, refused):
            if name and name not in SIGNALS:
                raise ValueError(f"signal {name!r}: one of {', '.join(SIGNALS)}")
        assembled = partial(
            KeyAssembler,
            layout=layout,
            terminator=terminator,
            prefix=prefix,
            suffix=suffix,
            patterns=patterns,
            max_characters=max_characters,
        )
        assembled()  # a bad setting is said before anything is grabbed
        try:
            fd = open_input(device, grab=True, write=bool(accepted or refused))
        except OSError as error:
            raise cannot_open(device, error) from error
        caps_lock, inside = False, False
        with contextlib.suppress(OSError):  # a device without lamps or with nothing to ask is no worse for it
            caps_lock = caps_lock_lit(fd)
            inside = bool(keys_down(fd) - MODIFIERS)
        assembler = assembled(caps_lock=caps_lock)
        if inside:
            assembler.begin_inside()
        gap_s = character_gap_s or (CODE_GAP_S if assembler.ends_by_pause else CHARACTER_GAP_S)
        signals = {good: name for good, name in ((True, accepted), (False, refused)) if name and has(fd, name)}
        return cls(fd, device, assembler, character_gap_s=gap_s, signals=signals)

    def fileno(self) -> int:
        """Return the event device's descriptor. Raises DeviceGone when it is closed."""
        if self._fd is None:
            raise DeviceGone(f"{self._device}: closed")
        return self._fd

    def read(self, now_s: float) -> list[ScanEvent]:
        """Take what is queued. Raises DeviceGone (ENODEV) at unplug, but only once all codes are out."""
        return self._loop.read(now_s)

    def deadline(self) -> float | None:
        """Return when the half code here is given up."""
        return self._loop.deadline_s

    def expire(self, now_s: float) -> list[ScanEvent]:
        """Give up a half code whose next key did not come in time."""
        return self._loop.expire(now_s)

    def _take(self) -> list[ScanEvent]:
        scans: list[ScanEvent] = []
        for kind, code, value in read_events(self.fileno(), self._rest):
            if kind == EventType.KEY:
                scans += self._assembler.feed(code, value)
            elif kind == EventType.SYN and code == SYN_DROPPED:
                scans += self._assembler.overflow()
        return scans

    def signal(self, *, accepted: bool) -> Callable[[], None] | None:
        """Return what flashes its lamp or rings its bell, for half a second; None where it has neither."""
        name = self._signals.get(accepted)
        if name is None or self._fd is None:
            return None
        at_rest = is_lit(self._fd, name)
        return partial(play, os.dup(self._fd), name, accepted=accepted, at_rest=at_rest)

    def close(self) -> None:
        """Close the device; the kernel ends the grab."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
