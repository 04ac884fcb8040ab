"""What a single value must be. Each check returns the value as `Settings` holds it, or says why not."""

import codecs
import datetime as dt
import re
from pathlib import Path
from typing import Final

from kioskd.model.settings import CATEGORIES_NOT_OFFERED, QuietHours

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_TEXT: Final = 4096
LONGEST_LABEL: Final = 64
LONGEST_SENTENCE: Final = 200
LONGEST_AFFIX: Final = 32
DRIVER_GROUP: Final = "kioskd.drivers"
LONGEST_FIELD_BYTES: Final = 255
"""Source: 3M SIP2 2.00, variable-length fields."""
_ASCII: Final = bytes(range(128)).decode("ascii")
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", re.ASCII)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_MAIL: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_STATION_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,32}")
_DOOR_URL: Final = re.compile(
    r"(?:https://(?:[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])|http://(?:127\.0\.0\.1|localhost|\[::1\]))"
    r"(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)
_RECIPIENT: Final = re.compile(r"kioskd-public-[A-Za-z0-9_-]{43}")
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}\$?")
_HOST: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?")
_URL: Final = re.compile(
    r"(?:(?:tcp|socket)://)?(?:\[[0-9A-Fa-f:.%\w]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*):(\d{1,5})/?", re.ASCII
)
_USB_NUMBERS: Final = re.compile(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{4}(?:/[\x21-\x7e]{1,126})?")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def text(value: object) -> str:
    """Any text that can be printed. Raises ValueError, as all checks here."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    if not value.isprintable():
        raise ValueError("it holds a control character")
    if len(value) > LONGEST_TEXT:
        raise ValueError("it is too long")
    return value


def label(value: object) -> str:
    """A text for screens and paper."""
    if len(word := text(value)) > LONGEST_LABEL:
        raise ValueError("it is too long")
    return word


def category(value: object) -> str:
    """A value of a user category: NAME=VALUE."""
    name, equals, found = (part.strip() for part in label(value).partition("="))
    if not (name and equals and found):
        raise ValueError("it is not NAME=VALUE")
    if name.upper() in CATEGORIES_NOT_OFFERED:
        raise ValueError(f"user category {name} stays empty")
    return f"{name}={found}"


def sentence(value: object) -> str:
    """What staff read on a board."""
    if len(word := text(value)) > LONGEST_SENTENCE:
        raise ValueError("it is too long")
    return word


def time(value: object) -> dt.time:
    """A time of the day."""
    if isinstance(value, dt.time):
        return value
    found = _TIME.fullmatch(text(value))
    if found is None:
        raise ValueError("no time of the day")
    return dt.time(int(found[1]), int(found[2]))


def mail_address(value: object) -> str:
    """Where a mail goes; what stands in a mailto: as it is."""
    return _of_form(_MAIL, value)


def door_url(value: object) -> str:
    """Where a door is: passwords and cards go there, so over TLS; on this machine alone without."""
    return _of_form(_DOOR_URL, value) if value != "" else ""


def recipient(value: object) -> str:
    """A public key of `kioskctl rescue key`, or nothing."""
    return _of_form(_RECIPIENT, value) if value != "" else ""


def wire_text(value: object) -> str:
    """A text that a SIP2 field can carry: `|` would end it."""
    word = text(value)
    if "|" in word or len(word.encode()) > LONGEST_FIELD_BYTES:
        raise ValueError("a SIP2 field cannot carry it")
    return word


def station_id(value: object) -> str:
    """The station's or a scanner's name."""
    return _of_form(_STATION_ID, value)


def user(value: object) -> str:
    """A user's name; whether there is such a user may change while the daemon runs."""
    return _of_form(_USER, value)


def host(value: object) -> str:
    """A host's name or address."""
    return _of_form(_HOST, value)


def path(value: object) -> Path:
    """An absolute path: what a relative one means depends on who starts the daemon."""
    word = text(value)
    if not word.startswith("/"):
        raise ValueError("not an absolute path")
    return Path(word)


def path_or_none(value: object) -> Path | None:
    """An absolute path, or nothing."""
    return None if value == "" else path(value)


def device(value: object) -> str:
    """A device's path, or nothing."""
    return "" if value == "" else str(path(value))


def printer_device(value: object) -> str:
    """A printer's path, or its USB numbers, or nothing."""
    word = text(value)
    return word if _USB_NUMBERS.fullmatch(word) else device(word)


def affix(value: object) -> str:
    """A few characters that a scanner sends or is sent, control characters among them; a byte each."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    if len(value) > LONGEST_AFFIX:
        raise ValueError("it is too long")
    if any(ord(char) > 0xFF for char in value):
        raise ValueError("it holds a character that is no byte")
    return value


def options(value: object) -> tuple[tuple[str, str | int | float | bool], ...]:
    """A third party's settings, as the pairs that they are; its driver says which of them it knows."""
    if not isinstance(value, dict) or not all(isinstance(each, str | int | float | bool) for each in value.values()):
        raise ValueError("not a table of single values")
    return tuple(sorted((str(key), each) for key, each in value.items()))


def third_party_driver(name: str) -> str:
    """The name of a driver that an installed package brings (docs/DRIVERS.md)."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - only for a name that is none of ours

    if not entry_points(group=DRIVER_GROUP, name=name):
        raise ValueError("not one of them, and no installed package brings it")
    return name


def url(value: object) -> str:
    """A printer on the network, or nothing."""
    word = text(value)
    found = _URL.fullmatch(word)
    if word and (found is None or not 0 < int(found[1]) < 65536):
        raise ValueError("not host:port")
    return word


def timezone(value: object) -> str:
    """A time zone that this machine, or the tzdata package, knows."""
    import zoneinfo  # noqa: PLC0415 - kioskctl reads paths alone

    try:
        return zoneinfo.ZoneInfo(text(value)).key
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError("there is no such time zone here") from None


def encoding(value: object) -> str:
    """A text encoding that spells ASCII as ASCII, as SIP2's separators need."""
    name = text(value)
    try:
        plain = _ASCII.encode(name) == _ASCII.encode("ascii")
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError):
        raise ValueError("there is no such encoding") from None
    if not plain:
        raise ValueError("it does not spell ASCII as ASCII, so it cannot carry SIP2")
    return name


def quiet_hours(value: object) -> QuietHours:
    """A span of the day; `24:00` is midnight at its end."""
    found = _SPAN.fullmatch(text(value))
    if found is None:
        raise ValueError("not two times of the day")
    start, end = dt.time(int(found[1]), int(found[2])), dt.time(int(found[3] or 0), int(found[4] or 0))
    if start == end:
        raise ValueError("it ends when it begins")
    return QuietHours(start, end)


def weekday(value: object) -> int:
    """A weekday by its English name: numbers would mean different days to different people."""
    name = text(value).lower()
    for number, day in enumerate(WEEKDAYS):
        if name in {day, day[:3]}:
            return number
    raise ValueError("not a weekday's name")


def date(value: object) -> dt.date:
    """A day, as a TOML date or as text."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if not _DATE.fullmatch(word := text(value)):
        raise ValueError("not a date")
    return dt.date.fromisoformat(word)


def days(value: object) -> tuple[int, ...]:
    """Numbers of days; a single one stands for itself, 0 for none."""
    numbers: list[int] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, bool) or not isinstance(each, int) or not 0 <= each <= 365:
            raise ValueError("not a number of days")
        if each and each not in numbers:
            numbers.append(each)
    return tuple(numbers)


def _of_form(form: re.Pattern[str], value: object) -> str:
    word = text(value)
    if not form.fullmatch(word):
        raise ValueError("not of that form")
    return word
