"""A driver of another package, kept from doing harm: its mistakes are failures of its device, and no more."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Self, TypeVar

from drivers import third_party
from drivers.base import (
    CannotOpen,
    DeviceGone,
    DriverError,
    Printer,
    PrinterStatus,
    PrintFailed,
    ScanEvent,
    Scanner,
    WhyNot,
)

log: Final = logging.getLogger("kioskd.devices")
T = TypeVar("T")


class DriverMistake(DriverError):  # noqa: N818 (it says what happened)
    """Raised when another package's driver raised what no driver may."""


def open_third_party(driver: str, what: str, settings: Mapping[str, object]) -> Any:  # noqa: ANN401 - a scanner or a printer
    """Open a device by another package's driver; `what` names it in messages. Raises CannotOpen; ValueError."""
    try:
        return third_party.load(driver)(**settings)
    except (CannotOpen, ValueError):
        raise
    except TypeError as error:
        raise ValueError(f"driver {driver}: {error}") from error
    except third_party.NotLoaded as error:
        raise CannotOpen(what, WhyNot.UNSUITABLE, str(error)) from error
    except OSError as error:
        raise CannotOpen(what, WhyNot.ABSENT, error.strerror or str(error)) from error


class ThirdPartyScanner:
    """Another package's scanner. What it need not have, `signal`, does nothing where it is missing."""

    def __init__(self, scanner: Scanner, device: str) -> None:
        self._scanner = scanner
        self._device = device

    def fileno(self) -> int:
        """Return its descriptor."""
        return self._guarded(self._scanner.fileno)

    def read(self, now_s: float) -> list[ScanEvent]:
        """Take what has come."""
        return self._guarded(lambda: list(self._scanner.read(now_s)))

    def deadline(self) -> float | None:
        """Return when `expire` is due."""
        return self._guarded(self._scanner.deadline)

    def expire(self, now_s: float) -> list[ScanEvent]:
        """Throw away a scan that broke off."""
        return self._guarded(lambda: list(self._scanner.expire(now_s)))

    def signal(self, *, accepted: bool) -> Callable[[], None] | None:
        """Return what lets it tell, where its driver has such a thing."""
        signal = getattr(self._scanner, "signal", None)
        return None if signal is None else self._guarded(lambda: signal(accepted=accepted))

    def close(self) -> None:
        """Give the device back."""
        _closed(self._scanner.close, self._device)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _guarded(self, call: Callable[[], T]) -> T:
        return _guarded(call, self._device)


class ThirdPartyPrinter:
    """Another package's printer. One without `status` is silent; one without `cancel` holds nothing to throw away."""

    def __init__(self, printer: Printer, device: str) -> None:
        self._printer = printer
        self._device = device

    def write(self, slip: bytes) -> None:
        """Hand over one whole slip."""
        self._guarded(lambda: self._printer.write(slip))

    def status(self) -> PrinterStatus:
        """Ask it, where its driver can."""
        status = getattr(self._printer, "status", None)
        return PrinterStatus() if status is None else self._guarded(lambda: self._checked(status()))

    def cancel(self) -> None:
        """Throw away what it still holds, where its driver can."""
        cancel = getattr(self._printer, "cancel", None)
        if cancel is not None:
            self._guarded(cancel)

    def close(self) -> None:
        """Give the device back."""
        _closed(self._printer.close, self._device)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _checked(self, said: object) -> PrinterStatus:
        if not isinstance(said, PrinterStatus):
            raise TypeError(f"status() returned {type(said).__name__} and no PrinterStatus")
        return said

    def _guarded(self, call: Callable[[], T]) -> T:
        return _guarded(call, self._device)


def _guarded(call: Callable[[], T], device: str) -> T:
    try:
        return call()
    except (DeviceGone, PrintFailed, OSError):
        raise
    except Exception as error:
        log.error("%s: the driver made a mistake", device, exc_info=error)
        raise DriverMistake(f"its driver made a mistake: {error!r}") from error


def _closed(close: Callable[[], None], device: str) -> None:
    try:
        _guarded(close, device)
    except (DriverError, OSError) as error:
        log.warning("%s: closing: %s", device, error)
