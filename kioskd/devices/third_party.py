"""A scanner driver of another package, kept from doing harm: its mistakes are failures of its scanner, and no more."""

import logging
from collections.abc import Callable
from typing import Final, Self, TypeVar

from drivers.base import DeviceGone, DriverError, ScanEvent, Scanner

log: Final = logging.getLogger("kioskd.scanners")
T = TypeVar("T")


class DriverMistake(DriverError):  # noqa: N818 (it says what happened)
    """Raised when another package's driver raised what no driver may."""


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
        try:
            self._guarded(self._scanner.close)
        except (DriverError, OSError) as error:
            log.warning("%s: closing: %s", self._device, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _guarded(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except (DeviceGone, OSError):
            raise
        except Exception as error:
            log.error("%s: the driver made a mistake", self._device, exc_info=error)
            raise DriverMistake(f"its driver made a mistake: {error!r}") from error
