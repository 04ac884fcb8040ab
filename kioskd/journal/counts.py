"""How many entries stand in each state, kept up row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kioskd.model.entry import UNSENT, EntryState, Summary

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

    def of(self, *states: EntryState) -> int:
        """Return how many stand in any of these."""
        return sum(self.by_state.get(state, 0) for state in states)

    def summary(self, oldest_unsent: str | None) -> Summary:
        """Return the journal in numbers."""
        return Summary(
            recorded=self.of(*EntryState),
            unsent=self.of(*UNSENT),
            settled=self.of(EntryState.SETTLED),
            refused=self.of(EntryState.REFUSED),
            exceptions=self.of(EntryState.EXCEPTION),
            withdrawn=self.of(EntryState.WITHDRAWN),
            handed_over=self.of(EntryState.HANDED_OVER),
            oldest_unsent=oldest_unsent,
        )

    def plain(self) -> dict[str, int]:
        """Return them for the `tally` table."""
        return {state.value: number for state, number in self.by_state.items() if number}


def counts_of(plain: Mapping[str, int]) -> Counts:
    """Return what `plain` gave."""
    return Counts({EntryState(state): number for state, number in plain.items()})
