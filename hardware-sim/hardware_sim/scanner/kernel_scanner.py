"""A scanner that the kernel itself has: a keyboard (uinput, uhid) or a HID-POS device (uhid), under a link.

Needs root and a kernel with uinput and uhid, as the virtual machine's is. Not simulated: the cable, so USB's own times.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from hardware_sim.errors import SimulatorError, UsageError
from hardware_sim.kernel.hid_pos import HidPosScanner
from hardware_sim.kernel.uhid import UhidKeyboard
from hardware_sim.kernel.uinput import UinputKeyboard

from .playing import Played


class Device(Protocol):
    """What all of the kernel's devices can."""

    @property
    def path(self) -> str:
        """Its node."""

    def plug(self) -> None:
        """Make it."""

    def unplug(self) -> None:
        """Take it away."""


class _Pos:
    """A HID-POS scanner that takes what a keyboard would type, for one code a call."""

    def __init__(self) -> None:
        self._device = HidPosScanner()

    @property
    def path(self) -> str:
        return self._device.path

    def plug(self) -> None:
        self._device.plug()

    def unplug(self) -> None:
        self._device.unplug()

    def type_text(self, text: str, *, gap_s: float = 0.0) -> None:  # noqa: ARG002 - a report has no characters apart
        self._device.scan(text.encode())


KINDS: Final[Mapping[str, Callable[[], UinputKeyboard | UhidKeyboard | _Pos]]] = {
    "uinput": UinputKeyboard,
    "uhid": UhidKeyboard,
    "hid-pos": _Pos,
}


class KernelScanner:
    """A scanner of one of KINDS, with the calls of `PtyScanner`."""

    def __init__(self, link: Path, kind: str) -> None:
        self.link = link
        self.plugged = False
        self._kind = kind
        self._device = KINDS[kind]()

    @property
    def port(self) -> str:
        """The node behind the link; empty when unplugged."""
        return self._device.path if self.plugged else ""

    @property
    def heard(self) -> bool:
        """Whether it is plugged in: whether anybody reads it the kernel does not say."""
        return self.plugged

    def plug(self) -> None:
        """Plug it in: a new node behind the same name. Raises UsageError, SimulatorError."""
        if self.plugged:
            return
        if self.link.exists() and not self.link.is_symlink():
            raise UsageError(f"{self.link} exists and is no link; choose another path")
        try:
            self._device.plug()
        except OSError as wrong:
            raise SimulatorError(
                f"{self._kind}: {wrong.strerror or wrong}; it needs root and that kernel module"
            ) from wrong
        self.plugged = True
        try:
            self.link.unlink(missing_ok=True)
            self.link.symlink_to(self._device.path)
        except OSError as wrong:
            self.unplug()
            raise UsageError(f"{self.link}: {wrong.strerror}; its folder must exist and be writable") from wrong

    def unplug(self) -> None:
        """Pull it out; a second call does nothing."""
        if not self.plugged:
            return
        self.plugged = False
        with contextlib.suppress(OSError):
            self.link.unlink()
        self._device.unplug()

    def type_bytes(self, sent: bytes) -> bool:
        """Type bytes as text. Raises SimulatorError for one that has no key."""
        return self._type(sent.decode("latin-1"), gap_s=0.0)

    def scan(self, code: str, *, prefix: str = "", suffix: str = "\r") -> bool:
        """Read a code and type it at once."""
        return self._type(f"{prefix}{code}{suffix}", gap_s=0.0)

    async def scan_slowly(self, code: str, *, gap_ms: float, prefix: str = "", suffix: str = "\r") -> bool:
        """Read a code and type it with `gap_ms` between characters."""
        return await asyncio.to_thread(self._type, f"{prefix}{code}{suffix}", gap_s=gap_ms / 1000)

    async def play(self, played: Sequence[Played]) -> bool:
        """Put a recording's key events in, with their times; False where the device takes none."""
        if not isinstance(self._device, UinputKeyboard) or any(each.event is None for each in played):
            return False
        before_s = played[0].at_s
        for each in played:
            await asyncio.sleep(max(0.0, each.at_s - before_s))
            before_s = each.at_s
            if each.event is not None:
                self._device.send([each.event])
        return True

    def _type(self, text: str, *, gap_s: float) -> bool:
        if not self.plugged:
            return False
        try:
            self._device.type_text(text, gap_s=gap_s)
        except KeyError as wrong:
            raise SimulatorError(f"it has no key for {wrong}") from wrong
        return True
