"""A serial scanner on a pty of our own: the kernel's tty between us and the daemon, and no process in the way."""

import os
import tty
from pathlib import Path


class PtyScanner:
    """Types codes; its port is a link, as /dev/serial/by-id has them."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._master: int | None = None
        self._slave: int | None = None
        self.plug()

    def plug(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        fresh = self.link.with_suffix(".new")
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.rename(self.link)

    def unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        for fd in (self._slave, self._master):
            if fd is not None:
                os.close(fd)
        self._master = self._slave = None

    def scan(self, code: str, suffix: str = "\r") -> None:
        assert self._master is not None
        os.write(self._master, (code + suffix).encode())
