"""What every door has in common: some loans in, a word on each out."""

from collections.abc import Sequence
from typing import Protocol

from kioskd.doors.http import Send
from kioskd.model.ils import AskCheckout, AskRenew, LoanAnswer, NoAnswer

Deed = AskCheckout | AskRenew
Word = LoanAnswer | NoAnswer


class Way(Protocol):
    """One library system's door."""

    async def carry(self, deeds: Sequence[Deed], send: Send, until_mono_s: float) -> Sequence[Word]:
        """Return a word on each deed, in their order, by that time of the loop; it may raise NotSent or Lost."""


def said(deed: Deed, *, ok: bool, message: str = "", renewal: bool = False) -> LoanAnswer:
    """Return a word as 12 or 30 would have it."""
    return LoanAnswer(ok=ok, renewal=renewal, item=deed.item, patron=deed.patron or "", message=message)
