"""A scan that was recorded in a branch (`kioskctl scan-test --record`), sent again with its own times.

A line is `E: seconds type code value` (hexadecimal but the value) of a keyboard, or `B: seconds bytes` (hexadecimal) of
a serial line; `#` begins a comment. Not simulated: what the device would answer, the times below a millisecond.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hardware_sim.errors import UsageError


@dataclass(frozen=True, slots=True)
class Played:
    """One line. `event`: type, code, value of a key event; `chunk`: bytes of a serial line; one of both."""

    at_s: float
    event: tuple[int, int, int] | None = None
    chunk: bytes = b""


def read(path: Path) -> Sequence[Played]:
    """Return a recording's lines. Raises UsageError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise UsageError(f"{path}: {getattr(wrong, 'strerror', None) or wrong}") from wrong
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        try:
            kind, at, *rest = line.split()
            if kind == "E:":
                of_type, code, value = rest
                found.append(Played(float(at), event=(int(of_type, 16), int(code, 16), int(value))))
            elif kind == "B:":
                (chunk,) = rest
                found.append(Played(float(at), chunk=bytes.fromhex(chunk)))
            else:
                raise ValueError(kind)
        except ValueError as wrong:
            raise UsageError(f"{path}:{number}: no line of a recording ({wrong})") from wrong
    if not found:
        raise UsageError(f"{path}: nothing is recorded there")
    return found


async def send_bytes(played: Sequence[Played], send: Callable[[bytes], bool]) -> bool:
    """Send a serial recording with its times; False if something was lost, or if it is a keyboard's."""
    good = all(each.event is None for each in played)
    before_s = played[0].at_s
    for each in played:
        if each.at_s > before_s:
            await asyncio.sleep(each.at_s - before_s)
        before_s = each.at_s
        good = send(each.chunk) and good
    return good
