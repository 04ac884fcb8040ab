"""Printers that only libusb reaches: pyusb, with the kernel's driver taken off and given back."""

import contextlib
import errno
import select
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import usb.backend  # type: ignore[import-untyped] # pyusb brings no types
import usb.core  # type: ignore[import-untyped] # pyusb brings no types
import usb.util  # type: ignore[import-untyped]

from drivers.base import CannotOpen, DeviceGone, WhyNot
from drivers.escpos_printer import EscposPrinter, GoneInTransfer
from drivers.escpos_status import StatusWay
from drivers.usb_lending import Lending, Loan

PRINTER_CLASS: Final = 7
VENDOR_CLASS: Final = 0xFF
"""Some printers show themselves so in one of their modes; taken only where the configuration names the device."""
TWO_WAYS: Final = 2
"""bInterfaceProtocol of a printer that answers. Source: USB Device Class Definition for Printing Devices 1.1."""
SOFT_RESET: Final = 2
TO_INTERFACE: Final = 0x21
"""bRequest and bmRequestType of the class request that empties the printer's buffers. Source: as above, 4.2.3."""
SEND_S: Final = 0.2
"""A transfer that the printer does not take is given up after that; what went of it is known."""
LISTEN_S: Final = 0.01
BUFFER_BYTES: Final = 4096
BY_ERRNO: Final[Mapping[int, WhyNot]] = {
    errno.EACCES: WhyNot.DENIED,
    errno.EPERM: WhyNot.DENIED,
    errno.EBUSY: WhyNot.BUSY,
}


