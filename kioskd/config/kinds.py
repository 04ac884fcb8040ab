"""The kinds of value that a key may have: what is checked, and how that is told to people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kioskd.config import checks
from kioskd.config.patterns import check_extract, check_pattern
from kioskd.texts import MODULES


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    allowed: str = "true or false"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two, both included."""

    least: int
    most: int

    @property
    def allowed(self) -> str:
        """How it is told."""
        return f"a whole number from {self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Number:
    """A number up to `most`; `above`: the least is not allowed itself."""

    least: float
    most: float
    above: bool = False

    @property
    def allowed(self) -> str:
        """How it is told."""
        return (
            f"a number {'above' if self.above else 'from'} {self.least:g}{' up' if self.above else ''} to {self.most:g}"
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` returns; it raises ValueError with the reason.

    `secret`: what was found may be one. `json`: a variable holds it as JSON, not as its own text.
    """

    check: Callable[[object], object]
    allowed: str
    secret: bool = False
    json: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; `least` members at least."""

    member: Checked
    allowed: str
    least: int = 0


Kind = Flag | Whole | Number | Checked | ListOf

LANGUAGES: Final = tuple(MODULES)
CODEPAGES: Final = ("cp437", "cp850", "cp852", "cp858", "cp860", "cp863", "cp865", "cp866", "cp1252")
"""What the ESC/POS encoder can select; a test holds this equal to the encoder's own table."""
PRINTER_PROFILES: Final = (
    "epson-tm-t20", "epson-tm-t88", "star-escpos", "bixolon-srp-350", "generic-58", "generic-80", "generic",
)  # fmt: skip
"""The rows of `drivers.printer_profiles`; a test holds them equal."""
LAYOUTS: Final = ("us", "de", "fr")
TERMINATORS: Final[Mapping[str, tuple[str, ...]]] = {
    "evdev": ("any", "enter", "tab", "none"),
    "hidraw": ("any", "cr", "lf", "crlf", "tab", "none"),
    "serial": ("any", "cr", "lf", "crlf", "tab", "etx", "stx_etx", "none"),
}
SIGNALS: Final[Mapping[str, tuple[str, ...]]] = {
    "evdev": ("bell", "scroll_lamp", "num_lamp", "caps_lamp"),
    "hidraw": ("good_beep", "error_beep", "not_on_file_beep", "good_lamp"),
}
PARITIES: Final = ("none", "even", "odd", "mark", "space")
FLOWS: Final = ("none", "xonxoff", "rtscts", "dsrdtr")
"""What the scanner drivers can be set to; a test holds these equal to the drivers' own tables."""
NO_SIGNAL: Final = "none"
BAUDS: Final = ("300", "600", "1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200", "230400")


def one_of(*choices: str) -> Checked:
    """Return the kind of texts that are one of the choices."""

    def check(value: object) -> str:
        if checks.text(value) not in choices:
            raise ValueError("not one of them")
        return str(value)

    return Checked(check, ", ".join(choices))


def member_of(choices: type[StrEnum]) -> Checked:
    """Return the kind of an enumeration's members, by their text."""

    def check(value: object) -> StrEnum:
        if checks.text(value) not in tuple(choices):
            raise ValueError("not one of them")
        return choices(str(value))

    return Checked(check, ", ".join(choices))


def _baud(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or str(value) not in BAUDS:
        raise ValueError("no usual speed")
    return value


def driver(choices: type[StrEnum]) -> Checked:
    """Return the kind of drivers' names: the enumeration's members, and those that installed packages bring."""

    def check(value: object) -> str:
        name = checks.text(value)
        return choices(name) if name in tuple(choices) else checks.third_party_driver(name)

    return Checked(check, f"{', '.join(choices)}, or the name of a driver that an installed package brings")


FLAG: Final = Flag()
PORT: Final = Whole(1, 65535)
SECONDS: Final = Number(0, 3600, above=True)
LABEL: Final = Checked(checks.label, "a text of at most 64 characters")
SENTENCE: Final = Checked(checks.sentence, f"a text of at most {checks.LONGEST_SENTENCE} characters")
TIME: Final = Checked(checks.time, "a time of the day, HH:MM")
MAIL_ADDRESSES: Final = ListOf(
    Checked(checks.mail_address, "a mail address"), 'a list of mail addresses, as ["leads@library.example"]'
)
NOT_FOR_LOAN: Final = ListOf(
    Checked(check_pattern, "a whole-string regular expression"),
    r"a list of whole-string regular expressions, as ['^39\d{12}$']",
)
WIRE_TEXT: Final = Checked(checks.wire_text, "a text without |, at most 255 bytes")
CARD: Final = Checked(checks.wire_text, "a text without |, at most 255 bytes", secret=True)
STATION_ID: Final = Checked(checks.station_id, "1 to 32 of A-Z a-z 0-9 . _ -")
HOST: Final = Checked(checks.host, "a host's name or address")
USERS: Final = ListOf(Checked(checks.user, "a user's name"), 'a list of users\' names, as ["kiosk"]')
PATH: Final = Checked(checks.path, "an absolute path")
PATH_OR_NONE: Final = Checked(checks.path_or_none, 'an absolute path, or ""')
SECRET_PATH: Final = Checked(checks.path_or_none, 'an absolute path, or ""', secret=True)
DEVICE: Final = Checked(checks.device, "an absolute path, as /dev/ttyUSB0")
PRINTER_DEVICE: Final = Checked(checks.printer_device, "an absolute path, or vendor:product[/serial] as 04b8:0e15")
URL: Final = Checked(checks.url, "host:port, as 192.168.1.40:9100")
BAUD: Final = Checked(_baud, ", ".join(BAUDS), json=True)
AFFIX: Final = Checked(checks.affix, "at most 32 characters; control characters as TOML spells them, as \\u0002")
SIGNAL: Final = Checked(
    checks.affix,
    f"serial: bytes as TOML spells them, as \\u0007; evdev: {', '.join(SIGNALS['evdev'])}; "
    f"hidraw: {', '.join(SIGNALS['hidraw'])}; {NO_SIGNAL}",
)
DOOR_URL: Final = Checked(checks.door_url, 'https://…, or http:// on this machine, or ""')
RECIPIENT: Final = Checked(checks.recipient, 'the public key that `kioskctl rescue key` printed, or ""')
OPTIONS: Final = Checked(checks.options, "a table of texts, numbers and true or false", json=True)
TEXTS: Final = ListOf(Checked(checks.label, "a text of at most 64 characters"), "a list of texts")
CATEGORIES: Final = ListOf(
    Checked(checks.category, f"NAME=VALUE, of at most {checks.LONGEST_LABEL} characters; 9, 10, 11 and LOS stay empty"),
    'a list of NAME=VALUE, as ["1=ADULT", "1=CHILD"]',
)
TICKS: Final = ListOf(
    one_of("paper_form_kept", "id_seen", "guardian_signed"), "a list of paper_form_kept, id_seen, guardian_signed"
)
TERMINATOR: Final = one_of(*dict.fromkeys(name for names in TERMINATORS.values() for name in names))
TIMEZONE: Final = Checked(checks.timezone, "a name of the tz database, as America/Los_Angeles")
ENCODING: Final = Checked(checks.encoding, "a text encoding that holds ASCII, as utf-8, cp850 or cp1252")
LANGUAGE_LIST: Final = ListOf(one_of(*LANGUAGES), f"a list, not empty, of {', '.join(LANGUAGES)}", least=1)
PATTERNS: Final = ListOf(
    Checked(check_pattern, "a whole-string regular expression"),
    r"a list, not empty, of whole-string regular expressions, as ['^2\d{13}$']",
    least=1,
)
EXTRACTS: Final = ListOf(
    Checked(check_extract, "a regular expression with one group"),
    r"a list of regular expressions with one group each, as ['^CARD:(\d{14})$']",
)
QUIET_HOURS: Final = ListOf(Checked(checks.quiet_hours, "HH:MM-HH:MM"), 'a list of spans, as ["00:00-04:30"]')
WEEKDAYS: Final = ListOf(Checked(checks.weekday, "mon to sun"), 'a list of weekdays, as ["sat", "sunday"]')
DATES: Final = ListOf(Checked(checks.date, "YYYY-MM-DD"), 'a list of dates, as ["2026-12-25"]')
DAYS: Final = Checked(checks.days, "a whole number from 0 to 365, or a list of them", json=True)
