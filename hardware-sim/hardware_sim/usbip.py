"""USB/IP's bytes: what a client asks of a server that exports devices, and the answers. No I/O, no device.

Source: Linux, Documentation/usb/usbip_protocol.rst (version 1.1.1). Isochronous transfers are not read: no device here
has any.
"""

import struct
from dataclasses import dataclass
from typing import Final

VERSION: Final = 0x0111
REQ_IMPORT, REP_IMPORT = 0x8003, 0x0003
REQ_DEVLIST, REP_DEVLIST = 0x8005, 0x0005
CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
FULL_SPEED: Final = 2
BUSID_BYTES: Final = 32
HEAD_BYTES: Final = 48
_OPERATION: Final = struct.Struct("!HHI")
_DEVICE: Final = struct.Struct("!256s32sIIIHHHBBBBBB")
_BASIC: Final = struct.Struct("!IIIII")
_SUBMIT: Final = struct.Struct("!IiIII8s")
_RETURN: Final = struct.Struct("!iiIII8x")


class NotUsbipError(Exception):
    """Raised when the other side does not speak USB/IP 1.1.1."""


@dataclass(frozen=True, slots=True)
class ListDevices:
    """Which devices are there?"""


@dataclass(frozen=True, slots=True)
class Import:
    """Let me have the device of this name; the connection then carries its transfers."""

    busid: str


@dataclass(frozen=True, slots=True)
class Submit:
    """A transfer: `into_host` with room for `length` bytes, or out with `payload`. `setup` is endpoint 0's."""

    number: int
    endpoint: int
    into_host: bool
    length: int
    setup: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Unlink:
    """Give up the transfer `which`."""

    number: int
    which: int


Request = ListDevices | Import | Submit | Unlink


@dataclass(frozen=True, slots=True)
class Exported:
    """A device as it stands in the list."""

    busid: str
    bus: int
    number: int
    vendor: int
    product: int
    release: int
    interfaces: tuple[tuple[int, int, int], ...]
    """Class, subclass, protocol of each."""


class Wire:
    """One client's connection: operations first, then, once a device is imported, transfers."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.imported = False

    def feed(self, chunk: bytes) -> list[Request]:
        """Return the requests that `chunk` completes. Raises NotUsbipError."""
        self._held += chunk
        found: list[Request] = []
        while (taken := self._transfer() if self.imported else self._operation()) is not None:
            request, length = taken
            del self._held[:length]
            found.append(request)
            if isinstance(request, Import):
                # Whether it is granted says whoever answers: what follows is read then.
                break
        return found

    def _operation(self) -> tuple[Request, int] | None:
        if len(self._held) < _OPERATION.size:
            return None
        version, code, _ = _OPERATION.unpack_from(self._held)
        if version != VERSION:
            raise NotUsbipError(f"version {version:#06x}")
        if code == REQ_DEVLIST:
            return ListDevices(), _OPERATION.size
        if code != REQ_IMPORT:
            raise NotUsbipError(f"operation {code:#06x}")
        whole = _OPERATION.size + BUSID_BYTES
        if len(self._held) < whole:
            return None
        return Import(bytes(self._held[_OPERATION.size : whole]).rstrip(b"\0").decode("ascii", "replace")), whole

    def _transfer(self) -> tuple[Request, int] | None:
        if len(self._held) < HEAD_BYTES:
            return None
        command, number, _, direction, endpoint = _BASIC.unpack_from(self._held)
        if command == CMD_UNLINK:
            (which,) = struct.unpack_from("!I", self._held, _BASIC.size)
            return Unlink(number, which), HEAD_BYTES
        if command != CMD_SUBMIT:
            raise NotUsbipError(f"command {command}")
        _, length, _, _, _, setup = _SUBMIT.unpack_from(self._held, _BASIC.size)
        if not 0 <= length <= 1 << 20:
            raise NotUsbipError(f"a transfer of {length} bytes")
        out = 0 if direction else length
        if len(self._held) < HEAD_BYTES + out:
            return None
        payload = bytes(self._held[HEAD_BYTES : HEAD_BYTES + out])
        return Submit(number, endpoint, bool(direction), length, setup, payload), HEAD_BYTES + out


def device_list(devices: list[Exported]) -> bytes:
    """Return the answer to ListDevices."""
    out = _OPERATION.pack(VERSION, REP_DEVLIST, 0) + struct.pack("!I", len(devices))
    return out + b"".join(_described(one) + b"".join(bytes((*each, 0)) for each in one.interfaces) for one in devices)


def imported(device: Exported | None) -> bytes:
    """Return the answer to Import; None: there is no such device, or another client has it."""
    if device is None:
        return _OPERATION.pack(VERSION, REP_IMPORT, 1)
    return _OPERATION.pack(VERSION, REP_IMPORT, 0) + _described(device)


def done(submit: Submit, *, status: int = 0, into_host: bytes = b"", taken: int | None = None) -> bytes:
    """Return the end of a transfer: `status` is 0 or a negative errno, `taken` how much of what came out was taken."""
    length = len(into_host) if submit.into_host else len(submit.payload) if taken is None else taken
    head = _BASIC.pack(RET_SUBMIT, submit.number, 0, 0, 0) + _RETURN.pack(status, length, 0, 0, 0)
    return head + into_host


def unlinked(unlink: Unlink, *, status: int) -> bytes:
    """Return the answer to Unlink: minus ECONNRESET where the transfer was given up, 0 where it had ended."""
    return _BASIC.pack(RET_UNLINK, unlink.number, 0, 0, 0) + struct.pack("!i24x", status)


def _described(device: Exported) -> bytes:
    path = f"/sys/devices/hardware-sim/{device.busid}".encode()
    return _DEVICE.pack(
        path,
        device.busid.encode(),
        device.bus,
        device.number,
        FULL_SPEED,
        device.vendor,
        device.product,
        device.release,
        0,
        0,
        0,
        1,
        1,
        len(device.interfaces),
    )
