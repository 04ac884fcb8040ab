"""Commands that a printer obeys as their bytes arrive, before and beside everything in its buffer.

Source: ESC/POS, real-time commands. They are seen in whatever stands on the line, even within a picture's bytes.
"""

from dataclasses import dataclass
from typing import Final

_DLE: Final = 0x10
_CLEAR: Final = bytes((0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))  # DLE DC4, function 8 with its seven fixed parameters


@dataclass(frozen=True, slots=True)
class StatusWanted:
    """DLE EOT n: one byte back."""

    n: int


@dataclass(frozen=True, slots=True)
class ClearBuffers:
    """DLE DC4 function 8: everything received and not yet printed is thrown away."""


@dataclass(frozen=True, slots=True)
class Recover:
    """DLE ENQ n: 1 go on from the line where the error was, 2 throw the buffers away and go on."""

    n: int


RealTime = StatusWanted | ClearBuffers | Recover


class RealTimeEye:
    """Watches the stream for real-time commands, over any split of it."""

    def __init__(self) -> None:
        self._tail = b""

    def look(self, chunk: bytes) -> list[tuple[int, RealTime]]:
        """Return the commands that `chunk` completes, each with the count of the chunk's bytes up to its end."""
        stream, before = self._tail + chunk, len(self._tail)
        found: list[tuple[int, RealTime]] = []
        at = 0
        while (at := stream.find(_DLE, at)) >= 0:
            command, length = _at(stream[at : at + len(_CLEAR)])
            if command is None and length == 0:
                break
            if command is not None and at + length > before:
                found.append((at + length - before, command))
            at += length
        self._tail = stream[at:] if at >= 0 else b""
        return found


def _at(piece: bytes) -> tuple[RealTime | None, int]:
    """Return the command at the head of `piece` and its length; (None, 0): more bytes are needed."""
    if len(piece) < 2:
        return None, 0
    match piece[1]:
        case 0x04:
            if len(piece) < 3:
                return None, 0
            return (StatusWanted(piece[2]), 3) if 1 <= piece[2] <= 4 else (None, 1)
        case 0x05:
            if len(piece) < 3:
                return None, 0
            return (Recover(piece[2]), 3) if piece[2] in {1, 2} else (None, 1)
        case 0x14:
            if piece == _CLEAR:
                return ClearBuffers(), len(_CLEAR)
            return (None, 0) if _CLEAR.startswith(piece) else (None, 1)
        case _:
            return None, 1
