"""Printers on a serial line; DTR/DSR, RTS/CTS or XON/XOFF holds the computer off while the buffer is full."""

import array
import contextlib
import fcntl
import os
import termios

import serial

from drivers.base import CannotOpen, DeviceGone
from drivers.escpos_printer import EscposPrinter, wait_on
from drivers.escpos_status import StatusWay
from drivers.opening import GONE
from drivers.serial_line import close_tty, open_tty


def open_printer(
    *,
    port: str,
    baud: int = 19200,
    bits: int = 8,
    parity: str = "none",
    stop_bits: float = 1,
    flow: str = "rtscts",
    write_timeout_s: float = 20.0,
    status_timeout_s: float = 0.5,
    status: str = StatusWay.REALTIME,
) -> EscposPrinter:
    """Open the printer on the tty `port`. Raises CannotOpen; ValueError for a bad setting.

    A printer's DTR is wired to the computer's CTS in the usual cable, so `rtscts` serves DTR printers too; Linux knows
    no DSR flow control. At 19200 baud a full slip in pictures takes some 15 s: hence the longer time.
    """
    way = StatusWay(status)  # before anything is opened
    line = TtyLine(port=port, baud=baud, bits=bits, parity=parity, stop_bits=stop_bits, flow=flow)
    return EscposPrinter(
        TtyChannel(line), write_timeout_s=write_timeout_s, status_timeout_s=status_timeout_s, status=way
    )


class TtyLine:
    """How a tty is opened, kept so that it can be opened again."""

    def __init__(self, *, port: str, baud: int, bits: int, parity: str, stop_bits: float, flow: str) -> None:
        self.port = port
        self._baud, self._bits, self._parity = baud, bits, parity
        self._stop_bits, self._flow = stop_bits, flow

    def open(self) -> serial.Serial:
        """Open the tty. Raises CannotOpen; ValueError."""
        return open_tty(
            self.port,
            baud=self._baud,
            bits=self._bits,
            parity=self._parity,
            stop_bits=self._stop_bits,
            flow=self._flow,
        )


class TtyChannel:
    """The tty of a serial printer."""

    def __init__(self, line: TtyLine) -> None:
        self.name = line.port
        self._line = line
        self._tty = line.open()

    def fileno(self) -> int:
        """Return the tty's descriptor. Raises DeviceGone when it is closed."""
        if not self._tty.is_open:
            raise DeviceGone(f"{self.name}: closed")
        return int(self._tty.fileno())

    def wait(self, events: int, timeout_s: float) -> bool:
        """Wait on the descriptor."""
        return wait_on(self.fileno(), events, timeout_s)

    def freshen(self) -> None:
        """Open it again if it was closed."""
        if not self._tty.is_open:
            try:
                self._tty = self._line.open()
            except CannotOpen as error:
                raise DeviceGone(str(error)) from error

    def send(self, payload: bytes) -> int:
        """Put what fits into the tty's queue."""
        try:
            return os.write(self.fileno(), payload)
        except BlockingIOError:
            raise
        except OSError as error:
            raise self._gone(error) from error

    def receive(self) -> bytes:
        """Return what the printer said."""
        try:
            chunk = os.read(self.fileno(), 4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone(error) from error
        if not chunk:
            raise DeviceGone(f"{self.name}: hung up")
        return chunk

    def unsent(self) -> int:
        """Return what is still in the tty's queue."""
        waiting = array.array("i", [0])
        try:
            fcntl.ioctl(self.fileno(), termios.TIOCOUTQ, waiting)
        except OSError as error:
            raise self._gone(error) from error
        return waiting[0]

    def settled(self) -> bool:
        """Whether the queue is empty; the last few bytes may still be in the chip."""
        return self.unsent() == 0

    def abandon(self) -> None:
        """Empty the queue."""
        with contextlib.suppress(OSError, termios.error, DeviceGone):
            termios.tcflush(self.fileno(), termios.TCOFLUSH)

    def close(self) -> None:
        """Close the tty; what is still in its queue is dropped, for closing would wait for it."""
        self.abandon()
        close_tty(self._tty)

    def _gone(self, error: OSError) -> Exception:
        return DeviceGone(f"{self.name}: {error.strerror}") if error.errno in GONE else error
