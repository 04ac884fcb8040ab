"""HID devices without a cable: the kernel's HID layer takes a report descriptor and reports from us.

Source: Linux, include/uapi/linux/uhid.h and Documentation/hid/uhid.rst.
"""

import os
import select
import struct
import threading
import time
from types import TracebackType
from typing import Final, Self

from .keys import KEYBOARD, reports
from .nodes import await_truth, event_device, hidraw_device

DESTROY, START, STOP, OPEN, CLOSE, OUTPUT, GET_REPORT, CREATE2, INPUT2, SET_REPORT = 1, 2, 3, 4, 5, 6, 9, 11, 12, 13
GET_REPORT_REPLY, SET_REPORT_REPLY = 10, 14
CREATE2_REQUEST: Final = struct.Struct("=I128s64s64sHHIIII4096s")
"""struct uhid_create2_req behind the type: name, phys, uniq, descriptor's length, bus, vendor, product, version,
country, descriptor."""
EVENT_BYTES: Final = 4380
BUS_USB: Final = 3
NOT_SUPPORTED: Final = 95
"""EOPNOTSUPP: the answer to feature reports, which these devices do not have."""


class UhidDevice:
    """A HID device with a report descriptor. As a context manager it is plugged in and, at the end, unplugged."""

    def __init__(
        self,
        descriptor: bytes,
        *,
        name: str,
        uniq: str,
        phys: str = "usb-0000:00:14.0-9/input0",
        vendor: int = 0x0C2E,
        product: int = 0x0B6A,
    ) -> None:
        """`uniq`: its serial number, by which its nodes are found."""
        self._descriptor = descriptor
        self._about = (name, phys, uniq, vendor, product)
        self._fd = -1
        self._thread: threading.Thread | None = None
        self.uniq = uniq
        self.outputs: list[bytes] = []
        """Output reports that the host sent: lamps, beeps."""

    def plug(self) -> None:
        """Make the device. Its nodes come a moment later. Raises OSError (no uhid, no permission)."""
        self._fd = os.open("/dev/uhid", os.O_RDWR | os.O_CLOEXEC)
        name, phys, uniq, vendor, product = self._about
        request = CREATE2_REQUEST.pack(
            *(CREATE2, name.encode(), phys.encode(), uniq.encode()),
            *(len(self._descriptor), BUS_USB, vendor, product, 0x0111, 0, self._descriptor),
        )
        os.write(self._fd, request)
        self._thread = threading.Thread(target=self._serve, args=(self._fd,), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Take the device away; a second call does nothing."""
        if self._fd >= 0:
            os.write(self._fd, struct.pack("=I", DESTROY))
            fd, self._fd = self._fd, -1
            if self._thread is not None:
                self._thread.join()
            os.close(fd)

    def send(self, report: bytes) -> None:
        """Send one input report."""
        os.write(self._fd, struct.pack("=IH", INPUT2, len(report)) + report)

    def _serve(self, fd: int) -> None:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        while self._fd == fd:
            if not poll.poll(50):
                continue
            event = os.read(fd, EVENT_BYTES)
            (kind,) = struct.unpack_from("=I", event)
            if kind == OUTPUT:
                (size,) = struct.unpack_from("=H", event, 4 + 4096)
                self.outputs.append(event[4 : 4 + size])
            elif kind in (GET_REPORT, SET_REPORT):
                (number,) = struct.unpack_from("=I", event, 4)
                reply = GET_REPORT_REPLY if kind == GET_REPORT else SET_REPORT_REPLY
                os.write(fd, struct.pack("=IIHH", reply, number, NOT_SUPPORTED, 0))

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()


class UhidKeyboard(UhidDevice):
    """A wedge scanner: a boot keyboard that types."""

    def __init__(self, uniq: str = "UHID1", *, name: str = "Barcode Scanner") -> None:
        super().__init__(KEYBOARD, name=name, uniq=uniq)

    def plug(self) -> None:
        """Plug it in and wait for its event device. Raises OSError, TimeoutError."""
        super().plug()
        await_truth(lambda: bool(self.path), f"the event device of {self.uniq}")

    @property
    def path(self) -> str:
        """The event device; empty when there is none."""
        return event_device(self.uniq)

    def type_text(self, text: str, *, gap_s: float = 0.0) -> None:
        """Type `text` with a pause after each report. KeyError: it has no key for a character."""
        for report in reports(text):
            self.send(report)
            if gap_s:
                time.sleep(gap_s)


class UhidRaw(UhidDevice):
    """A HID device that is no keyboard: only hidraw has it."""

    def plug(self) -> None:
        """Plug it in and wait for its node. Raises OSError, TimeoutError."""
        super().plug()
        await_truth(lambda: bool(self.path), f"the raw device of {self.uniq}")

    @property
    def path(self) -> str:
        """The hidraw node; empty when there is none."""
        return hidraw_device(self.uniq)
