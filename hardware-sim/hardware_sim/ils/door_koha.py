"""Koha's offline_circ/service.pl: one operation a request, answered in a few words of text/plain.

Source: Koha, offline_circ/service.pl and C4/Circulation.pm (ProcessOfflineIssue). Carried out at once (pending false).
"""

from datetime import datetime

from aiohttp import web

from .ledger import Origin
from .world import World


class KohaDoor:
    """Lends by none of the rules, as of the time that the request names."""

    def __init__(self, world: World, users: dict[str, str]) -> None:
        self.world = world
        self.users = users

    async def service(self, request: web.Request) -> web.StreamResponse:
        """Carry out one operation."""
        query = request.query
        user = query.get("login_userid") or query.get("userid", "")
        password = query.get("login_password") or query.get("password", "")
        if user not in self.users or self.users[user] != password:
            return web.Response(text="Authentication failed.")
        if query.get("pending") == "true":
            return web.Response(text="Added.")
        if query.get("action") != "issue":
            return web.Response(text="")
        return web.Response(text=self._issue(query["cardnumber"].strip(), query["barcode"].strip(), query["timestamp"]))

    def _issue(self, card: str, item: str, timestamp: str) -> str:
        if card not in self.world.patrons:
            return "Borrower not found."
        if item not in self.world.items:
            return "Barcode not found."
        at = datetime.fromisoformat(timestamp)
        if at.utcoffset() is None:
            raise web.HTTPInternalServerError(text="no zone")
        origin = Origin(connection=0, message="koha", transaction_date=timestamp)
        self.world.force(card, item, None, origin, takes_away=True, as_of=at)
        return "Success."
