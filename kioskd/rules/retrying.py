"""Exceptions that come up again: by a person's word, and what hung on it by itself."""

from typing import Final

from kioskd.model.calls import ExceptionsResolve
from kioskd.model.choices import ResolveAction
from kioskd.model.effects import FetchExceptions
from kioskd.model.entry import AddRow, Entry, EntryState
from kioskd.model.errors import ErrorKind
from kioskd.rules.in_flight import SaveFor, Saving
from kioskd.rules.outcome import Outcome
from kioskd.rules.turn import Turn, taken
from kioskd.rules.worklist import actions_of
from kioskd.rules.wrong import Wrong, refuse

AT_ONCE: Final = 500
"""Exceptions read at once; the rest comes with the next night, or the next word."""
AGAIN: Final = "tried_again"


def resolve(turn: Turn, entry: Entry | None, call: ExceptionsResolve) -> None:
    """A person decides an exception: it is tried again, or over, by a row with their initials and words."""
    by = turn.state.staff.by or call.by.strip() or None
    reason = call.reason.strip() or None
    if entry is None or entry.state is not EntryState.EXCEPTION:
        turn.fail(ErrorKind.NOT_NOW, f"seq: {call.seq} is no exception that waits")
        return
    if call.action is ResolveAction.DROP and not (by and reason):
        refuse(turn, Wrong("by", "form_initials") if reason else Wrong("reason", "form_reason"))
        return
    if call.action is ResolveAction.CORRECT_AND_RETRY and call.action not in actions_of(entry.outcome or ""):
        # It was done, or is not to be: sent once more it would be lent again to who has brought it back since.
        choices = ", ".join(actions_of(entry.outcome or ""))
        turn.fail(ErrorKind.BAD_PARAMS, f"action: for {entry.outcome} it is one of {choices}", {"field": "action"})
        return
    if call.action is ResolveAction.CORRECT_AND_RETRY:
        row = _again(turn, entry, by, reason)
    else:
        row = AddRow(entry.seq, EntryState.RESOLVED, turn.at.wall_s, call.action.value, by=by, reason=reason)
    turn.write_up()
    turn.save((row,), Saving(SaveFor.RESOLUTION, request=turn.request, seqs=(entry.seq,)))
    turn.request = None


def resolved(turn: Turn) -> None:
    """It is durable: what waited behind it, or for a card to be registered, is tried again."""
    again(turn, Outcome.BEHIND)
    again(turn, Outcome.CARD_NOT_REGISTERED)


def again(turn: Turn, outcome: Outcome) -> None:
    """Have the exceptions of a kind tried again, if there can be any."""
    if turn.state.summary.exceptions:
        turn.do(FetchExceptions(outcome.value, AT_ONCE))


def fetched(turn: Turn, entries: tuple[Entry, ...]) -> None:
    """The journal gave exceptions that are to be tried again."""
    moving = taken(turn.state) | {row.seq for row in turn.state.outbox}
    for entry in entries:
        if entry.state is EntryState.EXCEPTION and entry.seq not in moving:
            turn.later(_again(turn, entry))


def _again(turn: Turn, entry: Entry, by: str | None = None, reason: str | None = None) -> AddRow:
    """Return the row that makes it unsent: looked up first, if it may have been sent before."""
    state = EntryState.SENDING if entry.sendings else EntryState.RECORDED
    return AddRow(entry.seq, state, turn.at.wall_s, AGAIN, by=by, reason=reason, due_before=entry.due_before)
