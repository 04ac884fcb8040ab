"""A stand-in for the daemon that speaks the local socket's protocol, written from the contract and from nothing else.

Not simulated: rules of any kind. It shows the Views it is given and writes down what it is asked.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kioskd.texts import say
from tests.screen.views import LANGUAGES, lists, view

STATUS: dict[str, Any] = {
    "mode": {"name": "offline", "since": "2026-11-23T13:58:00-08:00", "reason": "", "forced": False, "slow": False},
    "ils": {"state": "down", "last_answer": None, "round_trip_ms": None, "problem": "no answer"},
    "devices": [
        {"name": "front", "kind": "scanner", "driver": "serial", "state": "ready", "cause": None},
        {
            "name": "printer",
            "kind": "printer",
            "driver": "network",
            "state": "failing",
            "problem": "the cover is open",
            "advice": "close the cover until it clicks",
            "cause": "cover_open",
        },
    ],
    "journal": {},
    "clock": {"trusted": True, "source": "ntp"},
    "disk": {"free_mib": 20480},
    "version": "0",
    "uptime_s": 1,
}


@dataclass
class Client:
    """One connection: what it asked, its role, and whether it watches."""

    writer: asyncio.StreamWriter
    role: str | None = None
    watches: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, message: dict[str, Any]) -> None:
        self.writer.write(json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode() + b"\n")


class FakeCore:
    """Shows `view` to all that watch; `asked` holds every request in the order of arrival."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.view: dict[str, Any] = view("idle")
        self.clients: list[Client] = []
        self.asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self.instance = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self.instance += 1
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        """End at once, as when it is killed: open connections break, the socket's file stays behind."""
        assert self._server is not None
        self._server.close()
        for client in self.clients:
            client.writer.transport.abort()
        self.clients.clear()
        await self._server.wait_closed()
        self._server = None

    def show(self, shown: dict[str, Any]) -> None:
        self.view = shown
        for client in self.clients:
            if client.watches:
                client.tell({"method": "view", "params": shown})

    async def next_asked(self, method: str) -> dict[str, Any]:
        """The next request of that method; others before it are passed over."""
        while True:
            request = await asyncio.wait_for(self.asked.get(), 10)
            if request["method"] == method:
                return request

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(writer)
        self.clients.append(client)
        try:
            while request_line := await reader.readline():
                request = json.loads(request_line)
                client.asked.append(request)
                client.tell({"id": request["id"], **self._answer(client, request)})
                self.asked.put_nowait(request)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            if client in self.clients:
                self.clients.remove(client)
            writer.close()

    def _answer(self, client: Client, request: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], request.get("params", {})
        if method in self.answers:
            return self.answers[method](params)
        if method == "hello":
            client.role = params.get("role")
            return {
                "result": {
                    "station": "CENTRAL-3",
                    "library": "CENTRAL",
                    "version": "0",
                    "protocol": 1,
                    "role": client.role,
                    "languages": list(LANGUAGES),
                    "instance": str(self.instance),
                }
            }
        if method == "view.watch":
            client.watches = True
        if method == "draft.get":
            return {"error": {"code": -32012, "message": "there is no draft", "data": {}}}
        if method == "form.scan":
            return {"result": {"code": None, "other": True}}
        if method == "form.choices":
            offered = {
                "library": ["CENTRAL", "NORTHWEST"],
                "profile": [],
                "categories": ["1=ADULT", "1=JUVENILE", "2=RESIDENT"],
                "language": ["ENGLISH", "SPANISH", "VIETNAMESE"],
            }
            return {"result": {"choices": offered}}
        if method in (found := lists(self.view["language"])):
            return {"result": found[method]}
        if method in {"draft.keep", "draft.drop"}:
            return {"result": {}}
        if method == "patron.register":
            return self.refused("birth_date", "form_day", {})
        if method == "sheet.add" and not params.get("sure"):
            return self.refused("item", "form_known_row", {"sure": True}, seq="3")
        if method == "status.get":
            return {"result": STATUS}
        return {"result": self.view}

    def refused(self, field: str, key: str, more: dict[str, Any], **params: str) -> dict[str, Any]:
        """The answer to a form that cannot stay so, worded as the daemon words it."""
        told = {"field": field, "text": say(self.view["language"], key, **params), **more}
        return {"error": {"code": -32602, "message": f"{field}: {say('en', key, **params)}", "data": told}}


@asynccontextmanager
async def fake_core(path: Path) -> AsyncIterator[FakeCore]:
    core = FakeCore(path)
    await core.start()
    try:
        yield core
    finally:
        if core._server is not None:
            await core.stop()
