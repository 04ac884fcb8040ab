"""One TCP line to the library system: bytes out whole, lines in, and word when it ends."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from kioskd.sip2.errors import BadFrame
from kioskd.sip2.frame import LineBuffer

OpenLine = Callable[[Callable[[], "Line"], str, int], Awaitable[None]]
"""Opens a connection and hands it to a `Line`; given by the daemon, or by a simulation without a network."""


async def open_tcp(make: Callable[[], "Line"], host: str, port: int) -> None:
    """Open a TCP connection. Raises OSError; gaierror where the name is not known."""
    await asyncio.get_running_loop().create_connection(make, host, port)


class Line(asyncio.Protocol):
    """The receiving end. `heard` gets each line; `ended` gets None, or why what came cannot be read."""

    def __init__(self, heard: Callable[["Line", bytes], None], ended: Callable[["Line", str | None], None]) -> None:
        self._heard = heard
        self._ended = ended
        self._buffer = LineBuffer()
        self._transport: asyncio.Transport | None = None
        self._over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; called by the loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Cut what came into lines; called by the loop."""
        try:
            lines = self._buffer.feed(data)
        except BadFrame as bad:
            self._end(str(bad))
            return
        for line in lines:
            if self._over:
                return
            self._heard(self, line)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The other side hung up; called by the loop."""
        self._end(None)

    def send(self, line: bytes) -> None:
        """Write one message in one piece: some servers answer each segment as a message."""
        if self._transport is not None and not self._over:
            self._transport.write(line)

    def close(self) -> None:
        """Hang up, without word to `ended`."""
        self._over = True
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.abort()

    def _end(self, why: str | None) -> None:
        if not self._over:
            self.close()
            self._ended(self, why)
