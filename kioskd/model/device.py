"""A peripheral's small life, the same for all kinds: absent, opening, ready, failing, absent."""

from dataclasses import dataclass
from enum import StrEnum


class DeviceKind(StrEnum):
    """What a peripheral is for."""

    SCANNER = "scanner"
    PRINTER = "printer"
    RFID = "rfid"


class DeviceState(StrEnum):
    """Where a device stands in its life cycle."""

    ABSENT = "absent"
    OPENING = "opening"
    READY = "ready"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A device's own account of itself.

    `identity`: serial number or port path, None while unknown. `since`: RFC 3339. `problem`: what is wrong in plain
    English; `advice`: what a technician does about it.
    """

    name: str
    kind: DeviceKind
    driver: str
    state: DeviceState
    identity: str | None = None
    since: str | None = None
    problem: str | None = None
    advice: str | None = None
