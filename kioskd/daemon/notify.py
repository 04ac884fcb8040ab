"""Telling the service manager that the daemon is ready (sd_notify(3)); without one, nothing happens."""

import contextlib
import os
import socket


def notify(state: str) -> None:
    """Send a state such as `READY=1` to `$NOTIFY_SOCKET`, if there is one."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.sendto(state.encode(), address)
