"""HID-POS barcode scanners: where their descriptor puts a code, and reports in, whole codes out. No I/O, no clock.

Source: USB HID Point of Sale Usage Tables 1.02, bar code scanner page. The fields' order and lengths are the device's
own; nothing here counts on the usual 64 bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drivers.aim import Symbology, symbology_of
from drivers.base import Code, LostReason, ScanEvent
from drivers.hid_descriptor import Field, Place, ReportKind, length, parse
from drivers.loss import Loss

PAGE: Final = 0x8C << 16
SCANNERS: Final = frozenset(PAGE | usage for usage in (0x02, 0x03, 0x04, 0x05))
"""Bar code scanner, dumb scanner, cordless base, cradle: the outermost collection of what is looked for."""
SYMBOLOGY_IDENTIFIERS: Final = (PAGE | 0xFB, PAGE | 0xFC, PAGE | 0xFD)
DECODED_DATA: Final = PAGE | 0xFE
DECODED_DATA_CONTINUED: Final = PAGE | 0xFF
BYTE_COUNT: Final = 0x01 << 16 | 0x3B
"""Generic desktop page."""

SIGNALS: Final[Mapping[str, int]] = {
    "good_beep": PAGE | 0x86,
    "error_beep": PAGE | 0x85,
    "not_on_file_beep": PAGE | 0x87,
    "good_lamp": PAGE | 0x7D,
}
"""What a host may let a scanner do, by the name of the setting."""

TRAILERS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "any": (b"\r\n", b"\r", b"\n", b"\t"),
    "crlf": (b"\r\n",),
    "cr": (b"\r",),
    "lf": (b"\n",),
    "tab": (b"\t",),
    "none": (),
}
"""A suffix that the scanner is set to send: it ends nothing here, and is taken off once."""

MAX_CODE_BYTES: Final = 8192


class NoScanner(ValueError):  # noqa: N818 (it says what it is)
    """Raised when a descriptor is not that of a barcode scanner that tells its codes."""


@dataclass(frozen=True, slots=True)
class CodeReport:
    """Where one report has a code."""

    bytes: int
    """On the wire, with the id."""
    data: Place
    count: Place | None
    """How many bytes of the data count; None: all up to the zeros at its end."""
    symbology: tuple[Place, ...]
    """The three characters of an AIM identifier; empty where it does not tell."""
    continued: Place | None


@dataclass(frozen=True, slots=True)
class Signal:
    """One report that lets the scanner beep or light a lamp."""

    kind: ReportKind
    report: bytes
    """As hidraw takes it: the id first, 0 where there is none."""


@dataclass(frozen=True, slots=True)
class ScannerLayout:
    """What a scanner's descriptor says."""

    codes: Mapping[int, CodeReport]
    """By report id; the one under 0 is that of a device without ids."""
    signals: Mapping[str, Signal]
    """By the names of SIGNALS; empty for most scanners."""


def layout(descriptor: bytes) -> ScannerLayout:
    """Read a report descriptor. Raises NoScanner; BadDescriptor."""
    fields = parse(descriptor)
    mine = [one for one in fields if one.collections and one.collections[0] in SCANNERS]
    codes = {}
    for report_id in {one.report_id for one in mine}:
        report = [one for one in mine if (one.kind, one.report_id) == (ReportKind.INPUT, report_id)]
        found = _code_report(report, fields, report_id)
        if found is not None:
            codes[report_id] = found
    if not codes:
        raise NoScanner("its reports hold no decoded barcode data")
    return ScannerLayout(codes, _signals(mine, fields))


def is_scanner(descriptor: bytes) -> bool:
    """Whether a report descriptor is that of a barcode scanner."""
    try:
        layout(descriptor)
    except ValueError:
        return False
    return True


def _code_report(report: Sequence[Field], fields: Sequence[Field], report_id: int) -> CodeReport | None:
    for one in report:
        if one.usage(0) == DECODED_DATA and one.variable and (one.size, one.at % 8) == (8, 0):
            identifiers = [_place(report, usage) for usage in SYMBOLOGY_IDENTIFIERS]
            return CodeReport(
                bytes=length(fields, ReportKind.INPUT, report_id),
                data=Place(one.at, one.size * one.count),
                count=_place(report, BYTE_COUNT),
                symbology=tuple(place for place in identifiers if place) if all(identifiers) else (),
                continued=_place(report, DECODED_DATA_CONTINUED),
            )
    return None


def _place(fields: Iterable[Field], usage: int) -> Place | None:
    return next((place for one in fields if one.variable and (place := one.place(usage))), None)


