"""A rescue of a station that runs, and its archive's way into another one: by the daemons, part by part.

Out: the archive is written under a name that nobody takes in (`.NAME.part`), the daemon marks its entries, then it
gets its name. In: the archive is claimed beside itself, then its entries go to the daemon in parts, each of which is
saved whole together with its name. Cut anywhere, the same command finishes it.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from kioskd import __version__
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError
from kioskd.ctl.hand_over import HandOver, mark, there
from kioskd.ctl.journal_source import FromDaemon, Selection
from kioskd.model.entry import UNSENT, EntryState
from kioskd.model.spans import numbers_of, spans
from kioskd.moving import rescue
from kioskd.moving.archive import BadArchive
from kioskd.moving.moving_out import clear, part
from kioskd.moving.rescue import Cover, Rescue
from kioskd.moving.rescue_out import Sealing, document, name, new_id, write_part

PART_BYTES: Final = 40_000
"""Of entries in one call; a line of the socket holds 64 KiB."""
PART_ENTRIES: Final = 100
SAVING_S: Final = 60.0
"""How long a part may take: the journal looks through all it has, on a slow card."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many entries were new here, and how many were here already."""

    taken: int
    known: int


def out(client: Client, path: Path, sealing: Sealing, keys: str) -> Cover:
    """Write the unsent entries of a running station to an archive, and hand them over to it. Raises CtlError,
    UnfinishedElsewhere, OSError.

    `keys`: what opens the forms of registrations.
    """
    source = FromDaemon(client)
    forms = {each["id"]: each["sealed"] for each in client.call("registrations.list")["registrations"]}
    if part(path).exists() and (finished := _finish(client, path, sealing, keys, forms)) is not None:
        return finished
    # Nothing was marked for what else is left: it would only lie there, and somebody might think that it holds what
    # went up.
    clear(path, client.greeting["station"])
    if path.exists():
        if (done := _done(client, path)) is not None:
            return done
        raise CtlError(f"{path}: there is a file already, and it is not overwritten; choose another name")
    entries = sorted(
        (each for state in UNSENT for each in source.entries(Selection(state=state.value, reveal=True))),
        key=lambda each: int(each["seq"]),
    )
    if not entries:
        raise CtlError("rescue export: nothing is unsent here; no file was written")
    made = _packed(client.greeting["station"], entries, forms, sealing, keys)
    write_part(path, rescue.pack(made, sealing.seal))
    try:
        mark(client, HandOver(made.cover.to, tuple(entries)))
    except CtlError:
        # What was marked before the refusal has no other way any more than this archive.
        if _finish(client, path, sealing, keys, forms) is None:
            part(path).unlink(missing_ok=True)
        raise
    name(path)
    return made.cover


def _packed(station: str, entries: Sequence[Document], forms: dict[str, str], sealing: Sealing, keys: str) -> Rescue:
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    numbers = spans([int(each["seq"]) for each in entries])
    cover = Cover(new_id(), station, at, __version__, len(entries), numbers, sealing.recipient)
    return Rescue(cover, tuple(document(each, forms) for each in entries), keys)


def _finish(client: Client, path: Path, sealing: Sealing, keys: str, forms: dict[str, str]) -> Cover | None:
    """Finish an archive that was cut off, with those entries that are marked; None: none is, so nothing was done."""
    try:
        cover = rescue.cover_of(part(path).read_bytes(), str(part(path)))
        numbers = numbers_of(cover.numbers, cover.entries)
    except (BadArchive, ValueError):
        # Cut off while it was written, before anything was marked.
        return None
    marked = there(client, cover.to)
    if not marked:
        return None
    if len(marked) < len(numbers):
        source = FromDaemon(client)
        span = Selection(after=numbers[0] - 1, at_most=numbers[-1] - numbers[0] + 1, reveal=True)
        here = {each["seq"]: each for each in source.entries(span) if each["seq"] in set(numbers)}
        waiting = tuple(each for each in here.values() if each["state"] in UNSENT)
        mark(client, HandOver(cover.to, waiting))
        marked |= {each["seq"] for each in waiting}
        # What went up by the line must not be in the archive as well. But what was marked and is forgotten here stands
        # in this one alone, which cannot be opened here: then it stays as it is, and a loan that went up is looked up,
        # wherever it is taken in.
        if len(marked) < len(numbers) and marked <= here.keys():
            mine = [{**here[seq], "state": _waited_as(source, seq)} for seq in sorted(marked)]
            made = _packed(cover.station, mine, forms, sealing, keys)
            made = replace(made, cover=replace(made.cover, id=cover.id))
            write_part(path, rescue.pack(made, sealing.seal))
            cover = made.cover
    name(path)
    return cover


def _waited_as(source: FromDaemon, seq: int) -> str:
    """Return the state in which an entry waited before it was handed over."""
    story = source.story(seq, reveal=False) or {}
    waited = [row["state"] for row in story.get("story", ()) if row["state"] in UNSENT]
    return str(waited[-1]) if waited else EntryState.SENDING.value


def _done(client: Client, path: Path) -> Cover | None:
    """Return the cover of an archive that has its name already, if this station's entries were handed over to it."""
    try:
        cover = rescue.cover_of(path.read_bytes(), str(path))
    except (BadArchive, OSError):
        return None
    return cover if there(client, cover.to) else None


def parts(entries: Sequence[rescue.Document], keys: str) -> Iterator[list[Document]]:
    """Yield the entries as calls take them: few enough for a line."""
    now: list[Document] = []
    size = 0
    for each in entries:
        entry = {**each, **({"keys": keys} if each.get("sealed") else {})}
        length = len(json.dumps(entry))
        if now and (size + length > PART_BYTES or len(now) == PART_ENTRIES):
            yield now
            now, size = [], 0
        now.append(entry)
        size += length
    if now:
        yield now


def take_in(client: Client, archive: Rescue) -> TakenIn:
    """Hand an archive's entries to the daemon; what is here already stays as it is. Raises CtlError."""
    taken = known = 0
    for entries in parts(archive.entries, archive.keys):
        ids = "\n".join(str(each["id"]) for each in entries)
        call = {
            "archive": archive.cover.id,
            "part": hashlib.sha256(ids.encode()).hexdigest()[:16],
            "entries": entries,
        }
        told = client.call("journal.take_in", call, timeout_s=SAVING_S)
        taken += told["taken"]
        known += told["known"]
    return TakenIn(taken, known)
