"""Peripherals made of real kernel interfaces: a pty that is a device, and a printer's raw port on loopback."""

import contextlib
import os
import select
import socket
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


class Wire:
    """The device's end of a pty. The other end is the tty that a driver opens, by a link as udev makes one."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.master = -1
        self.plug()

    def plug(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(self.master)
        self.link.symlink_to(os.ttyname(slave))
        self._slave = slave  # held until somebody opens the tty: the first close would hang up

    def opened(self) -> None:
        """The driver has it now; from here on closing the master is unplugging."""
        os.close(self._slave)
        self._slave = -1

    def send(self, payload: bytes) -> None:
        os.write(self.master, payload)

    def receive(self, length: int, timeout_s: float = 5.0) -> bytes:
        got = b""
        while len(got) < length and select.select([self.master], [], [], timeout_s)[0]:
            got += os.read(self.master, length - len(got))
        return got

    def unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        for fd in (self._slave, self.master):
            if fd >= 0:
                os.close(fd)
        self.master = self._slave = -1


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    made = Wire(tmp_path / "device")
    yield made
    made.unplug()


STATUS = {1: 0b0001_0010, 2: 0b0001_0010, 3: 0b0001_0010, 4: 0b0001_0010}


class FakePrinter:
    """A raw port that counts what it is asked and keeps what it is sent, by the ESC/POS reference.

    It does not simulate: paper, time, more than one connection at once. `answers` maps the n of DLE EOT to a byte;
    `babble` is said before each answer; `takes` is after how many bytes it reads no more.
    """

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.url = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.answers: dict[int, int] = dict(STATUS)
        self.babble = b""
        self.takes: int | None = None
        self.slips = b""
        self.asked: list[int] = []
        self.connections = 0
        self.link: socket.socket | None = None
        self.changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            with self.changed:
                self.link = link
                self.connections += 1
                self.changed.notify_all()
            with contextlib.suppress(OSError):
                self._talk(link)
            link.close()

    def _talk(self, link: socket.socket) -> None:
        held = b""
        first = self.connections
        while True:
            if self.takes is not None and len(self.slips) >= self.takes and first == 1:
                # Full: reads no more on this connection, until it is reset.
                poll = select.poll()
                poll.register(link.fileno(), select.POLLHUP | select.POLLERR | select.POLLRDHUP)
                poll.poll(20_000)
                return
            chunk = link.recv(512)
            if not chunk:
                return
            held += chunk
            while held:
                if held[:1] == b"\x10" and len(held) < 3 and b"\x10\x04".startswith(held[:2]):
                    break
                if held[:2] == b"\x10\x04":
                    n, held = held[2], held[3:]
                    with self.changed:
                        self.asked.append(n)
                    link.sendall(self.babble)
                    if n in self.answers:
                        link.sendall(bytes((self.answers[n],)))
                    continue
                end = held.find(b"\x10", 1)
                end = len(held) if end < 0 else end
                with self.changed:
                    self.slips += held[:end]
                    self.changed.notify_all()
                held = held[end:]

    def wait(self, done: Callable[["FakePrinter"], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: done(self), 10)

    def hang_up(self, *, reset: bool = False) -> None:
        self.wait(lambda printer: printer.link is not None)
        assert self.link is not None
        if reset:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        with contextlib.suppress(OSError):
            # Of a reset the other side sees no end before it.
            self.link.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)

    def power_off(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.link is not None:
            with contextlib.suppress(OSError):
                self.link.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)


@pytest.fixture
def raw_port() -> Iterator[FakePrinter]:
    printer = FakePrinter()
    yield printer
    printer.power_off()
