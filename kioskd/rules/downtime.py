"""The procedure round an outage: it is noticed, its settings are looked over, crates are counted, the board is ticked.

What staff do is a note in the journal before it shows; what the station notices by itself shows at once and is noted
beside. Personal data is in none of it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from kioskd.model import downtime_calls as d
from kioskd.model.downtime import BoardStep, ProbeKind, SystemState
from kioskd.model.effects import Probe, Reply
from kioskd.model.entry import AddNote, ModeName
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import LineTrouble
from kioskd.model.inputs import NotSaved, Probed
from kioskd.model.time import ClockSource
from kioskd.rules import board, lending, timekeeping
from kioskd.rules.in_flight import SaveFor, Saving
from kioskd.rules.outage import NOTE, Outage, What, folded, remembered
from kioskd.rules.state import Looked, State
from kioskd.rules.turn import Turn, unsent
from kioskd.rules.wrong import Wrong, refuse

PROBE_TIMEOUT_S: Final = 5.0
PROBE_DOWN_S: Final = 30.0
PROBE_AFTER_S: Final = 300.0
"""Between two looks at a related system: during an outage, and until its report is closed."""
BRIEF_S: Final = 300.0
"""An outage that was shorter, and in which nothing was recorded or counted here, is nobody's work."""
NO_ALARM: Final = frozenset({LineTrouble.NOT_YET.value, LineTrouble.QUIET.value})
"""Reasons for being offline that are no outage: the station has just started, or the nightly halt."""
CRATE_AT_MOST: Final = 2000
WAITS_FOR_NOTHING: Final = frozenset({BoardStep.UNSENT, BoardStep.CRATES})
"""Steps that are not done while an entry waits: a return before its loan would charge somebody who brought it back."""
EARLIEST: Final = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
LATEST: Final = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)

DowntimeAct = d.DowntimeReview | d.DowntimeTick | d.CrateCount


# --- what the station notices -----------------------------------------------------------------------


def remember(turn: Turn, notes: Sequence[AddNote]) -> None:
    """Go on where the daemon before this one stopped; staff's word on the time holds as long as the boot does."""
    turn.set(outage=remembered(notes))
    words = [note.content for note in notes if "wall_minus_boot_s" in note.content]
    clock = turn.state.clock
    if words and words[-1]["boot_id"] == clock.boot_id and not clock.trusted:
        timekeeping.believe_staff(turn, float(words[-1]["wall_minus_boot_s"]))


def keep_time(turn: Turn) -> None:
    """Keep what time alone changes of the View; called after each input."""
    state = turn.state
    alarmed = board.alarmed(state, turn.at.wall_s)
    if alarmed is not state.alarmed:
        turn.set(alarmed=alarmed)
    today = board.today(state, turn.at) if state.outage is not None and not state.outage.closed else None
    if today != state.today:
        turn.set(today=today)


def follow(turn: Turn, before: State) -> None:
    """Notice that an outage begins, changes or ends; called after each input."""
    state = turn.state
    was, now = before.mode, state.mode
    if not state.instance or (was.name, was.reason) == (now.name, now.reason):
        return
    outage = state.outage
    over = outage is None or outage.over_wall_s is not None
    if now.name is ModeName.OFFLINE and now.reason not in NO_ALARM:
        if over:
            _notice(turn, What.BEGAN, reason=now.reason, recorded=str(state.summary.recorded))
            turn.set(systems={})
            _probe(turn)
        elif outage is not None and (outage.back_wall_s is not None or outage.seen[-1].reason != now.reason):
            _notice(turn, What.CAUSE, reason=now.reason)
    elif over or outage is None:
        return
    elif now.name is ModeName.RECOVERING and outage.back_wall_s is None:
        _notice(turn, What.BACK)
    elif now.name is ModeName.ONLINE:
        lasted_s = turn.at.wall_s - outage.since_wall_s
        idle = state.summary.recorded == outage.recorded and not outage.crates and outage.review is None
        brief = {"brief": "yes"} if lasted_s < BRIEF_S and idle else {}
        _notice(turn, What.OVER, recorded=str(state.summary.recorded), **brief)


def _notice(turn: Turn, what: What, **content: str) -> None:
    note = AddNote(NOTE, turn.at.wall_s, {"what": what.value, **content})
    turn.set(outage=folded(turn.state.outage, note), to_note=(*turn.state.to_note, note))


def write_notes(turn: Turn) -> None:
    """Hand the journal what was noticed; nobody waits for it."""
    state = turn.state
    if not state.to_note or state.storage is not None:
        return
    if any(saving.what is SaveFor.NOTES for saving in state.saves.values()):
        return
    notes = state.to_note
    turn.set(to_note=())
    turn.save(notes, Saving(SaveFor.NOTES, told=notes))


def not_noted(turn: Turn, saving: Saving, event: NotSaved) -> None:
    """The disk did not take it: once more when it is back."""
    lending.storage_failed(turn, event.problem)
    turn.set(to_note=(*saving.told, *turn.state.to_note))


# --- related systems --------------------------------------------------------------------------------


def probes_due_mono_s(state: State) -> float | None:
    """Return when the related systems are looked at next; None: not at all."""
    probed = any(each.probe is not ProbeKind.NONE for each in state.settings.related)
    if not probed or state.outage is None or state.outage.closed:
        return None
    return state.probe_mono_s


