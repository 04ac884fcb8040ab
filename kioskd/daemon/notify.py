"""What the service manager is told: that the daemon is ready, and again and again that its loop turns (sd_notify(3)).

Without a service manager nothing happens.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Final

BEATS_A_LIMIT: Final = 2
"""Beats within the time after which the manager ends a silent daemon. Source: sd_watchdog_enabled(3): half of it."""


def notify(state: str, *, wait_s: float = 1.0) -> None:
    """Send a state such as `READY=1` to `$NOTIFY_SOCKET`, if there is one; a manager that is busy gets `wait_s`."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.settimeout(wait_s)
        line.sendto(state.encode(), address)


def watchdog_limit_s(environ: Mapping[str, str], pid: int) -> float | None:
    """Return after how long a silence the manager ends this process, in seconds; None: it does not watch it."""
    if environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    limit_us = environ.get("WATCHDOG_USEC", "")
    return int(limit_us) / 1e6 if limit_us.isdecimal() and int(limit_us) > 0 else None


class Heartbeat:
    """Says `WATCHDOG=1` out of the loop's own timer, so that a loop that hangs falls silent. From now to `stop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit_s: float) -> None:
        self._loop = loop
        self._every_s = limit_s / BEATS_A_LIMIT
        self._timer: asyncio.TimerHandle | None = None
        self._beat()

    def stop(self) -> None:
        """Fall silent; a second time changes nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self) -> None:
        notify("WATCHDOG=1", wait_s=0)
        self._timer = self._loop.call_later(self._every_s, self._beat)
