"""Where the line is dropped: counting bytes and messages against a plan of cuts."""

from collections.abc import Sequence
from typing import Literal

from .faults import Cut, Faults


def plan(faults: Faults) -> list[Cut]:
    """Return the cuts that the switches ask for, in the order in which they will happen."""
    short: Sequence[tuple[Literal["request_bytes", "answer_bytes", "before_act", "after_act"], int]] = (
        ("request_bytes", faults.drop_after_bytes),
        ("answer_bytes", faults.drop_after_answer_bytes),
        ("before_act", faults.drop_before_act),
        ("after_act", faults.drop_after_act),
    )
    return [*faults.drop_plan, *(Cut(at=at, n=n) for at, n in short if n)]


class Cuts:
    """One count against one plan: of a connection, or of all of them together."""

    def __init__(self, faults: Faults) -> None:
        self._plan = plan(faults)
        self._codes = frozenset(faults.drop_codes)
        self._again = faults.drop_repeat
        self._at = 0
        self._count = 0
        self.happened = 0

    @property
    def left(self) -> int:
        """How many cuts are still to come, not counting repetitions."""
        return len(self._plan) - self._at

    def _next(self) -> Cut | None:
        return self._plan[self._at] if self._at < len(self._plan) else None

    def _cut_happens(self) -> None:
        self.happened += 1
        self._count = 0
        self._at += 1
        if self._again:
            self._at %= len(self._plan)

    def _bytes(self, at: str, count: int) -> int | None:
        cut = self._next()
        if cut is None or cut.at != at:
            return None
        self._count += count
        if self._count < cut.n:
            return None
        spare = self._count - cut.n
        self._cut_happens()
        return count - spare

    def received(self, count: int) -> int | None:
        """Count bytes received; return how many of them come before the cut, or None if it does not fall here."""
        return self._bytes("request_bytes", count)

    def sending(self, count: int) -> int | None:
        """Count bytes about to be sent; return how many of them still go out, or None for all."""
        return self._bytes("answer_bytes", count)

    def message(self, code: str) -> Literal["before_act", "after_act"] | None:
        """Count a message; return where the line is dropped, if this is the one."""
        cut = self._next()
        if cut is None or (self._codes and code not in self._codes):
            return None
        if cut.at not in {"before_act", "after_act"}:
            return None
        self._count += 1
        if self._count < cut.n:
            return None
        self._cut_happens()
        return "before_act" if cut.at == "before_act" else "after_act"
