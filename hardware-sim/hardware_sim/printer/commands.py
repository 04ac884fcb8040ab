"""The ESC/POS byte stream as commands: what stands at the head of a buffer, and how long it is.

Source: the ESC/POS command definitions (length of each command, meaning of its parameters). No I/O, no state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Text:
    """Characters of the current code page."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Plain:
    """A command without a payload of its own: its name and its parameter bytes."""

    name: str
    parameters: bytes = b""


@dataclass(frozen=True, slots=True)
class Blob:
    """A picture or a code: `kind` raster, image, barcode or qr; width and height in dots for pictures."""

    kind: str
    content: bytes
    width: int = 0
    height: int = 0


Command = Text | Plain | Blob
Taken = tuple[Command, int] | None  # None: more bytes are needed

_CONTROL: Final[Mapping[int, str]] = {
    0x09: "HT",
    0x0A: "LF",
    0x0C: "FF",
    0x0D: "CR",
    0x18: "CAN",
}
# Commands with a fixed number of parameter bytes, by their first two bytes.
_ESC: Final[Mapping[int, tuple[str, int]]] = {
    0x0C: ("ESC FF", 0),
    0x20: ("ESC SP", 1),
    0x21: ("ESC !", 1),
    0x24: ("ESC $", 2),
    0x25: ("ESC %", 1),
    0x2D: ("ESC -", 1),
    0x32: ("ESC 2", 0),
    0x33: ("ESC 3", 1),
    0x3D: ("ESC =", 1),
    0x3F: ("ESC ?", 1),
    0x40: ("ESC @", 0),
    0x45: ("ESC E", 1),
    0x47: ("ESC G", 1),
    0x4A: ("ESC J", 1),
    0x4B: ("ESC K", 1),
    0x4C: ("ESC L", 0),
    0x4D: ("ESC M", 1),
    0x52: ("ESC R", 1),
    0x53: ("ESC S", 0),
    0x54: ("ESC T", 1),
    0x56: ("ESC V", 1),
    0x57: ("ESC W", 8),
    0x5C: ("ESC \\", 2),
    0x61: ("ESC a", 1),
    0x64: ("ESC d", 1),
    0x65: ("ESC e", 1),
    0x69: ("ESC i", 0),
    0x6D: ("ESC m", 0),
    0x70: ("ESC p", 3),
    0x72: ("ESC r", 1),
    0x74: ("ESC t", 1),
    0x7B: ("ESC {", 1),
}
_GS: Final[Mapping[int, tuple[str, int]]] = {
    0x21: ("GS !", 1),
    0x24: ("GS $", 2),
    0x2F: ("GS /", 1),
    0x3A: ("GS :", 0),
    0x42: ("GS B", 1),
    0x48: ("GS H", 1),
    0x49: ("GS I", 1),
    0x4C: ("GS L", 2),
    0x50: ("GS P", 2),
    0x57: ("GS W", 2),
    0x5C: ("GS \\", 2),
    0x5E: ("GS ^", 3),
    0x61: ("GS a", 1),
    0x62: ("GS b", 1),
    0x66: ("GS f", 1),
    0x68: ("GS h", 1),
    0x72: ("GS r", 1),
    0x77: ("GS w", 1),
}
_FS: Final[Mapping[int, tuple[str, int]]] = {
    0x21: ("FS !", 1),
    0x26: ("FS &", 0),
    0x2D: ("FS -", 1),
    0x2E: ("FS .", 0),
    0x43: ("FS C", 1),
    0x53: ("FS S", 2),
    0x57: ("FS W", 1),
    0x70: ("FS p", 2),
}


def take(stream: bytes) -> Taken:
    """Return the command at the head of `stream` and its length, or None while its end has not come.

    Bytes that are no command of ours come as Plain("?") of length 1, so that nothing can block the way.
    """
    if not stream:
        return None
    head = stream[0]
    if head >= 0x20 and head != 0x7F:
        end = next((n for n, byte in enumerate(stream) if byte < 0x20 or byte == 0x7F), len(stream))
        return Text(stream[:end]), end
    if head in _CONTROL:
        return Plain(_CONTROL[head]), 1
    chosen = _PREFIXED.get(head)
    if chosen is None:
        return _unknown(stream)
    return chosen(stream) if len(stream) > 1 else None


def _unknown(stream: bytes) -> Taken:
    return Plain("?", stream[:1]), 1


