"""The end of a visit: the answers still awaited, the paper asked for, a word of thanks, and nothing left behind."""

from kioskd.model.device import DeviceKind
from kioskd.model.effects import DropSlips, Print
from kioskd.model.inputs import SlipEnded
from kioskd.model.slip import Slip, SlipFate, SlipKind
from kioskd.model.view import LineResult, Paper, Tone
from kioskd.rules import cards, slips
from kioskd.rules.session import Stage
from kioskd.rules.turn import Turn

SLIP_WAIT_S = 10.0
"""How long a slip may wait for a printer that is ready."""
DONE_S = 8.0
GIVE_UP_S = 60.0
"""How long a visit waits for its slips at most, whatever became of the printer."""


def finish(turn: Turn, paper: tuple[SlipKind, ...]) -> None:
    """Close the session: first the answers still awaited, then the paper."""
    turn.set_session(stage=Stage.CLOSING, paper=tuple(dict.fromkeys(paper)))
    turn.set(question=None, overlay=None)
    turn.say("finishing", Tone.OK, lasting=True)
    go_on(turn)


def go_on(turn: Turn) -> None:
    """Print once nothing is awaited any more."""
    session = turn.state.session
    if session is None or session.stage is not Stage.CLOSING or cards.still_checking(session) or session.slips:
        return
    wanted = [slip for kind in session.paper if (slip := _slip(turn, kind)) is not None]
    if not wanted:
        # Nothing to print: no item for a receipt, no date for a bookmark.
        _done(turn, missing=False)
        return
    if not _can_print(turn):
        # A printer that is known not to print keeps nobody waiting.
        _done(turn, missing=True)
        return
    turn.set_session(receipt=SlipKind.RECEIPT in [slip.kind for slip in wanted])
    turn.set_session(paper=(), done_until_mono_s=turn.at.mono_s + GIVE_UP_S)
    for slip in wanted:
        number = turn.number()
        turn.set_session(slips=turn.session.slips | {number})
        turn.do(Print(number, slip, turn.at.mono_s + SLIP_WAIT_S))
    turn.say("printing", Tone.OK, lasting=True)


def _can_print(turn: Turn) -> bool:
    here = any(device.kind is DeviceKind.PRINTER for device in turn.state.devices)
    return here and turn.state.printer_ready and turn.state.paper is not Paper.NONE


def _slip(turn: Turn, kind: SlipKind) -> Slip | None:
    if kind is SlipKind.RECEIPT:
        return slips.receipt(turn) if cards.done_good(turn.session) else None
    day = slips.bookmark_date(turn.state, turn.local().date())
    return slips.bookmark(turn, day) if day is not None else None


def slip_ended(turn: Turn, ended: SlipEnded) -> None:
    """A slip is out, or will never be."""
    if ended.fate is not SlipFate.PRINTED:
        turn.log("warning", "slip_not_printed", slip=ended.slip, fate=ended.fate.value)
    session = turn.state.session
    if session is None or ended.slip not in session.slips:
        return
    turn.set_session(slips=session.slips - {ended.slip})
    if ended.fate is not SlipFate.PRINTED:
        # Remembered as paper that is owed: the last slip decides what the screen says.
        turn.set_session(paper=(SlipKind.RECEIPT,))
    if not turn.session.slips:
        _done(turn, missing=bool(turn.session.paper))


def tick(turn: Turn) -> None:
    """Give up slips of which nothing is heard, so that the next patron finds a station that is free."""
    session = turn.state.session
    if session is None or session.stage is not Stage.CLOSING or session.done_until_mono_s is None:
        return
    if turn.at.mono_s >= session.done_until_mono_s:
        turn.log("warning", "slip_not_printed", slip=min(session.slips, default=0), fate="unheard")
        turn.set_session(slips=frozenset())
        turn.do(DropSlips())
        _done(turn, missing=True)


def _done(turn: Turn, *, missing: bool) -> None:
    session = turn.session
    cards.goodbye(turn)
    turn.set_session(
        stage=Stage.DONE,
        patron=None,
        paper=(),
        alternative_due=None,
        done_until_mono_s=turn.at.mono_s + DONE_S,
    )
    count = str(cards.done_good(session))
    recorded = any(line.result is LineResult.RECORDED for line in session.lines)
    if recorded and turn.state.settings.station.gates:
        shown = "done_gate" if session.receipt else "done_gate_no_slip"
        turn.say("done_gate_no_paper" if missing else shown, Tone.WARN, lasting=True, count=count)
    elif missing:
        turn.say("done_no_paper", Tone.WARN, lasting=True, count=count)
    else:
        turn.say("done_recorded" if recorded else "done", Tone.OK, lasting=True, count=count)
