"""One request and its answer over HTTP, certificates verified; and, where it fails, whether anything was sent.

aiohttp is imported with this module, which is imported where a door is configured and nowhere else.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import aiohttp

LARGEST: Final = 4 << 20
"""Bytes of an answer."""


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
    """Sends requests to one library system, each on a connection of its own: none is sent twice by itself."""

    def __init__(self, url: str, ca_file: Path | None) -> None:
        self._url = url.rstrip("/")
        self._trust: ssl.SSLContext | bool = True
        if ca_file is not None:
            self._trust = ssl.create_default_context(cafile=str(ca_file))

    async def __call__(self, request: Request, until_mono_s: float) -> Response:
        """Return the answer, by that time of the loop. Raises NotSent, Lost."""
        left_s = until_mono_s - asyncio.get_running_loop().time()
        if left_s <= 0:
            raise NotSent("there was no time left for it")
        try:
            async with aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=left_s),
                # A kept connection that has died looks like one that dies of the question.
                connector=aiohttp.TCPConnector(force_close=True, ssl=self._trust),
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session:
                return await self._ask(session, request)
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as refused:
            raise NotSent(f"no connection: {_why(refused)}") from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as lost:
            raise Lost(f"no answer: {type(lost).__name__}") from None

    async def _ask(self, session: aiohttp.ClientSession, request: Request) -> Response:
        data: aiohttp.FormData | dict[str, str] | None = dict(request.form) or None
        if request.file is not None:
            data = aiohttp.FormData(dict(request.form))
            data.add_field("file", request.file, filename="pending.xacts", content_type="text/plain")
        async with session.request(
            request.method,
            self._url + request.path,
            params=dict(request.query),
            data=data,
            json=request.json,
            headers=dict(request.headers),
            # What is asked elsewhere after a redirect may be asked twice, and is not what was trusted.
            allow_redirects=False,
        ) as answer:
            body = await answer.content.read(LARGEST)
            return Response(answer.status, body.decode("utf-8", "replace"))


def _why(refused: Exception) -> str:
    """Return the cause without the address, which may hold a password."""
    if isinstance(refused, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return f"its certificate is not to be trusted: {refused.os_error if hasattr(refused, 'os_error') else 'TLS'}"
    cause = getattr(refused, "os_error", None)
    return cause.strerror or type(cause).__name__ if isinstance(cause, OSError) else type(refused).__name__
