"""Staff rights lent to the station: a code, for a while."""

import math
from dataclasses import replace

from kioskd.model.downtime import DraftForm
from kioskd.model.effects import CheckStaffCode, Reply
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import StaffCodeChecked
from kioskd.model.settings import Secret
from kioskd.model.view import Tone
from kioskd.rules import drafting, form_scan
from kioskd.rules.session import Overlay
from kioskd.rules.state import Staff
from kioskd.rules.turn import Turn
from kioskd.texts import say

WRONG_AT_MOST = 5
WAIT_S = 60.0


def unlock(turn: Turn, code: Secret) -> None:
    """`staff.unlock`: have the code checked, unless too many wrong ones came before."""
    if turn.state.settings.staff.codes_file is None:
        turn.say("staff_no_codes", Tone.WARN)
        turn.fail(ErrorKind.NOT_NOW, say(turn.state.language, "staff_no_codes"))
        return
    if _blocked(turn):
        return
    turn.do(CheckStaffCode(turn.request, code))
    turn.request = None


def _blocked(turn: Turn) -> bool:
    """Tell whether too many wrong codes came before, and say so."""
    until = turn.state.staff.blocked_until_mono_s
    if until is None or turn.at.mono_s >= until:
        return False
    left = str(math.ceil(until - turn.at.mono_s))
    turn.say("staff_wait", Tone.STOP, seconds=left)
    turn.fail(ErrorKind.NOT_ALLOWED, say(turn.state.language, "staff_wait", seconds=left), {"needs": "staff"})
    return True


def checked(turn: Turn, event: StaffCodeChecked) -> None:
    """The code is somebody's, or nobody's."""
    turn.request = event.request
    staff = turn.state.staff
    if _blocked(turn):
        # Asked before the fifth wrong one was known: else a thousand calls at once were a thousand guesses.
        return
    if event.initials is None:
        wrong = staff.wrong + 1
        blocked = turn.at.mono_s + WAIT_S if wrong >= WRONG_AT_MOST else None
        turn.set(staff=replace(staff, wrong=0 if blocked else wrong, blocked_until_mono_s=blocked))
        turn.log("warning", "staff_code_wrong", wrong=wrong)
        turn.say("staff_code_wrong", Tone.STOP)
        turn.fail(ErrorKind.NOT_ALLOWED, say(turn.state.language, "staff_code_wrong"), {"needs": "staff"})
        return
    turn.set(staff=Staff(by=event.initials, until_mono_s=_until(turn)))
    # What is in memory is newer than what was on the disk.
    turn.set(drafts={**event.drafts, **turn.state.drafts})
    turn.log("info", "staff_unlocked", by=event.initials)
    turn.hush()
    if event.request is not None:
        turn.do(Reply(event.request))
    turn.request = None


def _until(turn: Turn) -> float:
    settings = turn.state.settings.staff
    minutes = settings.unlock_minutes if turn.self_service else settings.idle_lock_minutes
    return turn.at.mono_s + minutes * 60


def lock(turn: Turn) -> None:
    """`staff.lock`."""
    if turn.state.staff.by is not None:
        turn.log("info", "staff_locked", by=turn.state.staff.by)
    turn.set(staff=replace(turn.state.staff, by=None, until_mono_s=None))
    form_scan.end(turn)
    if turn.state.drafts or drafting.keeping(turn.state):
        drafting.drop(turn, tuple(DraftForm))
    session = turn.state.session
    if turn.state.overlay is Overlay.DUE_DATE:
        turn.set(overlay=None)
    if session is not None and session.alternative_due is not None:
        turn.set_session(alternative_due=None)


def used(turn: Turn) -> None:
    """Somebody works a staff station: the idle lock is put off. A self station locks by the clock alone."""
    if turn.state.staff.by is not None and not turn.self_service:
        turn.set(staff=replace(turn.state.staff, until_mono_s=_until(turn)))


def typed(turn: Turn) -> None:
    """Staff type in a form: nobody is locked out amid it, on a self station neither."""
    if turn.state.staff.by is not None:
        turn.set(staff=replace(turn.state.staff, until_mono_s=_until(turn)))


def tick(turn: Turn) -> None:
    """Lock when the time is over."""
    until = turn.state.staff.until_mono_s
    if until is not None and turn.at.mono_s >= until:
        lock(turn)
