"""A device of a USB/IP server on one of the kernel's own ports: vhci_hcd makes a USB device of a TCP connection.

What faces the device is the kernel's driver for its kind. Source: Linux, Documentation/usb/usbip_protocol.rst (import)
and drivers/usb/usbip/vhci_sysfs.c (attach, detach).
"""

import contextlib
import socket
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

ATTACH: Final = Path("/sys/devices/platform/vhci_hcd.0/attach")
DETACH: Final = Path("/sys/devices/platform/vhci_hcd.0/detach")
IMPORT: Final = struct.pack("!HHI32s", 0x0111, 0x8003, 0, b"1-1")
ANSWER: Final = struct.Struct("!HHI")
DEVICE_BYTES: Final = 312
NUMBERS: Final = struct.Struct("!II")
NUMBERS_AT: Final = 256 + 32
"""Bus and device, behind the path and the bus id."""
FULL_SPEED: Final = 2
PATIENCE_S: Final = 20.0


class UsbipPort:
    """One port, and the server whose device is plugged in there. As a context manager it is plugged in."""

    def __init__(self, host: str, port: int, *, module: str = "", number: int = 0) -> None:
        """`module`: the kernel's driver to load for it. `number`: which of vhci_hcd's ports. Raises OSError."""
        self._address = host, port
        self._number = number
        subprocess.run(["/sbin/modprobe", "-a", "vhci_hcd", *([module] if module else [])], check=True)

    def plug(self) -> None:
        """Plug it in. Its nodes come some hundred milliseconds later.

        Raises ConnectionError (the server has no device), OSError (the port is taken).
        """
        with socket.create_connection(self._address, PATIENCE_S) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.sendall(IMPORT)
            _, _, status = ANSWER.unpack(_exactly(line, ANSWER.size))
            if status:
                raise ConnectionRefusedError("the server lets nobody have the device")
            bus, device = NUMBERS.unpack_from(_exactly(line, DEVICE_BYTES), NUMBERS_AT)
            line.settimeout(None)
            # The kernel keeps the connection by itself.
            ATTACH.write_text(f"{self._number} {line.fileno()} {bus << 16 | device} {FULL_SPEED}")

    def unplug(self) -> None:
        """Pull it out; one that is out, or was lost by the server's end, is none the worse."""
        with contextlib.suppress(OSError):
            DETACH.write_text(str(self._number))

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()


def _exactly(line: socket.socket, length: int) -> bytes:
    got = b""
    while len(got) < length:
        chunk = line.recv(length - len(got))
        if not chunk:
            raise ConnectionError("the server ended the connection")
        got += chunk
    return got
