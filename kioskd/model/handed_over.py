"""What was handed over to where, as notes of the journal.

An entry that was handed over is over, so it is forgotten like any other. Whoever finishes a hand-over that was cut off
must still know which of its entries were marked, and which went up by the line before they could be: a missing entry
may be either. The notes stay, and name nobody.
"""

from collections.abc import Iterable
from typing import Final

from kioskd.model.entry import AddNote
from kioskd.model.spans import numbers_of, spans

KIND: Final = "handed_over"
_BACK: Final = "back"


def note(to: str, seqs: Iterable[int], at_wall_s: float, *, back: bool = False) -> AddNote:
    """Return the note to be saved with the rows that hand entries over to `to`, or take them back from there."""
    numbers = sorted(seqs)
    content = {"to": to, "seqs": spans(numbers), "count": str(len(numbers))}
    return AddNote(KIND, at_wall_s, {**content, **({_BACK: "yes"} if back else {})})


def numbers_at(notes: Iterable[AddNote], to: str) -> list[int]:
    """Return the numbers of the entries that were handed over to `to` and not taken back since; `notes` in order."""
    found: set[int] = set()
    for each in notes:
        if each.content["to"] == to:
            numbers = numbers_of(each.content["seqs"], int(each.content["count"]))
            found = found.difference(numbers) if _BACK in each.content else found.union(numbers)
    return sorted(found)
