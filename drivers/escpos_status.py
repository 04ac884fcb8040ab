"""What a printer says of itself, without I/O: answers to ESC/POS `DLE EOT` n, and reports it sends by itself (`GS a`).

Source: Epson ESC/POS reference, DLE EOT and GS a.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from drivers.base import Fault, Paper, PrinterStatus


class StatusWay(StrEnum):
    """How a printer tells of itself."""

    REALTIME = "realtime"
    """It is asked (`DLE EOT`); whether it answers is found out."""
    AUTOMATIC = "automatic"
    """It reports each change by itself once told to (`GS a`)."""
    NONE = "none"
    """It is known to say nothing, and is not asked."""


class Query(IntEnum):
    """The n of `DLE EOT` n."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR = 3
    ROLL = 4

    @property
    def request(self) -> bytes:
        """Return the command: a real-time one, obeyed also while the printer is offline."""
        return bytes((0x10, 0x04, self.value))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer byte to one query."""

    query: Query
    byte: int

    def has(self, bits: int) -> bool:
        """Whether any of `bits` is set."""
        return bool(self.byte & bits)


def read_answer(query: Query, byte: int) -> Answer | None:
    """Return the answer that `byte` is, or None for anything else that a printer says.

    Bits 0 and 7 of an answer are 0, bits 1 and 4 are 1. So XON, XOFF, and every byte of an automatic status report
    (bits 1 or 4 differ) fall out.
    """
    return Answer(query, byte) if byte & 0b1001_0011 == 0b0001_0010 else None


def status_of(answers: Iterable[Answer]) -> PrinterStatus:
    """Return what the answers say together; without any, the status of a silent printer.

    Of two bits that are documented to go together one suffices for the worse reading.
    """
    said: Mapping[Query, Answer] = {answer.query: answer for answer in answers}
    if not said:
        return PrinterStatus()
    printer, cause = said.get(Query.PRINTER), said.get(Query.OFFLINE_CAUSE)
    error, roll = said.get(Query.ERROR), said.get(Query.ROLL)
    return PrinterStatus(
        paper=_paper(cause, roll),
        online=None if printer is None else not printer.has(OFFLINE),
        cover_open=None if cause is None else cause.has(COVER_OPEN),
        faults=_faults(cause, error),
        answers=True,
    )


OFFLINE: Final = 1 << 3  # n = 1
COVER_OPEN: Final = 1 << 2  # n = 2
STOPPED_BY_PAPER_END: Final = 1 << 5  # n = 2
ERROR_OCCURRED: Final = 1 << 6  # n = 2
CAUSES: Final[Mapping[Fault, int]] = {  # n = 3
    Fault.CUTTER: 1 << 3,
    Fault.UNRECOVERABLE: 1 << 5,
    Fault.RECOVERABLE: 1 << 6 | 1 << 2,
}
ROLL_NEAR_END: Final = 0b0000_1100  # n = 4
ROLL_END: Final = 0b0110_0000  # n = 4


def _paper(cause: Answer | None, roll: Answer | None) -> Paper:
    if (roll and roll.has(ROLL_END)) or (cause and cause.has(STOPPED_BY_PAPER_END)):
        return Paper.OUT
    if roll is None:
        return Paper.UNKNOWN
    return Paper.LOW if roll.has(ROLL_NEAR_END) else Paper.OK


def _faults(cause: Answer | None, error: Answer | None) -> frozenset[Fault] | None:
    if error is not None:
        found = frozenset(fault for fault, bits in CAUSES.items() if error.has(bits))
    elif cause is not None:
        found = frozenset()
    else:
        return None
    if not found and cause is not None and cause.has(ERROR_OCCURRED):
        return frozenset({Fault.UNRECOVERABLE})  # an error without a name is not one that goes by itself
    return found


ASK_REPORTS: Final = b"\x1da\xff"
"""`GS a` 255: report now, and at every change. Not a real-time command: it waits in the buffer of a stopped printer."""
REPORT_BYTES: Final = 4
REPORT_OFFLINE, REPORT_COVER_OPEN = 1 << 3, 1 << 5  # first byte
REPORT_CAUSES: Final[Mapping[Fault, int]] = {  # second byte
    Fault.CUTTER: 1 << 3,
    Fault.UNRECOVERABLE: 1 << 5,
    Fault.RECOVERABLE: 1 << 6 | 1 << 2,
}
REPORT_NEAR_END, REPORT_END = 0b0000_0011, 0b0000_1100  # third byte


class Reports:
    """Reads automatic status reports out of what a printer says.

    The first of a report's four bytes has bit 4 set and bits 0, 1 and 7 clear, the others have bits 4 and 7 clear; so
    answers to `DLE EOT`, XON, XOFF and what is left of a torn report fall out.
    """

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, chunk: bytes) -> list[PrinterStatus]:
        """Return the reports that `chunk` completes, oldest first."""
        found = []
        for byte in chunk:
            if byte & 0b1001_0011 == 0b0001_0000:
                self._held[:] = bytes((byte,))
            elif self._held and byte & 0b1001_0000 == 0:
                self._held.append(byte)
            else:
                self._held.clear()
            if len(self._held) == REPORT_BYTES:
                found.append(report_of(bytes(self._held)))
                self._held.clear()
        return found


def report_of(report: bytes) -> PrinterStatus:
    """Return what the four bytes of one report say."""
    state, error, roll, _ = report
    return PrinterStatus(
        paper=Paper.OUT if roll & REPORT_END else Paper.LOW if roll & REPORT_NEAR_END else Paper.OK,
        online=not state & REPORT_OFFLINE,
        cover_open=bool(state & REPORT_COVER_OPEN),
        faults=frozenset(fault for fault, bits in REPORT_CAUSES.items() if error & bits),
        answers=True,
    )
