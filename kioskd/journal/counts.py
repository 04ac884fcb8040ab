"""How many entries stand in each state, kept up row by row."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from kioskd.model.entry import UNSENT, EntryState, Summary
from kioskd.model.written_late import dataclass

WAITING: Final = UNSENT | {EntryState.EXCEPTION}
"""States in which something is still to be done: the rows of `standing`."""


@dataclass(slots=True)
class Counts:
    """Entries by the state of their newest row."""

    by_state: dict[EntryState, int] = field(default_factory=dict)

    def copy(self) -> "Counts":
        """Return an independent copy, to count a transaction that may fail."""
        return Counts(dict(self.by_state))

    def add(self, state: EntryState, number: int = 1) -> None:
        """Count new entries."""
        self.by_state[state] = self.by_state.get(state, 0) + number

    def move(self, was: EntryState, state: EntryState, number: int = 1) -> None:
        """Count entries that got another newest row."""
        self.add(was, -number)
        self.add(state, number)

    def summary(self, oldest_unsent: str | None, oldest_exception: str | None) -> Summary:
        """Return the journal in numbers."""
        of = self.by_state.get
        return Summary(
            recorded=sum(self.by_state.values()),
            unsent=sum(of(state, 0) for state in UNSENT),
            settled=of(EntryState.SETTLED, 0),
            refused=of(EntryState.REFUSED, 0),
            exceptions=of(EntryState.EXCEPTION, 0),
            withdrawn=of(EntryState.WITHDRAWN, 0),
            handed_over=of(EntryState.HANDED_OVER, 0),
            oldest_unsent=oldest_unsent,
            oldest_exception=oldest_exception,
        )

    def plain(self) -> dict[str, int]:
        """Return them for the `tally` table."""
        return {state.value: number for state, number in self.by_state.items() if number}


def counts_of(plain: Mapping[str, int]) -> Counts:
    """Return what `plain` gave."""
    return Counts({EntryState(state): number for state, number in plain.items()})
