"""Printers behind the kernel's usblp driver: `/dev/usb/lp0`, read and written without waiting."""

import contextlib
import errno
import os
import select
from typing import Final

from drivers.base import DeviceGone
from drivers.escpos_printer import EscposPrinter, GoneInTransfer, wait_on
from drivers.escpos_status import StatusWay
from drivers.opening import GONE, cannot_open

WRITE_ONLY: Final = errno.EINVAL
"""usblp's answer to a read from a printer with no way back (USB protocol 1). Source: Linux, usblp.c, usblp_read."""


def open_printer(
    *,
    device: str = "/dev/usb/lp0",
    write_timeout_s: float = 10.0,
    status_timeout_s: float = 0.5,
    status: str = StatusWay.REALTIME,
) -> EscposPrinter:
    """Open the printer at the path `device`. Raises CannotOpen."""
    way = StatusWay(status)  # before anything is opened
    return EscposPrinter(
        UsblpChannel(device), write_timeout_s=write_timeout_s, status_timeout_s=status_timeout_s, status=way
    )


class UsblpChannel:
    """The descriptor of a usblp device. The kernel itself lets one program in at a time (EBUSY)."""

    def __init__(self, device: str) -> None:
        self.name = device
        self._fd: int | None = None
        try:
            self._fd = self._open()
        except OSError as error:
            raise cannot_open(device, error) from error

    def fileno(self) -> int:
        """Return the descriptor. Raises DeviceGone when it is closed."""
        if self._fd is None:
            raise DeviceGone(f"{self.name}: closed")
        return self._fd

    def wait(self, events: int, timeout_s: float) -> bool:
        """Wait on the descriptor."""
        return wait_on(self.fileno(), events, timeout_s)

    def freshen(self) -> None:
        """Open it again after `abandon`."""
        if self._fd is None:
            try:
                self._fd = self._open()
            except OSError as error:
                raise DeviceGone(f"{self.name}: {error.strerror}") from error

    def send(self, payload: bytes) -> int:
        """Start one transfer; EAGAIN while the last one is under way. ENOSPC (the paper's end) goes up as it is."""
        self._ready(0)  # here it is known that nothing has left; of what is begun below usblp does not say
        try:
            return os.write(self.fileno(), payload)
        except BlockingIOError:
            raise
        except OSError as error:
            if error.errno in GONE:
                raise GoneInTransfer(f"{self.name}: {error.strerror}") from error
            raise

    def receive(self) -> bytes:
        """Return what the printer said; an empty packet is nothing."""
        try:
            return os.read(self.fileno(), 4096) or self._nothing()
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno == WRITE_ONLY:
                return b""
            if error.errno in GONE:
                raise DeviceGone(f"{self.name}: {error.strerror}") from error
            raise

    def unsent(self) -> int:
        """Return 0: of a transfer under way nobody knows how much the printer has."""
        return 0

    def settled(self) -> bool:
        """Whether the last transfer is through: only then does usblp say writable."""
        return bool(self._ready(select.POLLOUT) & select.POLLOUT)

    def abandon(self) -> None:
        """Close it: the kernel then ends the transfer under way."""
        self.close()

    def close(self) -> None:
        """Close the descriptor."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = None

    def _nothing(self) -> bytes:
        """Return nothing for an empty packet. A node without a device behind it reads empty as well."""
        self._ready(0)
        return b""

    def _ready(self, events: int) -> int:
        poll = select.poll()
        poll.register(self.fileno(), events)
        ready = dict(poll.poll(0)).get(self.fileno(), 0)
        if ready & (select.POLLERR | select.POLLHUP):
            raise DeviceGone(f"{self.name}: hung up")
        return ready

    def _open(self) -> int:
        return os.open(self.name, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
