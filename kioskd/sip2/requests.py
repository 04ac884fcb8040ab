"""What the station (SC) may ask the library system (ACS). Each says its fixed fields in order, and its own variables.

The fields that belong to the station and not to the question (AO, AC, AP, CP) come from `Dialect`.
Times are naive local ones: they are written as they stand.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from kioskd.sip2.codes import Code, ScState, Summary
from kioskd.sip2.dates import BLANK_DATE, stamp
from kioskd.sip2.fields import Field
from kioskd.sip2.pin import Pin

UNKNOWN_LANGUAGE: Final = "000"
"""The server's default; 001 is English. Servers answer 000 whatever was asked."""

Values = Mapping[Field, str | Pin | None]


def _yes(flag: bool) -> str:
    return "Y" if flag else "N"


def _optional_flag(flag: bool | None) -> str | None:
    return None if flag is None else _yes(flag)


def _stamp_or_blank(at: dt.datetime | None) -> str:
    return BLANK_DATE if at is None else stamp(at)


@dataclass(frozen=True, slots=True)
class Login:
    """93 login, the first message where the server wants one. Algorithm 0 is plain text, all that servers offer."""

    code: ClassVar[Code] = Code.LOGIN
    user: str
    password: Pin

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return ("0", "0")

    def variable(self) -> Values:
        """Return the variable fields."""
        return {Field.LOGIN_USER: self.user, Field.LOGIN_PASSWORD: self.password}


@dataclass(frozen=True, slots=True)
class ScStatus:
    """99 SC status: how the station is; the answer says how the library system is. Also keeps a line alive."""

    code: ClassVar[Code] = Code.SC_STATUS
    state: ScState = ScState.OK
    print_width: int = 80

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return (self.state, f"{self.print_width:03d}", "2.00")

    def variable(self) -> Values:
        """Return the variable fields."""
        return {}


@dataclass(frozen=True, slots=True)
class PatronStatus:
    """23 patron status: blocks and fees, without lists."""

    code: ClassVar[Code] = Code.PATRON_STATUS
    patron: str = field(repr=False)
    at: dt.datetime
    pin: Pin | None = None
    language: str = UNKNOWN_LANGUAGE

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return (self.language, stamp(self.at))

    def variable(self) -> Values:
        """Return the variable fields."""
        return {Field.PATRON_IDENTIFIER: self.patron, Field.PATRON_PASSWORD: self.pin}


@dataclass(frozen=True, slots=True)
class PatronInformation:
    """63 patron information. `summary`: the one list wanted; `first`, `last`: its rows (BP, BQ), from 1."""

    code: ClassVar[Code] = Code.PATRON_INFORMATION
    patron: str = field(repr=False)
    at: dt.datetime
    summary: Summary | None = None
    pin: Pin | None = None
    first: int | None = None
    last: int | None = None
    language: str = UNKNOWN_LANGUAGE

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        wanted = " " * 10 if self.summary is None else (" " * self.summary + "Y").ljust(10)
        return (self.language, stamp(self.at), wanted)

    def variable(self) -> Values:
        """Return the variable fields."""
        return {
            Field.PATRON_IDENTIFIER: self.patron,
            Field.PATRON_PASSWORD: self.pin,
            Field.START_ITEM: None if self.first is None else str(self.first),
            Field.END_ITEM: None if self.last is None else str(self.last),
        }


@dataclass(frozen=True, slots=True)
class ItemInformation:
    """17 item information."""

    code: ClassVar[Code] = Code.ITEM_INFORMATION
    item: str
    at: dt.datetime

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return (stamp(self.at),)

    def variable(self) -> Values:
        """Return the variable fields."""
        return {Field.ITEM_IDENTIFIER: self.item}