def _fixed(stream: bytes, name: str, count: int, *, after: int = 2) -> Taken:
    return (Plain(name, stream[after : after + count]), after + count) if len(stream) >= after + count else None


def _dle(stream: bytes) -> Taken:
    # They were obeyed as they arrived; here they only take up room.
    match stream[1]:
        case 0x04 | 0x05:
            return _fixed(stream, "DLE", 1)
        case 0x14:
            if len(stream) < 3:
                return None
            return _fixed(stream, "DLE", {1: 3, 2: 3, 7: 2, 8: 8}.get(stream[2], 1))
        case _:
            return _unknown(stream)


def _esc(stream: bytes) -> Taken:
    match stream[1]:
        case 0x2A:  # ESC * m nL nH: bit image, three bytes a column in the 24-dot modes
            if len(stream) < 5:
                return None
            width = stream[3] | stream[4] << 8
            dots = 24 if stream[2] in {32, 33} else 8
            return _blob(stream, "image", 5, width * dots // 8, (width, dots))
        case 0x44:  # ESC D n… NUL: tab stops
            end = stream.find(0, 2)
            return (Plain("ESC D", stream[2:end]), end + 1) if end >= 0 else None
        case 0x26:  # ESC & y c1 c2: user-defined characters
            return _unknown(stream)
        case second if second in _ESC:
            return _fixed(stream, *_ESC[second])
        case _:
            return _unknown(stream)


def _gs(stream: bytes) -> Taken:
    match stream[1]:
        case 0x56:  # GS V m [n]: cut; 65 and up feed first
            if len(stream) < 3:
                return None
            return _fixed(stream, "GS V", 2 if stream[2] >= 65 else 1)
        case 0x76:  # GS v 0 m xL xH yL yH: raster
            if len(stream) < 8:
                return None
            across, height = stream[4] | stream[5] << 8, stream[6] | stream[7] << 8
            return _blob(stream, "raster", 8, across * height, (across * 8, height))
        case 0x6B:
            return _barcode(stream)
        case 0x28:
            return _extended(stream, "GS (")
        case 0x38:  # GS 8 L p1 p2 p3 p4: large graphics
            if len(stream) < 7:
                return None
            return _blob(stream, "image", 7, int.from_bytes(stream[3:7], "little"))
        case 0x2A:  # GS * x y: downloaded bit image
            if len(stream) < 4:
                return None
            return _blob(stream, "image", 4, stream[2] * stream[3] * 8, (stream[2] * 8, stream[3] * 8))
        case second if second in _GS:
            return _fixed(stream, *_GS[second])
        case _:
            return _unknown(stream)


def _fs(stream: bytes) -> Taken:
    if stream[1] == 0x28:
        return _extended(stream, "FS (")
    return _fixed(stream, *_FS[stream[1]]) if stream[1] in _FS else _unknown(stream)


def _blob(stream: bytes, kind: str, start: int, count: int, size: tuple[int, int] = (0, 0)) -> Taken:
    if len(stream) < start + count:
        return None
    return Blob(kind, stream[start : start + count], *size), start + count


def _barcode(stream: bytes) -> Taken:
    if len(stream) < 4:
        return None
    if stream[2] >= 65:  # GS k m n d1…dn
        return _blob(stream, "barcode", 4, stream[3])
    end = stream.find(0, 3)  # GS k m d1…dk NUL
    return (Blob("barcode", stream[3:end]), end + 1) if end >= 0 else None


def _extended(stream: bytes, name: str) -> Taken:
    # GS ( X pL pH …: the length stands in front
    if len(stream) < 5:
        return None
    count = stream[3] | stream[4] << 8
    if len(stream) < 5 + count:
        return None
    content = stream[5 : 5 + count]
    if name == "GS (" and stream[2] == 0x6B:  # cn fn …: symbols; cn 49 is QR, fn 80 stores, fn 81 prints
        function = content[:2]
        if function in {b"1C", b"1E"}:
            return Plain({b"1C": "QR size", b"1E": "QR level"}[function], content[2:3]), 5 + count
        if function == b"1P":
            return Plain("QR store", content[3:]), 5 + count
        if function == b"1Q":
            return Plain("QR print"), 5 + count
    return Plain(f"{name} {chr(stream[2])}", content), 5 + count


_PREFIXED: Final[Mapping[int, Callable[[bytes], Taken]]] = {0x10: _dle, 0x1B: _esc, 0x1C: _fs, 0x1D: _gs}
