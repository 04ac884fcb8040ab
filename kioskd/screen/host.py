"""This machine's own name and address, for the technician at the other end of a telephone."""

import socket
from contextlib import suppress
from typing import Final

_ELSEWHERE: Final = ("192.0.2.1", 9)
"""An address kept for documents (RFC 5737). Nothing is sent to it: the kernel is asked which way would lead there."""


def name() -> str:
    """Return the host's name."""
    return socket.gethostname()


def address() -> str:
    """Return the address by which others reach this machine; empty without a network."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ELSEWHERE)
        found: str = probe.getsockname()[0]
        return found
    return ""


def told() -> dict[str, str]:
    """Return both as the page gets them."""
    return {"name": name(), "address": address()}
