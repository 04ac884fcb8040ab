"""A scan into an open form: the next code goes to whoever waits for it (`form.scan`) and opens no visit.

It is answered to that client alone, so that no View carries a card's number. One waits at a time; since answers come in
the order of their connection's requests, every other call lets the wait end with nothing, and a form asks again.
"""

from kioskd.model.effects import Reply
from kioskd.rules.turn import Turn


def asked(turn: Turn) -> None:
    """Wait for the next code; who waited before is told that somebody else does now."""
    end(turn, other=True)
    turn.set(form_scan=turn.request)
    turn.request = None


def end(turn: Turn, *, other: bool = False) -> None:
    """Nobody waits any more."""
    waiting = turn.state.form_scan
    if waiting is not None:
        turn.do(Reply(waiting, {"code": None, "other": other}))
        turn.set(form_scan=None)


def took(turn: Turn, code: str) -> bool:
    """Tell whether a form took the code: staff are at the station, nobody is served, and somebody waits for it."""
    waiting = turn.state.form_scan
    if waiting is None or turn.state.staff.by is None or turn.state.session is not None:
        return False
    turn.do(Reply(waiting, {"code": str.__str__(code).strip(), "other": False}))
    turn.set(form_scan=None)
    return True
