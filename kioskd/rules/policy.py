"""What each mode permits: one table, with the reason and the advice of each refusal beside it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kioskd.model.entry import ModeName
from kioskd.model.errors import ErrorKind
from kioskd.model.view import Tone
from kioskd.model.written_late import dataclass
from kioskd.rules.project import choices
from kioskd.rules.state import State
from kioskd.rules.turn import Turn, unsent
from kioskd.texts import say


class Act(StrEnum):
    """What people want to do at a station."""

    CHECKOUT = "checkout"
    RENEW = "renew"
    CHECKIN = "checkin"
    RFID = "rfid"
    PAYMENT = "payment"
    HOLDS = "holds"


class How(StrEnum):
    """How an act is done in a mode."""

    LIVE = "live"
    """Saved, sent at once, and the library system's answer is what the patron hears; behind unsent entries of the same
    card or item it is recorded (see `backlog`)."""
    RECORD = "record"
    """Saved; the upload sends it."""
    REFUSE = "refuse"
    """Not while the library system is down or entries are unsent."""
    ELSEWHERE = "elsewhere"
    """Not at this station, online either."""


PERMITTED: Final[Mapping[ModeName, Mapping[Act, How]]] = {
    ModeName.ONLINE: {
        Act.CHECKOUT: How.LIVE,
        Act.RENEW: How.LIVE,
        Act.CHECKIN: How.LIVE,
        Act.RFID: How.LIVE,
        Act.PAYMENT: How.ELSEWHERE,
        Act.HOLDS: How.ELSEWHERE,
    },
    ModeName.OFFLINE: {
        Act.CHECKOUT: How.RECORD,
        Act.RENEW: How.RECORD,
        Act.CHECKIN: How.REFUSE,
        Act.RFID: How.REFUSE,
        Act.PAYMENT: How.REFUSE,
        Act.HOLDS: How.REFUSE,
    },
    ModeName.RECOVERING: {
        Act.CHECKOUT: How.LIVE,
        Act.RENEW: How.LIVE,
        Act.CHECKIN: How.REFUSE,
        Act.RFID: How.REFUSE,
        Act.PAYMENT: How.REFUSE,
        Act.HOLDS: How.REFUSE,
    },
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act is refused and what to do instead: keys of kioskd.texts."""

    reason: str
    instead: str


REFUSAL: Final[Mapping[Act, Refusal]] = {
    Act.CHECKIN: Refusal("checkin_needs_ils", "keep_in_crate"),
    Act.RFID: Refusal("rfid_needs_ils", "scan_or_type"),
    Act.PAYMENT: Refusal("payment_needs_ils", "pay_later"),
    Act.HOLDS: Refusal("holds_need_ils", "holds_later"),
}

ELSEWHERE: Final[Mapping[Act, Refusal]] = {
    Act.CHECKIN: Refusal("checkin_not_here", "checkin_at_desk"),
    Act.PAYMENT: Refusal("payment_not_here", "pay_at_desk"),
    Act.HOLDS: Refusal("holds_not_here", "holds_at_desk"),
}


def how(state: State, act: Act) -> How:
    """Return how an act is done now.

    Whatever the mode says, nothing is checked in and no tag is written while an entry is unsent here: a return before
    its loan would charge somebody who brought the item back.
    """
    permitted = PERMITTED[state.mode.name][act]
    if permitted in (How.LIVE, How.ELSEWHERE) and act in REFUSAL and unsent(state):
        return How.REFUSE
    if act is Act.CHECKIN and permitted is How.LIVE:
        ils = state.settings.ils
        said_no = ils.trust_flags and state.link.flags.get("checkin_ok") is False
        return How.ELSEWHERE if said_no or not ils.checkin else How.LIVE
    return permitted


def not_now(turn: Turn, key: str = "not_now") -> None:
    """Refuse a call that this moment does not allow, and say what is possible; to a scanner the screen says it."""
    if turn.request is None:
        turn.say(key, Tone.WARN)
    turn.fail(ErrorKind.NOT_NOW, say(turn.state.language, key), {"choices": list(choices(turn.state))})


def refuse(turn: Turn, act: Act) -> None:
    """Answer the call with the refusal that the table holds for this act."""
    elsewhere = how(turn.state, act) is How.ELSEWHERE
    row = ELSEWHERE[act] if elsewhere else REFUSAL[act]
    language = turn.state.language
    reason, instead = say(language, row.reason), say(language, row.instead)
    contact = turn.state.settings.library.contact
    if contact:
        instead = f"{instead} {say(language, 'contact_us', contact=contact)}"
    turn.fail(
        ErrorKind.ELSEWHERE if elsewhere else ErrorKind.REFUSED_OFFLINE,
        reason,
        {"action": act.value, "reason": reason, "instead": instead},
    )
