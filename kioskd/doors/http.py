"""One request and its answer over HTTP/1.1, certificates verified; and, where it fails, whether anything was sent.

Written on streams, for what a door needs and no more: a connection a request, no redirects, no cookies, no second try.
Libraries try a GET again by themselves where a line dies, which here would lend twice.
"""

import asyncio
import json
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

from kioskd.model.written_late import dataclass

LARGEST: Final = 4 << 20
"""Bytes of an answer."""
MOST_HEADERS: Final = 100


class NotSent(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when no connection came to be: the library system has heard nothing. The text is for technicians."""


class Lost(Exception):  # noqa: N818 - as above
    """Raised when the answer did not come: the library system may have done what was asked."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What is asked. `query` goes into the address, `form` or `json` into the body; `file` makes the form multipart."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    file: bytes | None = None
    json: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.path})"

    def body(self) -> tuple[bytes, str]:
        """Return the body and its content type."""
        if self.json is not None:
            return json.dumps(self.json).encode(), "application/json"
        if self.file is None:
            return (urlencode(self.form).encode(), "application/x-www-form-urlencoded") if self.form else (b"", "")
        mark = secrets.token_hex(16)
        head = '--{}\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        parts = [head.format(mark, name, value).encode() for name, value in self.form.items()]
        file = (
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="pending.xacts"\r\n'
            "Content-Type: text/plain\r\n\r\n"
        )
        parts += [file.encode(), self.file, f"\r\n--{mark}--\r\n".encode()]
        return b"".join(parts), f"multipart/form-data; boundary={mark}"


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered."""

    status: int
    body: str


class Send(Protocol):
    """Carries one request."""

    async def __call__(self, request: Request, until_mono_s: float) -> Response:
        """Return the answer, by that time of the loop. Raises NotSent, Lost."""


class Http:
    """Sends requests to one library system, each once, on a connection of its own."""

    def __init__(self, url: str, ca_file: Path | None) -> None:
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if tls else 80)
        self._name = parts.netloc
        self._path = parts.path.rstrip("/")
        self._tls = ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None) if tls else None

    async def __call__(self, request: Request, until_mono_s: float) -> Response:
        """Return the answer, by that time of the loop. Raises NotSent, Lost."""
        try:
            async with asyncio.timeout_at(until_mono_s):
                reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=LARGEST)
        except TimeoutError:
            raise NotSent("no connection in time") from None
        except ssl.SSLCertVerificationError as untrusted:
            raise NotSent(f"its certificate is not to be trusted: {untrusted.verify_message}") from None
        except (OSError, UnicodeError) as refused:
            raise NotSent(f"no connection: {getattr(refused, 'strerror', None) or type(refused).__name__}") from None
        try:
            async with asyncio.timeout_at(until_mono_s):
                writer.write(self._written(request))
                await writer.drain()
                return await _answer(reader)
        except TimeoutError:
            raise Lost("no answer in time") from None
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as lost:
            raise Lost(f"no answer: {type(lost).__name__}") from None
        finally:
            # Whatever was not read or written is worth nothing to anybody any more.
            writer.transport.abort()

    def _written(self, request: Request) -> bytes:
        body, kind = request.body()
        query = f"?{urlencode(request.query)}" if request.query else ""
        headers = {
            "Host": self._name,
            "User-Agent": "kioskd",
            "Connection": "close",
            "Content-Length": str(len(body)),
            **({"Content-Type": kind} if kind else {}),
            **request.headers,
        }
        lines = [f"{request.method} {self._path}{request.path}{query} HTTP/1.1"]
        lines += [f"{name}: {_clean(value)}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


def _clean(value: str) -> str:
    """Return a header's value; a line end in a configured name would begin another header."""
    return "".join(each for each in value if each.isprintable())


async def _answer(reader: asyncio.StreamReader) -> Response:
    """Read one answer. Raises EOFError, ValueError, OSError, LimitOverrunError."""
    status = 100
    headers: dict[str, str] = {}
    while status < 200:
        version, _, rest = (await _line(reader)).partition(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError(version)
        status = int(rest[:3])
        headers = {}
        while line := await _line(reader):
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
            if len(headers) > MOST_HEADERS:
                raise ValueError(name)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(_size(headers["content-length"], 10))
    else:
        body = await reader.read(LARGEST)
    return Response(status, body.decode("utf-8", "replace"))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = b""
    while size := _size((await _line(reader)).partition(";")[0], 16):
        found += await reader.readexactly(size)
        if len(found) > LARGEST or await reader.readexactly(2) != b"\r\n":
            raise ValueError("chunk")
    while await _line(reader):
        pass
    return found


def _size(text: str, base: int) -> int:
    size = int(text, base)
    if not 0 <= size <= LARGEST:
        raise ValueError(text)
    return size


async def _line(reader: asyncio.StreamReader) -> str:
    line = await reader.readuntil(b"\n")
    return line.decode("latin-1").rstrip("\r\n")
