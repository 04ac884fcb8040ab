"""One look at one related system, without a library: a TCP connection, or the first line of an HTTP answer."""

import asyncio
import re
import ssl
from typing import Final
from urllib.parse import urlsplit

from kioskd.model.downtime import ProbeKind

_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")
_ADDRESS: Final = re.compile(r"\[?([^\]]+)\]?:(\d+)")
SERVERS_FAULT: Final = 500
"""A page that is missing or wants a login still comes from a system that is there; from here on it says it is not."""
FIRST_LINE_BYTES: Final = 4096
DEFAULT_PORT: Final = {"http": 80, "https": 443}


async def answers(kind: ProbeKind, address: str, timeout_s: float) -> bool:
    """Return whether it answers within that time; whatever goes wrong is *no*."""
    try:
        async with asyncio.timeout(timeout_s):
            if kind is ProbeKind.HTTP:
                return await _http(address)
            return await _tcp(address)
    except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        return False


async def _tcp(address: str) -> bool:
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return False
    _, writer = await asyncio.open_connection(found[1], int(found[2]))
    writer.transport.abort()
    return True


async def _http(address: str) -> bool:
    """Ask for the page's head. Whether its certificate is right is not the question here, and no secret is sent."""
    url = urlsplit(address)
    host, port = url.hostname, url.port or DEFAULT_PORT.get(url.scheme)
    if host is None or port is None:
        return False
    secure = None
    if url.scheme == "https":
        secure = ssl.create_default_context()
        secure.check_hostname, secure.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(host, port, ssl=secure, limit=FIRST_LINE_BYTES)
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        place = url.netloc.rpartition("@")[2]
        writer.write(f"HEAD {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n".encode("ascii", "replace"))
        found = _STATUS.match(await reader.readuntil(b"\n"))
        return found is not None and int(found[1]) < SERVERS_FAULT
    finally:
        writer.transport.abort()
