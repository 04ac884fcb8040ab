"""Whole USB devices: the kernel's gadget functions at one end of dummy_hcd, its ordinary drivers at the other.

Source: Linux, Documentation/usb/gadget_configfs.rst and Documentation/ABI/testing/configfs-usb-gadget*.
"""

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .keys import KEYBOARD, reports
from .nodes import await_truth

CONFIGFS: Final = Path("/sys/kernel/config/usb_gadget")
MODULES: Final = ("configfs", "libcomposite", "usb_f_printer", "usb_f_acm", "usb_f_hid")
PORTS: Final = 4
"""So many devices at once: dummy_hcd makes as many controllers."""
ENGLISH: Final = "0x409"


def load_modules() -> None:
    """Load what gadgets need; once is enough, again does no harm. Raises CalledProcessError, OSError."""
    if not Path("/sys/module/dummy_hcd").exists():
        subprocess.run(["/sbin/modprobe", "dummy_hcd", f"num={PORTS}"], check=True)
    subprocess.run(["/sbin/modprobe", "-a", *MODULES], check=True)
    if not CONFIGFS.is_dir():
        subprocess.run(["/bin/mount", "-t", "configfs", "none", "/sys/kernel/config"], check=True)


class Gadget:
    """One USB device with one function, on one of dummy_hcd's ports. `plug` and `unplug` are its cable."""

    def __init__(
        self,
        function: str,
        attributes: Mapping[str, bytes],
        *,
        serial_number: str,
        product: str,
        port: int = 0,
        identity: tuple[int, int] = (0x1D6B, 0x0104),
    ) -> None:
        """`function`: its name in configfs, as `printer.lp`. `identity`: vendor and product. Raises OSError."""
        load_modules()
        self.serial_number = serial_number
        self._udc = f"dummy_udc.{port}"
        self._folder = folder = CONFIGFS / f"kiosk-{function}-{port}"
        self._function = function
        if folder.exists():  # whoever had it was killed
            self.plugged = bool((folder / "UDC").read_text().strip())
            self.remove()
        folder.mkdir()
        vendor, number = identity
        self._set("idVendor", f"0x{vendor:04x}".encode())
        self._set("idProduct", f"0x{number:04x}".encode())
        (folder / "strings" / ENGLISH).mkdir()
        self._set(f"strings/{ENGLISH}/serialnumber", serial_number.encode())
        self._set(f"strings/{ENGLISH}/manufacturer", b"Simulated")
        self._set(f"strings/{ENGLISH}/product", product.encode())
        (folder / "functions" / function).mkdir()
        for name, content in attributes.items():
            self._set(f"functions/{function}/{name}", content)
        (folder / "configs/c.1").mkdir()
        (folder / "configs/c.1" / function).symlink_to(folder / "functions" / function)
        self.plugged = False

    def plug(self) -> None:
        """Push the plug in. The host side finds it by itself, some hundred milliseconds later. Raises OSError."""
        self._set("UDC", self._udc.encode())
        self.plugged = True

    def unplug(self) -> None:
        """Pull the plug; a second call does nothing."""
        if self.plugged:
            self._set("UDC", b"\n")
            self.plugged = False

    def remove(self) -> None:
        """Take the device apart."""
        self.unplug()
        (self._folder / "configs/c.1" / self._function).unlink()
        (self._folder / "configs/c.1").rmdir()
        (self._folder / "functions" / self._function).rmdir()
        (self._folder / "strings" / ENGLISH).rmdir()
        self._folder.rmdir()

    def attribute(self, name: str) -> str:
        """Return an attribute of the function."""
        return (self._folder / "functions" / self._function / name).read_text().strip()

    def _set(self, name: str, content: bytes) -> None:
        (self._folder / name).write_bytes(content)

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class UsbKeyboard(Gadget):
    """A wedge scanner on USB: usbhid and evdev face it."""

    def __init__(self, serial_number: str = "KBD1", *, port: int = 0) -> None:
        attributes = {"protocol": b"1", "subclass": b"1", "report_length": b"8", "report_desc": KEYBOARD}
        super().__init__(
            *(f"hid.kbd{port}", attributes),
            serial_number=serial_number,
            product="Barcode Scanner",
            port=port,
            identity=(0x0C2E, 0x0B61),
        )
        self.by_id = f"/dev/input/by-id/usb-Simulated_Barcode_Scanner_{serial_number}-event-kbd"

    def type_text(self, text: str, *, gap_s: float = 0.0, timeout_s: float = 10.0) -> None:
        """Type `text`; each report waits until the host has fetched the one before. Raises TimeoutError, OSError."""
        fd = os.open(_node_of(self.attribute("dev")), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            for report in reports(text):
                _write_when_taken(fd, report, timeout_s)
                time.sleep(gap_s)
        finally:
            os.close(fd)


class UsbSerial(Gadget):
    """A USB-CDC device: cdc_acm faces it as `/dev/ttyACM*`."""

    def __init__(self, serial_number: str = "ACM1", *, port: int = 1) -> None:
        super().__init__(
            *(f"acm.ser{port}", {}),
            serial_number=serial_number,
            product="Serial Scanner",
            port=port,
            identity=(0x0C2E, 0x0B6B),
        )
        self.by_id = f"/dev/serial/by-id/usb-Simulated_Serial_Scanner_{serial_number}-if00"
        self._node = f"/dev/ttyGS{self.attribute('port_num')}"

    def open(self) -> int:
        """Return a descriptor of the device's own end, raw and not waiting. Raises OSError."""
        import tty  # noqa: PLC0415 - of this one device

        fd = os.open(self._node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        tty.setraw(fd)
        return fd


class UsbPrinter(Gadget):
    """A USB printer: usblp faces it as `/dev/usb/lp*`. What reads its bytes opens `node`."""

    def __init__(self, serial_number: str = "PRN1", *, port: int = 2, buffers: int = 10) -> None:
        """`buffers`: of 8 KiB each, what the device takes while nobody reads from it."""
        super().__init__(
            f"printer.lp{port}",
            {
                "pnp_string": b"MFG:Simulated;MDL:Receipt Printer;CMD:ESC/POS;CLS:PRINTER;",
                "q_len": str(buffers).encode(),
            },
            serial_number=serial_number,
            product="Receipt Printer",
            port=port,
            identity=(0x04B8, 0x0E15),
        )
        self.node = "/dev/g_printer0"

    def open(self) -> int:
        """Return a descriptor of the device's own end, not waiting. Raises OSError, TimeoutError.

        Its node is there before the host has chosen the configuration, and answers ENODEV until then. Close it before
        the plug is pulled and pushed in again: kernels up to 6.1 at least free it under who has it open, and fall over.
        """
        opened: list[int] = []

        def opens() -> bool:
            try:
                opened.append(os.open(self.node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ENODEV):
                    raise
            return bool(opened)

        await_truth(opens, self.node)
        return opened[0]


def _node_of(numbers: str) -> str:
    """Return the node with these device numbers, as `240:0`."""
    return f"/dev/{(Path('/sys/dev/char') / numbers).resolve().name}"


def _write_when_taken(fd: int, report: bytes, timeout_s: float) -> None:
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        with contextlib.suppress(BlockingIOError):
            os.write(fd, report)
            return
        time.sleep(0.001)
    raise TimeoutError("the host does not fetch the report")
