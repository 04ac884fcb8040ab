"""What the library system answers, as far as it could be read.

Text stands as it was sent; only `|` written as `&#124;` is put back in what people read, never in numbers. `other`: the
fields that the message's layout does not know, by code. None for a flag: neither yes nor no. What names a person stays
out of a repr.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from kioskd.sip2.codes import Alert, CirculationStatus, Code, PatronBlock, SecurityMarker
from kioskd.sip2.dates import read_moment

Other = Mapping[str, tuple[str, ...]]

_SUPPORTED: Final[Sequence[Sequence[Code]]] = (
    (Code.PATRON_STATUS,),
    (Code.CHECKOUT,),
    (Code.CHECKIN,),
    (Code.BLOCK_PATRON,),
    (Code.SC_STATUS, Code.ACS_STATUS),
    (Code.REQUEST_ACS_RESEND, Code.REQUEST_SC_RESEND),
    (Code.LOGIN,),
    (Code.PATRON_INFORMATION,),
    (Code.END_PATRON_SESSION,),
    (Code.FEE_PAID,),
    (Code.ITEM_INFORMATION,),
    (Code.ITEM_STATUS_UPDATE,),
    (Code.PATRON_ENABLE,),
    (Code.HOLD,),
    (Code.RENEW,),
    (Code.RENEW_ALL,),
)
"""98's BX, by position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """What any answer may carry: AF for the screen, AG for the printer (both may name a person), and the unknown."""

    screen: tuple[str, ...] = field(default=(), repr=False)
    print_lines: tuple[str, ...] = field(default=(), repr=False)
    other: Other = field(default_factory=dict, repr=False)

    @property
    def message(self) -> str:
        """All screen messages in one line."""
        return " ".join(self.screen)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAnswer(_Common):
    """94."""

    code: ClassVar[Code] = Code.LOGIN_ANSWER
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AcsStatus(_Common):
    """98, readable even if cut short after `online`.

    Of the flags only `online` means something everywhere: servers that lend say N to `checkout_ok`. `timeout_tenths`:
    None for unknown (999) or unreadable; 0 says off line. `retries`: None for unknown.
    """

    code: ClassVar[Code] = Code.ACS_STATUS
    online: bool
    checkin_ok: bool | None = None
    checkout_ok: bool | None = None
    renewal_policy: bool | None = None
    status_update_ok: bool | None = None
    offline_ok: bool | None = None
    timeout_tenths: int | None = None
    retries: int | None = None
    time_text: str = ""
    version: str = ""
    institution: str = ""
    library: str = ""
    terminal_location: str = ""
    supported: str = ""

    @property
    def says_offline(self) -> bool:
        """Whether the library system itself is down behind a line that works."""
        return not self.online or self.timeout_tenths == 0

    @property
    def timeout_s(self) -> float | None:
        """The time an answer may take, in seconds; None for unknown."""
        return self.timeout_tenths / 10 if self.timeout_tenths else None

    @property
    def time(self) -> dt.datetime | None:
        """The date/time sync, naive if it is the server's local time."""
        return read_moment(self.time_text)

    def supports(self, code: Code) -> bool | None:
        """Whether BX says that this message is understood; None if it says nothing of it."""
        for position, codes in enumerate(_SUPPORTED):
            if code in codes:
                return {"Y": True, "N": False}.get(self.supported[position : position + 1].upper())
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patron(_Common):
    """`patron` AA, `name` AE, `valid` BL, `pin_ok` CQ, `blocks` the positions of patron status that are set."""

    blocks: tuple[PatronBlock, ...]
    patron: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    valid: bool | None = None
    pin_ok: bool | None = None
    language: str = ""
    time_text: str = ""
    institution: str = ""
    currency: str = ""
    fee_amount: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronStatusAnswer(_Patron):
    """24."""

    code: ClassVar[Code] = Code.PATRON_STATUS_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronInformationAnswer(_Patron):
    """64. Lists name each item once, in the order of the answer; only the list asked for is there.

    Counts are None if blank; they may be higher than the list is long, as some servers count an item several times.
    `charged_repeats`: how many numbers of the list of what is on loan had been on it already.
    Limits as text: BZ holds, CA overdue, CB charged, CC fees. `address` BD, `email` BE, `phone` BF.
    """

    code: ClassVar[Code] = Code.PATRON_INFORMATION_ANSWER
    hold_count: int | None = None
    overdue_count: int | None = None
    charged_count: int | None = None
    fine_count: int | None = None
    recall_count: int | None = None
    unavailable_hold_count: int | None = None
    hold: tuple[str, ...] = field(default=(), repr=False)
    overdue: tuple[str, ...] = field(default=(), repr=False)
    charged: tuple[str, ...] = field(default=(), repr=False)
    charged_repeats: int = 0
    fine: tuple[str, ...] = field(default=(), repr=False)
    recall: tuple[str, ...] = field(default=(), repr=False)
    unavailable_hold: tuple[str, ...] = field(default=(), repr=False)
    hold_limit: str = ""
    overdue_limit: str = ""
    charged_limit: str = ""
    fee_limit: str = ""
    address: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemInformationAnswer(_Common):
    """18. `circulation` None: a code that no document knows, kept in `circulation_text`.

    An unknown item is 01 with an empty title on many servers.
    """

    code: ClassVar[Code] = Code.ITEM_INFORMATION_ANSWER
    circulation: CirculationStatus | None
    circulation_text: str
    security: SecurityMarker | None = None
    fee_type: str = ""
    time_text: str = ""
    item: str = ""
    title: str = ""
    due_text: str = ""
    hold_queue_length: str = ""
    recall_text: str = ""
    hold_pickup_text: str = ""
    owner: str = ""
    currency: str = ""
    fee_amount: str = ""
    media_type: str = ""
    permanent_location: str = ""
    current_location: str = ""
    item_properties: str = ""

    @property
    def due_at(self) -> dt.datetime | None:
        """When it is due, read from `due_text`; None if unreadable, aware if the text says its zone."""
        return read_moment(self.due_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loan(_Common):
    """`ok` is the word on the loan. `renewal_ok` with a refusal: on some servers, this patron already has the item.

    `magnetic`, `desensitize`: None for unknown.
    """

    ok: bool
    renewal_ok: bool | None = None
    magnetic: bool | None = None
    desensitize: bool | None = None
    time_text: str = ""
    institution: str = ""
    patron: str = field(default="", repr=False)
    item: str = ""
    title: str = ""
    due_text: str = ""
    fee_type: str = ""
    security_inhibit: bool | None = None
    currency: str = ""
    fee_amount: str = ""
    media_type: str = ""
    item_properties: str = ""
    transaction_id: str = ""

    @property
    def due_at(self) -> dt.datetime | None:
        """When it is due, read from `due_text`; None if unreadable, aware if the text says its zone."""
        return read_moment(self.due_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutAnswer(_Loan):
    """12."""

    code: ClassVar[Code] = Code.CHECKOUT_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewAnswer(_Loan):
    """30."""

    code: ClassVar[Code] = Code.RENEW_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckinAnswer(_Common):
    """10. `alert` does not mean failure: holds and transfers set it.

    `destination` CT, `collection` CR, `call_number` CS, `hold_patron` CY, `hold_patron_name` DA.
    """

    code: ClassVar[Code] = Code.CHECKIN_ANSWER
    ok: bool
    resensitize: bool | None = None
    magnetic: bool | None = None
    alert: bool | None = None
    time_text: str = ""
    institution: str = ""
    item: str = ""
    permanent_location: str = ""
    title: str = ""
    sort_bin: str = ""
    patron: str = field(default="", repr=False)
    media_type: str = ""
    item_properties: str = ""
    alert_type: Alert | None = None
    alert_text: str = ""
    hold_patron: str = field(default="", repr=False)
    hold_patron_name: str = field(default="", repr=False)
    destination: str = ""
    collection: str = ""
    call_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewAllAnswer(_Common):
    """66. `renewed` BM, `unrenewed` BN, each item once; the counts may be higher than the lists are long."""

    code: ClassVar[Code] = Code.RENEW_ALL_ANSWER
    ok: bool
    renewed_count: int | None = None
    unrenewed_count: int | None = None
    time_text: str = ""
    institution: str = ""
    renewed: tuple[str, ...] = ()
    unrenewed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessionAnswer(_Common):
    """36."""

    code: ClassVar[Code] = Code.END_SESSION_ANSWER
    ended: bool
    time_text: str = ""
    institution: str = ""
    patron: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RequestScResend:
    """96: our last message arrived damaged (or, on Koha, is not understood) and is wanted again."""

    code: ClassVar[Code] = Code.REQUEST_SC_RESEND


Answer = (
    LoginAnswer
    | AcsStatus
    | PatronStatusAnswer
    | PatronInformationAnswer
    | ItemInformationAnswer
    | CheckoutAnswer
    | CheckinAnswer
    | RenewAnswer
    | RenewAllAnswer
    | EndSessionAnswer
)
"""What answers a question; RequestScResend is none."""
