"""Koha's `offline_circ/service.pl`: one transaction a request, answered in words. Source: Koha, service.pl.

It keeps the time of the loan and sets the due date by Koha's own rules from it. It asks no leave: an item that is out
to somebody else is taken from them, so the rules look before and after (`forces`), and renewals do not go this way.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from kioskd.doors.http import Request, Send
from kioskd.doors.way import Deed, Word, said
from kioskd.model.ils import AskCheckout, NoAnswer
from kioskd.model.settings import DoorSettings

PATH: Final = "/cgi-bin/koha/offline_circ/service.pl"
WORDS: Final[Mapping[str, bool]] = {"Success.": True, "Borrower not found.": False, "Barcode not found.": False}
NOBODY: Final = "Authentication failed."


class Koha:
    """One loan after the other."""

    def __init__(self, settings: DoorSettings) -> None:
        self._settings = settings

    async def carry(self, deeds: Sequence[Deed], send: Send, until_mono_s: float) -> Sequence[Word]:
        """Return a word on each deed."""
        return [await self._lend(deed, send, until_mono_s) for deed in deeds]

    async def _lend(self, deed: Deed, send: Send, until_mono_s: float) -> Word:
        if not isinstance(deed, AskCheckout):
            return NoAnswer.UNSENDABLE
        answer = await send(self.request(deed), until_mono_s)
        if answer.status in (401, 403):
            return NoAnswer.NO_SEAT
        if 300 <= answer.status < 500:
            # No script of that name, or a log-in page: nothing was done.
            return NoAnswer.NO_LINE
        word = answer.body.strip()
        if answer.status != 200:
            return NoAnswer.DOOR_LOST
        if word == NOBODY:
            return NoAnswer.NO_SEAT
        ok = WORDS.get(word)
        return NoAnswer.DOOR_LOST if ok is None else said(deed, ok=ok, message="" if ok else word)

    def request(self, deed: AskCheckout) -> Request:
        """Return the request; by GET, for newer Koha refuses a POST that bears credentials (CSRF)."""
        own = self._settings
        at = dt.datetime.fromtimestamp(int(deed.at_wall_s), dt.UTC)
        query = {
            # Koha 24.05 renamed the two; each age takes its own.
            "userid": own.user,
            "password": str(own.password),
            "login_userid": own.user,
            "login_password": str(own.password),
            "branchcode": own.branch,
            "pending": "false",
            "action": "issue",
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "barcode": deed.item,
            "cardnumber": deed.patron,
        }
        return Request("GET", PATH, query=query)
