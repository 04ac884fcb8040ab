"""What a scan says of a scanner's settings: pure, from raw events or bytes, their times, and known codes."""

import contextlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from drivers.scan_test import Typed
from kioskd.model.settings import BarcodeSettings
from kioskd.rules.recognise import IsCard, IsCommand, IsEither, IsItem, IsNothing, matched, recognise

ENDS: Final[Mapping[bytes, str]] = {b"\r\n": "crlf", b"\r": "cr", b"\n": "lf", b"\t": "tab", b"\x03": "etx"}
"""What may end a serial scanner's code → the setting's name; the longest first."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One event or byte as it came. `shown`: what it is, for people."""

    at_s: float
    shown: str


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan. `readings`: by layout (`utf-8` or `latin-1` for bytes) what it reads; `terminator`: the setting."""

    driver: str
    path: str
    raw: Sequence[Raw]
    terminator: str
    readings: Mapping[str, str]

    @property
    def gaps_ms(self) -> tuple[float, float, float] | None:
        """Return the least, the middle and the greatest time between two of them, in milliseconds."""
        times = [each.at_s for each in self.raw]
        gaps = [1000 * (later - earlier) for earlier, later in itertools.pairwise(times)]
        return (min(gaps), median(gaps), max(gaps)) if gaps else None


@dataclass(frozen=True, slots=True)
class Told:
    """How a code was recognised: as what, by which rule of the configuration, and what was taken off before."""

    kind: str
    rule: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a scanner is set to. `key`: which device it is, as its driver's setting has it."""

    driver: str
    path: str
    layout: str = "us"
    terminator: str = "any"
    prefix: str = ""
    suffix: str = ""
    encoding: str = "utf-8"
    doubts: tuple[str, ...] = field(default=())

    def lines(self, name: str = "front") -> list[str]:
        """Return the configuration's lines; what is as its default is left out."""
        place = "port" if self.driver == "serial" else "device"
        found = {"name": name, "driver": self.driver, place: self.path}
        defaults = {"layout": "us", "terminator": "any", "prefix": "", "suffix": "", "encoding": "utf-8"}
        if self.driver != "evdev":
            defaults.pop("layout")
        found |= {key: getattr(self, key) for key, default in defaults.items() if getattr(self, key) != default}
        return ["[[scanner]]", *(f"{key} = {_toml(value)}" for key, value in found.items())]


def _toml(text: str) -> str:
    plain = "".join(char if char.isprintable() and char not in '"\\' else f"\\u{ord(char):04x}" for char in text)
    return f'"{plain}"'


def of_keys(path: str, typed: Typed, raw: Sequence[Raw]) -> Scan:
    """Return what a keyboard scanner typed."""
    return Scan("evdev", path, raw, typed.terminator, typed.readings)


def of_bytes(path: str, chunk: bytes, raw: Sequence[Raw], driver: str = "serial") -> Scan:
    """Return what a serial scanner sent, up to its pause."""
    framed = chunk.startswith(b"\x02") and b"\x03" in chunk
    if framed:
        body, terminator = chunk[1 : chunk.index(b"\x03")], "stx_etx"
    else:
        end = next((end for end in ENDS if chunk.endswith(end)), b"")
        body, terminator = chunk.removesuffix(end), ENDS.get(end, "none")
    readings = {"latin-1": body.decode("latin-1")}
    with contextlib.suppress(UnicodeDecodeError):
        readings = {"utf-8": body.decode("utf-8"), **readings}
    return Scan(driver, path, raw, terminator, readings)


