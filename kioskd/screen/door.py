"""Who may come in: pages that this server itself served to this machine, in this run.

Host keeps out names that were bent to loopback (DNS rebinding); Origin keeps out other sites' pages; the token, which
stands in the page alone, keeps out pages of an earlier run and programs that never saw the page. It is no lock
against another account of this machine, which can fetch the page as the browser does.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SUBPROTOCOL: Final = "kioskd.1"
TOKEN_PREFIX: Final = "token."  # noqa: S105 # how the token is written beside the subprotocol, not the token

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True)
class Door:
    """Checks one request's headers. `port` is the one that is listened on; `token` is made anew at each start."""

    port: int
    token: str

    def host_is_ours(self, host: str | None) -> bool:
        """Tell whether the Host header names this machine's loopback and our port."""
        return host is not None and host.lower() in {f"{name}:{self.port}" for name in LOOPBACK_HOSTS}

    def origin_is_ours(self, origin: str | None, host: str) -> bool:
        """Tell whether the Origin header, which browsers send with each WebSocket, is the page at `host`."""
        return origin is not None and origin.lower() == f"http://{host.lower()}"

    def token_is_ours(self, subprotocols: Iterable[str]) -> bool:
        """Tell whether the offered subprotocols bring the token; there it is in no address and so in no log."""
        expected = (TOKEN_PREFIX + self.token).encode()
        return any(hmac.compare_digest(offered.encode(), expected) for offered in subprotocols)


@dataclass(frozen=True, slots=True)
class Inline:
    """What may stand in the page itself, by its hash: one style sheet, and one script that asks for the others."""

    style: str
    script: str


def headers(host: str, inline: Inline) -> dict[str, str]:
    """Return what every answer carries: nothing from outside, nothing kept, in nobody's frame.

    There is no Cross-Origin-Opener-Policy: for one, the browser begins another process before the first picture, which
    takes longer than all else (docs/PERFORMANCE.md). Who opened the page in a window could see that it is there, as a
    request would tell anyway; it can read nothing of it, and the page listens to no message.
    """
    policy = (
        f"default-src 'none'; script-src 'self' '{inline.script}'; style-src '{inline.style}'; img-src 'self'; "
        f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), usb=(), serial=(), hid=()",
    }
