"""What went wrong, as the socket tells it: a JSON-RPC code, a kind and what to do."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final

from kioskd.model.written_late import dataclass


class ErrorKind(StrEnum):
    """`data.kind` of an error answer."""

    REFUSED_OFFLINE = "refused_offline"
    NOT_ALLOWED = "not_allowed"
    NOT_NOW = "not_now"
    DEVICE = "device"
    ILS = "ils"
    STORAGE = "storage"
    ELSEWHERE = "elsewhere"
    BAD_PARAMS = "bad_params"
    INTERNAL = "internal"


CODES: Final[Mapping[ErrorKind, int]] = {
    ErrorKind.REFUSED_OFFLINE: -32010,
    ErrorKind.NOT_ALLOWED: -32011,
    ErrorKind.NOT_NOW: -32012,
    ErrorKind.DEVICE: -32013,
    ErrorKind.ILS: -32014,
    ErrorKind.STORAGE: -32015,
    ErrorKind.ELSEWHERE: -32016,
    ErrorKind.BAD_PARAMS: -32602,
    ErrorKind.INTERNAL: -32603,
}


@dataclass(frozen=True, slots=True)
class CallError:
    """A call that was refused: `message` for people, `more` joins `kind` in the answer's `data`."""

    kind: ErrorKind
    message: str
    more: Mapping[str, object] = field(default_factory=dict)
