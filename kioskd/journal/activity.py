"""What was done when: of each entry its time, where it stands, and since when. Nobody's number is in it."""

from collections.abc import Iterator

from kioskd.journal.reading import JournalReader
from kioskd.model.downtime import Figures
from kioskd.model.entry import UNSENT, EntryFilter, EntryState
from kioskd.model.written_late import dataclass


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry; `ended_wall_s`: when it came to stand as it does, None while it is unsent."""

    at_wall_s: float
    state: EntryState
    ended_wall_s: float | None


def activity(journal: JournalReader, since_wall_s: float, until_wall_s: float | None) -> Iterator[list[Activity]]:
    """Yield what was recorded in a span, a slice at a time; between slices others may write."""
    for entries in journal.scan(EntryFilter(since_wall_s=since_wall_s, until_wall_s=until_wall_s)):
        newest = journal.newest_rows([entry.seq for entry in entries])
        yield [
            Activity(
                entry.what.at_wall_s,
                entry.state,
                newest.get(entry.seq) if entry.state not in UNSENT else None,
            )
            for entry in entries
        ]


def figures(found: list[Activity]) -> Figures:
    """Return how many there are of each kind."""
    states, times = [each.state for each in found], [each.at_wall_s for each in found]
    return Figures(
        recorded=len(found),
        settled=states.count(EntryState.SETTLED),
        waiting=sum(state in UNSENT for state in states),
        exceptions=states.count(EntryState.EXCEPTION),
        first_wall_s=min(times, default=None),
        last_wall_s=max(times, default=None),
    )
