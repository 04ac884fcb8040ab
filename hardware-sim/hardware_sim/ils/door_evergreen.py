"""Evergreen's offline.pl: sessions that are created, loaded with files, executed once, and looked at.

Source: Evergreen, Open-ILS/src/offline/offline.pl; of the gateway, open-ils.auth.login alone.
"""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from .ledger import Deed, Origin
from .loans import Outcome, Reason
from .world import World

CODES = {
    "SUCCESS": 0, "NO_SESSION": 1001, "LOGIN_FAILED": 1000, "OFFLINE_SESSION_ACTIVE": 8000,
    "OFFLINE_SESSION_FILE_EXISTS": 8001, "OFFLINE_FILE_ERROR": 8002, "OFFLINE_PARAM_ERROR": 8003,
    "OFFLINE_SESSION_NOT_FOUND": 8006, "OFFLINE_NO_ORG": 8009, "OFFLINE_SESSION_COMPLETE": 8010,
    "SKIP_ASSET_CHANGED": 8011, "ACTOR_CARD_NOT_FOUND": 1100, "ASSET_COPY_NOT_FOUND": 1502,
    "OPEN_CIRCULATION_EXISTS": 1702, "MAX_RENEWALS_REACHED": 7000, "CIRC_NOT_FOUND": 1501,
}  # fmt: skip


