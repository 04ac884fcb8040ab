"""What servers of the field do differently, as data: one row a server; each way may be switched by itself.

Sources: running SIPServer 2011/2021 and pysip2 0.1.0, reading Koha's C4/SIP, Evergreen's driver and SIP2Mediator.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from .faults import Faults


@dataclass(frozen=True, slots=True)
class Personality:
    """A server's ways. The defaults are those of a plain server that keeps to the 2.00 document."""

    status_flags: str = "YYYYYY"  # 98: online, check-in, checkout, renewal policy, status update, off-line
    timeout_and_retries: str = "600003"
    supported: str = "YYYYYYYYYYYYYYYY"  # BX
    terminator: bytes = b"\r"
    resend_terminator: bytes = b"\r"  # of 96, and of the answer to 97
    encoding: str = "utf-8"
    after_cr: Literal["skipped", "kept"] = "skipped"
    login_required: bool = False  # anything before a good 93 closes the connection
    login_tries: int = 3  # a failed one past these closes the connection
    # forced: with a real nb due date the blocks are skipped, and yes is said whatever happened; obeyed: they are
    # skipped with or without a date, the item is taken from whoever has it, and the answer is true.
    no_block: Literal["ignored", "forced", "obeyed"] = "ignored"
    transaction_date: Literal["ignored", "honoured"] = "ignored"  # of 11: the loan counts from it
    return_date: Literal["ignored", "second", "day"] = "ignored"  # of 09: how finely it is honoured
    second_checkout: Literal["renews", "by_policy", "refused"] = "renews"  # by_policy: renewal policy N is refused
    already_flag: Literal["Y", "N"] = "Y"  # renewal ok in the 12 that refuses a second checkout
    returned_when_not_on_loan: bool = False  # 10's ok for an item that was not on loan
    unknown_checkin: Literal["refused", "close"] = "refused"
    unknown_message: Literal["96", "close", "silent"] = "96"
    cut_request: Literal["answered", "close"] = "answered"  # a request whose fixed part ends early
    missing_field: Literal["answered", "close", "96"] = "answered"
    blank_nb_due_date: Literal["answered", "close"] = "answered"
    repeat_from_memory: bool = False  # an identical line is answered again without acting
    resend: Literal["connection", "worker"] = "connection"  # worker: 97 answers even the previous connection's
    resend_sequence: Literal["none", "zero"] = "none"
    charged_items_repeated: bool = False  # AU lists an item once more for each renewal
    ah_format: str = "sip"
    bar_in_value: Literal["blank", "entity"] = "blank"  # what `|` inside a value becomes; the entity is `&#124;`
    fields_last: Collection[str] = field(default=frozenset())  # answers with AO at the end
    idle_close_s: float = 0.0  # 0: never
    idle_close: Literal["always", "before_login"] = "always"


_PLAIN: Final = Personality()
_SIPSERVER: Final = replace(
    _PLAIN,
    login_required=True,
    status_flags="YNNYNN",
    supported="YYYYYYYYYYNYNYYY",
    unknown_message="close",
    unknown_checkin="close",
    resend="worker",
    resend_sequence="zero",
    charged_items_repeated=True,
    bar_in_value="entity",
    fields_last=frozenset({"30", "26"}),
    idle_close_s=60.0,
)
_KOHA: Final = replace(
    _PLAIN,
    login_required=True,
    terminator=b"\r\n",
    status_flags="YYYYYY",
    bar_in_value="entity",
    resend="worker",
    return_date="second",
)
_EVERGREEN: Final = replace(
    _SIPSERVER,
    second_checkout="by_policy",
    returned_when_not_on_loan=True,
    unknown_checkin="refused",
    return_date="day",
)

PERSONALITIES: Final[Mapping[str, Personality]] = {
    "plain": _PLAIN,
    "sipserver": _SIPSERVER,
    "koha": _KOHA,
    "koha_noblock": replace(_KOHA, no_block="forced"),
    "evergreen": replace(_EVERGREEN, charged_items_repeated=False),
    "mediator": replace(
        _PLAIN,
        login_required=True,
        status_flags="YYYYNN",
        timeout_and_retries="999999",
        second_checkout="by_policy",
        returned_when_not_on_loan=True,
        return_date="day",
        ah_format="iso",
    ),
    "pysip2ish": replace(
        _PLAIN,
        status_flags="YYYYNY",
        timeout_and_retries="030003",
        encoding="cp850",
        after_cr="kept",
        login_tries=1,
        unknown_message="silent",
        cut_request="close",
        missing_field="close",
        blank_nb_due_date="close",
        repeat_from_memory=True,
    ),
}

# Ways that a fault switch of the same name changes; one that stands at its default leaves the server's own.
SWITCHED: Final = (
    "login_required",
    "login_tries",
    "no_block",
    "transaction_date",
    "return_date",
    "second_checkout",
    "already_flag",
    "returned_when_not_on_loan",
    "unknown_checkin",
    "unknown_message",
    "cut_request",
    "missing_field",
    "blank_nb_due_date",
    "repeat_from_memory",
    "resend",
    "resend_sequence",
    "charged_items_repeated",
    "bar_in_value",
    "fields_last",
    "after_cr",
    "status_flags",
    "encoding",
    "ah_format",
    "idle_close_s",
    "idle_close",
)


def switched(own: Personality, faults: Faults) -> Personality:
    """Return a server's ways as the switches have them."""
    chosen = {name: getattr(faults, name) for name in SWITCHED}
    return replace(own, **{name: value for name, value in chosen.items() if value})
