"""Slips that wait for the printer: each is printed or dropped, once, whoever comes first, loop or thread."""

import threading
from collections import deque

from kioskd.model.effects import Print
from kioskd.model.written_late import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """A slip that the printer's thread is about to print."""

    job: Print
    drops: int
    """How often the spool had been emptied when it was taken."""


class Spool:
    """A queue between two threads. No call waits but for another's few instructions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Print] = deque()
        self._drops = 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def add(self, job: Print) -> None:
        """Put a slip at the end."""
        with self._lock:
            self._waiting.append(job)

    def take(self, now_s: float) -> Taken | None:
        """Return the first slip whose time is not over; from now on nobody else drops it."""
        with self._lock:
            for job in self._waiting:
                if now_s <= job.until_mono_s:
                    self._waiting.remove(job)
                    return Taken(job, self._drops)
            return None

    def give_back(self, taken: Taken, now_s: float) -> bool:
        """Put a slip of which nothing was printed back in front; False if it is dropped: its time is over."""
        with self._lock:
            if taken.drops != self._drops or now_s > taken.job.until_mono_s:
                return False
            self._waiting.appendleft(taken.job)
            return True

    def withdraw(self, slip: int) -> bool:
        """Take a slip out whose time is over; False if it is not here any more."""
        with self._lock:
            for job in self._waiting:
                if job.slip == slip:
                    self._waiting.remove(job)
                    return True
            return False

    def drop(self) -> list[Print]:
        """Take all out: they belong to somebody who has gone."""
        with self._lock:
            dropped = list(self._waiting)
            self._waiting.clear()
            self._drops += 1
            return dropped
