"""HID-POS devices for tests: report descriptors written out item by item, and reports as a device sends them.

Built from the HID POS usage tables 1.02 and from the report layout in makers' manuals (Access-IS LSR118, appendix B:
id 2, length, three symbology characters, 56 bytes of data, two more, *data continued* in bit 0 of the last); not
captured from a scanner. Shares nothing with `drivers.hid_descriptor`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

INPUT, OUTPUT, FEATURE, COLLECTION, END = 0x80, 0x90, 0xB0, 0xA0, 0xC0
PAGE, LEAST, MOST, SIZE, ID, COUNT, PUSH, POP = 0x04, 0x14, 0x24, 0x74, 0x84, 0x94, 0xA4, 0xB4
USAGE, USAGE_FROM, USAGE_TO = 0x08, 0x18, 0x28
APPLICATION, LOGICAL = 1, 2
DATA_VARIABLE, CONSTANT, BUFFERED = 0x02, 0x03, 0x102


def item(tag: int, value: int = 0) -> bytes:
    """One short item, as short as its value allows."""
    if tag in (END, PUSH, POP):
        return bytes((tag,))
    size = next(size for size in (1, 2, 4) if value < 1 << 8 * size)
    return bytes((tag | {1: 1, 2: 2, 4: 3}[size],)) + value.to_bytes(size, "little")


def items(*pairs: tuple[int, int]) -> bytes:
    return b"".join(item(tag, value) for tag, value in pairs)


SCANNER = items(
    (PAGE, 0x8C), (USAGE, 0x02), (COLLECTION, APPLICATION),
    (USAGE, 0x12), (COLLECTION, LOGICAL), (ID, 2), (LEAST, 0), (MOST, 255), (SIZE, 8),
    (PAGE, 0x01), (USAGE, 0x3B), (COUNT, 1), (INPUT, DATA_VARIABLE),
    (PAGE, 0x8C), (USAGE, 0xFB), (USAGE, 0xFC), (USAGE, 0xFD), (COUNT, 3), (INPUT, DATA_VARIABLE),
    (USAGE, 0xFE), (COUNT, 56), (INPUT, BUFFERED),
    (COUNT, 2), (INPUT, CONSTANT),
    (USAGE, 0xFF), (MOST, 1), (SIZE, 1), (COUNT, 1), (INPUT, DATA_VARIABLE), (COUNT, 7), (INPUT, CONSTANT),
    (END, 0),
    (USAGE, 0x14), (COLLECTION, LOGICAL), (ID, 4), (MOST, 1), (SIZE, 1),
    (USAGE, 0x5F), (USAGE, 0x60), (USAGE, 0x85), (USAGE, 0x86), (COUNT, 4), (OUTPUT, DATA_VARIABLE),
    (COUNT, 4), (OUTPUT, CONSTANT),
    (END, 0), (END, 0),
)  # fmt: skip
"""A scanner as the manuals show it, with a beeper under the host's control."""

PLAIN = items(
    (PAGE, 0x8C), (USAGE, 0x02), (COLLECTION, APPLICATION), (LEAST, 0), (MOST, 255), (SIZE, 8),
    (USAGE, 0xFE), (COUNT, 32), (INPUT, BUFFERED), (END, 0),
)  # fmt: skip
"""The least that a scanner may say: no ids, no length, no symbology, no beeper."""

KEYBOARD = items(
    (PAGE, 0x01), (USAGE, 0x06), (COLLECTION, APPLICATION), (PAGE, 0x07), (USAGE_FROM, 0xE0), (USAGE_TO, 0xE7),
    (LEAST, 0), (MOST, 1), (SIZE, 1), (COUNT, 8), (INPUT, DATA_VARIABLE), (COUNT, 1), (SIZE, 8), (INPUT, CONSTANT),
    (USAGE_FROM, 0), (USAGE_TO, 0x65), (MOST, 0x65), (COUNT, 6), (INPUT, 0), (END, 0),
)  # fmt: skip


def reports(code: bytes, symbology: bytes = b"]C0", size: int = 56) -> Iterable[bytes]:
    """Return the reports of SCANNER that hold `code`."""
    parts = [code[at : at + size] for at in range(0, len(code), size)] or [b""]
    return [
        bytes((2, len(part))) + symbology + part.ljust(size, b"\0") + b"\0\0" + bytes((at < len(parts) - 1,))
        for at, part in enumerate(parts)
    ]


def spelt(payload: bytes) -> str:
    """Bytes as umockdev's scripts spell them: ^ and a letter for control characters, ^` for the caret itself."""
    return "".join(f"^{chr(byte + 64)}" if byte < 32 else "^`" if byte == 94 else chr(byte) for byte in payload)


@dataclass
class HidDevice:
    """A hidraw node as umockdev shows it: sysfs, the ioctls of its descriptor, and what it sends when asked to."""

    number: int = 0
    descriptor: bytes = SCANNER
    vendor: int = 0x0C2E
    product: int = 0x0B81
    name: str = "Xenon 1902"
    phys: str = "usb-0000:00:14.0-3/input0"
    uniq: str = ""
    talk: list[tuple[str, bytes]] = field(default_factory=list)
    """("r", what it sends) and ("w", what it waits for), in order."""

    @property
    def path(self) -> str:
        return f"/dev/hidraw{self.number}"

    def udev_record(self) -> str:
        hid = f"0003:{self.vendor:04X}:{self.product:04X}.{self.number:04X}"
        above = f"/devices/pci0000:00/0000:00:14.0/usb1/1-{self.number + 1}/1-{self.number + 1}:1.0/{hid}"
        return (
            f"P: {above}/hidraw/hidraw{self.number}\nN: hidraw{self.number}\nE: DEVNAME={self.path}\n"
            f"E: SUBSYSTEM=hidraw\nE: MAJOR=240\nE: MINOR={self.number}\nA: dev=240:{self.number}\n"
            f"L: device=../../../{hid}\n\n"
            f"P: {above}\nE: SUBSYSTEM=hid\nE: HID_ID=0003:{self.vendor:08X}:{self.product:08X}\n"
            f"E: HID_NAME={self.name}\nE: HID_PHYS={self.phys}\nE: HID_UNIQ={self.uniq}\n"
            f"H: report_descriptor={self.descriptor.hex().upper()}\n\n"
        )

    def ioctls(self) -> str:
        size = len(self.descriptor).to_bytes(4, "little")
        whole = size + self.descriptor.ljust(4096, b"\0")
        return f"@DEV {self.path}\nHIDIOCGRDESCSIZE 0 {size.hex().upper()}\nHIDIOCGRDESC 0 {whole.hex().upper()}\n"

    def script(self) -> str:
        def spelt(payload: bytes) -> str:
            # umockdev's own spelling: ^ and a letter for control characters, ^` for the caret itself
            return "".join(f"^{chr(byte + 64)}" if byte < 32 else "^`" if byte == 94 else chr(byte) for byte in payload)

        return "".join(f"{way} 0 {spelt(payload)}\n" for way, payload in self.talk)
