"""Our questions as SIP2 messages, and SIP2 answers as what the rules understand."""

import datetime as dt
import zoneinfo
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


def _nb_due(due: dt.date | None, at: dt.datetime, *, no_block: bool) -> dt.datetime:
    # Without no-block the transaction date stands there: 18 blanks make some servers close the line.
    return dt.datetime.combine(due, END_OF_DAY) if no_block and due is not None else at


def question(asked: ils.Question, now_wall_s: float, zone: zoneinfo.ZoneInfo) -> ask.Question:
    """Return the SIP2 message for a question. Times are local ones: SIP2's four blanks mean local time."""

    def local(wall_s: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(wall_s, zone).replace(tzinfo=None)

    now = local(now_wall_s)
    match asked:
        case ils.AskStatus():
            return ask.ScStatus()
        case ils.AskPatron():
            summary = Summary.CHARGED if asked.charged else None
            return ask.PatronInformation(asked.patron, now, summary, _pin(asked.pin))
        case ils.AskItem():
            return ask.ItemInformation(asked.item, now)
        case ils.AskCheckout():
            at = local(asked.at_wall_s)
            due = _nb_due(asked.due, at, no_block=asked.no_block)
            return ask.Checkout(
                asked.patron, asked.item, at, due, asked.no_block, asked.renewal_allowed, _pin(asked.pin)
            )
        case ils.AskRenew():
            at = local(asked.at_wall_s)
            due = _nb_due(asked.due, at, no_block=asked.no_block)
            return ask.Renew(asked.patron or "", asked.item, at, due, asked.no_block, pin=_pin(asked.pin))
        case ils.AskCheckin():
            return ask.Checkin(asked.item, local(asked.at_wall_s))
        case ils.AskEndSession():
            return ask.EndPatronSession(asked.patron, now)


def _date(moment: dt.datetime | None) -> dt.date | None:
    return moment.date() if moment is not None else None


def status(answer: sip2.AcsStatus) -> ils.StatusAnswer:
    """Return what 98 says; only the first flag and the time-out are to be believed."""
    flags = {
        "checkin_ok": answer.checkin_ok,
        "checkout_ok": answer.checkout_ok,
        "renewal_policy": answer.renewal_policy,
        "status_update_ok": answer.status_update_ok,
        "offline_ok": answer.offline_ok,
    }
    moment = answer.time
    return ils.StatusAnswer(
        online=not answer.says_offline,
        timeout_s=answer.timeout_s,
        time_text=answer.time_text,
        local_time=moment if moment is not None and moment.tzinfo is None else None,
        flags={name: flag for name, flag in flags.items() if flag is not None},
        supports=answer.supported,
    )


def heard(answer: sip2.Answer, asked: ils.Question) -> ils.Answer | None:
    """Return what an answer means to the rules; None: it is about another item or patron, or of another kind."""
    match answer, asked:
        case sip2.AcsStatus(), ils.AskStatus():
            return status(answer)
        case sip2.PatronInformationAnswer(), ils.AskPatron():
            return None if _other(answer.patron, asked.patron) else _patron(answer, asked.patron)
        case sip2.ItemInformationAnswer(), ils.AskItem():
            return None if _other(answer.item, asked.item) else _item(answer, asked.item)
        case sip2.CheckoutAnswer(), ils.AskCheckout():
            other = _other(answer.item, asked.item) or _other(answer.patron, asked.patron)
            return None if other else _loan(answer)
        case sip2.RenewAnswer(), ils.AskRenew():
            other = _other(answer.item, asked.item) or _other(answer.patron, asked.patron or "")
            return None if other else _loan(answer)
        case sip2.CheckinAnswer(), ils.AskCheckin():
            return None if _other(answer.item, asked.item) else _checkin(answer)
        case sip2.EndSessionAnswer(), ils.AskEndSession():
            return ils.EndSessionAnswer(answer.ended)
        case _:
            return None


def _other(said: str, asked: str) -> bool:
    """Tell whether an answer names somebody or something else; one that names nothing is taken at its word."""
    return bool(said.strip()) and bool(asked) and said.strip() != asked


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
        charged_count=answer.charged_count,
        message=answer.message,
    )


def _item(answer: sip2.ItemInformationAnswer, asked: ItemBarcode) -> ils.ItemAnswer:
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
        due=_date(answer.due_at),
        message=answer.message,
    )


def _loan(answer: sip2.CheckoutAnswer | sip2.RenewAnswer) -> ils.LoanAnswer:
    return ils.LoanAnswer(
        ok=answer.ok,
        renewal=answer.renewal_ok is True,
        item=answer.item,
        patron=answer.patron,
        title=answer.title,
        due_text=answer.due_text,
        due=_date(answer.due_at),
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
