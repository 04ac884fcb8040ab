"""What a printer says of itself. Source: ESC/POS, DLE EOT, GS r, GS a, GS I."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """What the sensors and the mechanism see."""

    paper_low: bool
    paper_out: bool
    cover_open: bool
    cutter_error: bool
    unrecoverable: bool

    @property
    def offline(self) -> bool:
        """Tell whether anything keeps it from printing."""
        return self.paper_out or self.cover_open or self.cutter_error or self.unrecoverable

    @property
    def error(self) -> bool:
        """Tell whether the error light is on for a mechanical reason."""
        return self.cutter_error or self.unrecoverable


def real_time(n: int, now: Condition) -> bytes:
    """Answer DLE EOT n: bits 1 and 4 are always 1, bits 0 and 7 always 0."""
    bits = 0x12
    match n:
        case 1:
            bits |= 0x08 * now.offline
        case 2:
            bits |= 0x04 * now.cover_open | 0x20 * now.paper_out | 0x40 * now.error
        case 3:
            bits |= 0x08 * now.cutter_error | 0x20 * now.unrecoverable
        case _:
            bits |= 0x0C * (now.paper_low or now.paper_out) | 0x60 * now.paper_out
    return bytes((bits,))


def transmit(n: int, now: Condition) -> bytes:
    """Answer GS r n: 1 the paper sensors, 2 the drawer."""
    if n in {1, 49}:
        return bytes((0x03 * (now.paper_low or now.paper_out) | 0x0C * now.paper_out,))
    return b"\x00"


def automatic(now: Condition) -> bytes:
    """Return the four bytes of automatic status (GS a)."""
    first = 0x10 | 0x08 * now.offline | 0x20 * now.cover_open
    second = 0x08 * now.cutter_error | 0x20 * now.unrecoverable
    third = 0x03 * (now.paper_low or now.paper_out) | 0x0C * now.paper_out
    return bytes((first, second, third, 0x00))


def identity(n: int) -> bytes:
    """Answer GS I n: model, type and firmware as a byte, or a text between `_` and NUL."""
    texts = {65: b"1.00", 66: b"KIOSK-SIM", 67: b"TM-SIM20", 68: b"SIM0000001", 69: b"PC858"}
    return b"_" + texts[n] + b"\x00" if n in texts else b"\x02"