@dataclass(frozen=True, slots=True)
class Checkout:
    """11 checkout.

    `no_block`: it has already happened; most servers ignore it, and newer Koha heeds it only with a real `nb_due`.
    `nb_due` None: 18 blanks, at which pysip2 closes the line; the transaction date there passes everywhere tried.
    `renewal_allowed` N does not keep every server from renewing a second checkout. `cancel`: BI.
    """

    code: ClassVar[Code] = Code.CHECKOUT
    patron: str = field(repr=False)
    item: str
    at: dt.datetime
    nb_due: dt.datetime | None
    no_block: bool = False
    renewal_allowed: bool = False
    pin: Pin | None = None
    fee_acknowledged: bool | None = None
    cancel: bool | None = None

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return (_yes(self.renewal_allowed), _yes(self.no_block), stamp(self.at), _stamp_or_blank(self.nb_due))

    def variable(self) -> Values:
        """Return the variable fields."""
        return {
            Field.PATRON_IDENTIFIER: self.patron,
            Field.ITEM_IDENTIFIER: self.item,
            Field.PATRON_PASSWORD: self.pin,
            Field.FEE_ACKNOWLEDGED: _optional_flag(self.fee_acknowledged),
            Field.CANCEL: _optional_flag(self.cancel),
        }


@dataclass(frozen=True, slots=True)
class Checkin:
    """09 checkin. `returned`: the return date, which several servers heed; None: the same as `at`."""

    code: ClassVar[Code] = Code.CHECKIN
    item: str
    at: dt.datetime
    returned: dt.datetime | None = None
    no_block: bool = False
    cancel: bool | None = None

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return (_yes(self.no_block), stamp(self.at), stamp(self.returned or self.at))

    def variable(self) -> Values:
        """Return the variable fields."""
        return {Field.ITEM_IDENTIFIER: self.item, Field.CANCEL: _optional_flag(self.cancel)}


@dataclass(frozen=True, slots=True)
class Renew:
    """29 renew. `patron` empty: a renewal by the item alone, AA is sent empty. `nb_due`: as in Checkout."""

    code: ClassVar[Code] = Code.RENEW
    patron: str = field(repr=False)
    item: str
    at: dt.datetime
    nb_due: dt.datetime | None
    no_block: bool = False
    third_party_allowed: bool = False
    pin: Pin | None = None
    fee_acknowledged: bool | None = None

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return (_yes(self.third_party_allowed), _yes(self.no_block), stamp(self.at), _stamp_or_blank(self.nb_due))

    def variable(self) -> Values:
        """Return the variable fields."""
        return {
            Field.PATRON_IDENTIFIER: self.patron,
            Field.ITEM_IDENTIFIER: self.item,
            Field.PATRON_PASSWORD: self.pin,
            Field.FEE_ACKNOWLEDGED: _optional_flag(self.fee_acknowledged),
        }


@dataclass(frozen=True, slots=True)
class RenewAll:
    """65 renew all of a patron's items."""

    code: ClassVar[Code] = Code.RENEW_ALL
    patron: str = field(repr=False)
    at: dt.datetime
    pin: Pin | None = None
    fee_acknowledged: bool | None = None

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return (stamp(self.at),)

    def variable(self) -> Values:
        """Return the variable fields."""
        return {
            Field.PATRON_IDENTIFIER: self.patron,
            Field.PATRON_PASSWORD: self.pin,
            Field.FEE_ACKNOWLEDGED: _optional_flag(self.fee_acknowledged),
        }


@dataclass(frozen=True, slots=True)
class EndPatronSession:
    """35 end patron session."""

    code: ClassVar[Code] = Code.END_PATRON_SESSION
    patron: str = field(repr=False)
    at: dt.datetime
    pin: Pin | None = None

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return (stamp(self.at),)

    def variable(self) -> Values:
        """Return the variable fields."""
        return {Field.PATRON_IDENTIFIER: self.patron, Field.PATRON_PASSWORD: self.pin}


@dataclass(frozen=True, slots=True)
class RequestAcsResend:
    """97: send the last answer again. Only on the connection that brought it: a new one may hold another's answer."""

    code: ClassVar[Code] = Code.REQUEST_ACS_RESEND

    def fixed(self) -> tuple[str, ...]:
        """Return the fixed fields."""
        return ()

    def variable(self) -> Values:
        """Return the variable fields."""
        return {}


Question = (
    Login
    | ScStatus
    | PatronStatus
    | PatronInformation
    | ItemInformation
    | Checkout
    | Checkin
    | Renew
    | RenewAll
    | EndPatronSession
)
"""What has an answer of its own."""

Request = Question | RequestAcsResend
