"""The library itself: cards, books, loans, and the rules by which one becomes the other.

It knows nothing of SIP2. Every deed and every refusal goes into the ledger.
"""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from .catalog import Catalog, Item, Patron
from .ledger import Deed, Ledger, Origin


class Reason(StrEnum):
    """Why the library says no."""

    PATRON_UNKNOWN = "patron_unknown"
    PATRON_BLOCKED = "patron_blocked"
    PATRON_EXPIRED = "patron_expired"
    PIN_WRONG = "pin_wrong"
    ITEM_UNKNOWN = "item_unknown"
    NOT_FOR_LOAN = "not_for_loan"
    ON_LOAN_TO_OTHER = "on_loan_to_other"
    ALREADY_ON_LOAN = "already_on_loan"  # to the same patron, on a server that does not renew by a second checkout
    ON_HOLD_FOR_OTHER = "on_hold_for_other"
    LIMIT_REACHED = "limit_reached"
    NOT_ON_LOAN = "not_on_loan"
    NO_MORE_RENEWALS = "no_more_renewals"
    SYSTEM = "system"  # half up, still starting


@dataclass(frozen=True, slots=True)
class Loan:
    """An item in a patron's hands."""

    patron: str
    item: str
    since: datetime
    due: datetime
    renewals: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: a loan, or the reason why not."""

    reason: Reason | None
    loan: Loan | None = None
    renewed: bool = False


LOAN_DAYS: Final[Mapping[str, int]] = {"book": 21, "dvd": 7, "magazine": 14}  # any other kind: not for loan
PROFILE_FACTOR: Final[Mapping[str, int]] = {"staff": 4}
LIMIT: Final[Mapping[str, int]] = {"child": 5}  # items a patron; others: no limit
MOST_RENEWALS: Final = 10


class World:
    """Patrons, items and loans, changed only by the methods here."""

    def __init__(self, catalog: Catalog, ledger: Ledger, *, clock: Callable[[], datetime]) -> None:
        self._catalog = catalog
        self.ledger = ledger
        self.clock = clock
        self.patrons: dict[str, Patron] = {}
        self.items: dict[str, Item] = {}
        self.loans: dict[str, Loan] = {}
        self.loans_of: dict[str, dict[str, Loan]] = {}
        self.open_doors()
        self._remember()

    def open_doors(self) -> None:
        """Put everything back to the catalogue: its loans, and no others."""
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
                    since = was.since if was and entry.kind is Deed.RENEWAL else datetime.fromisoformat(entry.wall)
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
        if row.blocked:
            return Reason.PATRON_BLOCKED
        if row.expires and date.fromisoformat(row.expires) < self.clock().date():
            return Reason.PATRON_EXPIRED
        if pin and row.pin and pin != row.pin:
            return Reason.PIN_WRONG
        return None

    def _why_not_loan(self, patron: str, item: str) -> Reason | None:
        row = self.items.get(item)
        if row is None:
            return Reason.ITEM_UNKNOWN
        if row.kind not in LOAN_DAYS:
            return Reason.NOT_FOR_LOAN
        if item in self.loans:
            return Reason.ON_LOAN_TO_OTHER
        if row.held_for and row.held_for != patron:
            return Reason.ON_HOLD_FOR_OTHER
        limit = LIMIT.get(self.patrons[patron].profile)
        if limit is not None and len(self.loans_of.get(patron, ())) >= limit:
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
        force_due: datetime | None = None,
    ) -> Outcome:
        """Lend an item, by all the rules; a second time to the same patron is a renewal where `renews` says so.

        `force_due` skips the rules and sets that date, as Koha's routine for offline issues does: an item that went to
        somebody else today stays there and nothing happens, one that went earlier is taken back first.
        """
        if force_due is not None:
            return self._force(patron, item, force_due, origin)
        reason = self.why_not_patron(patron, pin=pin)
        had = self.loans.get(item)
        if reason is None and had is not None and had.patron == patron:
            if renews:
                return self.renew(item, origin, patron=patron)
            reason = Reason.ALREADY_ON_LOAN
        reason = reason or self._why_not_loan(patron, item)
        if reason is not None:
            return self.refuse(reason, patron, item, origin)
        return self._lend(patron, item, self._due(patron, item, self.clock()), origin)

    def _force(self, patron: str, item: str, due: datetime, origin: Origin) -> Outcome:
        if patron not in self.patrons:
            return self.refuse(Reason.PATRON_UNKNOWN, patron, item, origin)
        if item not in self.items:
            return self.refuse(Reason.ITEM_UNKNOWN, patron, item, origin)
        had = self.loans.get(item)
        if had is not None and had.patron == patron:
            return self._renew(had, due, origin)
        if had is not None and had.since.date() >= self.clock().date():
            return self.refuse(Reason.ON_LOAN_TO_OTHER, patron, item, origin)
        if had is not None:
            self.take_back(item, origin)
        return self._lend(patron, item, due, origin)

    def _lend(self, patron: str, item: str, due: datetime, origin: Origin) -> Outcome:
        loan = Loan(patron, item, self.clock(), due)
        self._put(loan)
        self.items[item].held_for = ""
        self.ledger.add(Deed.LOAN, patron, item, origin, due=due)
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
        if not row.renewable or loan.renewals >= MOST_RENEWALS:
            return self.refuse(Reason.NO_MORE_RENEWALS, loan.patron, item, origin)
        return self._renew(loan, self._due(loan.patron, item, self.clock()), origin)

    def _renew(self, loan: Loan, due: datetime, origin: Origin) -> Outcome:
        again = Loan(loan.patron, loan.item, loan.since, due, loan.renewals + 1)
        self._put(again)
        self.ledger.add(Deed.RENEWAL, loan.patron, loan.item, origin, due=due)
        return Outcome(None, again, renewed=True)

    def take_back(self, item: str, origin: Origin) -> Outcome:
        """Take an item back. Not on loan: a refusal, with that reason."""
        if item not in self.items:
            return self.refuse(Reason.ITEM_UNKNOWN, "", item, origin)
        loan = self._take(item)
        if loan is None:
            return self.refuse(Reason.NOT_ON_LOAN, "", item, origin)
        self.ledger.add(Deed.RETURN, loan.patron, item, origin)
        return Outcome(None, loan)

    def refuse(self, reason: Reason, patron: str, item: str, origin: Origin) -> Outcome:
        """Write a refusal into the ledger."""
        self.ledger.add(Deed.REFUSED, patron, item, origin, reason=reason)
        return Outcome(reason, self.loans.get(item))

    def _due(self, patron: str, item: str, since: datetime) -> datetime:
        kind, profile = self.items[item].kind, self.patrons[patron].profile
        days = LOAN_DAYS.get(kind, 1) * PROFILE_FACTOR.get(profile, 1)
        return (since + timedelta(days=days)).replace(hour=23, minute=59, second=0, microsecond=0)

    def _put(self, loan: Loan) -> None:
        self._take(loan.item)
        self.loans[loan.item] = loan
        self.loans_of.setdefault(loan.patron, {})[loan.item] = loan

    def _take(self, item: str) -> Loan | None:
        loan = self.loans.pop(item, None)
        if loan is not None:
            del self.loans_of[loan.patron][item]
        return loan
