"""What a scanner and a printer owe their user: protocols, events and errors; no I/O, nothing imported that costs.

Time comes in from the caller as monotonic seconds; no driver's logic reads a clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from drivers.aim import Symbology

# ---- what went wrong -------------------------------------------------------------------------------------------


class DriverError(Exception):
    """Raised when a device cannot do what was asked; the subclasses say what can be done about it."""


class WhyNot(StrEnum):
    """Why a device could not be opened: each has its own remedy."""

    ABSENT = "absent"
    """Nothing is there: plug it in, or correct the path or address."""
    DENIED = "denied"
    """It is there, but this user may not: group membership or a udev rule."""
    BUSY = "busy"
    """Another program holds it."""
    UNSUITABLE = "unsuitable"
    """Something is there, but not a device of this kind."""


class CannotOpen(DriverError):  # noqa: N818 (it says what happened)
    """Raised when a device could not be opened; `why` names the remedy, `detail` is the system's own words."""

    def __init__(self, device: str, why: WhyNot, detail: str) -> None:
        super().__init__(f"{device}: {why.value}: {detail}")
        self.device = device
        self.why = why
        self.detail = detail


class DeviceGone(DriverError):  # noqa: N818
    """Raised when an open device is no longer there (unplugged, powered off); close it and open it anew."""


class PrintFailed(DriverError):  # noqa: N818
    """Raised when a slip did not reach the printer whole; no more than its first `sent` bytes left for the printer."""

    def __init__(self, detail: str, *, sent: int) -> None:
        super().__init__(f"{detail} ({sent} bytes sent)")
        self.sent = sent


class PaperOut(PrintFailed):
    """Raised when the printer stopped and says that its roll has ended: load paper."""


class PrinterGone(PrintFailed, DeviceGone):
    """Raised when the printer or its line went away: close it and open it anew."""


class PrinterStalled(PrintFailed):
    """Raised when the printer took no more bytes, or stopped answering, within its time."""


# ---- scanners --------------------------------------------------------------------------------------------------


class LostReason(StrEnum):
    """Why a scan was thrown away; what is left of it is never handed on, for it would look like a barcode."""

    OVERFLOW = "overflow"
    """The kernel's queue ran over (`SYN_DROPPED`): somebody read too late."""
    TIMED_OUT = "timed_out"
    """It broke off: no terminator within the time between characters."""
    TOO_LONG = "too_long"
    """No terminator within the greatest length."""
    UNREADABLE = "unreadable"
    """It held a key or a byte that has no character under the scanner's settings."""


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """One whole scan. `text` and `raw` keep an AIM prefix and GS; the terminator and configured prefixes are off."""

    text: str
    raw: bytes
    symbology: Symbology | None = None

    def __repr__(self) -> str:
        # A barcode may be a person's card: nothing whole in a log, not even by accident.
        tail = self.text[-4:] if len(self.text) > 8 else ""
        return f"Code(…{tail}, {len(self.text)} characters, {self.symbology})"


@dataclass(frozen=True, slots=True)
class ScanLost:
    """A scan was begun and could not be taken whole: the person has to scan again."""

    reason: LostReason


ScanEvent = Code | ScanLost


class Scanner(Protocol):
    """An open scanner. The loop waits on `fileno()`, then calls `read`; at `deadline()` it calls `expire`."""

    def fileno(self) -> int:
        """Return the descriptor for `loop.add_reader`; the same as long as the scanner is open."""

    def read(self, now_s: float) -> list[ScanEvent]:
        """Take what has come, without waiting. Empty when no scan is whole yet. Raises DeviceGone at unplug."""

    def deadline(self) -> float | None:
        """Return when `expire` is due (monotonic seconds), or None while no scan is half here."""

    def expire(self, now_s: float) -> list[ScanEvent]:
        """Throw away a scan that broke off. Reads first, so a late caller loses nothing. Raises DeviceGone."""

    def signal(self, *, accepted: bool) -> Callable[[], None] | None:
        """Return what lets the scanner tell *accepted* or *refused* (a beep, a lamp); None where it cannot.

        What is returned may wait for the device, so call it once, in a thread, whatever becomes of the scanner.
        """

    def close(self) -> None:
        """Give the device back; a second call does nothing. Remove the descriptor from the loop before."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


ScannerFactory = Callable[..., Scanner]
"""Opens a scanner from its settings as keyword arguments; raises CannotOpen, or ValueError for a bad setting."""


# ---- printers --------------------------------------------------------------------------------------------------


class Paper(StrEnum):
    """What the printer says of its roll; `unknown` is a state of its own and never means plenty."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """What stops a printer besides paper and cover (ESC/POS `DLE EOT` 3)."""

    CUTTER = "cutter"
    UNRECOVERABLE = "unrecoverable"
    RECOVERABLE = "recoverable"
    """It goes by itself or by a key press, for instance a hot print head."""


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What a printer said of itself; None means that it did not say."""

    paper: Paper = Paper.UNKNOWN
    online: bool | None = None
    cover_open: bool | None = None
    faults: frozenset[Fault] | None = None
    answers: bool = False
    """False: a silent printer; all else is unknown and stays so until it is opened anew."""

    @property
    def ready(self) -> bool | None:
        """Whether a slip may be sent: None for a silent printer, which nobody can know."""
        if not self.answers:
            return None
        return not (self.paper is Paper.OUT or self.online is False or self.cover_open or self.faults)


class Printer(Protocol):
    """An open printer. Its calls wait, within limits: each printer lives in a thread of its own."""

    def write(self, slip: bytes) -> None:
        """Hand over one whole slip within `write_timeout_s`.

        Raises PaperOut, PrinterGone, PrinterStalled: part of the slip may be on paper; `.sent` says how many bytes at
        most. Returning means that the printer's side took every byte, not that they are on paper: ask `status` after.
        """

    def status(self) -> PrinterStatus:
        """Ask the printer (ESC/POS `DLE EOT` 1..4). A silent one is asked once, then remembered as silent.

        Raises PrinterGone; PrinterStalled when a printer that used to answer no longer does.
        """

    def cancel(self) -> None:
        """Throw away what the printer still holds and reset it (`DLE DC4` 8, `CAN`, `ESC @`).

        After a paper change and before a slip that follows a failed one. Raises PrinterGone, PrinterStalled.
        """

    def close(self) -> None:
        """Give the device back; a second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


PrinterFactory = Callable[..., Printer]
"""Opens a printer from its settings as keyword arguments; raises CannotOpen, or ValueError for a bad setting."""
