"""What comes before a request is understood: a terminal's prompt, and the messages that this server never answers."""

from .faults import Faults
from .wire import Request

LOGIN, PASSWORD = b"\r\nlogin: ", b"\r\npassword: "


class Prompt:
    """A terminal server before the library system: a name and a password, each ended by CR or LF, then SIP2."""

    def __init__(self) -> None:
        self._left = [PASSWORD, b"\r\n"]
        self._line = b""

    def feed(self, data: bytes) -> tuple[list[bytes], bytes | None]:
        """Return what is said to these bytes, and what of them is SIP2 already (None: not yet)."""
        said: list[bytes] = []
        data = self._line + data
        while self._left:
            data = data.lstrip(b"\n")
            ends = [place for place in (data.find(b"\r"), data.find(b"\n")) if place >= 0]
            if not ends:
                self._line = data
                return said, None
            data = data[min(ends) + 1 :]
            said.append(self._left.pop(0))
        return said, data.lstrip(b"\n")


def unheard(request: Request, faults: Faults, institution: str) -> bool:
    """Tell whether nothing comes back to this message, as some servers do with one that they do not like."""
    if faults.checks_institution and request.get("AO") != institution and "AO" in request.fields:
        return True
    return any(name in request.fields for name in faults.refused_fields)


def in_pieces(data: bytes) -> bool:
    """Tell whether a segment ends in the middle of a message."""
    return not data.endswith((b"\r", b"\n"))
