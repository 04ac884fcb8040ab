"""A serial printer behind a USB adapter: a chip of FTDI's FT232R, which the kernel's ftdi_sio faces. No I/O.

The chip, and not the computer, does the flow control that the driver asks it for: with RTS/CTS it sends while the
printer's wire to CTS is up, with XON/XOFF as the printer's characters say, and else always: what a printer with a full
buffer is sent then is lost.

Not simulated: baud rates, parity, breaks, the chip's EEPROM and its 256 bytes of buffer.
Source: Linux, drivers/usb/serial/ftdi_sio.h (requests, and the two status bytes before each packet).
"""

import struct
import time
from enum import StrEnum
from typing import Final

from .usb_function import PACKET_BYTES, Chapter9, UsbIdentity

VENDOR_CLASS: Final = (0xFF, 0xFF, 0xFF)
RELEASE: Final = 0x0600
"""By which the driver knows an FT232R."""
FTDI: Final = UsbIdentity(0x0403, 0x6001, "FTDI", "FT232R USB UART", "SIMFTDI1")
DTR, RTS = 0x01, 0x02
BY_RTS_CTS, BY_XON_XOFF = 0x01, 0x04
"""High byte of SET_FLOW's wIndex."""
CTS, DSR, CARRIER = 0x10, 0x20, 0x80
ALWAYS, SENT = 0x01, 0x60
"""Of the status bytes: the first's low bits, and *transmitter empty* in the second."""
LATENCY_MS: Final = 16
STATUS_BYTES: Final = 2
XON, XOFF = b"\x11", b"\x13"


class Handshake(StrEnum):
    """How the printer says that its buffer is full."""

    RTSCTS = "rtscts"
    """By the wire that leads to the computer's CTS, whatever it is called at the printer's end."""
    XONXOFF = "xonxoff"


class UsbSerial:
    """The adapter. `lines` are what the computer has up, of DTR and RTS; `lost` counts what found a full buffer."""

    interface = VENDOR_CLASS
    says_every_s: float | None = LATENCY_MS / 1000

    def __init__(self, handshake: Handshake, identity: UsbIdentity = FTDI) -> None:
        self.identity = identity
        self.lines = 0
        self.lost = 0
        self.flow = 0
        """As the driver set it: BY_RTS_CTS, BY_XON_XOFF or 0."""
        self._handshake = handshake
        self._chapter_9 = Chapter9(identity, VENDOR_CLASS, release=RELEASE)
        self._ready = True
        self._stopped = False
        self._characters = b""
        self._last_status_s = 0.0
        self._news = True

    def control(self, setup: bytes) -> bytes | None:
        """Answer the driver."""
        kind, request, value, index, length = struct.unpack("<BBHHH", setup)
        answer = self._answer(kind, request, value, index)
        if answer is None:
            answer = self._chapter_9.answer(kind, request, value)
        return None if answer is None else answer[:length]

    def _answer(self, kind: int, request: int, value: int, index: int) -> bytes | None:
        match kind, request:
            case (0x40, 1):  # modem control: which lines, and up or down
                named = value >> 8
                self.lines = self.lines & ~named | value & named
                return b""
            case (0x40, 2):  # flow control
                self.flow = index >> 8
                self._stopped = False
                return b""
            case (0x40, _):  # reset, baud rate, framing, latency
                return b""
            case (0xC0, 5):  # modem status
                return self._status
            case (0xC0, 10):  # latency
                return bytes((LATENCY_MS,))
            case (0xC0, 0x90):  # a word of the EEPROM: an empty one
                return b"\xff\xff"
            case _:
                return None

    @property
    def _status(self) -> bytes:
        clear = self._ready or self._handshake is not Handshake.RTSCTS
        return bytes((ALWAYS | DSR | CARRIER | CTS * clear, SENT))

    def takes(self, *, printer_takes: bool) -> bool:
        """Send on, unless the driver asked for a handshake and the printer holds off."""
        self._printer_is(ready=printer_takes)
        if self.flow & BY_RTS_CTS and not self._status[0] & CTS:
            return False
        return not (self.flow & BY_XON_XOFF and self._stopped)

    def out(self, packet: bytes, *, printer_takes: bool) -> bytes:
        """Hand on what the printer has room for; nobody told the chip to wait."""
        if printer_takes:
            return packet
        self.lost += len(packet)
        return b""

    def into(self, said: bytearray, length: int) -> bytes | None:
        """Send packets of the printer's bytes, each with the two status bytes; without any, those at times."""
        now_s = time.monotonic()
        if not self.flow & BY_XON_XOFF:
            said[:0] = self._characters  # nobody at the computer's end keeps them to itself
        self._characters = b""
        if not said and not self._news and now_s - self._last_status_s < LATENCY_MS / 1000:
            return None
        self._news, self._last_status_s = False, now_s
        packets = b""
        while len(packets) + PACKET_BYTES <= length and (said or not packets):
            chunk = bytes(said[: PACKET_BYTES - STATUS_BYTES])
            del said[: len(chunk)]
            packets += self._status + chunk
            if len(chunk) < PACKET_BYTES - STATUS_BYTES:
                break  # a short packet ends the transfer
        return packets

    def unplugged(self) -> None:
        """Forget what the driver had set."""
        self.lines = self.flow = 0
        self._stopped = False
        self._news = True

    def _printer_is(self, *, ready: bool) -> None:
        if ready == self._ready:
            return
        self._ready = ready
        self._news = True
        if self._handshake is Handshake.XONXOFF:
            self._stopped = not ready
            self._characters += XON if ready else XOFF
