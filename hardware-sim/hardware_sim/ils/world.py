"""The library itself: cards, books, loans, and the rules by which one becomes the other.

It knows nothing of SIP2. Every deed and every refusal goes into the ledger.
"""

from collections.abc import Callable
from copy import copy
from datetime import date, datetime, timedelta

from .catalog import Catalog, Item, Patron
from .ledger import Deed, Ledger, Origin
from .loans import Loan, Outcome, Reason
from .policy import owed


class World:
    """Patrons, items and loans, changed only by the methods here."""

    def __init__(self, catalog: Catalog, ledger: Ledger, *, clock: Callable[[], datetime]) -> None:
        self._catalog = catalog
        self.ledger = ledger
        self.clock = clock
        self.policy = catalog.policy
        self.patrons: dict[str, Patron] = {}
        self.items: dict[str, Item] = {}
        self.loans: dict[str, Loan] = {}
        self.loans_of: dict[str, dict[str, Loan]] = {}
        self.open_doors()
        self._remember()

    def open_doors(self) -> None:
        """Put everything back to the catalogue: its loans, and no others."""
        self.policy = self._catalog.policy
        self.patrons = {row.barcode: copy(row) for row in self._catalog.patrons}
        self.items = {row.barcode: copy(row) for row in self._catalog.items}
        self.loans.clear()
        self.loans_of.clear()
        for row in self._catalog.loans:
            since = self.clock() - timedelta(days=row.days_ago)
            self._put(Loan(row.patron, row.item, since, self._due(row.patron, row.item, since)))

    def _remember(self) -> None:
        for entry in self.ledger:
            match entry.kind:
                case Deed.LOAN | Deed.RENEWAL:
                    was = self.loans.get(entry.item)
                    began = datetime.fromisoformat(entry.as_of or entry.wall)
                    since = was.since if was and entry.kind is Deed.RENEWAL else began
                    renewals = was.renewals + 1 if was and entry.kind is Deed.RENEWAL else 0
                    self._put(Loan(entry.patron, entry.item, since, datetime.fromisoformat(entry.due), renewals))
                case Deed.RETURN | Deed.FORGOTTEN:
                    self._take(entry.item)
                case Deed.REFUSED:
                    pass

    def forget_loans(self, origin: Origin) -> None:
        """Lose every loan that was not there when the doors opened, as a restart from an old backup does."""
        kept = {row.item for row in self._catalog.loans}
        for loan in [loan for loan in self.loans.values() if loan.item not in kept]:
            self._take(loan.item)
            self.ledger.add(Deed.FORGOTTEN, loan.patron, loan.item, origin)

    # what is asked

    def why_not_patron(self, patron: str, *, pin: str = "") -> Reason | None:
        """Return why this card may not borrow, or None."""
        row = self.patrons.get(patron)
        if row is None:
            return Reason.PATRON_UNKNOWN
        if row.lost:
            return Reason.CARD_LOST
        if row.blocked:
            return Reason.PATRON_BLOCKED
        if self.policy.fines_limit and owed(row.fines) > self.policy.fines_limit:
            return Reason.FINES
        if self.policy.overdue_limit and len(self.overdue(patron)) >= self.policy.overdue_limit:
            return Reason.OVERDUE
        if row.expires and date.fromisoformat(row.expires) < self.clock().date():
            return Reason.PATRON_EXPIRED
        if pin and row.pin and pin != row.pin:
            return Reason.PIN_WRONG
        return None

    def overdue(self, patron: str) -> list[str]:
        """Return the items that this patron should have brought back."""
        now = self.clock()
        return [loan.item for loan in self.loans_of.get(patron, {}).values() if loan.due < now]

    def _why_not_loan(self, patron: str, item: str) -> Reason | None:
        row = self.items.get(item)
        if row is None:
            return Reason.ITEM_UNKNOWN
        holds = self.policy.row(self.patrons[patron].profile, row.kind)
        if not holds.days:
            return Reason.NOT_FOR_LOAN
        if item in self.loans:
            return Reason.ON_LOAN_TO_OTHER
        if row.held_for and row.held_for != patron:
            return Reason.ON_HOLD_FOR_OTHER
        if holds.items and len(self.loans_of.get(patron, ())) >= holds.items:
            return Reason.LIMIT_REACHED
        return None

    # what is done

    def lend(
        self,
        patron: str,
        item: str,
        origin: Origin,
        *,
        pin: str = "",
        renews: bool = True,
        as_of: datetime | None = None,
    ) -> Outcome:
        """Lend an item, by all the rules; a second time to the same patron is a renewal where `renews` says so.

        `as_of`: the loan counts from that moment, where the library system honours it.
        """
        reason = self.why_not_patron(patron, pin=pin)
        had = self.loans.get(item)
        if reason is None and had is not None and had.patron == patron:
            if renews:
                return self.renew(item, origin, patron=patron)
            reason = Reason.ALREADY_ON_LOAN
        reason = reason or self._why_not_loan(patron, item)
        if reason is not None:
            return self.refuse(reason, patron, item, origin)
        return self._lend(patron, item, self._due(patron, item, as_of or self.clock()), origin, as_of=as_of)

    def force(
        self,
        patron: str,
        item: str,
        due: datetime | None,
        origin: Origin,
        *,
        takes_away: bool,
        as_of: datetime | None = None,
    ) -> Outcome:
        """Lend by none of the rules, with that due date or the usual one; `as_of`: the loan counts from that moment.

        An item that somebody else has is taken back first; without `takes_away` not if it went to them today, and then
        nothing happens, as in Koha's routine for offline issues.
        """
        if patron not in self.patrons:
            return self.refuse(Reason.PATRON_UNKNOWN, patron, item, origin)
        if item not in self.items:
            return self.refuse(Reason.ITEM_UNKNOWN, patron, item, origin)
        due = due or self._due(patron, item, as_of or self.clock())
        had = self.loans.get(item)
        if had is not None and had.patron == patron:
            return self._renew(had, due, origin)
        if had is not None and not takes_away and had.since.date() >= self.clock().date():
            return self.refuse(Reason.ON_LOAN_TO_OTHER, patron, item, origin)
        if had is not None:
            self.take_back(item, origin, as_of=as_of)
        return self._lend(patron, item, due, origin, as_of=as_of)

    def _lend(self, patron: str, item: str, due: datetime, origin: Origin, *, as_of: datetime | None = None) -> Outcome:
        loan = Loan(patron, item, as_of or self.clock(), due)
        self._put(loan)
        self.items[item].held_for = ""
        self.ledger.add(Deed.LOAN, patron, item, origin, due=due, as_of=as_of)
        return Outcome(None, loan)

    def renew(self, item: str, origin: Origin, *, patron: str = "", pin: str = "") -> Outcome:
        """Renew a loan; with `patron` empty whoever has it (third-party renewal)."""
        loan = self.loans.get(item)
        reason: Reason | None = None
        if item not in self.items:
            reason = Reason.ITEM_UNKNOWN
        elif loan is None:
            reason = Reason.NOT_ON_LOAN
        reason = (self.why_not_patron(patron, pin=pin) if patron else None) or reason
        if reason is not None or loan is None:
            return self.refuse(reason or Reason.NOT_ON_LOAN, patron, item, origin)
        row = self.items[item]
        if patron and loan.patron != patron:
            return self.refuse(Reason.ON_LOAN_TO_OTHER, patron, item, origin)
        if row.held_for and row.held_for != loan.patron:
            return self.refuse(Reason.ON_HOLD_FOR_OTHER, loan.patron, item, origin)
        most = self.policy.row(self.patrons[loan.patron].profile, row.kind).renewals
        if not row.renewable or loan.renewals >= most:
            return self.refuse(Reason.NO_MORE_RENEWALS, loan.patron, item, origin)
        soonest = loan.due - timedelta(days=self.policy.not_before_days)
        if self.policy.not_before_days and self.clock() < soonest:
            return self.refuse(Reason.TOO_SOON, loan.patron, item, origin)
        since = loan.due if self.policy.renews_from == "due" else self.clock()
        return self._renew(loan, self._due(loan.patron, item, since), origin)

    def _renew(self, loan: Loan, due: datetime, origin: Origin) -> Outcome:
        again = Loan(loan.patron, loan.item, loan.since, due, loan.renewals + 1)
        self._put(again)
        self.ledger.add(Deed.RENEWAL, loan.patron, loan.item, origin, due=due)
        return Outcome(None, again, renewed=True)

    def take_back(self, item: str, origin: Origin, *, as_of: datetime | None = None) -> Outcome:
        """Take an item back, as of a moment if one is honoured. Not on loan: a refusal, with that reason."""
        if item not in self.items:
            return self.refuse(Reason.ITEM_UNKNOWN, "", item, origin)
        loan = self._take(item)
        if loan is None:
            return self.refuse(Reason.NOT_ON_LOAN, "", item, origin)
        self.ledger.add(Deed.RETURN, loan.patron, item, origin, as_of=as_of)
        return Outcome(None, loan)

    def refuse(self, reason: Reason, patron: str, item: str, origin: Origin) -> Outcome:
        """Write a refusal into the ledger."""
        self.ledger.add(Deed.REFUSED, patron, item, origin, reason=reason)
        return Outcome(reason, self.loans.get(item))

    def _due(self, patron: str, item: str, since: datetime) -> datetime:
        return self.policy.due(self.patrons[patron].profile, self.items[item].kind, since)

    def _put(self, loan: Loan) -> None:
        self._take(loan.item)
        self.loans[loan.item] = loan
        self.loans_of.setdefault(loan.patron, {})[loan.item] = loan

    def _take(self, item: str) -> Loan | None:
        loan = self.loans.pop(item, None)
        if loan is not None:
            del self.loans_of[loan.patron][item]
        return loan
