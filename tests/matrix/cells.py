"""Which driver is held to which fault. A test claims a cell: `@pytest.mark.cell("evdev", "held by another", on="pty")`.

The first argument may name several drivers; of a parametrised test each case then counts for the driver that stands in
its id, or for all of them where none does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One table: its drivers are columns, its faults rows."""

    drivers: tuple[str, ...]
    faults: Mapping[str, str]
    """Row → what is shown."""
    cannot_be: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Driver and fault → why there is no such cell."""


INTERFACES: Final[Mapping[str, str]] = {
    "pty": "a real tty of the kernel, its other end the device",
    "umockdev": "the driver's own ioctls and reads, answered from a recorded or built device",
    "uinput": "the kernel's input layer, in a virtual machine",
    "uhid": "the kernel's HID layer, in a virtual machine",
    "gadget": "the kernel's USB stack and class drivers over dummy_hcd, in a virtual machine",
    "vhci": "the kernel's USB stack and class drivers on a device that comes by USB/IP, in a virtual machine",
    "usbip": "unmodified pyusb against a USB device in another process",
    "tcp": "a TCP connection on loopback",
    "files": "the file system's own nodes, links and rights",
    "bytes": "the device's bytes as they stand on the wire",
}
"""What stands at the other end: never a mock of the driver's own calls."""

SCANNERS: Final = Kind(
    ("evdev", "hidraw", "serial"),
    {
        "absent": "nothing is there: said to be absent, and waited for",
        "not permitted": "recognised and explained with the line to type",
        "held by another": "said to be held, not absent",
        "no such device": "something else stands at that path",
        "bad setting": "refused before the device is touched",
        "unplugged idle": "absent at once, ready again within a second of the replug",
        "unplugged in a code": "that code is lost whole, the next one is taken",
        "replugged again and again": "no descriptor stays open",
        "breaks off": "a code that stops in the middle is lost whole, and so is its late tail",
        "overflow": "what was lost in a queue makes the code lost, never shorter",
        "too long": "a code without an end is lost whole",
        "unreadable": "a key, byte or report without a meaning makes no code with a hole",
        "two at once": "scanners that send at the same time do not mix",
        "two alike": "told apart by serial number or port, else said to be ambiguous",
        "two codes of one trigger": "stay two",
        "not a scanner": "auto-detection leaves keyboards and other devices alone",
        "goes mad": "endless data or errors do not keep the loop",
        "refusal signalled": "accepted and refused reach the scanner as different signals, where it can",
    },
    {
        ("serial", "overflow"): "a tty does not say that it lost bytes; terminator, pattern and check digit catch it",
    },
)

PRINTERS: Final = Kind(
    ("usblp", "usb", "serial", "network"),
    {
        "absent": "nothing is there: said to be absent",
        "not permitted": "recognised and explained with the line to type",
        "held by another": "said to be held, not absent",
        "unplugged": "noticed, and ready again after the replug",
        "power off in a slip": "the next slip is whole, nothing is printed twice",
        "takes no more": "stalled within its time, and nothing else waits",
        "silent": "asked once, then unknown and never plenty",
        "babbling": "endless or foreign bytes are no answer",
        "stops answering": "stalled, not silent",
        "paper near end": "low, and it prints on",
        "paper out in a slip": "told, and the rest comes out for nobody",
        "cover open": "told",
        "cutter jam": "told",
        "slow": "only takes time",
    },
    {
        ("network", "held by another"): "a printer on TCP does not say who else talks to it: it refuses, or lets wait",
        ("network", "not permitted"): "every user may connect; what a firewall refuses looks like nothing there",
    },
)

KINDS: Final[Mapping[str, Kind]] = {"scanner": SCANNERS, "printer": PRINTERS}
