"""For how long, how many and how often: rows by the patron's profile and the item's kind, and what blocks a card."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

ANY: Final = "*"


class Row(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """What a profile may do with a kind of item; `*` is any. The first row that fits holds.

    `days` 0: not for loan. `renewals`: so many at most. `items`: so many on loan to one patron at most, 0 for no limit.
    """

    profile: str = ANY
    kind: str = ANY
    days: Annotated[int, Meta(ge=0, le=3650)] = 0
    renewals: Annotated[int, Meta(ge=0)] = 10
    items: Annotated[int, Meta(ge=0)] = 0


def _rows() -> list[Row]:
    days = {"book": 21, "dvd": 7, "magazine": 14}
    rows = [Row(profile="staff", kind=kind, days=4 * usual) for kind, usual in days.items()]
    rows += [Row(profile="child", kind=kind, days=usual, items=5) for kind, usual in days.items()]
    return [*rows, *(Row(kind=kind, days=usual) for kind, usual in days.items())]


class Policy(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The library's rules. Any kind of item that no row names is not for loan.

    `renews_from`: a renewal counts from today, or from the due date that it has. `not_before_days`: it may be renewed
    so many days before it is due, and not sooner; 0 for at any time. `fines_limit`: who owes more is blocked.
    `overdue_limit`: so is who has so many overdue; 0 for neither.
    """

    rows: list[Row] = msgspec.field(default_factory=_rows)
    renews_from: Literal["now", "due"] = "now"
    not_before_days: Annotated[int, Meta(ge=0)] = 0
    fines_limit: Annotated[float, Meta(ge=0)] = 0
    overdue_limit: Annotated[int, Meta(ge=0)] = 0

    def row(self, profile: str, kind: str) -> Row:
        """Return the row that holds."""
        fits = (row for row in self.rows if row.profile in {profile, ANY} and row.kind in {kind, ANY})
        return next(fits, Row())

    def due(self, profile: str, kind: str, since: datetime) -> datetime:
        """Return when a loan of that moment is due: on the last minute of its day, by the library's own clock."""
        days = self.row(profile, kind).days or 1
        return (since + timedelta(days=days)).replace(hour=23, minute=59, second=0, microsecond=0)


def owed(fines: str) -> float:
    """Return the sum that a patron's fines text names."""
    digits = "".join(character for character in fines if character.isdigit() or character == ".")
    return float(digits) if digits.strip(".") else 0.0
