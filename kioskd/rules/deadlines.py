"""When the station must be woken next, if nothing else happens."""

from kioskd.model.ils import LineTrouble
from kioskd.model.time import Instant
from kioskd.rules import board, downtime, timekeeping
from kioskd.rules.link import Phase
from kioskd.rules.quiet import quiet_until
from kioskd.rules.session import OPEN, Stage
from kioskd.rules.state import State
from kioskd.rules.turn import busy
from kioskd.rules.upload import OUTCOMES_WITHIN_S


def idle_leftovers(state: State) -> bool:
    """Tell whether somebody left something on a screen without a session: a question, the help, their language."""
    language = state.settings.station.languages[0]
    return state.question is not None or state.overlay is not None or state.language != language


def deadline(state: State, own: Instant) -> float | None:
    """Return the earliest moment (`Instant.mono_s`) at which a `Tick` is due; None: never.

    `own`: now by the computer's own clocks.
    """
    at = timekeeping.now(state, own)
    found = [
        moment
        for moment in (
            state.message.until_mono_s if state.message else None,
            state.link.next_mono_s if state.link.phase is not Phase.CONNECTING else None,
            state.staff.until_mono_s,
            state.storage_check_mono_s,
            state.typed_once.until_mono_s if state.typed_once else None,
            state.keyed.until_mono_s if state.keyed else None,
            downtime.probes_due_mono_s(state),
        )
        if moment is not None
    ]
    session = state.session
    if session is None:
        if idle_leftovers(state):
            found.append(state.touched_mono_s + state.settings.session.idle_s)
    elif session.stage in (Stage.DONE, Stage.CLOSING) and session.done_until_mono_s is not None:
        found.append(session.done_until_mono_s)
    elif session.stage in OPEN and not busy(state):
        settings = state.settings.session
        wait_s = settings.idle_s + (settings.warning_s if session.warned else 0.0)
        found.append(session.last_input_mono_s + wait_s)
    upload = state.upload
    if upload.running and state.link.phase is Phase.UP and state.storage is None:
        if upload.start_mono_s is not None:
            found.append(upload.start_mono_s)
        elif upload.next_send_mono_s > at.mono_s and any(each.ask is None for each in upload.currents.values()):
            found.append(upload.next_send_mono_s)
    if state.outbox and state.storage is None and not any(saving.rows for saving in state.saves.values()):
        found.append(state.outbox_since_mono_s + OUTCOMES_WITHIN_S)
    if state.mode.reason == LineTrouble.QUIET:
        ends = quiet_until(state.settings.ils.quiet_hours, state.zone, at.wall_s)
        found.append(at.mono_s + max(0.0, ends - at.wall_s) if ends is not None else at.mono_s)
    if state.nightly_wall_s is not None:
        found.append(at.mono_s + max(0.0, state.nightly_wall_s - at.wall_s))
    found += [at.mono_s + due - at.wall_s for due in board.alarms_due_wall_s(state) if due > at.wall_s]
    return min(found) if found else None
