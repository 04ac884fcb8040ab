"""One TCP line to the library system: bytes out whole, lines in, and word when it ends."""

import asyncio
import contextlib
import os
import select
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from kioskd.sip2.errors import BadFrame
from kioskd.sip2.frame import LineBuffer

OpenLine = Callable[[Callable[[], "Line"], str, int], Awaitable[None]]
"""Opens a connection and hands it to a `Line`; given by the daemon, or by a simulation without a network.

It calls the first argument once for the protocol, then `connection_made` with an `asyncio.Transport` (of which only
`write`, `abort`, `is_closing` and `get_extra_info` are used), `data_received` and `connection_lost`, all from the loop.
Raises OSError; gaierror or UnicodeError where the name leads nowhere. A Line that was closed meanwhile aborts the
transport by itself.
"""

TAIL_BYTES: Final = 64
"""How much of an unfinished line is kept to be judged; a telnet prompt is shorter."""
ANOTHER_ADDRESS_S: Final = 0.25
"""So long one of a name's addresses has the word before the next is tried beside it (RFC 8305)."""


async def open_tcp(make: Callable[[], "Line"], host: str, port: int) -> None:
    """Open a TCP connection. Raises OSError; gaierror or UnicodeError where the name leads nowhere."""
    loop = asyncio.get_running_loop()
    await loop.create_connection(make, host, port, happy_eyeballs_delay=ANOTHER_ADDRESS_S)


class Listener(Protocol):
    """Who is told what a line brings."""

    def took(self, lines: list[bytes]) -> None:
        """Take the lines that one piece of the stream completed, perhaps none; more may have begun."""

    def ended(self, why: str, *, garbled: bool) -> None:
        """Hear that the line is over, in technicians' words; `garbled`: closed by us, for what came is no SIP2."""


class Line(asyncio.Protocol):
    """The receiving end of one connection. It holds one unfinished line at most, and that a bounded one."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._buffer = LineBuffer()
        self._transport: asyncio.Transport | None = None
        self._unread: select.poll | None = None
        self._over = False
        self.tail = b""
        """The last bytes of a line that has begun and not ended."""

    @property
    def connected(self) -> bool:
        """Whether there ever was a connection."""
        return self._transport is not None

    @property
    def settled(self) -> bool:
        """Whether all that came has been read: what was there before a question is no answer to it.

        The end of the line may be among what is unread. Where this is no, `took` or `ended` is sure to follow.
        """
        transport = self._transport
        if self._over or transport is None or transport.is_closing():
            return False
        return self._unread is None or not self._unread.poll(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; called by the loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._over:
            transport.abort()
            return
        sock = transport.get_extra_info("socket")
        if sock is not None:
            self._unread = select.poll()
            self._unread.register(sock.fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        """Cut what came into lines; called by the loop."""
        if self._over:
            return
        try:
            lines = self._buffer.feed(data)
        except BadFrame as bad:
            self._end(str(bad), garbled=True)
            return
        self.tail = (self.tail + data[-TAIL_BYTES:])[-TAIL_BYTES:].replace(b"\n", b"\r").rpartition(b"\r")[2]
        self._listener.took(lines)

    def eof_received(self) -> None:
        """The other side has no more to say, so nothing that we could write would be answered; called by the loop."""
        self._end("the library system closed the line")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; called by the loop."""
        if isinstance(exc, OSError) and exc.errno:
            self._end(f"the line broke: {os.strerror(exc.errno)}")
        else:
            self._end("the library system closed the line")

    def send(self, line: bytes) -> None:
        """Write one message in one piece: some servers answer each segment as a message."""
        if self._transport is not None and not self._over:
            self._transport.write(line)

    def close(self) -> None:
        """Hang up, without a word to the listener."""
        self._over = True
        self._unread = None
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.abort()

    def _end(self, why: str, *, garbled: bool = False) -> None:
        if not self._over:
            self.close()
            self._listener.ended(why, garbled=garbled)