def open_printer(
    *,
    device: str = "",
    write_timeout_s: float = 10.0,
    status_timeout_s: float = 0.5,
    status: str = StatusWay.REALTIME,
    backend: usb.backend.IBackend | None = None,
) -> EscposPrinter:
    """Open the USB printer `device`: `vendor:product`, with `/` and its serial number or port where there are two.

    Empty: the first one that says it is a printer. `backend` is pyusb's; None is libusb on this machine's own ports.
    Raises CannotOpen; ValueError for a device that is none.
    """
    way = StatusWay(status)  # before anything is opened
    channel = UsbChannel(Wanted.of(device), backend)
    return EscposPrinter(channel, write_timeout_s=write_timeout_s, status_timeout_s=status_timeout_s, status=way)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which device: any printer without numbers."""

    vendor: int = 0
    product: int = 0
    which: str = ""

    @classmethod
    def of(cls, device: str) -> "Wanted":
        """Read `vendor:product[/serial or port]`. Raises ValueError."""
        if not device:
            return cls()
        numbers, _, which = device.partition("/")
        vendor, _, product = numbers.partition(":")
        try:
            return cls(int(vendor, 16), int(product, 16), which)
        except ValueError:
            raise ValueError(f"usb device {device!r}: vendor:product is wanted, as 04b8:0e15") from None

    def __str__(self) -> str:
        numbers = f"{self.vendor:04x}:{self.product:04x}" if self.vendor else "a USB printer"
        return f"{numbers}/{self.which}" if self.which else numbers


@dataclass(frozen=True, slots=True)
class Door:
    """The way into a device: its interface, and the endpoints for each direction."""

    device: usb.core.Device
    interface: int
    setting: int
    out: int
    back: int | None


class UsbChannel:
    """One interface of a USB device, claimed."""

    def __init__(self, wanted: Wanted, backend: usb.backend.IBackend | None) -> None:
        self.name = str(wanted)
        self._wanted = wanted
        self._backend = backend
        self._heard = b""
        self._door: Door | None = None
        self._loan: Loan | None = None
        self._open()

    def wait(self, events: int, timeout_s: float) -> bool:
        """Listen until something has come; a transfer out waits by itself."""
        if not events & select.POLLIN:
            return True
        deadline_s = time.monotonic() + timeout_s
        while not self._heard:
            left_s = deadline_s - time.monotonic()
            self._listen(max(LISTEN_S, min(SEND_S, left_s)))
            if left_s <= 0:
                break
        return bool(self._heard)

    def freshen(self) -> None:
        """Open it again if it was closed."""
        if self._door is None:
            try:
                self._open()
            except CannotOpen as error:
                raise DeviceGone(str(error)) from error

    def send(self, payload: bytes) -> int:
        """Transfer as much as the printer takes within SEND_S."""
        door = self._opened()
        try:
            return int(door.device.write(door.out, payload, int(SEND_S * 1000)))
        except usb.core.USBError as error:
            if error.errno == errno.ETIMEDOUT:
                raise BlockingIOError(errno.EAGAIN, "the printer takes nothing") from error
            raise GoneInTransfer(f"{self.name}: {error.strerror or error}") from error

    def receive(self) -> bytes:
        """Return what the printer said."""
        if not self._heard:
            self._listen(LISTEN_S)
        heard, self._heard = self._heard, b""
        return heard

    def unsent(self) -> int:
        """Return 0: what a transfer that was given up did not take is not counted as handed over."""
        self._opened()
        return 0

    def settled(self) -> bool:
        """Whether the printer has all: a transfer that ended is with it."""
        self._opened()
        return True

    def abandon(self) -> None:
        """Tell the printer beside its data, which it does not take, to empty its buffers."""
        if self._door is not None:
            with contextlib.suppress(usb.core.USBError, NotImplementedError):
                self._door.device.ctrl_transfer(TO_INTERFACE, SOFT_RESET, 0, self._door.interface)

    def close(self) -> None:
        """Release the interface and give it back to the kernel's driver."""
        door, self._door = self._door, None
        if door is not None:
            with contextlib.suppress(usb.core.USBError, NotImplementedError):
                usb.util.release_interface(door.device, door.interface)
            if self._loan is not None:
                self._loan.give_back()
                self._loan = None
            with contextlib.suppress(usb.core.USBError):
                usb.util.dispose_resources(door.device)
        self._heard = b""

    # ---- opening

    def _open(self) -> None:
        door = self._find()
        lending = Lending(door.device, door.interface)
        try:
            self._loan = lending.take()
            if door.setting:
                door.device.set_interface_altsetting(door.interface, door.setting)
            usb.util.claim_interface(door.device, door.interface)
        except usb.core.USBError as error:
            if self._loan is not None:
                self._loan.give_back()
                self._loan = None
            raise self._cannot(error) from error
        self._door = door

    def _find(self) -> Door:
        try:
            devices = list(usb.core.find(find_all=True, backend=self._backend))
        except usb.core.NoBackendError as error:
            raise CannotOpen(
                self.name, WhyNot.UNSUITABLE, "libusb is not installed: sudo apt install libusb-1.0-0"
            ) from error
        except usb.core.USBError as error:
            raise self._cannot(error) from error
        mine = [device for device in devices if self._numbers(device)]
        try:
            doors = [door for device in mine if self._is_it(device) for door in _doors(device, any_class=self._named)]
        except usb.core.USBError as error:
            raise self._cannot(error) from error
        if not doors:
            why = WhyNot.UNSUITABLE if self._named and mine and not self._wanted.which else WhyNot.ABSENT
            raise CannotOpen(self.name, why, "no printer's interface" if mine else "no such device")
        return doors[0]

    @property
    def _named(self) -> bool:
        return bool(self._wanted.vendor)

    def _numbers(self, device: usb.core.Device) -> bool:
        return not self._named or (device.idVendor, device.idProduct) == (self._wanted.vendor, self._wanted.product)

    def _is_it(self, device: usb.core.Device) -> bool:
        if not self._wanted.which or self._wanted.which == _port(device):
            return True
        # Only now: reading it opens the device.
        return bool(device.iSerialNumber) and self._wanted.which == (device.serial_number or "")

    def _cannot(self, error: usb.core.USBError) -> CannotOpen:
        return CannotOpen(self.name, BY_ERRNO.get(error.errno or 0, WhyNot.ABSENT), error.strerror or str(error))

    # ---- open

    def _opened(self) -> Door:
        if self._door is None:
            raise DeviceGone(f"{self.name}: closed")
        return self._door

    def _listen(self, timeout_s: float) -> None:
        door = self._opened()
        if door.back is None:
            time.sleep(timeout_s)
            return
        try:
            self._heard += bytes(door.device.read(door.back, BUFFER_BYTES, max(1, int(timeout_s * 1000))))
        except usb.core.USBError as error:
            if error.errno != errno.ETIMEDOUT:
                raise DeviceGone(f"{self.name}: {error.strerror or error}") from error


def _doors(device: usb.core.Device, *, any_class: bool) -> Iterator[Door]:
    """Yield the printer's interfaces of a device, those that answer first."""
    settings = [setting for setting in device.get_active_configuration() if _prints(setting, any_class=any_class)]
    for setting in sorted(settings, key=lambda one: one.bInterfaceProtocol != TWO_WAYS):
        bulk = [end for end in setting if usb.util.endpoint_type(end.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK]
        out = [end.bEndpointAddress for end in bulk if not end.bEndpointAddress & usb.util.ENDPOINT_IN]
        back = [end.bEndpointAddress for end in bulk if end.bEndpointAddress & usb.util.ENDPOINT_IN]
        if out:
            number, alternate = setting.bInterfaceNumber, setting.bAlternateSetting
            yield Door(device, number, alternate, out[0], back[0] if back else None)


def _prints(setting: usb.core.Interface, *, any_class: bool) -> bool:
    return setting.bInterfaceClass == PRINTER_CLASS or (any_class and setting.bInterfaceClass == VENDOR_CLASS)


def _port(device: usb.core.Device) -> str:
    """Return the port as sysfs names it (`1-1.4`), empty where the backend does not know."""
    ports = device.port_numbers
    return f"{device.bus}-{'.'.join(map(str, ports))}" if ports else ""
