"""The mark on a state directory whose entries another station has now: nothing is recorded or sent from there.

A journal in two places would send its entries twice. So what takes it away leaves this mark first, and every opening
for writing looks for it. Only a person takes it off, who knows which of the two is to go on.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from kioskd.journal.errors import JournalError
from kioskd.journal.folder import sync_folder
from kioskd.journal.names import COMPANIONS, JOURNAL
from kioskd.journal.whole_copy import empty_log, like_its_folder, sync_file
from kioskd.model.written_late import dataclass

MARK: Final = "moved.json"


@dataclass(frozen=True, slots=True)
class Moved:
    """What the mark says: which archive has the entries, when it was made (RFC 3339), how many were unsent.

    `rescued`: the archive has the unsent ones alone, for any other station.
    """

    archive: str
    file: str
    at: str
    unsent: int
    rescued: bool = False


class IsMoved(JournalError):  # noqa: N818 - a state of affairs, named as the contract does
    """Raised when the state directory bears the mark."""

    def __init__(self, state_dir: Path, moved: Moved) -> None:
        which = "its unsent entries were rescued" if moved.rescued else "its entries were moved away"
        go_on = " If it was, and this station is to go on: kioskctl rescue settle." if moved.rescued else ""
        super().__init__(
            f"{state_dir}: {which} at {moved.at} ({moved.unsent} unsent, to {moved.file}), and are "
            "sent by the station that took them in. If that archive was never taken in and is destroyed: kioskctl "
            f"station take-back.{go_on} If this machine is to begin anew: kioskctl station start-anew"
        )
        self.moved = moved


def look(state_dir: Path) -> Moved | None:
    """Return what the mark says, or None: there is none. A mark that cannot be read counts. Raises OSError."""
    try:
        text = (state_dir / MARK).read_text()
    except FileNotFoundError:
        return None
    try:
        return Moved(**json.loads(text))
    except (ValueError, TypeError):
        return Moved("", "an unknown archive", "an unknown time", 0)


def refuse(state_dir: Path) -> None:
    """Raise IsMoved if the mark stands there."""
    moved = look(state_dir)
    if moved is not None:
        raise IsMoved(state_dir, moved)


def put_mark(state_dir: Path, moved: Moved) -> None:
    """Leave the mark, durably. The caller holds the lock. Raises OSError."""
    part = state_dir / f"{MARK}.new"
    part.write_text(json.dumps(asdict(moved)) + "\n")
    part.chmod(0o600)
    like_its_folder(part)
    sync_file(part)
    part.rename(state_dir / MARK)
    sync_folder(state_dir)


def take_off(state_dir: Path) -> None:
    """Take the mark off, durably. The caller holds the lock. Raises OSError."""
    (state_dir / MARK).unlink()
    sync_folder(state_dir)


def set_aside(state_dir: Path) -> Path:
    """Rename the journal out of the way, whole, then take the mark off; return where it is now.

    The caller holds the lock. At a cut in between the mark still stands, and a second call does the rest.
    Raises JournalError, OSError.
    """
    number = 1
    while (aside := state_dir / f"journal.moved-{number}.sqlite3").exists():
        number += 1
    journal = state_dir / JOURNAL
    if journal.exists():
        empty_log(journal)
        for suffix in COMPANIONS[1:]:
            journal.with_name(JOURNAL + suffix).unlink(missing_ok=True)
        sync_folder(state_dir)
        journal.rename(aside)
        sync_folder(state_dir)
    take_off(state_dir)
    return aside
