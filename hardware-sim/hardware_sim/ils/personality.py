"""What servers of the field do differently, as data: one row a server.

Sources: running SIPServer 2011/2021 and pysip2 0.1.0, reading Koha's C4/SIP, Evergreen's driver and SIP2Mediator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal


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
    no_block: Literal["ignored", "forced"] = "ignored"  # forced: with a real nb due date the blocks are skipped
    second_checkout: Literal["renews", "by_policy"] = "renews"  # by_policy: 11's renewal policy N gets `120Y`
    returned_when_not_on_loan: bool = False  # 10's ok for an item that was not on loan
    unknown_checkin: Literal["refused", "close"] = "refused"
    unknown_message: Literal["96", "close", "silent"] = "96"
    cut_request: Literal["answered", "close"] = "answered"  # a request whose fixed part ends early
    missing_field: Literal["answered", "close"] = "answered"
    blank_nb_due_date: Literal["answered", "close"] = "answered"
    repeat_from_memory: bool = False  # an identical line is answered again without acting
    resend: Literal["connection", "worker"] = "connection"  # worker: 97 answers even the previous connection's
    resend_sequence: Literal["none", "zero"] = "none"
    charged_items_repeated: bool = False  # AU lists an item once more for each renewal
    ah_format: str = "sip"
    bar_in_value: str = " "  # what `|` inside a value becomes
    fields_last: frozenset[str] = field(default=frozenset())  # answers with AO at the end
    idle_close_s: float = 0.0  # 0: never


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
    bar_in_value="&#124;",
    fields_last=frozenset({"30", "26"}),
    idle_close_s=60.0,
)
_KOHA: Final = replace(
    _PLAIN, login_required=True, terminator=b"\r\n", status_flags="YYYYYY", bar_in_value="&#124;", resend="worker"
)
_EVERGREEN: Final = replace(
    _SIPSERVER, second_checkout="by_policy", returned_when_not_on_loan=True, unknown_checkin="refused"
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
