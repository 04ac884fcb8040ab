"""Five wrong codes wait a minute: a value, with the time handed in."""

from dataclasses import dataclass
from typing import Final

WRONG_AT_MOST: Final = 5
WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Attempts:
    """Wrong codes in a row, and until when no further one is looked at. Times are of one monotonic clock."""

    wrong: int = 0
    blocked_until_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """Return how long the next attempt must wait; 0: it may be made now."""
        return 0.0 if self.blocked_until_s is None else max(0.0, self.blocked_until_s - now_s)

    def after_wrong(self, now_s: float) -> "Attempts":
        """Return what a wrong code leaves; one that came during the wait was not looked at and changes nothing."""
        if self.wait_s(now_s) > 0:
            return self
        if self.wrong + 1 >= WRONG_AT_MOST:
            return Attempts(blocked_until_s=now_s + WAIT_S)
        return Attempts(self.wrong + 1)

    def after_right(self, now_s: float) -> "Attempts":
        """Return what a right code leaves; while it must wait a right one opens nothing either."""
        return self if self.wait_s(now_s) > 0 else Attempts()
