"""Bytes of a serial scanner in, whole codes out; no descriptor, no clock."""

from collections.abc import Mapping
from typing import Final

from drivers.aim import symbology_of
from drivers.base import Code, LostReason, ScanEvent
from drivers.loss import Loss

SUFFIXES: Final[Mapping[str, tuple[bytes, ...]]] = {
    "any": (b"\r", b"\n"),
    "cr": (b"\r",),
    "lf": (b"\n",),
    "crlf": (b"\r\n",),
    "tab": (b"\t",),
    "etx": (b"\x03",),
}
"""What ends a code, by the name of the setting. `any` takes CR, LF and CR LF: an empty line is no code."""

MAX_CODE_BYTES: Final = 8192
"""Above the largest 2D symbol (QR version 40: 7,089 digits)."""


class LineAssembler:
    """Cuts a scanner's bytes into codes at the suffix; what is lost is lost whole (`drivers.loss`)."""

    def __init__(
        self,
        *,
        suffix: str = "any",
        prefix: bytes = b"",
        encoding: str = "utf-8",
        max_bytes: int = MAX_CODE_BYTES,
    ) -> None:
        if suffix not in SUFFIXES:
            raise ValueError(f"suffix {suffix!r}: one of {', '.join(SUFFIXES)}")
        "".encode(encoding)  # LookupError now, not at the first scan
        self._ends = SUFFIXES[suffix]
        self._prefix = prefix
        self._encoding = encoding
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._loss = Loss()

    @property
    def pending(self) -> bool:
        """Whether something came that no suffix has ended yet, and whose end is worth a time-out."""
        return bool(self._held)

    def feed(self, chunk: bytes) -> list[ScanEvent]:
        """Return what `chunk` completes; a cut anywhere in the stream changes nothing."""
        events: list[ScanEvent] = []
        for byte in chunk:
            self._held.append(byte)
            for end in self._ends:
                if self._held.endswith(end):
                    events += self._ended(bytes(self._held[: -len(end)]))
                    break
            else:
                if len(self._held) > self._max_bytes + len(self._prefix) + 1:
                    events += self._overrun()
        return events

    def break_off(self) -> list[ScanEvent]:
        """Say that the time between characters has passed: a half code is lost, and so is its tail."""
        if not self._held:
            return []
        self._held.clear()
        return self._loss.silence()

    def _overrun(self) -> list[ScanEvent]:
        del self._held[:-1]  # the last byte may be the first half of a two-byte suffix
        return self._loss.tell(LostReason.TOO_LONG)

    def _ended(self, body: bytes) -> list[ScanEvent]:
        self._held.clear()
        lost = self._loss.end(anything=bool(body))
        if lost is not None:
            return lost
        body = body.removeprefix(self._prefix)
        return [self._code(body)] if body else []

    def _code(self, body: bytes) -> Code:
        try:
            text = body.decode(self._encoding)
        except UnicodeDecodeError:
            # Not a loss: every byte is there, only the scanner's encoding is not the one configured.
            text = body.decode("latin-1")
        return Code(text, body, symbology_of(text))
