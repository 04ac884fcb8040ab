"""Which of several like devices is which, and what was found where; for scanners and printers alike."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class KnownBy(StrEnum):
    """What tells a device from another of its make."""

    SERIAL_NUMBER = "serial_number"
    """The device's own: it may be plugged in anywhere."""
    PORT = "port"
    """Only where it is plugged in: moving it makes it another device."""
    AMBIGUOUS = "ambiguous"
    """Nothing: another one looks the same, or it gives neither number nor port."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Vendor and product, and the number or port beside it."""

    vendor: int
    product: int
    known_by: KnownBy
    which: str

    def __str__(self) -> str:
        return f"{self.vendor:04x}:{self.product:04x}/{self.which or '?'}"


class Verdict(StrEnum):
    """Whether the station may take a device that nobody configured."""

    TAKE = "take"
    """It is what is looked for."""
    CANDIDATE = "candidate"
    """It may be; a person has to say so."""
    OTHER = "other"
    """It is something else."""
    DENIED = "denied"
    """It could not be asked: no permission."""


class Evidence(StrEnum):
    """The reason of a verdict."""

    TAGGED = "tagged"
    """A udev rule says so (`KIOSKD_SCANNER=1`, `KIOSKD_PRINTER=1`)."""
    SAYS_SO = "says_so"
    """Its own description says so, and it can what such a device can."""
    MAKER = "maker"
    """Its maker makes nothing else, and it can what such a device can."""
    LOOKS_LIKE_A_KEYBOARD = "looks_like_a_keyboard"
    """It types, but so does a person's keyboard, which must not be taken away."""
    COULD_BE_ANY_PRINTER = "could_be_any_printer"
    """It prints, but does not say that it understands ESC/POS."""
    COULD_BE_ANY_SERIAL_DEVICE = "could_be_any_serial_device"
    """A converter or an unknown make: behind it may be anything."""
    CANNOT_TYPE_A_CODE = "cannot_type_a_code"
    TELLS_NO_CODES = "tells_no_codes"
    """A HID device whose report descriptor has no barcode data."""
    BUILT_IN = "built_in"
    """Neither USB nor Bluetooth."""
    NO_PERMISSION = "no_permission"


@dataclass(frozen=True, slots=True)
class Found:
    """One device that is there: `driver` and `path` are what to open it with."""

    driver: str
    path: str
    name: str
    verdict: Verdict
    evidence: Evidence
    identity: Identity | None


def identify(vendor: int, product: int, *, serial_number: str, port: str) -> Identity:
    """Return the serial number as identity, else the port, else ambiguous."""
    if serial_number.strip(" 0"):
        return Identity(vendor, product, KnownBy.SERIAL_NUMBER, serial_number)
    if port:
        return Identity(vendor, product, KnownBy.PORT, port)
    return Identity(vendor, product, KnownBy.AMBIGUOUS, "")


def told_apart(found: Iterable[Found]) -> Sequence[Found]:
    """Return the devices, those whose identity is not theirs alone marked as ambiguous (serial numbers get cloned).

    What is no scanner or printer does not count: a scanner may have a second node for its settings.
    """
    devices = list(found)
    seen = Counter(device.identity for device in devices if device.verdict is not Verdict.OTHER)
    return [
        replace(device, identity=replace(device.identity, known_by=KnownBy.AMBIGUOUS))
        if device.identity is not None and device.verdict is not Verdict.OTHER and seen[device.identity] > 1
        else device
        for device in devices
    ]
