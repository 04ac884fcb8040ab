"""Our questions as SIP2 messages, and SIP2 answers as what the rules understand."""

import datetime as dt
from typing import Final

from kioskd.model import ils
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.settings import IlsSettings, Secret
from kioskd.sip2 import answers as sip2
from kioskd.sip2 import requests as ask
from kioskd.sip2.codes import CirculationStatus, PatronBlock, Summary
from kioskd.sip2.dialect import Dialect, Terminator
from kioskd.sip2.pin import Pin

END_OF_DAY: Final = dt.time(23, 59)
"""A due date is the whole day: nobody is late before the library closes."""

_CIRCULATION: Final = {
    CirculationStatus.AVAILABLE: ils.Circulation.AVAILABLE,
    CirculationStatus.TO_BE_RESHELVED: ils.Circulation.AVAILABLE,
    CirculationStatus.CHARGED: ils.Circulation.CHARGED,
    CirculationStatus.CHARGED_UNTIL_RECALL: ils.Circulation.CHARGED,
    CirculationStatus.RECALLED: ils.Circulation.CHARGED,
    CirculationStatus.CLAIMED_RETURNED: ils.Circulation.CHARGED,
    CirculationStatus.HOLD_SHELF: ils.Circulation.HOLD_SHELF,
    CirculationStatus.LOST: ils.Circulation.LOST,
    CirculationStatus.MISSING: ils.Circulation.MISSING,
    CirculationStatus.OTHER: ils.Circulation.OTHER,
}


def dialect(settings: IlsSettings) -> Dialect:
    """Return how this library system wants its SIP2 written."""
    return Dialect(
        error_detection=settings.error_detection,
        verify_checksum=settings.verify_checksum,
        terminator=Terminator(settings.terminator.value),
        encoding=settings.encoding,
        institution_id=settings.institution_id,
        current_location=settings.location_code,
        location_code=settings.location_code,
    )


def _pin(secret: Secret | None) -> Pin | None:
    return None if secret is None else Pin(str(secret))


def _forced(no_block: bool, due: dt.date | None, at: dt.datetime) -> tuple[bool, dt.datetime]:
    """Return the no-block flag and nb due date as they go out.

    No-block without a due date is not sent: newer Koha would take the transaction date for the due date and make a
    loan that is overdue at once. Without no-block the transaction date stands there: 18 blanks make some servers close
    the line.
    """
    return (True, dt.datetime.combine(due, END_OF_DAY)) if no_block and due is not None else (False, at)


