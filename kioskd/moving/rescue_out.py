"""Unsent entries off a station that does not run any more: read, seal, mark, name; as `moving_out` does with all.

The order is what makes it *once*: a cut before the mark changes nothing, a cut after it is finished by the same
command. The mark keeps a daemon that is started there from sending what another station sends; a technician takes it
off (`settle`, or `kioskctl station take-back` and `start-anew`).
"""

import datetime as dt
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kioskd.journal import moved
from kioskd.journal.errors import JournalDamaged, NoJournal
from kioskd.journal.folder import sync_folder
from kioskd.journal.journal import Journal
from kioskd.journal.listing import entry_document
from kioskd.journal.lock import Lock
from kioskd.journal.moved import IsMoved, Moved
from kioskd.journal.names import JOURNAL, companions
from kioskd.journal.whole_copy import copy_whole, like_its_folder
from kioskd.model import handed_over
from kioskd.model.entry import AddRow, EntryState
from kioskd.model.spans import spans
from kioskd.moving import rescue
from kioskd.moving.archive import BadArchive
from kioskd.moving.moving_out import clear, new_part, part
from kioskd.moving.rescue import Cover, Rescue, Transform


class NothingUnsent(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when there is nothing to rescue; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """How an archive is sealed: `seal` does it, `recipient` is the fingerprint of the key."""

    seal: Transform
    recipient: str


def new_id() -> str:
    """Return a name for an archive that no other one has."""
    return str(uuid.uuid4())


def rescue_out(
    state_dir: Path, out: Path, *, station: str, version: str, now: dt.datetime, zone: str, sealing: Sealing, keys: str
) -> Cover:
    """Write a stopped station's unsent entries to an archive at `out`, which must not exist, and mark where they were.

    A damaged journal is salvaged from a copy; what is there stays as it is. Raises JournalHeld, IsMoved (into another
    archive), NoJournal, NothingUnsent, FileExistsError, UnfinishedElsewhere, JournalError, OSError.
    """
    if not (state_dir / JOURNAL).exists():
        raise NoJournal(state_dir / JOURNAL)
    lock = Lock.exclusive(state_dir)
    try:
        if (before := moved.look(state_dir)) is not None:
            return _finish(state_dir, out, before)
        if out.exists():
            raise FileExistsError(out)
        found = _unsent(state_dir, zone)
        entries = tuple(document(entry, forms) for entry, forms in found)
        if not entries:
            raise NothingUnsent(f"{state_dir}: nothing is unsent there")
        numbers = spans([int(str(entry["seq"])) for entry, _ in found])
        at = now.isoformat(timespec="seconds")
        cover = Cover(new_id(), station, at, version, len(entries), numbers, sealing.recipient)
        clear(out, station)
        write_part(out, rescue.pack(Rescue(cover, entries, keys), sealing.seal))
        moved.put_mark(state_dir, Moved(cover.id, str(out), cover.at, cover.entries, rescued=True))
        name(out)
        return cover
    finally:
        lock.release()


def settle(state_dir: Path, *, zone: str, now: dt.datetime) -> int:
    """Another station took the archive in: its entries are handed over here, the mark goes, the station may go on.

    Returns how many. Raises JournalHeld, NotRescued, JournalError, OSError.
    """
    mark = moved.look(state_dir)
    if mark is None or not mark.rescued:
        raise NotRescued(f"{state_dir}: no rescue was made from here; nothing was changed")
    with Journal.open(state_dir, timezone=zone, though_moved=True) as journal:
        seqs = [entry.seq for entry in journal.unsent()]
        to = f"rescue {mark.archive}"
        at_s = now.timestamp()
        rows = [AddRow(seq, EntryState.HANDED_OVER, at_s, to) for seq in seqs]
        journal.write([*rows, handed_over.note(to, seqs, at_s)])
        moved.take_off(state_dir)
    for made in companions(state_dir / JOURNAL):
        if made.exists():
            like_its_folder(made)
    return len(seqs)


class NotRescued(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when a state directory bears no mark of a rescue; nothing was changed."""


def write_part(out: Path, content: bytes) -> None:
    """Write an archive under the name that nobody takes in, 0600, durably: whole, or what was there stays.

    Raises OSError.
    """
    new = new_part(out)
    new.unlink(missing_ok=True)
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as stream:  # noqa: PTH123 - a descriptor, for its mode
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    new.rename(part(out))
    sync_folder(out.parent)


def name(out: Path) -> None:
    """Give an archive its name: from here on it can be taken in. Raises OSError."""
    part(out).rename(out)
    sync_folder(out.parent)


def _finish(state_dir: Path, out: Path, before: Moved) -> Cover:
    """Give the archive of an earlier, interrupted try its name. Raises IsMoved if this is another one."""
    for candidate in (part(out), out):
        try:
            cover = rescue.cover_of(candidate.read_bytes(), str(candidate))
        except (FileNotFoundError, BadArchive):
            continue
        if cover.id == before.archive:
            if candidate != out:
                name(out)
            return cover
    raise IsMoved(state_dir, before)


def _unsent(state_dir: Path, zone: str) -> list[tuple[dict[str, object], dict[str, str]]]:
    """Return what waits there, read from a copy: the station's own file is not written to."""
    with tempfile.TemporaryDirectory(dir=state_dir, prefix="rescue-") as scratch:
        try:
            copy_whole(state_dir, Path(scratch) / JOURNAL)
        except JournalDamaged:
            # Opening the copy salvages what reads of it.
            (Path(scratch) / JOURNAL).unlink(missing_ok=True)
            for file in companions(state_dir / JOURNAL):
                if file.exists() and not file.name.endswith("-shm"):
                    shutil.copyfile(file, Path(scratch) / file.name)
        with Journal.open(Path(scratch), timezone=zone) as journal:
            forms = {entry.what.id: note.content.get("sealed", "") for entry, note in journal.registrations()}
            return [(entry_document(entry, ZoneInfo(zone), reveal=True), forms) for entry in journal.unsent()]


def document(entry: dict[str, object], forms: dict[str, str]) -> dict[str, Any]:
    """Return an entry as an archive holds it: what a library system answered stays at home."""
    kept = {key: value for key, value in entry.items() if key not in {"seq", "outcome", "answer", "source"}}
    form = forms.get(str(entry["id"]))
    return kept | ({"sealed": form} if form else {})
