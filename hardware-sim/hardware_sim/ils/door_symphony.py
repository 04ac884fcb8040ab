"""Symphony Web Services as public clients use them: staff login, checkOut, renew; blocks come back as prompts.

Source: sul-dlss/sul-requests and uvalib/ils-connector-ws, clients both: what a server says beyond that is not known.
"""

import json
import secrets
from datetime import datetime
from typing import Any

from aiohttp import web

from .ledger import Origin
from .loans import Outcome
from .world import World


class SymphonyDoor:
    """Lends now, with a due date if one is given; renews by the item alone."""

    def __init__(self, world: World, users: dict[str, str]) -> None:
        self.world = world
        self.users = users
        self._tokens: set[str] = set()

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Return a session's token."""
        who = await request.json()
        if not request.headers.get("x-sirs-clientID"):
            return _no(401, "client", "no client id")
        if self.users.get(who.get("login")) != who.get("password"):
            return _no(401, "unableToLogin", "Unable to log in.")
        token = secrets.token_hex(16)
        self._tokens.add(token)
        return web.json_response({"sessionToken": token})

    def forget_tokens(self) -> None:
        """Let every session be over."""
        self._tokens.clear()

    async def check_out(self, request: web.Request) -> web.StreamResponse:
        """Lend."""
        if (refused := self._not_in(request)) is not None:
            return refused
        asked = await request.json()
        card, item = asked["patronBarcode"], asked["itemBarcode"]
        due = None
        if "dueDate" in asked:
            try:
                due = datetime.fromisoformat(asked["dueDate"])
            except ValueError:
                return _no(400, "badDate", "not RFC 3339")
        answered = "CKOBLOCKS" in request.headers.get("SD-Prompt-Return", "")
        if card in self.world.patrons and self.world.why_not_patron(card) is not None and not answered:
            return _no(400, "blocked", "Patron is blocked.", prompt="CKOBLOCKS")
        had = self.world.loans.get(item)
        if had is not None and had.patron != card:
            return _no(400, "itemCharged", "Item is charged to another user.")
        if had is not None:
            return _no(400, "alreadyCharged", "Item is already charged to this user.")
        return _word(self.world.force(card, item, due, _origin("symphony"), takes_away=False))

    async def renew(self, request: web.Request) -> web.StreamResponse:
        """Renew, whoever has it."""
        if (refused := self._not_in(request)) is not None:
            return refused
        asked = await request.json()
        return _word(self.world.renew(asked["itemBarcode"], _origin("symphony")))

    def _not_in(self, request: web.Request) -> web.Response | None:
        if request.headers.get("x-sirs-sessionToken") in self._tokens:
            return None
        return _no(401, "sessionTimedOut", "The session has timed out.")


def _origin(message: str) -> Origin:
    return Origin(connection=0, message=message)


def _word(outcome: Outcome) -> web.Response:
    if outcome.reason is not None or outcome.loan is None:
        return _no(400, str(outcome.reason), f"Refused: {outcome.reason}")
    loan = outcome.loan
    record = {"resource": "/circulation/circRecord", "fields": {"dueDate": loan.due.isoformat()}}
    return web.json_response({"circRecord": record})


def _no(status: int, code: str, message: str, *, prompt: str = "") -> web.Response:
    document: dict[str, Any] = {"messageList": [{"code": code, "message": message}]}
    if prompt:
        document["dataMap"] = {"promptType": prompt}
    return web.Response(status=status, text=json.dumps(document), content_type="application/json")
