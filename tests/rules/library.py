"""A library system that tells the truth: who has what. It speaks the model's questions and answers, not SIP2.

It does not simulate: holds queues, limits, fines, blocks other than *denied*, or a second station.
"""

import datetime as dt
from dataclasses import dataclass, field

from kioskd.model import ils
from kioskd.model.barcode import ItemBarcode


@dataclass
class Patron:
    pin: str | None = None
    denied: bool = False
    lost: bool = False


@dataclass
class Book:
    holder: str | None = None
    due: dt.date | None = None
    on_hold: bool = False
    held_for: str | None = None
    renewable: bool = True
    title: str = "A book"


@dataclass(frozen=True)
class Deed:
    """What the library system did: `lent`, `renewed` or `returned`."""

    what: str
    patron: str | None
    item: str


@dataclass
class Library:
    patrons: dict[str, Patron] = field(default_factory=dict)
    books: dict[str, Book] = field(default_factory=dict)
    ledger: list[Deed] = field(default_factory=list)
    online: bool = True
    lists_loans: bool = True
    """False: 64 counts the loans and lists none."""
    keeps_due_dates: bool = True
    tells_due_dates: bool = True
    """False: 12 has no AH."""
    supports: str = "Y" * 16
    """BX."""
    renews_all: bool = True
    """False: 66 names half of what it did."""
    heard: list[ils.Question] = field(default_factory=list)

    def answer(self, question: ils.Question, today: dt.date) -> ils.Answer:
        self.heard.append(question)
        match question:
            case ils.AskStatus():
                return ils.StatusAnswer(self.online, supports=self.supports)
            case ils.AskPatron():
                return self._patron(question)
            case ils.AskItem():
                return self._item(question)
            case ils.AskCheckout():
                return self._checkout(question, today)
            case ils.AskRenew():
                return self._renew(question, today)
            case ils.AskRenewAll():
                return self._renew_all(question, today)
            case ils.AskCheckin():
                return self._checkin(question)
            case ils.AskEndSession():
                return ils.EndSessionAnswer(ended=True)

    def _patron(self, question: ils.AskPatron) -> ils.PatronAnswer:
        patron = self.patrons.get(question.patron)
        if patron is None:
            return ils.PatronAnswer(question.patron, valid=False)
        loans = tuple(ItemBarcode(item) for item, book in self.books.items() if book.holder == question.patron)
        held = tuple(ItemBarcode(item) for item, book in self.books.items() if book.held_for == question.patron)
        return ils.PatronAnswer(
            question.patron,
            valid=True,
            pin_ok=None if question.pin is None or patron.pin is None else str(question.pin) == patron.pin,
            denied=patron.denied,
            card_lost=patron.lost,
            blocks=("charge_denied",) if patron.denied else (),
            charged=loans if question.charged and self.lists_loans else (),
            charged_count=len(loans),
            holds=held if question.holds else (),
            hold_count=len(held),
        )

    def _item(self, question: ils.AskItem) -> ils.ItemAnswer:
        book = self.books.get(question.item)
        if book is None:
            return ils.ItemAnswer(question.item, ils.Circulation.OTHER, known=False)
        state = ils.Circulation.HOLD_SHELF if book.on_hold else ils.Circulation.AVAILABLE
        return ils.ItemAnswer(
            question.item,
            ils.Circulation.CHARGED if book.holder else state,
            known=True,
            title=book.title,
            due_text=book.due.isoformat() if book.due else "",
            due=book.due,
        )

    def _checkout(self, question: ils.AskCheckout, today: dt.date) -> ils.LoanAnswer:
        patron, book = self.patrons.get(question.patron), self.books.get(question.item)
        no = ils.LoanAnswer(ok=False, renewal=False, item=question.item, patron=question.patron, message="Jane Doe no")
        if patron is None or book is None or patron.denied or patron.lost:
            return no
        if book.holder is not None:
            return ils.LoanAnswer(
                ok=False, renewal=book.holder == question.patron, item=question.item, patron=question.patron
            )
        if book.on_hold:
            return no
        book.holder, book.due = question.patron, self._due(question.due, today)
        self.ledger.append(Deed("lent", question.patron, question.item))
        return ils.LoanAnswer(
            ok=True,
            renewal=False,
            item=question.item,
            patron=question.patron,
            title=book.title,
            due_text=book.due.isoformat() if self.tells_due_dates else "",
            due=book.due if self.tells_due_dates else None,
        )

    def _renew(self, question: ils.AskRenew, today: dt.date) -> ils.LoanAnswer:
        book = self.books.get(question.item)
        patron = question.patron or ""
        if book is None or book.holder is None or question.patron not in (None, book.holder) or not book.renewable:
            return ils.LoanAnswer(ok=False, renewal=False, item=question.item, patron=patron)
        book.due = self._due(question.due, max(today, book.due or today))
        self.ledger.append(Deed("renewed", book.holder, question.item))
        return ils.LoanAnswer(
            ok=True, renewal=True, item=question.item, patron=patron, due_text=book.due.isoformat(), due=book.due
        )

    def _renew_all(self, question: ils.AskRenewAll, today: dt.date) -> ils.RenewAllAnswer:
        mine = {item: book for item, book in self.books.items() if book.holder == question.patron}
        done = [ItemBarcode(item) for item, book in mine.items() if book.renewable]
        for item in done:
            mine[item].due = self._due(None, max(today, mine[item].due or today))
            self.ledger.append(Deed("renewed", question.patron, item))
        left = tuple(ItemBarcode(item) for item, book in mine.items() if not book.renewable)
        named = tuple(done) if self.renews_all else tuple(done[::2])
        return ils.RenewAllAnswer(ok=True, renewed=named, unrenewed=left)

    def _due(self, wanted: dt.date | None, today: dt.date) -> dt.date:
        return wanted if wanted is not None and self.keeps_due_dates else today + dt.timedelta(days=21)

    def _checkin(self, question: ils.AskCheckin) -> ils.CheckinAnswer:
        book = self.books.get(question.item)
        if book is None:
            return ils.CheckinAnswer(ok=False, item=question.item, alert=False, message="not known")
        book.holder = None
        self.ledger.append(Deed("returned", None, question.item))
        return ils.CheckinAnswer(ok=True, item=question.item, alert=False)
