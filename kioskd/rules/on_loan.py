"""Whether a patron's loans can be shown now, and which of them can be renewed."""

from kioskd.model.view import LineResult
from kioskd.rules import backlog
from kioskd.rules.link import Phase
from kioskd.rules.session import GOOD, Loan, Overlay, Stage
from kioskd.rules.state import State


def offered(state: State) -> bool:
    """Tell whether this moment can show the patron's loans."""
    session = state.session
    if session is None or session.patron is None or session.stage not in (Stage.ITEMS, Stage.FINISH):
        return False
    up = state.link.phase is Phase.UP and session.known_to_ils
    return up and state.question is None and backlog.serves_live(state, session.patron)


def renewable(state: State) -> tuple[Loan, ...]:
    """Return the loans on the screen that this session has not renewed or lent yet."""
    session = state.session
    if session is None or session.account is None or state.overlay is not Overlay.LOANS:
        return ()
    done = {line.item for line in session.lines if line.result in GOOD | {LineResult.CHECKING}}
    return tuple(loan for loan in session.account.loans if loan.item not in done)
