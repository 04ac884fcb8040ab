"""Which machine this is: a name that outlives restarts, by which a stick knows who took it in."""

import socket
from pathlib import Path
from typing import Final

MACHINE_ID: Final = Path("/etc/machine-id")


def machine() -> str:
    """Return this machine's lasting name."""
    try:
        return MACHINE_ID.read_text().strip() or socket.gethostname()
    except OSError:
        return socket.gethostname()
