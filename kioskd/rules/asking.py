"""What the upload asks about an entry, step by step."""

from kioskd.model.entry import Kind
from kioskd.model.ils import AskCheckout, AskItem, AskPatron, AskRenew, Question
from kioskd.model.settings import IlsSettings
from kioskd.rules.state import Current, Step


def question(ils: IlsSettings, current: Current) -> Question:
    """Return what the present step of an entry asks: 63, 17, 11 or 29."""
    entry = current.entry.what
    assert entry.item is not None
    match current.step:
        case Step.LOOK_PATRON | Step.VERIFY_PATRON:
            assert entry.patron is not None
            return AskPatron(entry.patron, charged=True)
        case Step.LOOK_ITEM | Step.LOOK_DUE | Step.VERIFY_ITEM:
            return AskItem(entry.item)
        case Step.SEND | Step.MARK:
            no_block = entry.due_date is not None and ils.no_block
            due = entry.due_date
            if entry.kind is Kind.RENEWAL or current.as_renewal or entry.patron is None:
                return AskRenew(entry.patron, entry.item, entry.at_wall_s, no_block, due)
            return AskCheckout(entry.patron, entry.item, entry.at_wall_s, no_block, due)
