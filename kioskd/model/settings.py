"""Every setting with its unit and default; `kioskd.config` fills them, nothing else reads the environment."""

import datetime as dt
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Final

from kioskd.model.downtime import ProbeKind
from kioskd.model.written_late import dataclass


class StationKind(StrEnum):
    """Who works the station."""

    SELF = "self"
    STAFF = "staff"


class CheckDigit(StrEnum):
    """What a wrong Luhn check digit of a 14-digit number does."""

    OFF = "off"
    WARN = "warn"
    REQUIRE = "require"


class Terminator(StrEnum):
    """What ends a SIP2 message that we send."""

    CR = "cr"
    CRLF = "crlf"


class NoBlockDue(StrEnum):
    """Whose due date goes with no-block."""

    STAFF = "staff"
    BOOKMARK = "bookmark"


class ScannerDriver(StrEnum):
    """How a scanner is read."""

    EVDEV = "evdev"
    SERIAL = "serial"
    HIDRAW = "hidraw"


class PrinterDriver(StrEnum):
    """How a printer is written to."""

    USBLP = "usblp"
    USB = "usb"
    SERIAL = "serial"
    NETWORK = "network"
    NONE = "none"


class FlowControl(StrEnum):
    """How a serial printer holds the computer off while its buffer is full."""

    NONE = "none"
    XONXOFF = "xonxoff"
    RTSCTS = "rtscts"
    DSRDTR = "dsrdtr"


@dataclass(frozen=True, slots=True)
class StationSettings:
    """`[station]`."""

    id: str
    library: str = ""
    kind: StationKind = StationKind.SELF
    state_dir: Path = Path("/var/lib/kioskd")
    timezone: str = "America/Los_Angeles"
    languages: tuple[str, ...] = ("en", "es", "vi", "ru", "zh-Hans")
    gates: bool = False


@dataclass(frozen=True, slots=True)
class SocketSettings:
    """`[socket]`."""

    path: Path = Path("/run/kioskd/kioskd.sock")
    screen_users: tuple[str, ...] = ("kiosk",)
    staff_users: tuple[str, ...] = ()
    technician_users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffSettings:
    """`[staff]`."""

    codes_file: Path | None = None
    unlock_minutes: float = 5
    idle_lock_minutes: float = 30


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A span of local time in which an outage is the nightly halt; may cross midnight."""

    start: dt.time
    end: dt.time


class Secret(str):
    """A password: its text is only in its value, never in a repr, a log or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


NO_SECRET = Secret("")


@dataclass(frozen=True, slots=True)
class IlsSettings:
    """`[ils]`; each flag's meaning at the wire is in docs/CONFIG.md."""

    host: str
    port: int = 6001
    protocol: str = "sip2"
    profile: str = "generic"
    login_user: str = ""
    login_password: Secret = NO_SECRET
    upload_login_user: str = ""
    upload_login_password: Secret = NO_SECRET
    upload_port: int = 0
    institution_id: str = ""
    location_code: str = ""
    error_detection: bool = True
    timeout_s: float = 8.0
    poll_online_s: float = 15.0
    poll_offline_s: float = 30.0
    poll_return_s: float = 2.0
    answers_to_return: int = 5
    probe_patron: str = ""
    no_block: bool = True
    no_block_due: NoBlockDue = NoBlockDue.STAFF
    no_block_forces: bool = False
    min_renew_days: int = 0
    connections: int = 1
    upload_spread_s: float = 5.0
    upload_per_s: float = 0
    quiet_hours: tuple[QuietHours, ...] = ()
    checkin: bool = False
    trust_flags: bool = False
    terminator: Terminator = Terminator.CR
    encoding: str = "utf-8"
    verify_checksum: bool = True
    ask_pin: bool = False


