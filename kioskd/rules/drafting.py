"""Forms that staff have begun: kept sealed with each change, so that no error and no restart loses what was typed.

What is in them is in the state while the station is unlocked, in nobody's View, and nowhere else in clear.
"""

from collections.abc import Iterable, Mapping

from kioskd.model import downtime_calls as d
from kioskd.model.downtime import DraftForm
from kioskd.model.effects import DropDrafts, KeepDraft, Reply
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import Asked, CannotSeal, DraftKept
from kioskd.rules.state import State
from kioskd.rules.turn import Turn

PROBLEM: Mapping[CannotSeal, tuple[ErrorKind, str]] = {
    CannotSeal.NO_KEYS: (
        ErrorKind.NOT_NOW,
        "there are no keys to seal it with; `kioskctl staff add INITIALS` makes them",
    ),
    CannotSeal.UNREADABLE: (
        ErrorKind.STORAGE,
        "the keys of the registrations cannot be read; see the daemon's log",
    ),
    CannotSeal.NOT_WRITTEN: (ErrorKind.STORAGE, "the draft cannot be written; see the daemon's log"),
}


def asked(turn: Turn, event: Asked, call: d.DraftKeep | d.DraftGet | d.DraftDrop) -> None:
    """Keep a draft, hand it out, or let it go."""
    request = event.request
    match call:
        case d.DraftKeep():
            number = turn.number()
            turn.do(KeepDraft(request, number, call.form, dict(call.fields)))
            turn.set(reading={**turn.state.reading, request: event})
        case d.DraftGet():
            found = turn.state.drafts.get(call.form)
            if found is None:
                turn.fail(ErrorKind.NOT_NOW, f"form: there is no draft of {call.form.value}", {"choices": []})
                return
            turn.do(Reply(request, {"fields": {name: str.__str__(value) for name, value in found.items()}}))
        case d.DraftDrop():
            drop(turn, (call.form,))
            turn.do(Reply(request, {}))
    turn.request = None


def kept(turn: Turn, event: DraftKept) -> None:
    """It is on the disk, sealed, or why not."""
    reading = dict(turn.state.reading)
    by = reading.pop(event.request, None)
    turn.set(reading=reading)
    if by is None or not isinstance(by.call, d.DraftKeep):
        return
    turn.request = event.request
    if event.problem is not None:
        kind, words = PROBLEM[event.problem]
        turn.fail(kind, words)
        return
    if event.number > turn.state.drafts_dropped:
        turn.set(drafts={**turn.state.drafts, by.call.form: by.call.fields})
    turn.do(Reply(event.request, {}))
    turn.request = None


def keeping(state: State) -> bool:
    """Tell whether a draft is on its way to the disk: it is no less a draft than one that is there."""
    return any(isinstance(each.call, d.DraftKeep) for each in state.reading.values())


def drop(turn: Turn, forms: Iterable[DraftForm]) -> None:
    """Let drafts go, those too that are just being kept."""
    gone = tuple(forms)
    number = turn.number()
    turn.set(
        drafts={form: fields for form, fields in turn.state.drafts.items() if form not in gone},
        drafts_dropped=number,
    )
    turn.do(DropDrafts(number, gone))