def tick(turn: Turn) -> None:
    """Look at the related systems when it is time."""
    due = probes_due_mono_s(turn.state)
    if due is not None and turn.at.mono_s >= due:
        _probe(turn)


def _probe(turn: Turn) -> None:
    wait_s = PROBE_DOWN_S if turn.state.mode.name is ModeName.OFFLINE else PROBE_AFTER_S
    turn.set(probe_mono_s=turn.at.mono_s + wait_s)
    for number, system in enumerate(turn.state.settings.related):
        if system.probe is not ProbeKind.NONE:
            turn.do(Probe(number, system.probe, system.address, PROBE_TIMEOUT_S))


def probed(turn: Turn, event: Probed) -> None:
    """One of them answered, or did not."""
    state = SystemState.ANSWERS if event.answers else SystemState.SILENT
    before = turn.state.systems.get(event.system)
    if before is None or before.state is not state:
        turn.set(systems={**turn.state.systems, event.system: Looked(state, turn.at.wall_s)})


# --- what staff do ----------------------------------------------------------------------------------


def asked(turn: Turn, call: DowntimeAct) -> None:
    """Look at what staff did, then have it noted; refused where it cannot be."""
    outage = turn.state.outage
    if outage is None or outage.closed:
        turn.fail(ErrorKind.NOT_NOW, "there is no outage to be worked on", {"choices": []})
        return
    by = turn.state.staff.by or call.by.strip()
    if not by:
        refuse(turn, Wrong("by", "form_initials"))
        return
    match call:
        case d.DowntimeReview():
            _review(turn, call, by)
        case d.DowntimeTick():
            _tick_step(turn, outage, call, by)
        case d.CrateCount():
            _count(turn, outage, call, by)


def _note(turn: Turn, what: What, content: dict[str, str], *, crate: int = 0) -> None:
    note = AddNote(NOTE, turn.at.wall_s, {"what": what.value, **content})
    turn.save((note,), Saving(SaveFor.DOWNTIME, request=turn.request, told=(note,), n=crate))
    turn.request = None


def saved(turn: Turn, saving: Saving) -> None:
    """It is durable: it shows."""
    for note in saving.told:
        turn.set(outage=folded(turn.state.outage, note))
        if "wall_minus_boot_s" in note.content:
            timekeeping.believe_staff(turn, float(note.content["wall_minus_boot_s"]))
    if saving.request is not None:
        turn.do(Reply(saving.request, {"crate": saving.n} if saving.n else None))


def _review(turn: Turn, call: d.DowntimeReview, by: str) -> None:
    station, clock = turn.state.settings.station, turn.state.clock
    content = {"by": by, "station": station.id, "library": station.library, "clock": clock.source.value}
    if timekeeping.vouched(clock):
        if call.time is not None:
            refuse(turn, Wrong("time", "form_clock_kept"))
            return
    elif call.time is None:
        refuse(turn, Wrong("time", "form_clock_unsaid"))
        return
    elif not EARLIEST <= call.time < LATEST:
        refuse(turn, Wrong("time", "form_clock_odd"))
        return
    else:
        stated_s = call.time.timestamp()
        content |= {
            "clock": ClockSource.STAFF.value,
            "offset_s": f"{stated_s - turn.own.wall_s:.0f}",
            "wall_minus_boot_s": repr(stated_s - turn.at.boot_s),
            "boot_id": clock.boot_id,
        }
    _note(turn, What.REVIEWED, content)


def _tick_step(turn: Turn, outage: Outage, call: d.DowntimeTick, by: str) -> None:
    if outage.back_wall_s is None:
        turn.fail(ErrorKind.NOT_NOW, "the library system is not back yet", {"choices": []})
    elif not call.done:
        if not outage.ticks or outage.ticks[-1].step is not call.step:
            last = outage.ticks[-1].step.value if outage.ticks else "none"
            turn.fail(ErrorKind.NOT_NOW, f"step: only the last tick can be taken back, {last}", {"choices": [last]})
        else:
            _note(turn, What.UNTICKED, {"step": call.step.value, "by": by})
    elif call.step is not outage.next_step:
        wanted = outage.next_step.value if outage.next_step is not None else "none"
        turn.fail(ErrorKind.NOT_NOW, f"step: the next one is {wanted}", {"choices": [wanted]})
    elif call.step in WAITS_FOR_NOTHING and (turn.state.mode.name is not ModeName.ONLINE or unsent(turn.state)):
        waits = unsent(turn.state)
        turn.fail(ErrorKind.NOT_NOW, f"step: {waits} entries still wait here; not before 0", {"choices": []})
    else:
        _note(turn, What.TICKED, {"step": call.step.value, "by": by})


def _count(turn: Turn, outage: Outage, call: d.CrateCount, by: str) -> None:
    known = {crate.number: crate for crate in outage.crates}
    if call.items > CRATE_AT_MOST:
        refuse(turn, Wrong("items", "form_crate_items", {"most": str(CRATE_AT_MOST)}))
        return
    if call.crate and call.crate not in known:
        refuse(turn, Wrong("crate", "form_crate", {"known": ", ".join(map(str, known)) or "–"}))
        return
    number = call.crate or max(known, default=0) + 1
    on = known[number].on if number in known else turn.local().date()
    content = {"crate": str(number), "items": str(call.items), "on": on.isoformat(), "by": by}
    _note(turn, What.CRATE, content, crate=number)
