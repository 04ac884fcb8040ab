"""Related systems, looked at over real sockets."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from kioskd.model.downtime import ProbeKind
from kioskd.probes import answers

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    """A server of that kind, by its address; ends when all who came have gone."""
    served: list[asyncio.Task[None]] = []
    came = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.append(task)
        came.set()
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    async with server:
        yield f"{host}:{port}"
        await came.wait()
        await asyncio.gather(*served)


def saying(answer: bytes, heard: list[bytes] | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(asked)
        writer.write(answer)

    return serve


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_a_port_that_accepts_answers() -> None:
    async with serving(silent) as address:
        assert await answers(ProbeKind.TCP, address, 2)


async def test_a_port_where_nobody_listens_does_not() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert not await answers(ProbeKind.TCP, address, 2)
        assert not await answers(ProbeKind.HTTP, f"http://{address}/", 2)


@pytest.mark.parametrize(
    ("status", "there"), [(200, True), (302, True), (403, True), (404, True), (500, False), (503, False)]
)
async def test_a_page_tells_by_its_status(status: int, there: bool) -> None:
    heard: list[bytes] = []
    async with serving(saying(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status, heard)) as address:
        assert await answers(ProbeKind.HTTP, f"http://{address}/web/?a=1", 2) is there
    assert heard[0].startswith(b"HEAD /web/?a=1 HTTP/1.1\r\nHost: %b\r\n" % address.encode())


@pytest.mark.parametrize("garbage", [b"", b"SSH-2.0-x\r\n", b"HTTP/2 200\r\n", b"x" * 10_000, b"\xff" * 50 + b"\n"])
async def test_what_is_no_page_does_not_answer(garbage: bytes) -> None:
    async with serving(saying(garbage)) as address:
        assert not await answers(ProbeKind.HTTP, f"http://{address}/", 2)


async def test_one_that_hangs_is_given_up_in_time_and_the_loop_goes_on() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with serving(silent) as address:
        task = asyncio.create_task(others())
        before = time.monotonic()
        assert not await answers(ProbeKind.HTTP, f"http://{address}/", 0.2)
        assert time.monotonic() - before < 5
        task.cancel()
    assert turns > 10


@pytest.mark.parametrize("address", ["nowhere.invalid:80", "no port", "http://", ""])
async def test_an_address_that_leads_nowhere_does_not_answer(address: str) -> None:
    assert not await answers(ProbeKind.TCP, address, 2)
    assert not await answers(ProbeKind.HTTP, address, 2)
