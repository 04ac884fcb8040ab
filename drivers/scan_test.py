"""The scan test: which of the things that type is a scanner, and how is it set? Key events and their times in.

A person types slower than 30 ms a key, a scanner never does; and what it types is a barcode that one knows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from drivers.base import Code
from drivers.key_assembler import TERMINATORS, KeyAssembler, Press
from drivers.layouts import LAYOUTS

QUICKEST_PERSON_S: Final = 0.03
SHORTEST: Final = 6
"""Presses before the terminator: fewer come quickly by chance, as a roll over three keys."""
LONGEST: Final = 1024
"""Events that are kept: a key held down, or a pointer's buttons, are no scan."""
ENDS: Final = TERMINATORS["any"]
ENDED_BY: Final[Mapping[str, frozenset[int]]] = {name: TERMINATORS[name] for name in ("enter", "tab")}


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """A burst that no person types."""

    presses: int
    slowest_s: float
    """The longest time between two presses."""
    terminator: str
    readings: Mapping[str, str]
    """Layout → what it reads by it; layouts that have no character for one of the keys are left out."""

    def layouts(self, believed: Callable[[str], bool]) -> list[str]:
        """Return the layouts by which it is one of the codes that are known."""
        return [layout for layout, text in self.readings.items() if believed(text)]


class ScanTest:
    """Listens to one device."""

    def __init__(self) -> None:
        self._events: list[tuple[int, int]] = []
        self._last_s: float | None = None
        self._slowest_s = 0.0
        self._presses = 0

    def feed(self, key: int, press: int, at_s: float) -> Typed | None:
        """Take one key event and its time, in seconds of any clock; return the burst that it ends."""
        if press == Press.DOWN:
            gap_s = at_s - self._last_s if self._last_s is not None else 0.0
            if gap_s > QUICKEST_PERSON_S or len(self._events) > LONGEST:
                self._begin_anew()
                gap_s = 0.0
            self._slowest_s = max(self._slowest_s, gap_s)
            self._last_s = at_s
            if key in ENDS:
                found = self._ended(key) if self._presses >= SHORTEST else None
                self._begin_anew()
                return found
            self._presses += 1
        self._events.append((key, press))
        return None

    def _begin_anew(self) -> None:
        # Modifiers that are down now were pressed by somebody slow.
        self._events.clear()
        self._last_s, self._slowest_s, self._presses = None, 0.0, 0

    def _ended(self, end: int) -> Typed:
        readings = {}
        for layout in LAYOUTS:
            assembler = KeyAssembler(layout=layout)
            scans = [scan for key, press in self._events for scan in assembler.feed(key, press)]
            scans += assembler.feed(end, Press.DOWN)
            if len(scans) == 1 and isinstance(scans[0], Code):
                readings[layout] = scans[0].text
        terminator = next(name for name, keys in ENDED_BY.items() if end in keys)
        return Typed(self._presses, self._slowest_s, terminator, readings)
