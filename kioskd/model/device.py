"""A peripheral's small life, the same for all kinds: absent, opening, ready, failing, absent."""

from enum import StrEnum

from kioskd.model.written_late import dataclass


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


class DeviceCause(StrEnum):
    """Why a device is out of use: stable, for programs; `problem` and `advice` are for people."""

    ABSENT = "absent"
    DENIED = "denied"
    BUSY = "busy"
    UNSUITABLE = "unsuitable"
    """Something is there, but not a device of this kind."""
    FAILS = "fails"
    """It was open, and failed."""
    NOT_FOUND = "not_found"
    """Nobody configured one, and none was found."""
    MAY_BE_ANY = "may_be_any"
    """None was found that says that it is one; a keyboard, or a serial device, may be."""
    WRONG_SETTING = "wrong_setting"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFF_LINE = "off_line"
    SILENT = "silent"
    CUTTER = "cutter"
    BROKEN = "broken"
    """It reports a fault of its own that wants repair."""
    PAUSES = "pauses"
    """It reports one that goes by itself."""


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A device's own account of itself.

    `identity`: serial number or port path, None while unknown. `since`: RFC 3339. `problem`: what is wrong in plain
    English; `advice`: what a technician does about it; `cause`: the same for programs.
    """

    name: str
    kind: DeviceKind
    driver: str
    state: DeviceState
    identity: str | None = None
    since: str | None = None
    problem: str | None = None
    advice: str | None = None
    cause: DeviceCause | None = None
