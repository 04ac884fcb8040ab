"""A HID report descriptor as fields: what stands where in which report. No descriptor of the system, no clock.

Source: USB Device Class Definition for HID 1.11, section 6.2.2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final


class BadDescriptor(ValueError):  # noqa: N818 (it says what it is)
    """Raised when bytes are no report descriptor, or one larger than any device's."""


class ReportKind(StrEnum):
    """Which way a report goes."""

    INPUT = "input"
    OUTPUT = "output"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Field:
    """The values of one main item: `count` of them, `size` bits each, from bit `at` of the report behind its id."""

    kind: ReportKind
    report_id: int
    """0: the device numbers no reports, and no id goes before them."""
    at: int
    size: int
    count: int
    usages: tuple[int, ...]
    """Page and usage in one number (`page << 16 | usage`); the last one is that of all values after it."""
    collections: tuple[int, ...]
    """The usages of the collections around it, the outermost first."""
    constant: bool
    variable: bool
    """False: an array, whose values are themselves usages."""

    def usage(self, n: int) -> int:
        """Return the usage of value `n`; 0 where none is given."""
        return self.usages[min(n, len(self.usages) - 1)] if self.usages else 0

    def place(self, usage: int) -> "Place | None":
        """Return where the first value with `usage` stands."""
        for n in range(min(self.count, len(self.usages))):
            if self.usages[n] == usage:
                return Place(self.at + n * self.size, self.size)
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """So many bits of a report, counted behind its id."""

    at: int
    size: int

    def value(self, body: bytes) -> int:
        """Return the number that stands there; bits beyond the end are 0."""
        first = self.at // 8
        whole = int.from_bytes(body[first : (self.at + self.size + 7) // 8], "little")
        return whole >> self.at % 8 & (1 << self.size) - 1


MAX_REPORT_BITS: Final = 16384 * 8
"""Linux, HID_MAX_BUFFER_SIZE."""
MAX_USAGES: Final = 12288
"""Linux, HID_MAX_USAGES."""
MAX_DEPTH: Final = 64

LONG_ITEM: Final = 0xFE
MAIN, GLOBAL, LOCAL = 0, 1, 2
KINDS: Final = {0x8: ReportKind.INPUT, 0x9: ReportKind.OUTPUT, 0xB: ReportKind.FEATURE}
COLLECTION, END_COLLECTION = 0xA, 0xC
USAGE_PAGE, REPORT_SIZE, REPORT_ID, REPORT_COUNT, PUSH, POP = 0x0, 0x7, 0x8, 0x9, 0xA, 0xB
USAGE, USAGE_MINIMUM, USAGE_MAXIMUM = 0x0, 0x1, 0x2
CONSTANT, VARIABLE = 0x1, 0x2


@dataclass(frozen=True, slots=True)
class _Globals:
    page: int = 0
    size: int = 0
    count: int = 0
    report_id: int = 0


@dataclass(slots=True)
class _Locals:
    usages: list[int] = field(default_factory=list)
    """Above 16 bits: with a page of its own; else the page is that of the main item."""
    least: int | None = None


def parse(descriptor: bytes) -> tuple[Field, ...]:
    """Return every field of every report, padding included, in the order of the descriptor. Raises BadDescriptor."""
    return _Parser().parse(descriptor)


def length(fields: Sequence[Field], kind: ReportKind, report_id: int) -> int:
    """Return a report's bytes on the wire, its id included where there is one."""
    bits = max(one.at + one.size * one.count for one in fields if (one.kind, one.report_id) == (kind, report_id))
    return (bits + 7) // 8 + bool(report_id)


class _Parser:
    def __init__(self) -> None:
        self._globals = _Globals()
        self._pushed: list[_Globals] = []
        self._locals = _Locals()
        self._collections: list[int] = []
        self._fields: list[Field] = []
        self._used_bits: dict[tuple[ReportKind, int], int] = {}

    def parse(self, descriptor: bytes) -> tuple[Field, ...]:
        for kind, tag, value in _items(descriptor):
            if kind == MAIN:
                self._main(tag, value)
                self._locals = _Locals()
            elif kind == GLOBAL:
                self._global(tag, value)
            elif kind == LOCAL:
                self._local(tag, value)
        if self._collections:
            raise BadDescriptor("a collection does not end")
        return tuple(self._fields)

    def _main(self, tag: int, value: int) -> None:
        if tag == COLLECTION:
            if len(self._collections) >= MAX_DEPTH:
                raise BadDescriptor("collections too deep")
            usages = self._usages()
            self._collections.append(usages[0] if usages else 0)
        elif tag == END_COLLECTION:
            if not self._collections:
                raise BadDescriptor("an end without a collection")
            self._collections.pop()
        elif tag in KINDS:
            self._add(KINDS[tag], value)

    def _add(self, kind: ReportKind, flags: int) -> None:
        now = self._globals
        at = self._used_bits.get((kind, now.report_id), 0)
        end = at + now.size * now.count
        if end > MAX_REPORT_BITS:
            raise BadDescriptor("a report too long")
        self._used_bits[kind, now.report_id] = end
        if now.size and now.count:
            constant, variable = bool(flags & CONSTANT), bool(flags & VARIABLE)
            around, usages = tuple(self._collections), self._usages()
            self._fields.append(Field(kind, now.report_id, at, now.size, now.count, usages, around, constant, variable))

    def _usages(self) -> tuple[int, ...]:
        page = self._globals.page << 16
        return tuple(usage if usage > 0xFFFF else page | usage for usage in self._locals.usages)

    def _global(self, tag: int, value: int) -> None:
        now = self._globals
        if tag == USAGE_PAGE:
            self._globals = replace(now, page=value & 0xFFFF)
        elif tag == REPORT_SIZE:
            self._globals = replace(now, size=value)
        elif tag == REPORT_COUNT:
            self._globals = replace(now, count=value)
        elif tag == REPORT_ID:
            if not 0 < value < 256:
                raise BadDescriptor(f"report id {value}")
            self._globals = replace(now, report_id=value)
        elif tag == PUSH:
            if len(self._pushed) >= MAX_DEPTH:
                raise BadDescriptor("pushed too deep")
            self._pushed.append(now)
        elif tag == POP:
            if not self._pushed:
                raise BadDescriptor("popped what was not pushed")
            self._globals = self._pushed.pop()

    def _local(self, tag: int, value: int) -> None:
        if tag == USAGE:
            self._locals.usages.append(value)
        elif tag == USAGE_MINIMUM:
            self._locals.least = value
        elif tag == USAGE_MAXIMUM and self._locals.least is not None:
            least, self._locals.least = self._locals.least, None
            if value - least >= MAX_USAGES:
                raise BadDescriptor("a range of usages too long")
            self._locals.usages += range(least, value + 1)
        if len(self._locals.usages) > MAX_USAGES:
            raise BadDescriptor("too many usages")


def _items(descriptor: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield type, tag and value of each item; long items, which nobody uses, are passed over."""
    at = 0
    while at < len(descriptor):
        prefix = descriptor[at]
        at += 1
        if prefix == LONG_ITEM:
            if at >= len(descriptor):
                raise BadDescriptor("it breaks off")
            at += 2 + descriptor[at]
            if at > len(descriptor):
                raise BadDescriptor("it breaks off")
            continue
        size = (0, 1, 2, 4)[prefix & 3]
        if at + size > len(descriptor):
            raise BadDescriptor("it breaks off")
        yield prefix >> 2 & 3, prefix >> 4, int.from_bytes(descriptor[at : at + size], "little")
        at += size
