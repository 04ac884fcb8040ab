"""Ports behind which no SIP2 server answers as one should: raw TCP, written byte by byte."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.ils import AskItem, AskPatron, AskStatus, LineTrouble, NoAnswer, StatusAnswer, Urgency
from kioskd.model.inputs import LineDown, LineUp
from kioskd.model.settings import IlsSettings, Secret
from tests.ils.conftest import Station

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Stand = Callable[..., Awaitable[Station]]


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """Open a port with a way of its own, and return a station before it."""
    servers: list[asyncio.Server] = []
    stations: list[Station] = []

    async def begin(talk: Talk, **settings: object) -> Station:
        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await talk(reader, writer)
                await reader.read()
            except ConnectionError:
                pass
            finally:
                writer.close()

        servers.append(await asyncio.start_server(served, "127.0.0.1", 0))
        port = servers[-1].sockets[0].getsockname()[1]
        stations.append(Station(IlsSettings(**{"host": "127.0.0.1", "port": port, **settings})))
        return stations[-1]

    yield begin
    for station in stations:
        await station.conversation.close()
    for server in servers:
        server.close()
        await server.wait_closed()
    await asyncio.sleep(0.01)


async def _down(station: Station, timeout_s: float = 5.0) -> LineDown:
    station.connect(timeout_s)
    word = await station.line()
    assert isinstance(word, LineDown)
    return word


PROMPTS = [b"login: ", b"\r\nLogin:", b"Welcome to Symphony\r\nlogin:\n", b"\xff\xfb\x01User name: ", b"password:\r\n"]


@pytest.mark.parametrize("prompt", PROMPTS)
async def test_a_telnet_prompt_is_told(stand: Stand, prompt: bytes) -> None:
    async def telnet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(prompt)

    word = await _down(await stand(telnet), 0.1)
    assert word.trouble is LineTrouble.SILENT
    name = "password" if b"pass" in prompt else "user name" if b"User" in prompt else "login"
    assert f"it shows a telnet log-in's prompt, `{name}:`" in word.detail


async def test_a_telnet_prompt_that_hangs_up_is_told_too(stand: Stand) -> None:
    async def telnet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"login:")
        await reader.readuntil(b"\r")
        writer.close()

    word = await _down(await stand(telnet, login_user="kiosk", login_password=Secret("s3cret")))
    assert word.trouble is LineTrouble.LOST
    assert "`login:`" in word.detail
    assert "s3cret" not in word.detail


async def test_an_http_server_is_no_library_system(stand: Stand) -> None:
    async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r")
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nwhat?\r\n")
        writer.close()

    word = await _down(await stand(http))
    assert word.trouble is LineTrouble.LOST
    assert "passed over: 3 without a SIP2 code" in word.detail
    assert "it may want a login (ils.login_user)" in word.detail


async def test_a_banner_before_sip2_does_no_harm(stand: Stand) -> None:
    async def with_banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Library system, port 7\r\n\r\n")
        await reader.readuntil(b"\r")
        writer.write(b"98YYYYNY999999\r\n")

    station = await stand(with_banner)
    station.connect()
    word = await station.line()
    assert isinstance(word, LineUp)
    assert word.status.timeout_s is None


STATUS = b"98YYYYYY60000320261123    2221222.00AO|BXYYYYYYYYYYYYYYYY|\r"


@pytest.mark.parametrize("terminator", [b"\r", b"\n", b"\r\n", b"\r\r", b"\n\r", b"\r\n\r\n", b"\r\n  "])
async def test_answers_however_they_are_ended_and_cut(stand: Stand, terminator: bytes) -> None:
    """Each byte a segment of its own, the LF of a CRLF long after its CR."""

    async def bytewise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r")
            for byte in STATUS[:-1] + terminator:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)

    station = await stand(bytewise)
    station.connect()
    assert isinstance(await station.line(), LineUp)
    for _ in range(5):
        assert isinstance(await station.asks(AskStatus()), StatusAnswer)
    assert len([word for word in station.words if isinstance(word, LineDown)]) == 0


async def test_a_flood_ends_the_line_and_takes_no_room(stand: Stand) -> None:
    over = asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r")
        writer.write(STATUS)
        await reader.readuntil(b"\r")
        try:
            for _ in range(64):
                writer.write(b"18" + b"x" * 250_000)
                await writer.drain()
        finally:
            over.set()

    station = await stand(flood)
    station.connect()
    await station.line()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        assert await station.asks(AskItem(ItemBarcode("1")), Urgency.UPLOAD) is NoAnswer.UNREADABLE
        word = await station.line()
        # What the other side still had to say is its own room, and lies in this process too.
        await over.wait()
        gc.collect()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(word, LineDown)
    assert word.trouble is LineTrouble.GARBLED
    assert "no end of line within 65536 bytes" in word.detail
    assert peak - before < 3_000_000, "one read of the loop's, not the flood"
    assert after - before < 300_000


async def test_chatter_that_answers_nothing_ends_the_line(stand: Stand) -> None:
    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r")
        writer.write(STATUS)
        await writer.drain()
        writer.write(STATUS * 100)

    station = await stand(chatter)
    station.connect()
    word = await station.line()
    if isinstance(word, LineUp):
        word = await station.line()
    assert isinstance(word, LineDown)
    assert word.trouble is LineTrouble.GARBLED
    assert "lines that answer nothing" in word.detail


async def test_no_secret_is_in_any_trace(stand: Stand) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r")
        writer.write(b"941AY0AZFDFD\r")
        await reader.readuntil(b"\r")
        writer.write(b"98YYYYNY999999\r")
        await reader.readuntil(b"\r")
        writer.write(b"garbage with 4711 and 20000000000014\r")

    station = await stand(deaf, login_user="kiosk-user", login_password=Secret("s3cret"))
    station.connect()
    assert isinstance(await station.line(), LineUp)
    await station.asks(AskPatron(PatronBarcode("20000000000014"), Secret("4711")), within_s=0.05)
    await station.line()
    told = repr(station.lines) + repr(station.words)
    for secret in ("s3cret", "kiosk-user", "4711", "20000000000014"):
        assert secret not in told, secret
    assert "AA…0014" in told
    assert [way for way, _ in station.lines] == ["out", "in"] * 3


async def test_nothing_is_masked_while_nobody_looks(stand: Stand) -> None:
    async def good(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r")
            writer.write(STATUS)

    station = await stand(good)
    looked = False
    station.conversation._traced = lambda: looked
    station.connect()
    await station.line()
    assert station.lines == []
    looked = True
    await station.asks(AskStatus())
    assert [way for way, _ in station.lines] == ["out", "in"]
