"""Takes a USB interface from the kernel's driver and sees that it gets it back, also when this program dies."""

import contextlib
import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import usb.core  # type: ignore[import-untyped] # pyusb brings no types

USB_NODES: Final = Path("/dev/bus/usb")
SYSFS: Final = Path("/sys/bus/usb/devices")
GUARD: Final = Path(__file__).with_name("usb_guard.py")
GUARD_S: Final = 5.0
"""For the guard to start, and to end."""


class Lending:
    """One interface of one device (pyusb's), before it is taken."""

    def __init__(self, device: usb.core.Device, interface: int) -> None:
        self._device = device
        self._interface = interface

    def take(self) -> "Loan | None":
        """Take the interface from the kernel's driver; None where none has it. Raises USBError.

        Refused with EBUSY while another program has that driver's node open: it would lose its printer in the middle.
        """
        if not self._has_driver():
            return None
        for node in self._nodes():
            if _held(node):
                raise usb.core.USBError(f"{node} is open in another program", errno=errno.EBUSY)
        path = USB_NODES / f"{self._device.bus:03}" / f"{self._device.address:03}"
        guard = _start_guard(path, self._interface)
        try:
            self._device.detach_kernel_driver(self._interface)
        except usb.core.USBError:
            _dismiss(guard)
            raise
        return Loan(self._device, self._interface, guard)

    def _has_driver(self) -> bool:
        try:
            return bool(self._device.is_kernel_driver_active(self._interface))
        except NotImplementedError:
            return False

    def _nodes(self) -> list[Path]:
        """Return the nodes of usblp on this interface."""
        ports = ".".join(map(str, self._device.port_numbers or ()))
        folders = SYSFS.glob(f"{self._device.bus}-{ports}:*.{self._interface}/usbmisc/lp*")
        return [Path("/dev/usb") / folder.name for folder in folders]


class Loan:
    """An interface that is owed to the kernel's driver."""

    def __init__(self, device: usb.core.Device, interface: int, guard: subprocess.Popen[bytes] | None) -> None:
        self._device = device
        self._interface = interface
        self._guard = guard

    def give_back(self) -> None:
        """Let the kernel's driver have it again; nothing is owed for a device that is gone."""
        with contextlib.suppress(usb.core.USBError, NotImplementedError):
            self._device.attach_kernel_driver(self._interface)
        _dismiss(self._guard)


def _held(node: Path) -> bool:
    """Whether a program has this usblp node open: the kernel lets one in at a time."""
    try:
        os.close(os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def _start_guard(path: Path, interface: int) -> subprocess.Popen[bytes] | None:
    """Start the process that outlives this one. None: it cannot be started, and a crash would keep the interface."""
    command = [sys.executable, "-I", "-S", str(GUARD), str(path), str(interface)]
    try:
        # A group of its own: a Ctrl-C meant for this program is not meant for it.
        guard = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own program
    except OSError:
        return None
    assert guard.stdout is not None
    guard.stdout.read(1)  # it stands ready, or has ended
    guard.stdout.close()
    return guard


def _dismiss(guard: subprocess.Popen[bytes] | None) -> None:
    if guard is None:
        return
    assert guard.stdin is not None
    with contextlib.suppress(OSError):
        guard.stdin.write(b".")
        guard.stdin.close()
    try:
        guard.wait(GUARD_S)
    except subprocess.TimeoutExpired:
        guard.kill()
        guard.wait()
