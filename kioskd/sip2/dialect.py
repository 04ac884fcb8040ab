"""How one library system wants its SIP2 written: settings, not code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kioskd.sip2.fields import Field
from kioskd.sip2.pin import Pin


class Terminator(StrEnum):
    """What ends a line of ours. Reading accepts CR, LF and CR LF whatever is set here."""

    CR = "cr"
    CRLF = "crlf"


class Sent(StrEnum):
    """When a field is written that some servers insist on and others choke on."""

    AS_REQUIRED = "as_required"
    """As the document says: where required, even if empty; where optional, only with a value."""
    FILLED = "filled"
    """Only with a value, even where it is required."""
    ALWAYS = "always"
    """Wherever the message may carry it, even if empty."""
    NEVER = "never"


CHOOSABLE: Final = frozenset(
    {
        Field.INSTITUTION,
        Field.TERMINAL_PASSWORD,
        Field.PATRON_PASSWORD,
        Field.CURRENT_LOCATION,
        Field.LOCATION_CODE,
    }
)
"""AO, AC, AD, AP, CP: the fields that `Dialect.sent` may speak of."""

_ASCII: Final = bytes(range(128))
_NO_PIN: Final = Pin("")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The ways of one connection.

    `error_detection`: our lines bear AY and AZ, and answers are matched by AY. `verify_checksum`: an answer whose AZ
    does not fit is asked for again (97). `institution_id` AO, `terminal_password` AC, `current_location` AP,
    `location_code` CP. `sent`: exceptions to Sent.AS_REQUIRED.
    """

    error_detection: bool = True
    verify_checksum: bool = True
    terminator: Terminator = Terminator.CR
    encoding: str = "utf-8"
    institution_id: str = ""
    terminal_password: Pin = _NO_PIN
    current_location: str = ""
    location_code: str = ""
    sent: Mapping[Field, Sent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if _ASCII.decode("ascii").encode(self.encoding) != _ASCII:
            raise ValueError(f"encoding {self.encoding!r} does not spell ASCII as ASCII: it cannot carry SIP2")
        if unknown := set(self.sent) - CHOOSABLE:
            raise ValueError(f"no choice is offered for {', '.join(sorted(unknown))}")

    @property
    def line_end(self) -> bytes:
        """The bytes that end a line of ours."""
        return b"\r\n" if self.terminator is Terminator.CRLF else b"\r"
