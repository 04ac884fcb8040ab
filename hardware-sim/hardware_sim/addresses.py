"""Where a simulator listens: `HOST:PORT` as typed, port 0 for any free one."""

import ipaddress
from dataclasses import dataclass

from .errors import UsageError


@dataclass(frozen=True, slots=True)
class Address:
    """A TCP address; `port` 0 lets the kernel choose."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as the root of an HTTP URL."""
        return f"http://{self}"


def parse_address(text: str, *, option: str) -> Address:
    """Read `HOST:PORT`, `[V6]:PORT` or a bare `PORT` (on 127.0.0.1).

    Raises UsageError, naming `option`, if it is none of them.
    """
    host, colon, port = text.rpartition(":")
    host = host.strip("[]") if colon else "127.0.0.1"
    if not port.isascii() or not port.isdigit() or int(port) > 65535 or not host:
        raise UsageError(f"{option}: {text!r} is no address; write HOST:PORT, for example 127.0.0.1:0")
    return Address(host, int(port))


def parse_loopback(text: str, *, option: str) -> Address:
    """Read an address that must stay on this machine.

    Raises UsageError for any other: who reaches a control address can make the simulator do anything.
    """
    address = parse_address(text, option=option)
    if address.host == "localhost":
        return Address("127.0.0.1", address.port)
    try:
        loopback = ipaddress.ip_address(address.host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(f"{option}: {address.host} is not loopback; use 127.0.0.1 or [::1]")
    return address
