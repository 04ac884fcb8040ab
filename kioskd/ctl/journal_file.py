"""The journal as it lies on the disk, read-only; for when the daemon is down."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from kioskd.ctl.arguments import Where
from kioskd.ctl.journal_source import Selection
from kioskd.ctl.place import journal_place
from kioskd.journal.errors import JournalError
from kioskd.journal.listing import entry_document, exception_document, story_document, summary_document
from kioskd.journal.reading import JournalReader
from kioskd.model.entry import EntryFilter, EntryState, Seq


class NotReadable(Exception):  # noqa: N818 # named for what happened, as all of the house's
    """Raised when the journal cannot be read; the text says why and what to do."""


class FromFile:
    """Reads the journal's file. Who may read it (0600) may see what it holds."""

    def __init__(self, reader: JournalReader, zone: ZoneInfo) -> None:
        self._reader = reader
        self._zone = zone

    def entries(self, wanted: Selection) -> list[dict[str, Any]]:
        """Return entries in sequence."""
        found = self._reader.entries(_filter(wanted, EntryState(wanted.state) if wanted.state else None))
        return [entry_document(entry, self._zone, reveal=wanted.reveal) for entry in found]

    def exceptions(self, wanted: Selection) -> list[dict[str, Any]]:
        """Return the entries that wait for a person, with class and message."""
        found = self._reader.entries(_filter(wanted, EntryState.EXCEPTION))
        return [exception_document(entry, self._zone, reveal=wanted.reveal) for entry in found]

    def story(self, seq: int, *, reveal: bool) -> dict[str, Any] | None:
        """Return an entry with all that became of it; None if there is none."""
        found = self._reader.story(Seq(seq))
        return story_document(found.entry, found.rows, self._zone, reveal=reveal) if found is not None else None

    def summary(self) -> dict[str, Any]:
        """Return the journal in numbers."""
        return summary_document(self._reader.summary())


@contextmanager
def open_file(where: Where) -> Iterator[FromFile]:
    """Open the journal where an option or the configuration says. Raises NotReadable, WrongUsage."""
    state_dir, timezone = journal_place(where)
    try:
        with JournalReader.read_only(state_dir, timezone=timezone) as reader:
            yield FromFile(reader, ZoneInfo(timezone))
    except PermissionError:
        raise NotReadable(f"{state_dir}: you may not read it; run this as root or as the daemon's user") from None
    except (JournalError, OSError) as problem:
        raise NotReadable(str(problem)) from None


def _filter(wanted: Selection, state: EntryState | None) -> EntryFilter:
    return EntryFilter(
        after=Seq(wanted.after),
        limit=wanted.at_most,
        state=state,
        since_wall_s=wanted.since.timestamp() if wanted.since else None,
        until_wall_s=wanted.until.timestamp() if wanted.until else None,
    )
