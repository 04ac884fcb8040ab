"""A pseudo-terminal under a name of one's choosing: the serial port of a simulated device.

The name is a symbolic link to the slave, put there by rename, so that nobody ever sees half of it.
"""

import contextlib
import os
import select
import termios
import tty
from pathlib import Path

from .errors import SimulatorError, UsageError


class PtyPort:
    """The device's end of a serial line. Plugged: master open and link there. Unplugged: neither.

    The slave is in raw mode and not held open here: when the station opens it, it is the only one, and the device can
    tell whether anybody has it open.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        self.port = ""
        self._master: int | None = None

    @property
    def plugged(self) -> bool:
        """Tell whether the device is there."""
        return self._master is not None

    @property
    def master(self) -> int:
        """The file descriptor of the device's end; non-blocking. Raises SimulatorError when unplugged."""
        if self._master is None:
            raise SimulatorError(f"{self.link} is unplugged")
        return self._master

    @property
    def opened(self) -> bool:
        """Tell whether somebody has the port open at this moment."""
        if self._master is None:
            return False
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def plug(self) -> None:
        """Make a new pseudo-terminal and let the link lead to it.

        Raises UsageError if the link cannot be made, or if something that is no link stands in its place.
        """
        if self._master is not None:
            return
        if self.link.exists() and not self.link.is_symlink():
            raise UsageError(f"{self.link} exists and is no link; choose another path")
        master, slave = os.openpty()
        try:
            tty.setraw(slave, termios.TCSANOW)
            self.port = os.ttyname(slave)
            os.set_blocking(master, False)
            beside = self.link.with_name(f".{self.link.name}.{os.getpid()}")
            beside.unlink(missing_ok=True)
            beside.symlink_to(self.port)
            beside.replace(self.link)
        except OSError as wrong:
            os.close(master)
            raise UsageError(f"{self.link}: {wrong.strerror}; its folder must exist and be writable") from wrong
        finally:
            os.close(slave)
        self._master = master

    def unplug(self) -> None:
        """Take the device away: the link goes, and whoever has the port open reads an end or gets EIO."""
        if self._master is None:
            return
        with contextlib.suppress(OSError):
            if str(self.link.readlink()) == self.port:
                self.link.unlink()
        os.close(self._master)
        self._master = None
        self.port = ""