@dataclass(frozen=True, slots=True)
class BarcodeSettings:
    """`[barcodes]`; patterns are whole-string regular expressions, checked by `kioskd.config`."""

    patron: tuple[str, ...] = (r"^2\d{13}$",)
    item: tuple[str, ...] = (r"^3\d{13}$",)
    extract: tuple[str, ...] = ()
    check_digit: CheckDigit = CheckDigit.WARN
    repeat_s: float = 1.5
    typed_twice: bool = True
    not_for_loan: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfflineSettings:
    """`[offline]`; `closed_weekdays` count from 0 = Monday as `date.weekday()` does."""

    max_items: int = 0
    bookmark_days: tuple[int, ...] = (21,)
    closed_weekdays: tuple[int, ...] = ()
    closed_dates: tuple[dt.date, ...] = ()
    block_list: Path | None = None
    block_list_days: int = 7


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """`[session]`."""

    idle_s: float = 60
    warning_s: float = 20
    confirm_after_s: float = 15


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """`[journal]`."""

    keep_settled_days: float = 7


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """`[door]`: the library system's own way for what happened offline; `url` empty: uploads go by SIP2 alone."""

    url: str = ""
    user: str = ""
    password: Secret = NO_SECRET
    branch: str = ""
    workstation: str = ""
    client_id: str = ""
    ca_file: Path | None = None
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class RescueSettings:
    """`[rescue]`: to whom archives are sealed, and where the other half of that key is, if it is here."""

    recipient: str = ""
    key_file: Path | None = None


CATEGORIES_NOT_OFFERED: Final = frozenset({"9", "10", "11", "LOS"})
"""User categories that stay empty, as the procedure wants it."""


@dataclass(frozen=True, slots=True)
class RegistrationSettings:
    """`[registration]`: what the form offers; an empty list lets anything stand there.

    `categories`: NAME=VALUE, each value that a user category may have. `ticks`: what staff must tick, `guardian_signed`
    only for those younger than `minor_age` years.
    """

    libraries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    ticks: tuple[str, ...] = ("paper_form_kept",)
    minor_age: int = 18


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """`[library]`. `opens`: when it opens in the morning; once more before that what waits is sent."""

    contact: str = ""
    opens: dt.time = dt.time(9)


@dataclass(frozen=True, slots=True)
class CratesSettings:
    """`[crates]`: where crates of returned items go, and whom to write."""

    destination: str = "Sort Center"
    mail_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelatedSettings:
    """One `[[related]]`: a system beside the library system. `up`, `down`: what staff do while it answers, or not.

    `address`: `host:port` for TCP, a URL for HTTP. Without a probe `down` is what holds in an outage.
    """

    name: str
    probe: ProbeKind = ProbeKind.NONE
    address: str = ""
    up: str = ""
    down: str = ""


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """One `[[scanner]]`: `port` for serial, `device` for evdev and hidraw; one of these without a device is found.

    What is empty or 0 is as the driver has it by itself.
    """

    name: str
    driver: str
    """A `ScannerDriver`, or the name of one that an installed package brings."""
    port: str = ""
    device: str = ""
    baud: int = 9600
    bits: int = 8
    parity: str = "none"
    stop_bits: int = 1
    flow: str = "none"
    layout: str = "us"
    terminator: str = "any"
    prefix: str = ""
    suffix: str = ""
    encoding: str = "utf-8"
    character_gap_s: float = 0
    accepted: str = ""
    refused: str = ""
    options: tuple[tuple[str, str | int | float | bool], ...] = ()
    """For a driver that another package brings."""


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """`[printer]`: `url` for network, `device` for usblp and usb, `port`, `baud` and `flow` for serial.

    `profile` names a row of `drivers.printer_profiles`, or is `auto`; `columns` 0 and `codepage` empty: as it says.
    """

    driver: str
    """A `PrinterDriver`, or the name of one that an installed package brings."""
    url: str = ""
    device: str = ""
    port: str = ""
    columns: int = 0
    codepage: str = ""
    profile: str = "auto"
    baud: int = 19200
    flow: FlowControl = FlowControl.RTSCTS
    options: tuple[tuple[str, str | int | float | bool], ...] = ()
    """For a driver that another package brings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, checked. `scanners` empty and `printer` None: the daemon finds them by itself."""

    station: StationSettings
    ils: IlsSettings
    socket: SocketSettings = field(default_factory=SocketSettings)
    staff: StaffSettings = field(default_factory=StaffSettings)
    barcodes: BarcodeSettings = field(default_factory=BarcodeSettings)
    offline: OfflineSettings = field(default_factory=OfflineSettings)
    session: SessionSettings = field(default_factory=SessionSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    registration: RegistrationSettings = field(default_factory=RegistrationSettings)
    library: LibrarySettings = field(default_factory=LibrarySettings)
    crates: CratesSettings = field(default_factory=CratesSettings)
    related: tuple[RelatedSettings, ...] = ()
    door: DoorSettings = field(default_factory=DoorSettings)
    rescue: RescueSettings = field(default_factory=RescueSettings)
    scanners: tuple[ScannerSettings, ...] = ()
    printer: PrinterSettings | None = None
    rfid_driver: str = "none"
    helpdesk_phone: str = ""
