"""A line's code and body → an answer. Tolerant of order, of what is missing, unknown, repeated or cut short."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from kioskd.sip2.answers import (
    AcsStatus,
    Answer,
    CheckinAnswer,
    CheckoutAnswer,
    EndSessionAnswer,
    ItemInformationAnswer,
    LoginAnswer,
    PatronInformationAnswer,
    PatronStatusAnswer,
    RenewAllAnswer,
    RenewAnswer,
)
from kioskd.sip2.body import FLAGS, Fields, cut_fixed
from kioskd.sip2.codes import Alert, CirculationStatus, Code, PatronBlock, SecurityMarker
from kioskd.sip2.errors import BadAnswer
from kioskd.sip2.fields import Field
from kioskd.sip2.frame import Frame
from kioskd.sip2.layouts import LAYOUTS

_Coded = TypeVar("_Coded", bound=StrEnum)

_BLOCKS: Final = tuple(PatronBlock)


def decode(frame: Frame, encoding: str) -> Answer:
    """Read an answer. `encoding`: the connection's; bytes that it cannot read become U+FFFD.

    Raises BadAnswer if the code is no answer's, or if the line lacks what its meaning hangs on.
    """
    read = _READERS.get(frame.code)
    if read is None:
        raise BadAnswer(f"{frame.code} is not an answer to anything that is asked here")
    text = frame.body.decode(encoding, "replace")
    fixed, at = cut_fixed(text, LAYOUTS[Code(frame.code)])
    return read(fixed, Fields(text[at:]))


def _word(text: str, name: str) -> bool:
    word = FLAGS.get(text)
    if word is None:
        raise BadAnswer(f"{name} is neither yes nor no")
    return word


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _coded(kind: type[_Coded], text: str) -> _Coded | None:
    return kind(text) if text in kind._value2member_map_ else None


def _blocks(status: str) -> tuple[PatronBlock, ...]:
    if len(status) < len(_BLOCKS):
        raise BadAnswer("patron status is cut short")
    if "Y" not in status and "y" not in status:
        return ()
    return tuple([block for block, flag in zip(_BLOCKS, status, strict=True) if flag in "Yy"])


def _login(fixed: list[str], fields: Fields) -> LoginAnswer:
    return LoginAnswer(
        ok=_word(fixed[0], "ok"),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


def _acs_status(fixed: list[str], fields: Fields) -> AcsStatus:
    timeout_tenths, retries = _number(fixed[6]), _number(fixed[7])
    return AcsStatus(
        online=_word(fixed[0], "online"),
        checkin_ok=FLAGS.get(fixed[1]),
        checkout_ok=FLAGS.get(fixed[2]),
        renewal_policy=FLAGS.get(fixed[3]),
        status_update_ok=FLAGS.get(fixed[4]),
        offline_ok=FLAGS.get(fixed[5]),
        timeout_tenths=None if timeout_tenths == 999 else timeout_tenths,
        retries=None if retries == 999 else retries,
        time_text=fixed[8],
        version=fixed[9],
        institution=fields.first(Field.INSTITUTION),
        library=fields.text(Field.LIBRARY_NAME),
        terminal_location=fields.text(Field.TERMINAL_LOCATION),
        supported=fields.first(Field.SUPPORTED_MESSAGES),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


def _patron_status(fixed: list[str], fields: Fields) -> PatronStatusAnswer:
    return PatronStatusAnswer(
        blocks=_blocks(fixed[0]),
        language=fixed[1],
        time_text=fixed[2],
        institution=fields.first(Field.INSTITUTION),
        patron=fields.first(Field.PATRON_IDENTIFIER),
        name=fields.text(Field.PERSONAL_NAME),
        valid=fields.flag(Field.VALID_PATRON),
        pin_ok=fields.flag(Field.VALID_PATRON_PASSWORD),
        currency=fields.first(Field.CURRENCY),
        fee_amount=fields.first(Field.FEE_AMOUNT),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


def _patron_information(fixed: list[str], fields: Fields) -> PatronInformationAnswer:
    hold, overdue, charged, fine, recall, unavailable = [_number(count.strip()) for count in fixed[3:]]
    return PatronInformationAnswer(
        blocks=_blocks(fixed[0]),
        language=fixed[1],
        time_text=fixed[2],
        hold_count=hold,
        overdue_count=overdue,
        charged_count=charged,
        fine_count=fine,
        recall_count=recall,
        unavailable_hold_count=unavailable,
        institution=fields.first(Field.INSTITUTION),
        patron=fields.first(Field.PATRON_IDENTIFIER),
        name=fields.text(Field.PERSONAL_NAME),
        valid=fields.flag(Field.VALID_PATRON),
        pin_ok=fields.flag(Field.VALID_PATRON_PASSWORD),
        currency=fields.first(Field.CURRENCY),
        fee_amount=fields.first(Field.FEE_AMOUNT),
        hold=fields.once(Field.HOLD_ITEMS),
        overdue=fields.once(Field.OVERDUE_ITEMS),
        charged_repeats=fields.repeats(Field.CHARGED_ITEMS),
        charged=fields.once(Field.CHARGED_ITEMS),
        fine=fields.once(Field.FINE_ITEMS),
        recall=fields.once(Field.RECALL_ITEMS),
        unavailable_hold=fields.once(Field.UNAVAILABLE_HOLD_ITEMS),
        hold_limit=fields.first(Field.HOLD_ITEMS_LIMIT),
        overdue_limit=fields.first(Field.OVERDUE_ITEMS_LIMIT),
        charged_limit=fields.first(Field.CHARGED_ITEMS_LIMIT),
        fee_limit=fields.first(Field.FEE_LIMIT),
        address=fields.text(Field.HOME_ADDRESS),
        email=fields.text(Field.EMAIL),
        phone=fields.text(Field.HOME_PHONE),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


def _item_information(fixed: list[str], fields: Fields) -> ItemInformationAnswer:
    circulation = fixed[0]
    if len(circulation) < 2:
        raise BadAnswer("circulation status is missing")
    return ItemInformationAnswer(
        circulation=_coded(CirculationStatus, circulation),
        circulation_text=circulation,
        security=_coded(SecurityMarker, fixed[1]),
        fee_type=fixed[2],
        time_text=fixed[3],
        item=fields.first(Field.ITEM_IDENTIFIER),
        title=fields.text(Field.TITLE),
        due_text=fields.first(Field.DUE_DATE),
        hold_queue_length=fields.first(Field.HOLD_QUEUE_LENGTH),
        recall_text=fields.first(Field.RECALL_DATE),
        hold_pickup_text=fields.first(Field.HOLD_PICKUP_DATE),
        owner=fields.text(Field.OWNER),
        currency=fields.first(Field.CURRENCY),
        fee_amount=fields.first(Field.FEE_AMOUNT),
        media_type=fields.first(Field.MEDIA_TYPE),
        permanent_location=fields.text(Field.PERMANENT_LOCATION),
        current_location=fields.text(Field.CURRENT_LOCATION),
        item_properties=fields.text(Field.ITEM_PROPERTIES),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


_Loan = TypeVar("_Loan", CheckoutAnswer, RenewAnswer)


def _loan(kind: type[_Loan], fixed: list[str], fields: Fields) -> _Loan:
    return kind(
        ok=_word(fixed[0], "ok"),
        renewal_ok=FLAGS.get(fixed[1]),
        magnetic=FLAGS.get(fixed[2]),
        desensitize=FLAGS.get(fixed[3]),
        time_text=fixed[4],
        institution=fields.first(Field.INSTITUTION),
        patron=fields.first(Field.PATRON_IDENTIFIER),
        item=fields.first(Field.ITEM_IDENTIFIER),
        title=fields.text(Field.TITLE),
        due_text=fields.first(Field.DUE_DATE),
        fee_type=fields.first(Field.FEE_TYPE),
        security_inhibit=fields.flag(Field.SECURITY_INHIBIT),
        currency=fields.first(Field.CURRENCY),
        fee_amount=fields.first(Field.FEE_AMOUNT),
        media_type=fields.first(Field.MEDIA_TYPE),
        item_properties=fields.text(Field.ITEM_PROPERTIES),
        transaction_id=fields.first(Field.TRANSACTION_ID),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


def _checkout(fixed: list[str], fields: Fields) -> CheckoutAnswer:
    return _loan(CheckoutAnswer, fixed, fields)


def _renew(fixed: list[str], fields: Fields) -> RenewAnswer:
    return _loan(RenewAnswer, fixed, fields)


def _checkin(fixed: list[str], fields: Fields) -> CheckinAnswer:
    alert_text = fields.first(Field.ALERT_TYPE)
    return CheckinAnswer(
        ok=_word(fixed[0], "ok"),
        resensitize=FLAGS.get(fixed[1]),
        magnetic=FLAGS.get(fixed[2]),
        alert=FLAGS.get(fixed[3]),
        time_text=fixed[4],
        institution=fields.first(Field.INSTITUTION),
        item=fields.first(Field.ITEM_IDENTIFIER),
        permanent_location=fields.text(Field.PERMANENT_LOCATION),
        title=fields.text(Field.TITLE),
        sort_bin=fields.text(Field.SORT_BIN),
        patron=fields.first(Field.PATRON_IDENTIFIER),
        media_type=fields.first(Field.MEDIA_TYPE),
        item_properties=fields.text(Field.ITEM_PROPERTIES),
        alert_type=_coded(Alert, alert_text),
        alert_text=alert_text,
        hold_patron=fields.first(Field.HOLD_PATRON),
        hold_patron_name=fields.text(Field.HOLD_PATRON_NAME),
        destination=fields.text(Field.DESTINATION),
        collection=fields.text(Field.COLLECTION),
        call_number=fields.text(Field.CALL_NUMBER),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


def _renew_all(fixed: list[str], fields: Fields) -> RenewAllAnswer:
    return RenewAllAnswer(
        ok=_word(fixed[0], "ok"),
        renewed_count=_number(fixed[1].strip()),
        unrenewed_count=_number(fixed[2].strip()),
        time_text=fixed[3],
        institution=fields.first(Field.INSTITUTION),
        renewed=fields.once(Field.RENEWED_ITEMS),
        unrenewed=fields.once(Field.UNRENEWED_ITEMS),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


def _end_session(fixed: list[str], fields: Fields) -> EndSessionAnswer:
    return EndSessionAnswer(
        ended=_word(fixed[0], "end session"),
        time_text=fixed[1],
        institution=fields.first(Field.INSTITUTION),
        patron=fields.first(Field.PATRON_IDENTIFIER),
        screen=fields.texts(Field.SCREEN_MESSAGE),
        print_lines=fields.texts(Field.PRINT_LINE),
        other=fields.rest(),
    )


_READERS: Final[Mapping[str, Callable[[list[str], Fields], Answer]]] = {
    Code.LOGIN_ANSWER: _login,
    Code.ACS_STATUS: _acs_status,
    Code.PATRON_STATUS_ANSWER: _patron_status,
    Code.PATRON_INFORMATION_ANSWER: _patron_information,
    Code.ITEM_INFORMATION_ANSWER: _item_information,
    Code.CHECKOUT_ANSWER: _checkout,
    Code.CHECKIN_ANSWER: _checkin,
    Code.RENEW_ANSWER: _renew,
    Code.RENEW_ALL_ANSWER: _renew_all,
    Code.END_SESSION_ANSWER: _end_session,
}
