"""A mark that a session is open, so that the next daemon can tell the patron what became of it.

It is no record: it lies beside the journal unsynced, costs the disk nothing for a visit of seconds, and if it is lost
only the message *the station was restarted* is missing.
"""

import contextlib
from pathlib import Path
from typing import Final

from kioskd.journal.errors import JournalError
from kioskd.journal.jobs import AskJob, JournalQueue
from kioskd.journal.journal import Journal
from kioskd.model.entry import EntryFilter, Seq
from kioskd.rules.session import OPEN
from kioskd.rules.state import State

NAME: Final = "open-session"
LOOKED_BACK: Final = 500
"""Entries that a visit may have at most to be counted whole."""


class OpenSession:
    """The mark, kept up with the state."""

    def __init__(self, state_dir: Path, journal: JournalQueue) -> None:
        self._path = state_dir / NAME
        self._journal = journal
        self._marked: str | None = None

    def follow(self, state: State) -> None:
        """Mark the session that is open now, off the loop."""
        session = state.session
        now = session.id if session is not None and session.stage in OPEN and session.lines else None
        if now != self._marked:
            self._marked = now
            self._journal.submit(AskJob(lambda _journal: self._write(now)), _nothing)

    def _write(self, session: str | None) -> None:
        # A full disk has graver consequences than this.
        with contextlib.suppress(OSError):
            if session is None:
                self._path.unlink(missing_ok=True)
            else:
                self._path.write_text(session)


def _nothing(_result: JournalError | None) -> None:
    """Nobody waits for it."""


def left_open(state_dir: Path, journal: Journal) -> int | None:
    """Return how many entries the session had that was open when the last daemon ended; None: there was none."""
    mark = state_dir / NAME
    try:
        session = mark.read_text()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        mark.unlink()
    last = journal.summary().recorded
    entries = journal.entries(EntryFilter(after=Seq(max(0, last - LOOKED_BACK))))
    return sum(entry.what.session == session for entry in entries)
