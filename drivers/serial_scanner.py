"""Scanners on a serial line: RS-232, USB-CDC (`ttyACM*`), any tty and any pty."""

import contextlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Self

import serial

from drivers.base import ScanEvent
from drivers.line_assembler import MAX_CODE_BYTES, LineAssembler
from drivers.scan_loop import ScanLoop, read_some
from drivers.serial_line import close_tty, open_tty

READ_BYTES: Final = 4096
CHARACTER_GAP_S: Final = 1.0
CODE_GAP_S: Final = 0.1
"""Where only a pause ends a code: above the gaps between its characters, below the 0.3 s between two codes."""


class SerialScanner:
    """A scanner that sends each code as bytes and a suffix."""

    def __init__(
        self, line: serial.Serial, assembler: LineAssembler, *, character_gap_s: float, signals: dict[bool, bytes]
    ) -> None:
        self._line = line
        self._signals = signals
        self._assembler = assembler
        self._loop = ScanLoop(str(line.port), self._take, assembler, gap_s=character_gap_s)

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
        terminator: str = "any",
        prefix: bytes = b"",
        suffix: bytes = b"",
        patterns: Sequence[str] = (),
        encoding: str = "utf-8",
        character_gap_s: float | None = None,
        max_bytes: int = MAX_CODE_BYTES,
        accepted: bytes = b"",
        refused: bytes = b"",
    ) -> Self:
        """Open the scanner on `port`, a path; links are followed. Raises CannotOpen; ValueError for a bad setting.

        `terminator`: a name in `drivers.line_assembler.TERMINATORS`. `prefix`, `suffix`: what the scanner sends round
        a code; taken off where it stands. `character_gap_s`: a code whose next byte takes longer is lost; with
        terminator `none` and no suffix it is over then, and passed if it is one of `patterns` (regular expressions for
        whole codes). `accepted`, `refused`: what `signal` sends, by the maker's manual.
        """
        assembler = LineAssembler(
            terminator=terminator,
            prefix=prefix,
            suffix=suffix,
            patterns=patterns,
            encoding=encoding,
            max_bytes=max_bytes,
        )
        gap_s = character_gap_s or (CODE_GAP_S if assembler.ends_by_pause else CHARACTER_GAP_S)
        line = open_tty(port, baud=baud, bits=bits, parity=parity, stop_bits=stop_bits, flow=flow)
        return cls(line, assembler, character_gap_s=gap_s, signals={True: accepted, False: refused})

    def fileno(self) -> int:
        """Return the tty's descriptor."""
        return int(self._line.fileno())

    def read(self, now_s: float) -> list[ScanEvent]:
        """Take what has come. Raises DeviceGone (EIO or an empty read: hang-up), but only once all codes are out."""
        return self._loop.read(now_s)

    def deadline(self) -> float | None:
        """Return when the half code here is given up."""
        return self._loop.deadline_s

    def expire(self, now_s: float) -> list[ScanEvent]:
        """Give up a half code whose next byte did not come in time."""
        return self._loop.expire(now_s)

    def _take(self) -> list[ScanEvent]:
        return self._assembler.feed(read_some(self.fileno(), READ_BYTES))

    def signal(self, *, accepted: bool) -> Callable[[], None] | None:
        """Return what sends the scanner its command for *accepted* or *refused*; None where none is configured."""
        command = self._signals[accepted]
        return partial(_send, os.dup(self.fileno()), command) if command and self._line.is_open else None

    def close(self) -> None:
        """Close the tty."""
        close_tty(self._line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _send(fd: int, command: bytes) -> None:
    # What a scanner that holds us off does not take is dropped: a beep that comes late says something else.
    try:
        with contextlib.suppress(OSError):
            os.write(fd, command)
    finally:
        os.close(fd)
