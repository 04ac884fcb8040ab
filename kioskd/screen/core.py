"""One connection to the daemon's socket in the role `screen`: greeted, watching, line by line."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from kioskd.front.protocol import PROTOCOL
from kioskd.screen import requests

MAX_DAEMON_LINE_BYTES: Final = 8 * 1024 * 1024
"""The longest line taken from the daemon; a View grows by about 200 bytes an item."""

GREETING_TIMEOUT_S: Final = 1.0
"""From connecting to the first View; the daemon answers both from memory."""

_HELLO_ID: Final = "hello"
_WATCH_ID: Final = "watch"


class CoreAwayError(Exception):
    """Raised when the daemon is not there, does not greet, or is gone."""


class Core:
    """The daemon, as one page sees it. Use it as a context; two pages never share one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.greeting: dict[str, Any] = {}
        """The result of `hello`: station, library, version, languages, instance."""
        self.view: object = None
        """The first View, as `view.watch` answered it."""

    @classmethod
    async def connect(cls, path: Path) -> Self:
        """Connect, greet as a screen and start to watch. Raises CoreAwayError."""
        try:
            async with asyncio.timeout(GREETING_TIMEOUT_S):
                core = cls(*await asyncio.open_unix_connection(path, limit=MAX_DAEMON_LINE_BYTES))
                try:
                    await core._greet()
                except BaseException:
                    await core._close()
                    raise
        except (OSError, ValueError) as problem:  # TimeoutError and what the socket itself says are OSErrors
            raise CoreAwayError(str(problem) or type(problem).__name__) from problem
        return core

    async def ask(self, line: str) -> None:
        """Send one request; waits while the daemon is behind. Raises CoreAwayError."""
        try:
            self._writer.write(line.encode() + b"\n")
            await self._writer.drain()
        except OSError as problem:
            raise CoreAwayError(str(problem)) from problem

    async def next_line(self) -> str:
        """Return the daemon's next line, an answer or a notification, as it came. Raises CoreAwayError."""
        try:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise CoreAwayError("the connection ended")
            return line.decode().rstrip("\r\n")
        except (OSError, ValueError) as problem:
            raise CoreAwayError(str(problem)) from problem

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _greet(self) -> None:
        hello = {"client": "kioskd-screen", "protocol": PROTOCOL, "role": "screen"}
        await self.ask(requests.call(_HELLO_ID, "hello", hello))
        self.greeting = await self._result(_HELLO_ID)
        await self.ask(requests.call(_WATCH_ID, "view.watch", {}))
        self.view = await self._result(_WATCH_ID)

    async def _result(self, request_id: str) -> dict[str, Any]:
        message = json.loads(await self.next_line())
        if (
            not isinstance(message, dict)
            or message.get("id") != request_id
            or not isinstance(message.get("result"), dict)
        ):
            raise CoreAwayError("the daemon did not greet as expected")
        result: dict[str, Any] = message["result"]
        return result

    async def _close(self) -> None:
        # Not close(): that would wait for a daemon that has stopped reading.
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()
