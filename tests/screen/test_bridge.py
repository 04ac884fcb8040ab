"""The bridge between a page's WebSocket and the daemon's socket, through restarts of either."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kioskd.screen import host
from tests.screen.fake_core import FakeCore, fake_core
from tests.screen.station import Screen, running, stop
from tests.screen.views import view


class PlayedPage:
    """Speaks as the page does."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = ws

    async def hear(self) -> dict[str, Any]:
        message = await asyncio.wait_for(self.socket.receive(), 10)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return json.loads(message.data)

    async def hear_down(self) -> dict[str, str]:
        """Whose machine it is, as the bridge tells with the word that the daemon is away."""
        message = await self.hear()
        assert message["bridge"] == "down"
        return message["host"]

    async def hear_view(self) -> dict[str, Any]:
        """The next View, whatever comes before it."""
        while True:
            message = await self.hear()
            if message.get("method") == "view":
                return message["params"]

    async def ask(self, number: int, method: str, **params: Any) -> None:
        await self.socket.send_json({"jsonrpc": "2.0", "id": number, "method": method, "params": params})

    async def answer(self, number: int) -> dict[str, Any]:
        while True:
            message = await self.hear()
            if message.get("id") == number:
                return message


@asynccontextmanager
async def page(screen: Screen) -> AsyncIterator[PlayedPage]:
    protocols = ("kioskd.1", f"token.{await screen.token()}")
    async with (
        aiohttp.ClientSession() as web,
        web.ws_connect(screen.url + "socket", origin=screen.origin, protocols=protocols) as ws,
    ):
        yield PlayedPage(ws)


async def test_a_page_is_greeted_as_a_screen_and_hears_every_view(core: FakeCore, screen: Screen) -> None:
    async with page(screen) as played:
        up = await played.hear()
        assert (up["bridge"], up["hello"]["station"], up["hello"]["role"]) == ("up", "CENTRAL-3", "screen")
        assert await played.hear() == {"jsonrpc": "2.0", "method": "view", "params": core.view}
        assert [request["method"] for request in core.clients[0].asked] == ["hello", "view.watch"]
        for seq in (2, 3, 4):
            core.show(view("items", seq=seq, language="zh-Hans"))
            assert await played.hear_view() == view("items", seq=seq, language="zh-Hans")


async def test_a_request_and_its_answer_pass(core: FakeCore, screen: Screen) -> None:
    refusal = {"error": {"code": -32010, "message": "no", "data": {"kind": "refused_offline", "reason": "Nicht jetzt"}}}
    core.answers["session.finish"] = lambda params: refusal
    async with page(screen) as played:
        await played.hear_view()
        await played.ask(1, "session.input", code="21168000000017", session="7c1b")
        assert (await played.answer(1))["result"] == core.view
        assert (await core.next_asked("session.input"))["params"] == {"code": "21168000000017", "session": "7c1b"}
        await played.ask(2, "session.finish", paper=["receipt"])
        assert await played.answer(2) == {"jsonrpc": "2.0", "id": 2, **refusal}


async def test_what_a_page_may_not_ask_never_reaches_the_daemon(core: FakeCore, screen: Screen) -> None:
    async with page(screen) as played:
        await played.hear_view()
        for number, method in enumerate(("hello", "scan.inject", "diagnostics.watch", "journal.list"), start=1):
            await played.ask(number, method, role="technician", code="1")
            assert (await played.answer(number))["error"]["code"] == -32601
        smuggled = '{"id":9,"method":"view.get","params":{"a":"b"}}\n{"id":1,"method":"scan.inject"}'
        await played.socket.send_str(smuggled)
        assert (await played.hear())["error"]["code"] == -32700
        await played.ask(10, "view.get")
        await played.answer(10)
        assert [request["method"] for request in core.clients[0].asked] == ["hello", "view.watch", "view.get"]


async def test_it_heals_within_two_seconds_of_the_daemons_restart(core: FakeCore, screen: Screen) -> None:
    async with page(screen) as played:
        await played.hear_view()
        for _ in range(2):
            await core.stop()
            assert await played.hear_down() == host.told()
            await played.ask(1, "session.cancel")
            lost = (await played.answer(1))["error"]
            assert (lost["code"], lost["data"]["kind"]) == (-32001, "bridge_down")
            core.view = view("idle", seq=1)
            await core.start()
            started_s = time.monotonic()
            assert (await played.hear())["hello"]["instance"] == str(core.instance)
            assert await played.hear_view() == core.view
            assert time.monotonic() - started_s < 2


async def test_a_page_may_be_there_before_the_daemon(screen: Screen, socket_path: Path) -> None:
    async with page(screen) as played:
        assert await played.hear_down() == host.told()
        async with fake_core(socket_path):
            assert (await played.hear())["bridge"] == "up"


async def test_a_daemon_that_accepts_and_says_nothing_is_down(screen: Screen, socket_path: Path) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with page(screen) as played:
        assert await played.hear_down() == host.told()
        async with await asyncio.start_unix_server(say_nothing, socket_path):
            await played.ask(1, "view.get")
            assert (await played.answer(1))["error"]["code"] == -32001
        async with fake_core(socket_path):
            assert (await played.hear())["bridge"] == "up"