def settings_of(scan: Scan, known: Sequence[str]) -> Settings | None:
    """Return how the scanner is set, by one of the codes that are known; None: it read none of them."""
    # The longest code first: a short one may stand in it. A layout counts more that reads it without anything around.
    for code in sorted(known, key=len, reverse=True):
        fits = {reading: text.split(code, 1) for reading, text in scan.readings.items() if code in text}
        if not fits:
            continue
        reading = min(fits, key=lambda each: (sum(map(len, fits[each])), list(scan.readings).index(each)))
        prefix, suffix = fits[reading]
        prefix = _without_aim(prefix)
        alike = [other for other in fits if fits[other] == fits[reading] and other != reading]
        doubts = []
        if scan.driver == "evdev" and alike:
            doubts.append(f"layout {', '.join(alike)} reads it as well: scan the sheet's letters")
        if scan.terminator == "none" and not suffix:
            doubts.append("it sends nothing after a code: set a suffix (Enter, CR) by its manual")
        return Settings(
            scan.driver,
            scan.path,
            layout=reading if scan.driver == "evdev" else "us",
            terminator=_terminator(scan),
            prefix=prefix,
            suffix=suffix,
            encoding=reading if scan.driver != "evdev" else "utf-8",
            doubts=tuple(doubts),
        )
    return None


def _terminator(scan: Scan) -> str:
    """Return the setting; what `any` takes is left to it."""
    return "any" if scan.terminator in ("enter", "cr", "lf", "crlf", "tab") and _any_takes(scan) else scan.terminator


def _any_takes(scan: Scan) -> bool:
    return scan.driver == "evdev" or scan.terminator != "tab"


def _without_aim(prefix: str) -> str:
    """An AIM identifier differs by the kind of barcode and is known without a setting."""
    return re.sub(r"\][A-Za-z][0-9A-Za-z]$", "", prefix)


def told(code: str, settings: BarcodeSettings) -> Told:
    """Return as what a code is recognised, and by which rule."""
    found = recognise(code, settings, typed=False)
    match found:
        case IsCommand(command):
            return Told("command", f"command barcodes: {command.value}", None)
        case IsCard(number, state):
            return Told(
                "card",
                f"{_rule(number, 'patron', settings)}{_off(code, number, settings)}, check digit {state}",
                number,
            )
        case IsItem(number, state):
            return Told(
                "item", f"{_rule(number, 'item', settings)}{_off(code, number, settings)}, check digit {state}", number
            )
        case IsEither(number):
            both = f"{_rule(number, 'patron', settings)} and {_rule(number, 'item', settings)}: narrow one of them"
            return Told("either", both, number)
        case IsNothing(why, length, kind):
            return Told("nothing", f"no rule: {why.value}, {length} characters, {kind}", None)


def _rule(number: str, kind: str, settings: BarcodeSettings) -> str:
    patterns: tuple[str, ...] = getattr(settings, kind)
    pattern = next((each for each in patterns if re.fullmatch(each, number, re.ASCII)), "?")
    return f"barcodes.{kind} {pattern}"


def _off(code: str, number: str, settings: BarcodeSettings) -> str:
    if code == number:
        return ""
    for pattern in settings.extract:
        found = re.search(pattern, code, re.ASCII)
        if found is not None and found.group(1) == number:
            return f", found by barcodes.extract {pattern}"
    return f", {code.replace(number, '…')!r} taken off"


def extract_for(text: str, settings: BarcodeSettings) -> str | None:
    """Return a pattern for `barcodes.extract` that finds a card's number in what a phone shows; None: there is none.

    What stands around the number is kept where it is the same for everybody: letters and signs next to it.
    """
    longest = max(len(text), 1)
    for length in range(longest, 3, -1):
        for at in range(len(text) - length + 1):
            number = text[at : at + length]
            found = matched(number, settings)
            if isinstance(found, IsCard | IsEither) and number != text:
                before = re.search(r"[^0-9]{0,8}$", text[:at])
                after = re.search(r"^[^0-9]{0,2}", text[at + length :])
                lead = re.escape(before.group()) if before else ""
                tail = re.escape(after.group()) if after and after.group() else "$" if at + length == len(text) else ""
                begin = "^" if before is not None and before.group() == text[:at] else ""
                shape = re.sub(r"\d+", lambda run: rf"\d{{{len(run.group())}}}", re.sub(r"([^\d])", r"\\\1", number))
                return f"{begin}{lead}({shape}){tail}"
    return None
