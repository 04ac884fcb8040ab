"""Bytes of a serial scanner in, whole codes out; no descriptor, no clock."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from drivers.aim import symbology_of
from drivers.base import Code, LostReason, ScanEvent
from drivers.loss import Loss
from drivers.whole import believed

TERMINATORS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "any": (b"\r", b"\n"),
    "cr": (b"\r",),
    "lf": (b"\n",),
    "crlf": (b"\r\n",),
    "tab": (b"\t",),
    "etx": (b"\x03",),
    "stx_etx": (b"\x03",),
    "none": (),
}
"""What ends a code, by the name of the setting. `any` takes CR, LF and CR LF: an empty line is no code.

`stx_etx`: what stands between STX and ETX; a code that lacks one of them is lost. `none`: the suffix if there is one,
else the pause after the code.
"""

STX: Final = 0x02
MAX_CODE_BYTES: Final = 8192
"""Above the largest 2D symbol (QR version 40: 7,089 digits)."""


class LineAssembler:
    """Cuts a scanner's bytes into codes at the terminator; what is lost is lost whole (`drivers.loss`)."""

    def __init__(
        self,
        *,
        terminator: str = "any",
        prefix: bytes = b"",
        suffix: bytes = b"",
        patterns: Sequence[str] = (),
        encoding: str = "utf-8",
        max_bytes: int = MAX_CODE_BYTES,
    ) -> None:
        if terminator not in TERMINATORS:
            raise ValueError(f"terminator {terminator!r}: one of {', '.join(TERMINATORS)}")
        "".encode(encoding)  # LookupError now, not at the first scan
        self._ends = TERMINATORS[terminator] or ((suffix,) if suffix else ())
        self._framed = terminator == "stx_etx"
        self._believed: Callable[[str], bool] | None = None if self._ends else believed(patterns)
        self._prefix, self._suffix = prefix, suffix
        self._encoding = encoding
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._loss = Loss()

    @property
    def pending(self) -> bool:
        """Whether something came that is not over, and whose end is worth a time-out."""
        return bool(self._held) or (self._believed is not None and self._loss.told)

    @property
    def ends_by_pause(self) -> bool:
        """Whether a code is over when nothing comes any more, so that the time-out should be short."""
        return self._believed is not None

    def feed(self, chunk: bytes) -> list[ScanEvent]:
        """Return what `chunk` completes; a cut anywhere in the stream changes nothing."""
        events: list[ScanEvent] = []
        for byte in chunk:
            if self._framed and byte == STX:
                events += self._begun()
            self._held.append(byte)
            for end in self._ends:
                if self._held.endswith(end):
                    events += self._ended(bytes(self._held[: -len(end)]))
                    break
            else:
                if len(self._held) > self._max_bytes + len(self._prefix) + len(self._suffix) + self._longest_end:
                    events += self._overrun()
        return events

    def break_off(self) -> list[ScanEvent]:
        """Say that the time between characters has passed: a half code is lost, and so is its tail.

        Where only a pause ends a code it is over now, and passed if it is one of the patterns'.
        """
        if not self.pending:
            return []
        body, no_code = bytes(self._held), self._is_check_byte
        self._held.clear()
        if self._believed is None:
            return [] if no_code else self._loss.silence()
        lost = self._loss.end(anything=bool(body))
        if lost is not None:
            return lost
        code = self._code(self._trimmed(body))
        if self._believed(code.text):
            return [code]
        lost = self._loss.silence()
        self._loss = Loss()  # the pause has ended it
        return lost

    @property
    def _longest_end(self) -> int:
        return max(map(len, self._ends), default=0)

    def _begun(self) -> list[ScanEvent]:
        """STX: a frame begins for certain, whatever was lost before it; one that did not end is lost."""
        lost = self._held and not self._is_check_byte
        self._held.clear()
        self._loss = Loss()
        return Loss().tell(LostReason.UNREADABLE) if lost else []

    @property
    def _is_check_byte(self) -> bool:
        """Whether one byte is held that some scanners send after ETX, and which is no part of a code."""
        return self._framed and len(self._held) == 1 and self._held[0] != STX

    def _overrun(self) -> list[ScanEvent]:
        # The last bytes may be the beginning of what ends it.
        del self._held[: len(self._held) - max(self._longest_end - 1, 1)]
        return self._loss.tell(LostReason.TOO_LONG)

    def _ended(self, body: bytes) -> list[ScanEvent]:
        self._held.clear()
        if self._framed:
            if body and body[0] != STX:
                self._loss.note(LostReason.UNREADABLE)
            body = body[1:]
        lost = self._loss.end(anything=bool(body))
        if lost is not None:
            return lost
        body = self._trimmed(body)
        return [self._code(body)] if body else []

    def _trimmed(self, body: bytes) -> bytes:
        return body.removesuffix(self._suffix).removeprefix(self._prefix)

    def _code(self, body: bytes) -> Code:
        try:
            text = body.decode(self._encoding)
        except UnicodeDecodeError:
            # Not a loss: every byte is there, only the scanner's encoding is not the one configured.
            text = body.decode("latin-1")
        return Code(text, body, symbology_of(text))
