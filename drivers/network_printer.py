"""Printers on the network: raw bytes over TCP, port 9100 by custom (*JetDirect*, *AppSocket*)."""

import array
import contextlib
import errno
import fcntl
import re
import socket
import struct
import termios
from typing import Final

from drivers.base import CannotOpen, DeviceGone, WhyNot
from drivers.escpos_printer import EscposPrinter, wait_on
from drivers.escpos_status import StatusWay

DEFAULT_PORT: Final = 9100
SIOCOUTQ: Final = termios.TIOCOUTQ
"""Bytes that the printer's side has not acknowledged. Source: tcp(7)."""
SIOCOUTQNSD: Final = 0x894B
"""Bytes that have not left this machine. Source: Linux, include/uapi/linux/sockios.h."""
KEEPALIVE_S: Final = 30
"""A printer switched off says nothing: after that much silence the kernel asks, three times 10 s apart."""
_URL: Final = re.compile(r"(?:(?:tcp|socket)://)?(\[[0-9A-Fa-f:.%\w]+\]|[^:/\[\]\s]+)(?::(\d{1,5}))?/?")


def open_printer(
    *,
    url: str,
    connect_timeout_s: float = 3.0,
    write_timeout_s: float = 10.0,
    status_timeout_s: float = 1.0,
    status: str = StatusWay.REALTIME,
) -> EscposPrinter:
    """Connect to the printer at `url` (`host`, `host:port`, `[v6]:port`).

    The connection is kept, and made anew before a slip if the printer has dropped it meanwhile. Raises CannotOpen;
    ValueError for an address that is none.
    """
    way = StatusWay(status)  # before anything is opened
    host, port = parse_url(url)
    channel = TcpChannel(host, port, connect_timeout_s=connect_timeout_s)
    return EscposPrinter(channel, write_timeout_s=write_timeout_s, status_timeout_s=status_timeout_s, status=way)


def parse_url(url: str) -> tuple[str, int]:
    """Return host and port. Raises ValueError."""
    found = _URL.fullmatch(url)
    port = int(found[2] or DEFAULT_PORT) if found else 0
    if found is None or not 0 < port < 65536:
        raise ValueError(f"printer url {url!r}: host or host:port is wanted, as 192.168.1.40:9100")
    return found[1].strip("[]"), port


class TcpChannel:
    """One connection to a printer's raw port."""

    def __init__(self, host: str, port: int, *, connect_timeout_s: float) -> None:
        self.name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._address = (host, port)
        self._connect_timeout_s = connect_timeout_s
        self._socket: socket.socket | None = None
        self._answers = False
        """This printer has said something, on this connection or an earlier one."""
        self._unanswered = False
        """It has said nothing since bytes were sent, though it is one that answers."""
        try:
            self._socket = self._connect()
        except OSError as error:
            why = WhyNot.DENIED if error.errno in (errno.EACCES, errno.EPERM) else WhyNot.ABSENT
            raise CannotOpen(self.name, why, error.strerror or str(error)) from error

    def fileno(self) -> int:
        """Return the socket's descriptor. Raises DeviceGone without a connection."""
        return self._open_socket().fileno()

    def wait(self, events: int, timeout_s: float) -> bool:
        """Wait on the descriptor."""
        return wait_on(self.fileno(), events, timeout_s)

    def freshen(self) -> None:
        """Connect anew if the printer ended the connection since: many do when nothing comes for a minute.

        Raises DeviceGone, once, where bytes went out that it has not answered: they may be lost with the connection.
        """
        if self._socket is not None:
            if self._alive(self._socket):
                return
            unanswered = self._unanswered
            self.close()
            if unanswered:
                raise DeviceGone(f"{self.name}: the connection ended after bytes were sent")
        try:
            self._socket = self._connect()
        except OSError as error:
            raise DeviceGone(f"{self.name}: {error.strerror or error}") from error

    def send(self, payload: bytes) -> int:
        """Put what fits into the socket."""
        try:
            sent = self._open_socket().send(payload)
            self._unanswered = self._answers
            return sent
        except BlockingIOError:
            raise
        except OSError as error:
            raise DeviceGone(f"{self.name}: {error.strerror or error}") from error

    def receive(self) -> bytes:
        """Return what the printer said."""
        try:
            chunk = self._open_socket().recv(4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise DeviceGone(f"{self.name}: {error.strerror or error}") from error
        if not chunk:
            raise DeviceGone(f"{self.name}: the printer ended the connection")
        self._answers, self._unanswered = True, False
        return chunk

    def unsent(self) -> int:
        """Return what is still in this machine's queue."""
        return self._queue(SIOCOUTQNSD)

    def settled(self) -> bool:
        """Whether the printer's side acknowledged all."""
        waiting = self._queue(SIOCOUTQ)
        # In this order: a reset empties the queue, and says so afterwards.
        broken = self._open_socket().getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if broken:
            raise DeviceGone(f"{self.name}: {errno.errorcode.get(broken, broken)}")
        return waiting == 0

    def abandon(self) -> None:
        """Reset the connection: what is in the queue shall not reach the paper later."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._unanswered = False
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self) -> socket.socket:
        link = socket.create_connection(self._address, timeout=self._connect_timeout_s)
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        return link

    @staticmethod
    def _alive(link: socket.socket) -> bool:
        try:
            return bool(link.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise DeviceGone(f"{self.name}: not connected")
        return self._socket

    def _queue(self, request: int) -> int:
        answer = array.array("i", [0])
        fcntl.ioctl(self._open_socket().fileno(), request, answer)
        return answer[0]
