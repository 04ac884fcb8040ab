"""Scanners on a serial line: RS-232, USB-CDC (`ttyACM*`), any tty and any pty."""

import os
from typing import Final, Self

import serial

from drivers.base import DeviceGone, ScanEvent
from drivers.line_assembler import MAX_CODE_BYTES, LineAssembler
from drivers.opening import GONE
from drivers.serial_line import close_tty, open_tty

READ_BYTES: Final = 4096
READS_AT_ONCE: Final = 16
"""A scanner gone mad shall not keep the loop: what is left is read at the next turn."""


class SerialScanner:
    """A scanner that sends each code as bytes and a suffix."""

    def __init__(self, line: serial.Serial, assembler: LineAssembler, *, character_gap_s: float) -> None:
        self._line = line
        self._assembler = assembler
        self._gap_s = character_gap_s
        self._deadline_s: float | None = None

    @classmethod
    def open(
        cls,
        *,
        port: str,
        baud: int = 9600,
        bits: int = 8,
        parity: str = "none",
        stop_bits: float = 1,
        flow: str = "none",
        suffix: str = "any",
        prefix: bytes = b"",
        encoding: str = "utf-8",
        character_gap_s: float = 1.0,
        max_bytes: int = MAX_CODE_BYTES,
    ) -> Self:
        """Open the scanner on `port`, a path; links are followed. Raises CannotOpen; ValueError for a bad setting.

        `character_gap_s`: a code whose next byte takes longer is lost. `suffix`: a name in
        `drivers.line_assembler.SUFFIXES`. `prefix`: taken off where the scanner sends it.
        """
        assembler = LineAssembler(suffix=suffix, prefix=prefix, encoding=encoding, max_bytes=max_bytes)
        line = open_tty(port, baud=baud, bits=bits, parity=parity, stop_bits=stop_bits, flow=flow)
        return cls(line, assembler, character_gap_s=character_gap_s)

    def fileno(self) -> int:
        """Return the tty's descriptor."""
        return int(self._line.fileno())

    def read(self, now_s: float) -> list[ScanEvent]:
        """Take what has come. Raises DeviceGone (EIO or an empty read: hang-up), but only once all codes are out."""
        events: list[ScanEvent] = []
        for _ in range(READS_AT_ONCE):
            try:
                chunk = os.read(self.fileno(), READ_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno not in GONE:
                    raise
                chunk = b""
            if not chunk:
                if events:
                    break  # the hang-up stays readable
                raise DeviceGone(f"{self._line.port}: hung up")
            events += self._assembler.feed(chunk)
            self._deadline_s = now_s + self._gap_s
        if not self._assembler.pending:
            self._deadline_s = None
        return events

    def deadline(self) -> float | None:
        """Return when the half code here is given up."""
        return self._deadline_s

    def expire(self, now_s: float) -> list[ScanEvent]:
        """Give up a half code whose next byte did not come in time."""
        events = self.read(now_s)
        if self._deadline_s is not None and now_s >= self._deadline_s:
            self._deadline_s = None
            events += self._assembler.break_off()
        return events

    def close(self) -> None:
        """Close the tty."""
        close_tty(self._line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
