"""The review of registrations after the upload: what is still missing of each, and who ticked what."""

from collections.abc import Sequence
from typing import Final

from kioskd.model import downtime_calls as d
from kioskd.model.effects import ReadEntries
from kioskd.model.entry import AddNote, Entry, Kind
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import Asked
from kioskd.rules.in_flight import SaveFor, Saving
from kioskd.rules.turn import Turn

MAY_BE_MISSING: Final = ("first", "address", "email", "phone", "library", "profile")
"""Fields that may be empty and are looked at again in the review; their names say nothing of the person."""
TO_COMPLETE: Final = ("pin", "text_phone", "form_reviewed")
"""What a registration always lacks until after its upload: no PIN and no telephone for text notices is taken here."""
TICK: Final = "registration_tick"
"""The kind of note that says that something of a registration is done; `id` is its entry's."""


def asked(turn: Turn, event: Asked, call: d.RegistrationTick) -> None:
    """Something of a registration is done: see that there is such a registration."""
    allowed = (*TO_COMPLETE, *MAY_BE_MISSING)
    if call.item not in allowed:
        _wrong(turn, "item", f"one of {', '.join(allowed)}")
    elif not (turn.state.staff.by or call.by.strip()):
        _wrong(turn, "by", "your initials, since no staff code has unlocked the station")
    else:
        turn.do(ReadEntries(event.request, (call.seq,)))
        turn.set(reading={**turn.state.reading, event.request: event})
        turn.request = None


def found(turn: Turn, call: d.RegistrationTick, entries: Sequence[Entry]) -> None:
    """The journal told which entry that is: note it."""
    entry = next((each for each in entries if each.what.kind is Kind.REGISTRATION), None)
    if entry is None:
        _wrong(turn, "seq", "a registration's number")
        return
    by = turn.state.staff.by or call.by.strip()
    note = AddNote(TICK, turn.at.wall_s, {"id": entry.what.id, "item": call.item, "by": by})
    turn.save((note,), Saving(SaveFor.DOWNTIME, request=turn.request, told=(note,)))
    turn.request = None


def still_open(missing: str, ticked: Sequence[str]) -> list[str]:
    """Return what of a registration is still to be done; `missing`: the fields that were empty, by name."""
    return [item for item in (*TO_COMPLETE, *missing.split()) if item not in ticked]


def _wrong(turn: Turn, field: str, expected: str) -> None:
    turn.fail(ErrorKind.BAD_PARAMS, f"{field}: expected {expected}", {"field": field})
