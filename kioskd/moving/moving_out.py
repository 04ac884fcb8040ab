"""Out of this machine: copy, mark, name. The order is what makes it *once*.

1. The archive is written under a name that nobody takes in, and synced.
2. The state directory gets its mark, synced: from here on nothing is sent from it.
3. The archive gets its name, synced: from here on it can be taken in.

A cut after 1 changes nothing. A cut after 2 leaves a marked directory and a nameless archive; to do it again finishes
it.
"""

import datetime as dt
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from kioskd.journal import moved
from kioskd.journal.errors import NoJournal
from kioskd.journal.folder import sync_folder
from kioskd.journal.lock import Lock
from kioskd.journal.moved import IsMoved, Moved
from kioskd.journal.names import JOURNAL
from kioskd.journal.whole_copy import copy_whole, counted
from kioskd.moving import archive, rescue
from kioskd.moving.archive import BadArchive, Manifest


def part(out: Path) -> Path:
    """Return where an archive stands until it may be taken in."""
    return out.with_name(f".{out.name}.part")


def new_part(out: Path) -> Path:
    """Return where that is written until it is whole; nothing is marked before."""
    return out.with_name(f".{out.name}.part.new")


class UnfinishedElsewhere(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when another station's archive lies unfinished under that name; nothing was changed."""


def clear(out: Path, station: str) -> None:
    """Take away what an earlier try of this station left beside `out`, before it had marked anything.

    What another station left there may hold entries that are marked, and stand nowhere else. Raises
    UnfinishedElsewhere, OSError.
    """
    beside = part(out)
    if (whose := _station_of(beside)) not in (None, station):
        raise UnfinishedElsewhere(
            f"{beside}: an archive of {whose} that was cut off, and may be all that is left of its entries; finish it "
            "at that station by the same command, or choose another name"
        )
    for left in (beside, new_part(out)):
        left.unlink(missing_ok=True)


def _station_of(beside: Path) -> str | None:
    """Return which station's archive that is, of either kind; None: none, or it ends before it says so."""
    try:
        return rescue.cover_of(beside.read_bytes(), str(beside)).station
    except FileNotFoundError:
        return None
    except BadArchive:
        pass
    try:
        return archive.manifest_of(beside).station
    except BadArchive:
        return None


def move_out(
    state_dir: Path, out: Path, *, station: str, version: str, now: dt.datetime, others: Mapping[str, Path]
) -> Manifest:
    """Move a stopped station's journal into an archive at `out`, which must not exist, and mark where it came from.

    `others`: further members of the archive by name. Raises JournalHeld, IsMoved (into another archive), NoJournal,
    FileExistsError, UnfinishedElsewhere, BadArchive, JournalError, OSError.
    """
    if not (state_dir / JOURNAL).exists():
        raise NoJournal(state_dir / JOURNAL)
    lock = Lock.exclusive(state_dir)
    try:
        if (before := moved.look(state_dir)) is not None:
            return _finish(state_dir, out, before)
        if out.exists():
            raise FileExistsError(out)
        clear(out, station)
        with tempfile.TemporaryDirectory(dir=state_dir, prefix="moving-") as scratch:
            copy = Path(scratch) / JOURNAL
            copy_whole(state_dir, copy)
            members = {archive.JOURNAL: copy, **others}
            entries, unsent = counted(copy)
            manifest = Manifest(
                id=str(uuid.uuid4()),
                station=station,
                at=now.isoformat(timespec="seconds"),
                kioskd=version,
                entries=entries,
                unsent=unsent,
                sums={name: archive.digest(source) for name, source in members.items()},
            )
            archive.write(part(out), manifest, members)
        sync_folder(out.parent)
        moved.put_mark(state_dir, Moved(manifest.id, str(out), manifest.at, manifest.unsent))
        _name(out)
        return manifest
    finally:
        lock.release()


def _finish(state_dir: Path, out: Path, before: Moved) -> Manifest:
    """Give the archive of an earlier, interrupted try its name. Raises IsMoved if this is another one."""
    for candidate in (part(out), out):
        if candidate.exists():
            with tempfile.TemporaryDirectory(dir=state_dir, prefix="moving-") as scratch:
                manifest = archive.unpack(candidate, Path(scratch))
            if manifest.id == before.archive:
                if candidate != out:
                    _name(out)
                return manifest
    raise IsMoved(state_dir, before)


def _name(out: Path) -> None:
    part(out).rename(out)
    sync_folder(out.parent)
