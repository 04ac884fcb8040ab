"""What a USB printer answers: its descriptors and the printer class's requests. No I/O.

Sources: USB 2.0, chapter 9; USB Device Class Definition for Printing Devices 1.1.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

OUT_ENDPOINT, IN_ENDPOINT = 0x01, 0x82
PACKET_BYTES: Final = 64
PRINTER: Final = (7, 1, 2)
"""Class printer, subclass printer, protocol bidirectional."""
_STRINGS: Final = {1: "manufacturer", 2: "product", 3: "serial_number"}
_NOT_AT_FAULT, _SELECTED, _PAPER_EMPTY = 0x08, 0x10, 0x20


@dataclass(frozen=True, slots=True)
class UsbIdentity:
    """Who it says it is."""

    vendor: int = 0x04B8
    product: int = 0x0E03
    manufacturer: str = "EPSON"
    product_name: str = "TM-T20"
    serial_number: str = "SIM0000001"

    @property
    def device_id(self) -> bytes:
        """IEEE 1284's text, as GET_DEVICE_ID answers it: its length in front."""
        text = f"MFG:{self.manufacturer};CMD:ESC/POS;MDL:{self.product_name};CLS:PRINTER;".encode()
        return (len(text) + 2).to_bytes(2, "big") + text


@dataclass(frozen=True, slots=True)
class Sensors:
    """What GET_PORT_STATUS tells."""

    paper_out: bool
    error: bool


class Function(Protocol):
    """What a device does on USB: its endpoint 0, and what its two other endpoints carry."""

    identity: UsbIdentity
    interface: tuple[int, int, int]
    """Class, subclass, protocol."""
    says_every_s: float | None
    """It has something to say after so long, whether or not anybody spoke; None: only when somebody did."""

    def control(self, setup: bytes) -> bytes | None:
        """Return what a request is answered with; None: it is refused (a stall)."""

    def takes(self, *, printer_takes: bool) -> bool:
        """Whether the next packet out of the host is taken now, or waits."""

    def out(self, packet: bytes, *, printer_takes: bool) -> bytes:
        """Return what of a packet reaches the printer."""

    def into(self, said: bytearray, length: int) -> bytes | None:
        """Return the next packets into the host, and take what they hold of `said`; None: there is nothing to say."""

    def unplugged(self) -> None:
        """Forget what the host had set."""


class Chapter9:
    """What every device answers: its descriptors, and that it is configured."""

    def __init__(self, identity: UsbIdentity, interface: tuple[int, int, int], *, release: int) -> None:
        self._identity = identity
        self._interface = interface
        self._release = release
        self._configured = 1

    def answer(self, kind: int, request: int, value: int) -> bytes | None:
        """Return the whole answer to a standard request; None: there is none."""
        match kind, request:
            case (0x80, 6):
                return self._descriptor(value >> 8, value & 0xFF)
            case (0x80, 8):
                return bytes((self._configured,))
            case (0x00, 9):
                self._configured = value & 0xFF
                return b""
            case (0x81, 10):
                return b"\0"
            case (0x80 | 0x81 | 0x82, 0):
                return b"\0\0"
            case (0x00 | 0x01 | 0x02, 1 | 3) | (0x00, 5) | (0x01, 11):
                return b""
            case _:
                return None

    def _descriptor(self, kind: int, number: int) -> bytes | None:
        who = self._identity
        match kind:
            case 1:
                numbers = who.vendor, who.product, self._release
                return struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0, 0, 0, 64, *numbers, 1, 2, 3, 1)
            case 2:
                return self._configuration()
            case 3 if number == 0:
                return b"\x04\x03\x09\x04"
            case 3 if number in _STRINGS:
                text = (who.manufacturer, who.product_name, who.serial_number)[number - 1]
                return bytes((2 + 2 * len(text), 3)) + text.encode("utf-16-le")
            case _:
                return None

    def _configuration(self) -> bytes:
        interface = bytes((9, 4, 0, 0, 2, *self._interface, 0))
        ends = b"".join(struct.pack("<BBBBHB", 7, 5, end, 2, PACKET_BYTES, 0) for end in (OUT_ENDPOINT, IN_ENDPOINT))
        rest = interface + ends
        return struct.pack("<BBHBBBBB", 9, 2, 9 + len(rest), 1, 1, 0, 0xC0, 1) + rest


class UsbFunction:
    """A printer's own USB. `sensors` is asked; `soft_reset` empties the printer's buffers."""

    interface = PRINTER
    says_every_s: float | None = None

    def __init__(
        self, identity: UsbIdentity, *, sensors: Callable[[], Sensors], soft_reset: Callable[[], None]
    ) -> None:
        self.identity = identity
        self._sensors = sensors
        self._soft_reset = soft_reset
        self._chapter_9 = Chapter9(identity, PRINTER, release=0x0100)

    def takes(self, *, printer_takes: bool) -> bool:
        """Let a packet wait until the printer takes it."""
        return printer_takes

    def out(self, packet: bytes, *, printer_takes: bool) -> bytes:  # noqa: ARG002 - it was asked before
        """Hand all of it on."""
        return packet

    def into(self, said: bytearray, length: int) -> bytes | None:
        """Send what the printer said, as it is."""
        chunk = bytes(said[:length])
        del said[:length]
        return chunk or None

    def unplugged(self) -> None:
        """Have nothing to forget."""

    def control(self, setup: bytes) -> bytes | None:
        """Return what a request is answered with; None: it is refused (a stall)."""
        kind, request, value, _, length = struct.unpack("<BBHHH", setup)
        answer = self._answer(kind, request)
        if answer is None:
            answer = self._chapter_9.answer(kind, request, value)
        return None if answer is None else answer[:length]

    def _answer(self, kind: int, request: int) -> bytes | None:
        match kind, request:
            case (0xA1, 0):
                return self.identity.device_id
            case (0xA1, 1):
                now = self._sensors()
                return bytes((_SELECTED | _NOT_AT_FAULT * (not now.error) | _PAPER_EMPTY * now.paper_out,))
            case (0x21 | 0x23, 2):
                self._soft_reset()
                return b""
            case _:
                return None
