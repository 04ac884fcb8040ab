"""Handing entries over to a file, so that each goes one way exactly once, whatever is cut where.

First what is to be handed over is written beside the file (`NAME.part`, synced). Then the daemon marks the entries, and
from that moment they are never uploaded. Last the file is made of those that are marked. Cut in between, the same
command finishes it: entries that were marked are in the file, and no others.
"""

import hashlib
import json
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from kioskd.ctl.errors import CtlError
from kioskd.ctl.new_file import remove, write_whole
from kioskd.model.spans import numbers_of

AT_ONCE: Final = 1_000
"""Entries in one request, as many as the daemon takes in one list."""

Document = dict[str, Any]


class Daemon(Protocol):
    """What is asked of the daemon."""

    def call(self, method: str, params: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 # any JSON
        """Return a call's result. Raises Refused, NoAnswer."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Entries on their way into a file. `to` stands with each in the journal: the file's name and what was in it."""

    to: str
    documents: tuple[Document, ...]

    @classmethod
    def of(cls, kind: str, path: Path, documents: Sequence[Document]) -> "HandOver":
        """Name a hand-over by its file and its content, so that no other one has the name."""
        content = json.dumps([[each["seq"], each["id"]] for each in documents]).encode()
        return cls(f"{kind} {path.name} {hashlib.sha256(content).hexdigest()[:12]}", tuple(documents))


def part(path: Path) -> Path:
    """Return where an unfinished hand-over lies."""
    return path.with_name(f"{path.name}.part")


def begin(path: Path, station: str, what: HandOver) -> None:
    """Write down what is about to be handed over. Raises CtlError."""
    content = json.dumps({"to": what.to, "station": station, "documents": what.documents}, ensure_ascii=True)
    write_whole(part(path), content.encode("ascii"))


def unfinished(path: Path, station: str) -> HandOver | None:
    """Return the hand-over of this station that was cut off here, if any.

    Raises CtlError if what lies there cannot be read, or is another station's: it may be all that is left of entries
    which that one has marked.
    """
    try:
        found = json.loads(part(path).read_bytes())
        what, whose = HandOver(str(found["to"]), tuple(found["documents"])), str(found["station"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise CtlError(f"{part(path)}: not a hand-over of kioskctl; move it away, then try again") from None
    if whose != station:
        raise CtlError(
            f"{part(path)}: a hand-over of {whose} that was cut off; finish it at that station by the same command, or "
            "choose another name"
        )
    return what


def mark(daemon: Daemon, what: HandOver) -> None:
    """Let the daemon mark the entries; after a refusal some may be marked. Raises Refused, NoAnswer."""
    seqs = [each["seq"] for each in what.documents]
    for at in range(0, len(seqs), AT_ONCE):
        daemon.call("journal.hand_over", {"seqs": seqs[at : at + AT_ONCE], "to": what.to})


def there(daemon: Daemon, to: str) -> frozenset[int]:
    """Return the numbers of the entries that the journal says were handed over to that. Raises Refused, NoAnswer.

    It says so of entries too that it has forgotten since: with `keep_settled_days` 0 that is as soon as a visit ends.
    """
    told = daemon.call("journal.handed_over", {"to": to})
    return frozenset(numbers_of(told["numbers"], told["count"]))


def marked(what: HandOver, numbers: Set[int]) -> list[Document]:
    """Return those of the entries that were marked, by their numbers."""
    return [document for document in what.documents if document["seq"] in numbers]


def finish(path: Path, content: bytes) -> None:
    """Put the file in its place and forget the hand-over: it is done. Raises CtlError."""
    write_whole(path, content)
    remove(part(path))
