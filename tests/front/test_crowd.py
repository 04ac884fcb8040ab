"""Clients that misbehave: slow, dead, many, mad. The others go on."""

import asyncio
import contextlib
import json
import select
import socket
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kioskd.front.limits import Limits
from kioskd.model.view import LineResult, LineView

from .conftest import Client, running

WATCH = b'{"jsonrpc":"2.0","id":1,"method":"view.watch"}\n'
ITEMS = tuple(LineView(n, f"3{n:013d}", LineResult.RECORDED, None, "recorded", None, None) for n in range(200))


async def silent(path: Path, line: bytes) -> socket.socket:
    """A client that sends a line and never reads."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, str(path))
    await loop.sock_sendall(sock, line)
    return sock


async def ended(sock: socket.socket) -> bytes:
    """Wait until the front has ended a silent client, and only then read what the kernel still holds for it."""
    hung_up = select.poll()
    hung_up.register(sock, 0)
    assert await asyncio.to_thread(hung_up.poll, 10_000), "it was not dropped"
    got = b""
    with contextlib.suppress(ConnectionResetError), sock:
        while chunk := sock.recv(2**20):
            got += chunk
    return got


async def test_a_client_that_never_reads_is_dropped_and_delays_nobody(path: Path) -> None:
    async with running(path, Limits(stalled_s=0.3)) as station:
        dead = await silent(path, WATCH)
        client = await station.client()
        await client.ask("view.watch")
        for _ in range(60):
            view = station.change(items=ITEMS)
            assert (await client.next())["params"]["seq"] == view.seq
        got = await ended(dead)
        assert len(got) < 1_000_000  # no more than the kernel's buffer
        assert "result" in await client.ask("view.get")


async def test_a_slow_client_gets_the_newest_view_only(path: Path) -> None:
    async with running(path) as station:
        slow = await silent(path, WATCH)
        client = await station.client()
        await client.ask("hello")
        for _ in range(100):
            last = station.change(items=ITEMS)
        reader, writer = await asyncio.open_unix_connection(sock=slow, limit=2**22)
        got = [json.loads(await reader.readline())["result"]["seq"]]
        while got[-1] != last.seq:
            got.append(json.loads(await asyncio.wait_for(reader.readline(), 10))["params"]["seq"])
        assert got == sorted(set(got))
        assert len(got) < 50
        writer.close()
        await writer.wait_closed()


async def test_a_client_that_asks_and_never_reads_is_held_up_not_answered_into_memory(path: Path) -> None:
    async with running(path, Limits(stalled_s=0.3)) as station:
        station.change(items=ITEMS)
        dead = await silent(path, b'{"jsonrpc":"2.0","id":1,"method":"view.get"}\n' * 1000)
        await station.until_calls(2)
        client = await station.client()
        await client.ask("hello")
        await ended(dead)
        assert len(station.calls) < 100


async def test_lost_diagnostics_are_counted(path: Path) -> None:
    async with running(path) as station:
        slow = await silent(path, b'{"jsonrpc":"2.0","id":1,"method":"diagnostics.watch"}\n')
        client = await station.client()
        await client.ask("hello")
        for n in range(2000):
            station.front.diagnose("printer", {"n": n, "bytes": "00" * 500})
        reader, writer = await asyncio.open_unix_connection(sock=slow, limit=2**22)
        await reader.readline()
        params: dict[str, Any] = {"n": -1}
        while "lost" not in params:
            before, params = params, json.loads(await asyncio.wait_for(reader.readline(), 10))["params"]
            assert params["n"] == before["n"] + 1 or "lost" in params
            if params["n"] > 50:  # it reads again, so another event may come through
                station.front.diagnose("printer", {"n": params["n"] + 1})
        assert params["lost"] > 1000
        writer.close()
        await writer.wait_closed()


async def test_a_thousand_connections(path: Path) -> None:
    async with running(path) as station:
        clients = [await station.client() for _ in range(1000)]
        for n, client in enumerate(clients):
            await client.send(b'{"jsonrpc":"2.0","id":%d,"method":"view.watch"}\n' % n)
        for n, client in enumerate(clients):
            assert (await client.answer(n))["result"]["seq"] == 1
        view = station.change()
        for client in clients:
            assert (await client.next())["params"]["seq"] == view.seq


async def test_past_the_last_place_a_client_is_told_so(path: Path) -> None:
    async with running(path, Limits(connections=3)) as station:
        clients = [await station.client() for _ in range(3)]
        for client in clients:
            await client.ask("hello")
        [answer] = await (await station.client()).rest()
        assert answer["error"]["code"] == -32000
        await clients[0].close()
        await clients[1].ask("hello")  # by now the front has noticed
        assert "result" in await (await station.client()).ask("hello")


async def test_a_client_that_floods_is_taken_in_turns(path: Path) -> None:
    async with running(path, Limits(outstanding=100_000)) as station:
        flood = await station.client()
        client = await station.client()
        await client.ask("hello")
        order: list[object] = []
        station.act = lambda request, call: (order.append(call), station.front.reply(request, {}))[1]
        flood.writer.write(b'{"jsonrpc":"2.0","method":"status.get"}\n' * 2000)
        client.writer.write(b'{"jsonrpc":"2.0","id":1,"method":"view.get"}\n')
        await client.answer(1)
        assert len(order) < 200
        await station.until_calls(2001)


NOTIFICATIONS = [b'{"jsonrpc":"2.0","method":"session.cancel"}', b'{"jsonrpc":"2.0","method":"no.such"}']
lines = st.lists(
    st.binary(max_size=80).map(lambda line: line.replace(b"\n", b""))
    | st.sampled_from(
        [
            *NOTIFICATIONS,
            b'{"jsonrpc":"2.0","id":%d,"method":"view.get"}',
            b'{"jsonrpc":"2.0","id":%d,"method":"session.start","params":{"flow":"buy"}}',
            b'{"jsonrpc":"2.0","id":%d,"method":"no.such"}',
            b'{"jsonrpc":"2.0","id":%d,"method":7}',
            b'{"jsonrpc":"2.0","id":%d,"method":"hello","params":{"role":"screen"}}',
        ]
    ),
    max_size=60,
)


@given(lines=lines, pieces=st.integers(1, 5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_has_exactly_one_answer_in_order_but_for_notifications(
    path: Path, lines: list[bytes], pieces: int
) -> None:
    async def play() -> None:
        async with running(path) as station:
            other = await station.client()
            client = await station.client()
            expected: list[int | None] = []
            sent = []
            for n, line in enumerate(lines):
                if b'"id":%d,' in line:
                    expected.append(n)
                elif line not in NOTIFICATIONS:
                    expected.append(None)
                sent.append(line.replace(b"%d", b"%d" % n) + b"\n")
            stream = b"".join(sent)
            step = max(1, len(stream) // pieces)
            for start in range(0, len(stream), step):
                await client.send(stream[start : start + step])
                await other.ask("view.get")
            client.writer.write_eof()
            assert [message["id"] for message in await client.rest()] == expected
            assert "result" in await other.ask("view.get")

    asyncio.run(play())


async def test_closing_the_front_ends_all_and_removes_its_file(path: Path) -> None:
    async with running(path) as station:
        client: Client = await station.client()
        await client.ask("view.watch")
        dead = await silent(path, WATCH)
        for _ in range(60):
            station.change(items=ITEMS)
        await station.front.close()
        await ended(dead)
        assert await client.reader.read() is not None
    assert not path.exists()  # noqa: ASYNC240
