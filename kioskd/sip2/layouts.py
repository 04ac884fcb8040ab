"""What each message is made of: one table, which the encoder, the decoder and the mask for traces all follow.

Source: the 2.00 document, checked against SIPServer's and pysip2's field models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kioskd.sip2.codes import Code
from kioskd.sip2.fields import Field


class Kind(StrEnum):
    """What a fixed field's characters are: by this a decoder sees where a fixed part was cut short."""

    FLAGS = "flags"
    """Letters, digits or signs, one a position."""
    DIGITS = "digits"
    """Digits, a point or blanks; never begins with a letter."""
    DATE = "date"
    """18 characters, see `dates`; never begins with a letter."""
    LETTERS = "letters"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fixed field: its name in errors, its width in characters."""

    name: str
    width: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Layout:
    """A message: fixed fields in order, then variable ones in any order.

    `required` are written even if empty, since servers refuse a message that lacks one. `answer`: what the other side
    sends back, None for an answer itself.
    """

    fixed: Sequence[Fixed]
    required: Sequence[Field]
    optional: Sequence[Field] = ()
    answer: Code | None = None

    @property
    def width(self) -> int:
        """Characters of the fixed part, without the code."""
        return sum([fixed.width for fixed in self.fixed])


def _flag(name: str, width: int = 1) -> Fixed:
    return Fixed(name, width, Kind.FLAGS)


def _digits(name: str, width: int) -> Fixed:
    return Fixed(name, width, Kind.DIGITS)


def _date(name: str = "transaction date") -> Fixed:
    return Fixed(name, 18, Kind.DATE)


def _fields(codes: str) -> tuple[Field, ...]:
    return tuple([Field(code) for code in codes.split()])


_DATE: Final = _date()
_LANGUAGE: Final = _digits("language", 3)
_NB_DUE: Final = _date("nb due date")
_NO_BLOCK: Final = _flag("no block")
_PATRON_STATUS: Final = _flag("patron status", 14)
_LOAN: Final = (_flag("ok"), _flag("renewal ok"), _flag("magnetic media"), _flag("desensitize"), _DATE)
_COUNTS: Final = tuple(
    [_digits(f"{of} count", 4) for of in ("hold", "overdue", "charged", "fine", "recall", "unavailable hold")]
)
_ACS_STATUS: Final = (
    _flag("online"),
    _flag("checkin ok"),
    _flag("checkout ok"),
    _flag("renewal policy"),
    _flag("status update ok"),
    _flag("off-line ok"),
    _digits("timeout", 3),
    _digits("retries", 3),
    _date("date/time sync"),
    _digits("version", 4),
)

LAYOUTS: Final[Mapping[Code, Layout]] = {
    Code.LOGIN: Layout(
        (_flag("uid algorithm"), _flag("pwd algorithm")), _fields("CN CO"), _fields("CP"), Code.LOGIN_ANSWER
    ),
    Code.LOGIN_ANSWER: Layout((_flag("ok"),), ()),
    Code.SC_STATUS: Layout(
        (_digits("status code", 1), _digits("print width", 3), _digits("version", 4)), (), (), Code.ACS_STATUS
    ),
    Code.ACS_STATUS: Layout(_ACS_STATUS, _fields("AO BX"), _fields("AM AN AF AG")),
    Code.PATRON_STATUS: Layout((_LANGUAGE, _DATE), _fields("AO AA AC AD"), (), Code.PATRON_STATUS_ANSWER),
    Code.PATRON_STATUS_ANSWER: Layout(
        (_PATRON_STATUS, _LANGUAGE, _DATE), _fields("AO AA AE"), _fields("BL CQ BH BV AF AG")
    ),
    Code.PATRON_INFORMATION: Layout(
        (_LANGUAGE, _DATE, _flag("summary", 10)),
        _fields("AO AA"),
        _fields("AC AD BP BQ"),
        Code.PATRON_INFORMATION_ANSWER,
    ),
    Code.PATRON_INFORMATION_ANSWER: Layout(
        (_PATRON_STATUS, _LANGUAGE, _DATE, *_COUNTS),
        _fields("AO AA AE"),
        _fields("BZ CA CB BL CQ BH BV CC AS AT AU AV BU CD BD BE BF AF AG"),
    ),
    Code.ITEM_INFORMATION: Layout((_DATE,), _fields("AO AB"), _fields("AC"), Code.ITEM_INFORMATION_ANSWER),
    Code.ITEM_INFORMATION_ANSWER: Layout(
        (_digits("circulation status", 2), _digits("security marker", 2), _digits("fee type", 2), _DATE),
        _fields("AB AJ"),
        _fields("CF AH CJ CM BG BH BV CK AQ AP CH AF AG"),
    ),
    Code.CHECKOUT: Layout(
        (_flag("renewal policy"), _NO_BLOCK, _DATE, _NB_DUE),
        _fields("AO AA AB AC"),
        _fields("CH AD BO BI"),
        Code.CHECKOUT_ANSWER,
    ),
    Code.CHECKOUT_ANSWER: Layout(_LOAN, _fields("AO AA AB AJ AH"), _fields("BT CI BH BV CK CH BK AF AG")),
    Code.CHECKIN: Layout(
        (_NO_BLOCK, _DATE, _date("return date")), _fields("AP AO AB AC"), _fields("CH BI"), Code.CHECKIN_ANSWER
    ),
    Code.CHECKIN_ANSWER: Layout(
        (_flag("ok"), _flag("resensitize"), _flag("magnetic media"), _flag("alert"), _DATE),
        _fields("AO AB AQ"),
        _fields("AJ CL AA CK CH AF AG CV CY DA CT CR CS"),
    ),
    Code.RENEW: Layout(
        (_flag("third party"), _NO_BLOCK, _DATE, _NB_DUE),
        _fields("AO AA"),
        _fields("AD AB AJ AC CH BO"),
        Code.RENEW_ANSWER,
    ),
    Code.RENEW_ANSWER: Layout(_LOAN, _fields("AO AA AB AJ AH"), _fields("BT CI BH BV CK CH BK AF AG")),
    Code.RENEW_ALL: Layout((_DATE,), _fields("AO AA"), _fields("AD AC BO"), Code.RENEW_ALL_ANSWER),
    Code.RENEW_ALL_ANSWER: Layout(
        (_flag("ok"), _digits("renewed count", 4), _digits("unrenewed count", 4), _DATE),
        _fields("AO"),
        _fields("BM BN AF AG"),
    ),
    Code.END_PATRON_SESSION: Layout((_DATE,), _fields("AO AA"), _fields("AC AD"), Code.END_SESSION_ANSWER),
    Code.END_SESSION_ANSWER: Layout((_flag("end session"), _DATE), _fields("AO AA"), _fields("AF AG")),
    Code.BLOCK_PATRON: Layout((_flag("card retained"), _DATE), _fields("AO AL AA AC"), (), Code.PATRON_STATUS_ANSWER),
    Code.FEE_PAID: Layout(
        (_DATE, _digits("fee type", 2), _digits("payment type", 2), Fixed("currency", 3, Kind.LETTERS)),
        _fields("BV AO AA"),
        _fields("AC AD CG BK"),
        Code.FEE_PAID_ANSWER,
    ),
    Code.FEE_PAID_ANSWER: Layout((_flag("accepted"), _DATE), _fields("AO AA"), _fields("BK AF AG")),
    Code.HOLD: Layout((_flag("mode"), _DATE), _fields("AO AA"), _fields("BW BS BY AD AB AJ AC BO"), Code.HOLD_ANSWER),
    Code.HOLD_ANSWER: Layout(
        (_flag("ok"), _flag("available"), _DATE), _fields("AO AA"), _fields("BW BR BS AB AJ AF AG")
    ),
    Code.ITEM_STATUS_UPDATE: Layout((_DATE,), _fields("AO AB CH"), _fields("AC"), Code.ITEM_STATUS_UPDATE_ANSWER),
    Code.ITEM_STATUS_UPDATE_ANSWER: Layout((_flag("ok"), _DATE), _fields("AB"), _fields("AJ CH AF AG")),
    Code.PATRON_ENABLE: Layout((_DATE,), _fields("AO AA"), _fields("AC AD"), Code.PATRON_ENABLE_ANSWER),
    Code.PATRON_ENABLE_ANSWER: Layout((_PATRON_STATUS, _LANGUAGE, _DATE), _fields("AO AA AE"), _fields("BL CQ AF AG")),
    Code.REQUEST_ACS_RESEND: Layout((), ()),
    Code.REQUEST_SC_RESEND: Layout((), ()),
}
