"""A front with a tiny core behind it: every call is kept, and answered at once or when the test says so."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kioskd.front.greeting import HelloInfo
from kioskd.front.limits import Limits
from kioskd.front.server import Front
from kioskd.model.calls import Call, RequestId, Role
from kioskd.model.entry import ModeName
from kioskd.model.settings import SocketSettings, StationKind
from kioskd.model.view import ModeView, Paper, Screen, StaffView, StationView, View

FIRST_VIEW = View(
    seq=1,
    session=None,
    station=StationView("CENTRAL-3", StationKind.SELF, "10:04"),
    screen=Screen.IDLE,
    flow=None,
    language="en",
    mode=ModeView(ModeName.ONLINE, "2026-11-24T10:00:00-08:00", "", forced=False, slow=False),
    patron=None,
    items=(),
    message=None,
    timer=None,
    choices=("session.start",),
    due_date=None,
    staff=StaffView(unlocked=False, by=None),
    unsent=0,
    exceptions=0,
    paper=Paper.OK,
    upload=None,
)
INFO = HelloInfo("CENTRAL-3", "CENTRAL", "0.1.0", ("en", "es"), "instance-1")


class Client:
    """A client that speaks lines, and knows nothing of the front's code."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def ask(self, method: str, params: object = None, id_: object = 1) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": id_, "method": method}
        await self.send(json.dumps(request | ({} if params is None else {"params": params})).encode() + b"\n")
        return await self.answer(id_)

    async def answer(self, id_: object) -> dict[str, Any]:
        """Return the answer to `id_`; notifications may stand before it."""
        while "id" not in (message := await self.next()):
            pass
        assert message["id"] == id_
        return message

    async def next(self) -> dict[str, Any]:
        line = await asyncio.wait_for(self.reader.readline(), 10)
        assert line.endswith(b"\n"), f"the connection ended: {line!r}"
        return json.loads(line)

    async def rest(self) -> list[dict[str, Any]]:
        """Return all lines until the front closes."""
        return [json.loads(line) for line in (await asyncio.wait_for(self.reader.read(), 10)).splitlines()]

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            return  # the front was quicker


@dataclass
class Station:
    """The front under test and its core's memory."""

    path: Path
    front: Front
    calls: list[tuple[RequestId, Role, Call]] = field(default_factory=list)
    act: Callable[[RequestId, Call], None] | None = None
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    seq: int = 1

    async def client(self, limit: int = 2**22) -> Client:
        client = Client(*await asyncio.open_unix_connection(self.path, limit=limit))
        self.stack.push_async_callback(client.close)
        return client

    def submit(self, request: RequestId, role: Role, call: Call) -> None:
        self.calls.append((request, role, call))
        self.called.set()
        if self.act is not None:
            self.act(request, call)
        else:
            self.front.reply(request)

    async def until_calls(self, count: int) -> None:
        while len(self.calls) < count:
            self.called.clear()
            await asyncio.wait_for(self.called.wait(), 10)

    def change(self, **fields: Any) -> View:
        """Publish the next View."""
        self.seq += 1
        view = replace(FIRST_VIEW, seq=self.seq, **fields)
        self.front.publish(view)
        return view


@asynccontextmanager
async def running(
    path: Path, limits: Limits | None = None, settings: SocketSettings | None = None, *, view: View | None = FIRST_VIEW
) -> AsyncIterator[Station]:
    """A front that runs and has published `view`."""
    station: Station | None = None

    def submit(request: RequestId, role: Role, call: Call) -> None:
        assert station is not None
        station.submit(request, role, call)

    front = Front(settings or SocketSettings(path=path), submit, INFO, environ={}, limits=limits)
    station = Station(path, front)
    if view is not None:
        front.publish(view)
    await front.start()
    try:
        yield station
    finally:
        await station.stack.aclose()
        await front.close()


@pytest.fixture
def path() -> Iterator[Path]:
    """A socket's path; short, for the kernel takes 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="kioskd-") as folder:
        yield Path(folder) / "kioskd.sock"


@pytest.fixture
async def station(path: Path) -> AsyncIterator[Station]:
    async with running(path) as station:
        yield station