def question(asked: ils.Question, now_wall_s: float, zone: dt.tzinfo) -> ask.Question:
    """Return the SIP2 message for a question. Times are local ones: SIP2's four blanks mean local time."""

    def local(wall_s: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(wall_s, zone).replace(tzinfo=None)

    now = local(now_wall_s)
    match asked:
        case ils.AskStatus():
            return ask.ScStatus()
        case ils.AskPatron():
            summary = Summary.CHARGED if asked.charged else Summary.HOLD if asked.holds else None
            return ask.PatronInformation(asked.patron, now, summary, _pin(asked.pin))
        case ils.AskItem():
            return ask.ItemInformation(asked.item, now)
        case ils.AskCheckout():
            at = local(asked.at_wall_s)
            no_block, due = _forced(asked.no_block, asked.due, at)
            return ask.Checkout(asked.patron, asked.item, at, due, no_block, asked.renewal_allowed, _pin(asked.pin))
        case ils.AskRenew():
            at = local(asked.at_wall_s)
            no_block, due = _forced(asked.no_block, asked.due, at)
            return ask.Renew(asked.patron or "", asked.item, at, due, no_block, pin=_pin(asked.pin))
        case ils.AskRenewAll():
            return ask.RenewAll(asked.patron, now, _pin(asked.pin))
        case ils.AskCheckin():
            return ask.Checkin(asked.item, local(asked.at_wall_s))
        case ils.AskEndSession():
            return ask.EndPatronSession(asked.patron, now)


def _local(moment: dt.datetime | None, zone: dt.tzinfo) -> dt.datetime | None:
    """Return a moment as a clock in the station's room shows it; naive ones are local already, as SIP2 has it."""
    if moment is None or moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return None


def _day(moment: dt.datetime | None, zone: dt.tzinfo) -> dt.date | None:
    local = _local(moment, zone)
    return local.date() if local is not None else None


def status(answer: sip2.AcsStatus, zone: dt.tzinfo) -> ils.StatusAnswer:
    """Return what 98 says; only the first flag and the time-out are to be believed."""
    flags = {
        "checkin_ok": answer.checkin_ok,
        "checkout_ok": answer.checkout_ok,
        "renewal_policy": answer.renewal_policy,
        "status_update_ok": answer.status_update_ok,
        "offline_ok": answer.offline_ok,
    }
    return ils.StatusAnswer(
        online=not answer.says_offline,
        timeout_s=answer.timeout_s,
        time_text=answer.time_text,
        local_time=_local(answer.time, zone),
        flags={name: flag for name, flag in flags.items() if flag is not None},
        supports=answer.supported,
    )


def heard(answer: sip2.Answer, asked: ils.Question, zone: dt.tzinfo) -> ils.Answer | None:
    """Return what an answer means to the rules; None: it is about another item or patron, or of another kind.

    Numbers are compared as they stand, blanks around them aside: neither case nor leading zeros are forgiven, for some
    library has two books that differ by no more. An answer that names nobody else is taken for the one asked for if it
    refuses; one that agrees must name its item (64: its patron). Who renews by the item alone has no patron to compare.
    """
    match answer, asked:
        case sip2.AcsStatus(), ils.AskStatus():
            return status(answer, zone)
        case sip2.PatronInformationAnswer(), ils.AskPatron():
            fits = _names(answer.patron, asked.patron, must=answer.valid is not False)
            return _patron(answer, asked.patron) if fits else None
        case sip2.ItemInformationAnswer(), ils.AskItem():
            fits = _names(answer.item, asked.item, must=answer.circulation is not CirculationStatus.OTHER)
            return _item(answer, asked.item, zone) if fits else None
        case sip2.CheckoutAnswer(), ils.AskCheckout():
            fits = _names(answer.item, asked.item, must=answer.ok) and _names(answer.patron, asked.patron)
            return _loan(answer, zone) if fits else None
        case sip2.RenewAnswer(), ils.AskRenew():
            fits = _names(answer.item, asked.item, must=answer.ok) and _names(answer.patron, asked.patron or "")
            return _loan(answer, zone) if fits else None
        case sip2.RenewAllAnswer(), ils.AskRenewAll():
            # 66 names no patron: on a line that carries one question at a time it can be nobody else's.
            return _renew_all(answer)
        case sip2.CheckinAnswer(), ils.AskCheckin():
            return _checkin(answer) if _names(answer.item, asked.item, must=answer.ok) else None
        case sip2.EndSessionAnswer(), ils.AskEndSession():
            return ils.EndSessionAnswer(answer.ended) if _names(answer.patron, asked.patron) else None
        case _:
            return None


def _names(said: str, asked: str, *, must: bool = False) -> bool:
    """Tell whether an answer names what was asked for, or at least nothing else unless it must."""
    said = said.strip()
    return not must if not said else not asked or said == asked.strip()


def _patron(answer: sip2.PatronInformationAnswer, asked: PatronBarcode) -> ils.PatronAnswer:
    return ils.PatronAnswer(
        patron=asked,
        valid=answer.valid,
        pin_ok=answer.pin_ok,
        denied=PatronBlock.CHARGE_DENIED in answer.blocks,
        renewal_denied=PatronBlock.RENEWAL_DENIED in answer.blocks,
        card_lost=PatronBlock.CARD_LOST in answer.blocks,
        blocks=tuple(block.value for block in answer.blocks),
        charged=tuple(ItemBarcode(item) for item in answer.charged),
        charged_count=_different(answer.charged_count, answer.charged_repeats),
        holds=tuple(ItemBarcode(item) for item in answer.hold),
        hold_count=answer.hold_count,
        message=answer.message,
    )


def _different(count: int | None, repeats: int) -> int | None:
    """Return how many items are on loan, of a server that counts one again for each renewal as it lists it again."""
    return None if count is None else max(0, count - repeats)


def _item(answer: sip2.ItemInformationAnswer, asked: ItemBarcode, zone: dt.tzinfo) -> ils.ItemAnswer:
    circulation = answer.circulation
    known = not (circulation in (CirculationStatus.OTHER, None) and not answer.title.strip())
    return ils.ItemAnswer(
        item=asked,
        circulation=ils.Circulation.OTHER
        if circulation is None
        else _CIRCULATION.get(circulation, ils.Circulation.ELSEWHERE),
        known=known,
        title=answer.title,
        due_text=answer.due_text,
        due=_day(answer.due_at, zone),
        message=answer.message,
    )


def _loan(answer: sip2.CheckoutAnswer | sip2.RenewAnswer, zone: dt.tzinfo) -> ils.LoanAnswer:
    return ils.LoanAnswer(
        ok=answer.ok,
        renewal=answer.renewal_ok is True,
        item=answer.item,
        patron=answer.patron,
        title=answer.title,
        due_text=answer.due_text,
        due=_day(answer.due_at, zone),
        message=answer.message,
    )


def _renew_all(answer: sip2.RenewAllAnswer) -> ils.RenewAllAnswer:
    return ils.RenewAllAnswer(
        ok=answer.ok,
        renewed=tuple(ItemBarcode(item) for item in answer.renewed),
        unrenewed=tuple(ItemBarcode(item) for item in answer.unrenewed),
        message=answer.message,
    )


def _checkin(answer: sip2.CheckinAnswer) -> ils.CheckinAnswer:
    return ils.CheckinAnswer(
        ok=answer.ok,
        item=answer.item,
        alert=answer.alert is True,
        alert_type=answer.alert_type.value if answer.alert_type else "",
        destination=answer.destination,
        location=answer.permanent_location,
        title=answer.title,
        message=answer.message,
    )