@pytest.mark.parametrize(
    "first_line", [b"\n", b"[]\n", b"\xff\xfe\n", b'{"id":"hello","error":{"code":-32602}}\n', b"half"]
)
async def test_a_daemon_that_greets_wrongly_is_down(screen: Screen, socket_path: Path, first_line: bytes) -> None:
    async def greet_wrongly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(first_line)
        writer.close()

    async with await asyncio.start_unix_server(greet_wrongly, socket_path), page(screen) as played:
        assert await played.hear_down() == host.told()


async def test_the_bridge_itself_says_which_machine_this_is(core: FakeCore, screen: Screen) -> None:
    async with page(screen) as played:
        await played.hear_view()
        await played.ask(1, "bridge.host")
        assert (await played.answer(1))["result"] == {"name": socket.gethostname(), "address": host.address()}
        assert "bridge.host" not in [request["method"] for request in core.clients[0].asked]


async def test_a_page_that_closes_one_side_only_is_gone(core: FakeCore, screen: Screen) -> None:
    """Half-closed: it sends no more and never said goodbye; its connection to the daemon ends all the same."""
    async with page(screen) as one, page(screen) as other:
        await one.hear_view()
        await other.hear_view()
        connection = core.clients[0]
        transport = one.socket._writer.transport
        transport.write_eof()
        await asyncio.wait_for(connection.writer.wait_closed(), 10)
        core.show(view("card", seq=2))
        assert (await other.hear_view())["screen"] == "card"


@pytest.mark.parametrize("size", [16 * 1024 + 1, 1_000_000])
async def test_a_message_too_long_ends_that_page_alone(core: FakeCore, screen: Screen, size: int) -> None:
    async with page(screen) as bad, page(screen) as good:
        await bad.hear_view()
        await good.hear_view()
        await bad.socket.send_str("x" * size)
        closed = await asyncio.wait_for(bad.socket.receive(), 10)
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.MESSAGE_TOO_BIG)
        core.show(view("card", seq=2))
        assert (await good.hear_view())["screen"] == "card"


async def test_bytes_that_are_no_text_end_the_page(core: FakeCore, screen: Screen) -> None:
    async with page(screen) as played:
        await played.hear_view()
        await played.socket.send_bytes(b'{"id":1,"method":"view.get"}')
        closed = await asyncio.wait_for(played.socket.receive(), 10)
        assert closed.data == aiohttp.WSCloseCode.UNSUPPORTED_DATA


async def test_pages_share_nothing_but_the_view(core: FakeCore, screen: Screen) -> None:
    async with page(screen) as one:
        await one.hear_view()
        await one.ask(1, "staff.unlock", code="secret")
        await one.answer(1)
        async with page(screen) as two:
            up, first = await two.hear(), await two.hear()
            assert (up["bridge"], first["method"]) == ("up", "view")
            await one.ask(5, "view.get")
            await one.answer(5)
            core.show(view("card", seq=2))
            assert "method" in await two.hear()  # the View, and not the answer to the other's request
            assert len(core.clients) == 2
            assert [request["method"] for request in core.clients[1].asked] == ["hello", "view.watch"]


async def test_a_page_that_dies_takes_its_connection_with_it(core: FakeCore, screen: Screen) -> None:
    async with page(screen) as played:
        await played.hear_view()
        connection = core.clients[0]
        transport = played.socket._writer.transport  # cut, as when the browser is killed: no goodbye
        transport.abort()
        await asyncio.wait_for(connection.writer.wait_closed(), 10)
    async with page(screen) as again:
        assert await again.hear_view() == core.view


async def test_a_long_list_passes(core: FakeCore, screen: Screen) -> None:
    many = view("items", seq=2, items=view("items")["items"] * 2000)
    async with page(screen) as played:
        await played.hear_view()
        assert len(json.dumps(many)) > 1_000_000
        core.show(many)
        # aiohttp's client takes 4 MiB, a browser more
        assert await played.hear_view() == many


async def test_too_many_pages_are_turned_away(core: FakeCore, screen: Screen) -> None:
    async with aiohttp.ClientSession() as web:
        protocols = ("kioskd.1", f"token.{await screen.token()}")
        sockets = [
            await web.ws_connect(screen.url + "socket", origin=screen.origin, protocols=protocols) for _ in range(16)
        ]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await web.ws_connect(screen.url + "socket", origin=screen.origin, protocols=protocols)
        assert refused.value.status == 403
        await sockets[0].close()
        async with page(screen) as played:
            await played.hear_view()
        for ws in sockets[1:]:
            await ws.close()


async def test_an_end_is_told_to_its_pages_and_is_no_failure(core: FakeCore, socket_path: Path) -> None:
    async with running(socket_path) as screen, page(screen) as played:
        await played.hear_view()
        status = asyncio.create_task(stop(screen))
        closed = await asyncio.wait_for(played.socket.receive(), 10)
        assert closed.data == aiohttp.WSCloseCode.GOING_AWAY
        assert await status == 0
