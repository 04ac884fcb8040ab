"""The scanner itself, for use in a process of its own or within a test."""

import asyncio
import os
from pathlib import Path
from types import TracebackType

from hardware_sim.pty_port import PtyPort


class PtyScanner:
    """A serial scanner under `link`. As a context manager it is plugged in and, at the end, unplugged.

    >>> with PtyScanner(folder / "scanner") as scanner:
    ...     scanner.scan("20000000000014")
    """

    def __init__(self, link: Path) -> None:
        self._port = PtyPort(link)

    def __enter__(self) -> "PtyScanner":
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()

    @property
    def link(self) -> Path:
        """The name under which the station opens it."""
        return self._port.link

    @property
    def port(self) -> str:
        """The pseudo-terminal behind the link; empty when unplugged."""
        return self._port.port

    @property
    def plugged(self) -> bool:
        """Tell whether it is plugged in."""
        return self._port.plugged

    @property
    def heard(self) -> bool:
        """Tell whether the station has the port open."""
        return self._port.opened

    def plug(self) -> None:
        """Plug it in: a new port behind the same name. Raises UsageError if the name cannot be had."""
        self._port.plug()

    def unplug(self) -> None:
        """Pull it out."""
        self._port.unplug()

    def type_bytes(self, sent: bytes) -> bool:
        """Send bytes as they are; False if nobody listens or the listener's queue is full: then they are lost."""
        if not self.heard:
            return False
        try:
            return os.write(self._port.master, sent) == len(sent)
        except BlockingIOError:
            return False

    def scan(self, code: str, *, prefix: str = "", suffix: str = "\r") -> bool:
        """Read a code and type it at once; False if it was lost."""
        return self.type_bytes(f"{prefix}{code}{suffix}".encode())

    async def scan_slowly(self, code: str, *, gap_ms: float, prefix: str = "", suffix: str = "\r") -> bool:
        """Read a code and type it with `gap_ms` between characters; False if any was lost."""
        good = True
        for n, character in enumerate(f"{prefix}{code}{suffix}"):
            if n:
                await asyncio.sleep(gap_ms / 1000)
            good = self.type_bytes(character.encode()) and good
        return good