def _signals(mine: Sequence[Field], fields: Sequence[Field]) -> Mapping[str, Signal]:
    found = {}
    for name, usage in SIGNALS.items():
        for one in mine:
            place = one.place(usage) if one.kind is not ReportKind.INPUT and one.variable else None
            if place is None:
                continue
            whole = [other for other in fields if (other.kind, other.report_id) == (one.kind, one.report_id)]
            # Only where the rest of the report is flags that 0 leaves alone: a volume beside it would be set to 0.
            if all(other.size == 1 or other.constant for other in whole):
                body = bytearray(length(whole, one.kind, one.report_id) - bool(one.report_id))
                body[place.at // 8] |= 1 << place.at % 8
                found[name] = Signal(one.kind, bytes((one.report_id, *body)))
                break
    return found


class ReportAssembler:
    """Makes codes of one scanner's reports; a code longer than a report comes in several."""

    def __init__(
        self,
        scanner: ScannerLayout,
        *,
        terminator: str = "any",
        prefix: bytes = b"",
        suffix: bytes = b"",
        encoding: str = "utf-8",
        max_bytes: int = MAX_CODE_BYTES,
    ) -> None:
        if terminator not in TRAILERS:
            raise ValueError(f"terminator {terminator!r}: one of {', '.join(TRAILERS)}")
        "".encode(encoding)  # LookupError now, not at the first scan
        self._scanner = scanner
        self._trailers = TRAILERS[terminator]
        self._prefix, self._suffix = prefix, suffix
        self._encoding = encoding
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._identifier = ""
        self._begun = False
        self._after_gap = False
        self._loss = Loss()

    @property
    def pending(self) -> bool:
        """Whether a code's other reports are still to come, or what comes is thrown away until there is quiet."""
        return self._begun or self._after_gap

    def feed(self, report: bytes) -> list[ScanEvent]:
        """Take one report as hidraw gives it and return what it completes; other reports are nothing."""
        numbered = 0 not in self._scanner.codes
        found = self._scanner.codes.get(report[0] if numbered and report else 0)
        if found is None or self._after_gap:
            return []
        body = report[1:] if numbered else report
        goes_on = bool(found.continued and found.continued.value(body))
        data = body[found.data.at // 8 : (found.data.at + found.data.size) // 8]
        count = found.count.value(body) if found.count else len(data.rstrip(b"\0"))
        if len(report) < found.bytes or count > len(data):
            self._loss.note(LostReason.UNREADABLE)
            count = 0
        identifier = "".join(chr(place.value(body) & 0xFF) for place in found.symbology)
        events: list[ScanEvent] = []
        if self._begun and identifier != self._identifier:
            # Another code: the rest of the one before never came.
            events += self._loss.tell(LostReason.UNREADABLE)
            self._forget()
            self._loss = Loss()
        self._begun, self._identifier = True, identifier
        self._held += data[:count]
        if len(self._held) > self._max_bytes:
            self._held.clear()
            events += self._loss.tell(LostReason.TOO_LONG)
        return events if goes_on else events + self._ended()

    def overflow(self) -> list[ScanEvent]:
        """Say that reports may be missing; all is thrown away until there is quiet (`break_off`).

        Neither the code under way nor what follows can be believed: the end of a long code looks like a short one.
        """
        self._forget()
        self._after_gap = True
        return self._loss.tell(LostReason.OVERFLOW)

    def break_off(self) -> list[ScanEvent]:
        """Say that the time between reports has passed: a half code is lost, and so is its tail up to its last report.

        After an overflow the quiet itself is the end, and what comes now begins a new code.
        """
        if self._after_gap:
            self._after_gap = False
            self._loss = Loss()
            return []
        if not self._begun:
            return []
        self._forget()
        return self._loss.silence()

    def _forget(self) -> None:
        self._held.clear()
        self._identifier, self._begun = "", False

    def _ended(self) -> list[ScanEvent]:
        body, identifier = bytes(self._held), self._identifier
        self._forget()
        lost = self._loss.end(anything=True)
        if lost is not None:
            return lost
        for trailer in self._trailers:
            if body.endswith(trailer):
                body = body.removesuffix(trailer)
                break
        body = body.removesuffix(self._suffix).removeprefix(self._prefix)
        return [self._code(body, symbology_of(identifier))] if body else []

    def _code(self, body: bytes, symbology: Symbology | None) -> Code:
        try:
            text = body.decode(self._encoding)
        except UnicodeDecodeError:
            text = body.decode("latin-1")
        return Code(text, body, symbology or symbology_of(text))