@dataclass
class Session:
    """One session. `results`: an event a row, once it is executed."""

    key: str
    description: str
    files: dict[str, bytes] = field(default_factory=dict)
    started: bool = False
    total: int = 0
    results: list[dict[str, Any]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    @property
    def complete(self) -> bool:
        """Whether all its rows were carried out."""
        return self.started and len(self.results) >= self.total


class EvergreenDoor:
    """The script and the gateway's login. `row_s`: how long a row takes; `skips`: what changed since is skipped."""

    def __init__(self, world: World, users: dict[str, str]) -> None:
        self.world = world
        self.users = users
        self.sessions: dict[str, Session] = {}
        self.row_s = 0.0
        self.skips = False
        self._tokens: set[str] = set()

    async def gateway(self, request: web.Request) -> web.StreamResponse:
        """Log somebody in."""
        form = await request.post()
        if (form.get("service"), form.get("method")) != ("open-ils.auth", "open-ils.auth.login"):
            return web.json_response({"status": 404, "payload": []})
        who = json.loads(str(form["param"]))
        if self.users.get(who["username"]) != who["password"] or who["type"] != "staff" or not who["workstation"]:
            return web.json_response({"status": 200, "payload": [{"ilsevent": 1000, "textcode": "LOGIN_FAILED"}]})
        token = secrets.token_hex(16)
        self._tokens.add(token)
        good = {"ilsevent": 0, "textcode": "SUCCESS", "payload": {"authtoken": token, "authtime": 420}}
        return web.json_response({"status": 200, "payload": [good]})

    def forget_tokens(self) -> None:
        """Let every login be over."""
        self._tokens.clear()

    async def offline(self, request: web.Request) -> web.StreamResponse:
        """Carry out one action of the script."""
        form = await request.post()
        if form.get("ses") not in self._tokens:
            return _event("NO_SESSION")
        action = form.get("action")
        if action == "create":
            if not str(form.get("org", "")).isdigit():
                return _event("OFFLINE_NO_ORG")
            made = Session(f"{time.time()}_{len(self.sessions)}", str(form.get("desc", "")))
            self.sessions[made.key] = made
            return _event("SUCCESS", made.key)
        session = self.sessions.get(str(form.get("seskey", "")))
        if session is None:
            return _event("OFFLINE_SESSION_NOT_FOUND")
        match action:
            case "load":
                file = form.get("file")
                if not isinstance(file, web.FileField) or not form.get("ws"):
                    return _event("OFFLINE_PARAM_ERROR")
                return self._load(session, str(form["ws"]), file.file.read())
            case "execute":
                return self._execute(session)
            case "status":
                return self._status(session, str(form.get("status_type", "")))
            case _:
                return _event("OFFLINE_PARAM_ERROR")

    def _load(self, session: Session, workstation: str, content: bytes) -> web.Response:
        if session.complete:
            return _event("OFFLINE_SESSION_COMPLETE")
        if session.started:
            return _event("OFFLINE_SESSION_ACTIVE")
        if workstation in session.files:
            return _event("OFFLINE_SESSION_FILE_EXISTS")
        session.files[workstation] = content
        return _event("SUCCESS")

    def _execute(self, session: Session) -> web.Response:
        if session.complete:
            return _event("OFFLINE_SESSION_COMPLETE")
        if session.started:
            return _event("OFFLINE_SESSION_ACTIVE")
        rows: list[dict[str, Any]] = []
        try:
            for content in session.files.values():
                # One line that is no JSON fails the whole session; blank lines and rows without a type are dropped.
                rows += [
                    row for line in content.decode().split("\n") if line for row in [json.loads(line)] if "type" in row
                ]
        except ValueError:
            return _event("OFFLINE_FILE_ERROR")
        rows.sort(key=lambda row: float(row["timestamp"]))
        session.started, session.total = True, len(rows)
        session.task = asyncio.get_running_loop().create_task(self._run(session, rows))
        return _event("SUCCESS")

    def _status(self, session: Session, kind: str) -> web.Response:
        if kind == "summary":
            return _event("SUCCESS", {"total": session.total, "num_complete": len(session.results)})
        if kind == "exceptions":
            return _event("SUCCESS", [each for each in session.results if each["event"]["ilsevent"] != 0])
        return _event("OFFLINE_PARAM_ERROR")

    async def _run(self, session: Session, rows: list[dict[str, Any]]) -> None:
        changed: set[str] = set()
        for row in rows:
            await asyncio.sleep(self.row_s)
            textcode = self._row(row, changed)
            command = {**row, "_workstation": "ws", "_realtime": row["timestamp"]}
            session.results.append({"command": command, "event": {"ilsevent": CODES[textcode], "textcode": textcode}})

    def _row(self, row: dict[str, Any], changed: set[str]) -> str:
        item, card = row["barcode"], row.get("patron_barcode", "")
        at = datetime.fromisoformat(row["checkout_time"])
        due = datetime.fromisoformat(row["due_date"]) if row.get("due_date") else None
        origin = Origin(connection=0, message="evergreen", transaction_date=row["checkout_time"])
        if item not in self.world.items:
            return "ASSET_COPY_NOT_FOUND"
        if self.skips and (item in changed or self._changed_at(item) >= float(row["timestamp"])):
            changed.add(item)
            return "SKIP_ASSET_CHANGED"
        if row["type"] == "renew":
            return _textcode(self.world.renew(item, origin, patron=card))
        if card not in self.world.patrons:
            return "ACTOR_CARD_NOT_FOUND"
        had = self.world.loans.get(item)
        if had is not None and had.patron != card:
            return "OPEN_CIRCULATION_EXISTS"
        # permit_override: none of the rules, and the file's own dates; for the same patron a renewal.
        return _textcode(self.world.force(card, item, due, origin, takes_away=False, as_of=at))

    def _changed_at(self, item: str) -> float:
        """Return when the item was lent, renewed or returned last."""
        kinds = (Deed.LOAN, Deed.RENEWAL, Deed.RETURN)
        mine = [each for each in self.world.ledger.entries if each.item == item and each.kind in kinds]
        return datetime.fromisoformat(mine[-1].wall).timestamp() if mine else 0.0


def _textcode(outcome: Outcome) -> str:
    match outcome.reason:
        case None:
            return "SUCCESS"
        case Reason.NO_MORE_RENEWALS | Reason.TOO_SOON:
            return "MAX_RENEWALS_REACHED"
        case Reason.ON_LOAN_TO_OTHER:
            return "OPEN_CIRCULATION_EXISTS"
        case Reason.PATRON_UNKNOWN:
            return "ACTOR_CARD_NOT_FOUND"
        case _:
            return "CIRC_NOT_FOUND"


def _event(textcode: str, payload: object = None) -> web.Response:
    document = {"ilsevent": CODES[textcode], "textcode": textcode, "payload": payload}
    return web.Response(text=json.dumps(document), content_type="text/plain")
