"""Who may load the page and who may open its socket, and what every answer carries."""

import asyncio
import base64
import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from kioskd.screen.pages import START, STYLE, inline_hash, load
from tests.screen.fake_core import FakeCore
from tests.screen.station import Screen, token_in


async def raw(screen: Screen, request: str) -> str:
    """The status line for a request written by hand, as no browser would write it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(screen.url).port)
    writer.write(request.replace("\n", "\r\n").encode())
    try:
        return (await asyncio.wait_for(reader.readline(), 5)).decode().strip()
    finally:
        writer.close()
        await writer.wait_closed()


async def upgrade(screen: Screen, **changes: Any) -> int:
    """The status of a WebSocket's opening; `changes` replace or remove (None) headers."""
    headers = {
        "Origin": screen.origin,
        "Sec-WebSocket-Protocol": f"kioskd.1, token.{await screen.token()}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = "".join(f"{name}: {value}\n" for name, value in headers.items() if value is not None)
    host = urlsplit(screen.url).netloc
    return int((await raw(screen, f"GET /socket HTTP/1.1\nHost: {host}\n{lines}\n")).split()[1])


async def test_the_page_itself_may_open_its_socket(core: FakeCore, screen: Screen) -> None:
    assert await upgrade(screen) == 101


@pytest.mark.parametrize(
    "changes",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1"},
        {"Sec_WebSocket_Protocol": None},
        {"Sec_WebSocket_Protocol": "kioskd.1"},
        {"Sec_WebSocket_Protocol": "kioskd.1, token."},
        {"Sec_WebSocket_Protocol": "kioskd.1, token.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    ],
)
async def test_nobody_else_may(core: FakeCore, screen: Screen, changes: dict[str, str | None]) -> None:
    assert await upgrade(screen, **changes) == 403
    assert core.clients == []


@pytest.mark.parametrize("path", ["/", "/style.css", "/socket"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}", "127.0.0.1.evil.example:{port}"]
)
async def test_a_name_bent_to_loopback_gets_nothing(screen: Screen, path: str, host: str) -> None:
    named = host.format(port=urlsplit(screen.url).port)
    assert " 403 " in await raw(screen, f"GET {path} HTTP/1.1\nHost: {named}\n\n")


async def test_another_site_may_not_read_the_page(screen: Screen) -> None:
    async with aiohttp.ClientSession() as web, web.get(screen.url, headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "token" not in await answer.text()


@pytest.mark.parametrize("path", ["", "style.css", "screen.js", "nothing.js"])
async def test_every_answer_is_strict_and_kept_nowhere(screen: Screen, path: str) -> None:
    async with aiohttp.ClientSession() as web, web.get(screen.url + path) as answer:
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        files = load("token")
        assert policy["script-src"] == f"'self' '{inline_hash(files, START)}'"
        assert policy["style-src"] == f"'{inline_hash(files, STYLE)}'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        # It would have the browser begin another process before the first picture.
        assert "Cross-Origin-Opener-Policy" not in answer.headers


async def test_sheet_and_start_stand_in_the_page_once_as_their_hashes_say(screen: Screen) -> None:
    """So that the first picture waits for no second answer; and nothing else stands there inline."""
    async with aiohttp.ClientSession() as web, web.get(screen.url) as answer:
        (sheet,) = re.findall(r"<style>(.*?)</style>", html := await answer.text(), re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    for name, text in ((STYLE, sheet), (START, script)):
        told = f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
        assert told == inline_hash(load("token"), name)
    assert "stylesheet" not in html
    assert not re.search(r"\sstyle=|\son\w+=", html)


@pytest.mark.parametrize("path", ["../door.py", "%2e%2e/door.py", "page/index.html", "..%2fdoor.py", "index.html%00"])
async def test_only_the_pages_own_files_are_there(screen: Screen, path: str) -> None:
    assert " 404 " in await raw(screen, f"GET /{path} HTTP/1.1\nHost: {urlsplit(screen.url).netloc}\n\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_can_be_sent_but_by_the_socket(screen: Screen, method: str) -> None:
    async with aiohttp.ClientSession() as web, web.request(method, screen.url, data=b"x") as answer:
        assert answer.status == 405


async def test_the_token_is_new_with_each_start(screen: Screen) -> None:
    async with aiohttp.ClientSession() as web:
        async with web.get(screen.url) as answer:
            once = token_in(await answer.text())
        async with web.get(screen.url) as answer:
            assert token_in(await answer.text()) == once
    assert len(once) >= 40
