"""Into this machine: check, claim, put in place. An archive is taken in by one machine, and may be tried there again.

The claim is a file beside the archive that names the machine; it goes where the archive goes, as long as they stay on
one stick. What two copies of an archive would send twice is beyond it: there the look-up before each sending decides.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kioskd.journal import moved
from kioskd.journal.folder import prepare, sync_folder
from kioskd.journal.journal import Journal
from kioskd.journal.lock import Lock
from kioskd.journal.names import JOURNAL, companions
from kioskd.journal.whole_copy import copy_whole, counted, last_note, like_its_folder, put_in_place, sync_file
from kioskd.model.entry import AddNote
from kioskd.moving import archive
from kioskd.moving.archive import Manifest

ZONE: Final = "Etc/UTC"
"""No time is shown here."""
NOTE: Final = "moved_in"
"""The kind of the journal's note that says which archive it came from."""


class NotTakenIn(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when an archive may not be taken in here; the text says why and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came in. `others`: the content of further members by name."""

    manifest: Manifest
    others: dict[str, bytes]


def move_in(state_dir: Path, path: Path, *, machine: str, now_wall_s: float) -> TakenIn:
    """Put an archive's journal into a stopped station that has no entries of its own. `machine`: its lasting name.

    Raises NotTakenIn, BadArchive, JournalError, OSError.
    """
    prepare(state_dir)
    for made in companions(state_dir / JOURNAL):
        if made.exists():
            like_its_folder(made)
    lock = Lock.exclusive(state_dir)
    try:
        with tempfile.TemporaryDirectory(dir=state_dir, prefix="moving-") as scratch:
            manifest = archive.unpack(path, Path(scratch))
            others = {name: (Path(scratch) / name).read_bytes() for name in manifest.sums if name != archive.JOURNAL}
            if _came_from(state_dir) != manifest.id:
                _refuse_if_used(state_dir)
                ready = _with_note(Path(scratch), manifest, now_wall_s)
                claim(path, manifest.id, machine)
                put_in_place(state_dir, ready)
    finally:
        lock.release()
    for made in state_dir.iterdir():
        like_its_folder(made)
    return TakenIn(manifest, others)


def _with_note(folder: Path, manifest: Manifest, now_wall_s: float) -> Path:
    """Return the archive's journal, brought up to this version, with the note of where it came from already in it.

    So the journal and the note arrive in one step, and who does it again after a cut sees that it is done.
    """
    with Journal.open(folder, timezone=ZONE) as journal:
        journal.write([AddNote(NOTE, now_wall_s, {"archive": manifest.id, "station": manifest.station})])
    ready = folder / "ready.sqlite3"
    copy_whole(folder, ready)
    return ready


def claim(path: Path, archive_id: str, machine: str) -> None:
    """Say beside the archive who takes it in, durably. Raises NotTakenIn if another machine did, OSError."""
    claimed = path.with_name(f"{path.name}.taken")
    try:
        fd = os.open(claimed, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        if _claimant(claimed) not in {(archive_id, machine), None}:
            raise NotTakenIn(
                f"{path}: another machine took it in ({claimed.name} says so); entries that are in two places are sent "
                "twice. Only if that machine never ran with it: remove that file"
            ) from None
        claimed.unlink()
        claim(path, archive_id, machine)
        return
    except OSError as problem:
        raise NotTakenIn(
            f"{path}: that it is taken in cannot be noted beside it ({problem.strerror}); copy it elsewhere"
        ) from None
    with open(fd, "w") as stream:  # noqa: PTH123 - a descriptor, for its mode
        json.dump({"archive": archive_id, "machine": machine}, stream)
    sync_file(claimed)
    sync_folder(path.parent)


def _claimant(claimed: Path) -> tuple[str, str] | None:
    """Return archive and machine of a claim; None: it was cut off while it was written, so nothing came of it."""
    try:
        document: Any = json.loads(claimed.read_text())
        return str(document["archive"]), str(document["machine"])
    except (ValueError, KeyError, TypeError):
        return None


def _refuse_if_used(state_dir: Path) -> None:
    moved.refuse(state_dir)
    entries, _ = counted(state_dir / JOURNAL)
    if entries:
        raise NotTakenIn(
            f"{state_dir}: this station has {entries} entries of its own, which an archive would replace. Move them "
            "away first (kioskctl station move --out), or take the archive in at a new station"
        )


def _came_from(state_dir: Path) -> str | None:
    """Return the id of the archive that this journal came from, if any."""
    note = last_note(state_dir / JOURNAL, NOTE)
    return note.content.get("archive") if note is not None else None
