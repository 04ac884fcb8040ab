"""The station without a printer."""

from typing import NoReturn, Self

from drivers.base import PrinterGone, PrinterStatus


def open_printer() -> "NoPrinter":
    """Return the printer that is not there."""
    return NoPrinter()


class NoPrinter:
    """No printer: it knows nothing of paper, and takes no slip, so that none is believed to be printed."""

    def write(self, slip: bytes) -> NoReturn:
        """Raise PrinterGone."""
        raise PrinterGone(f"no printer for a slip of {len(slip)} bytes", sent=0)

    def status(self) -> PrinterStatus:
        """Return that nothing is known."""
        return PrinterStatus()

    def cancel(self) -> None:
        """Do nothing: nothing is held."""

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Do nothing."""
