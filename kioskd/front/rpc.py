"""JSON-RPC 2.0 without I/O: a line in, a request or the answer that refuses it out; answers and notifications out.

Source: JSON-RPC 2.0 Specification. A batch is refused: the contract says one object a line. An id is echoed byte for
byte as it came, so that no number or escape is changed.
"""

from typing import Any, Final, Literal

import msgspec

from kioskd.front.params import ALL_METHODS, BadParams, OwnCall
from kioskd.front.protocol import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR
from kioskd.model.calls import Call
from kioskd.model.errors import CODES, CallError, ErrorKind
from kioskd.model.written_late import dataclass

NO_ID: Final = b"null"


@dataclass(frozen=True, slots=True)
class Request:
    """A call that may be made. `id`: as it came, JSON; None: a notification, executed without an answer."""

    id: bytes | None
    method: str
    call: Call | OwnCall


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that is no call. `answer` is the line that says why; None: a notification, which is never answered."""

    answer: bytes | None


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    jsonrpc: Literal["2.0"]
    method: str
    id: msgspec.Raw = msgspec.Raw(b"")
    params: msgspec.Raw = msgspec.Raw(b"")


class _Sketch(msgspec.Struct, frozen=True, gc=False):
    id: msgspec.Raw = msgspec.Raw(b"")


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_SKETCH: Final = msgspec.json.Decoder(_Sketch)
_ENCODER: Final = msgspec.json.Encoder()


def parse(line: bytes) -> Request | Refusal:
    """Return what a line (without its line feed) asks for."""
    try:
        if not line.isascii():
            line.decode()  # what msgspec skips it does not check, and an id is echoed
        envelope = _ENVELOPE.decode(line)
    except (ValueError, RecursionError):
        return Refusal(_not_a_request(line))
    id_ = bytes(envelope.id)
    if not _is_id(id_):
        return Refusal(error(NO_ID, INVALID_REQUEST, "id: expected a text, a number or null"))
    method = ALL_METHODS.get(envelope.method)
    if method is None:
        return _refusal(id_, METHOD_NOT_FOUND, f"there is no method {envelope.method[:60]!r}; see docs/PROTOCOL.md")
    try:
        return Request(id_ or None, envelope.method, method.parse(bytes(envelope.params)))
    except BadParams as problem:
        details = {"kind": ErrorKind.BAD_PARAMS} | ({"field": problem.field} if problem.field else {})
        return _refusal(id_, INVALID_PARAMS, str(problem), details)


def answer(id_: bytes, result: bytes) -> bytes:
    """Return the line that answers a request with a result, itself JSON already."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}\n' % (id_, result)


def notification(method: str, params: bytes) -> bytes:
    """Return the line of a notification; `params` is JSON already."""
    return b'{"jsonrpc":"2.0","method":"%b","params":%b}\n' % (method.encode(), params)


def failure(id_: bytes, refused: CallError) -> bytes:
    """Return the line that answers a call which was refused: `data` is its kind and what joins it."""
    return error(id_, CODES[refused.kind], refused.message, {"kind": refused.kind, **refused.more})


def error(id_: bytes, code: int, message: str, details: object = None) -> bytes:
    """Return an error answer's line; `details` stand in `data`."""
    body: dict[str, object] = {"code": code, "message": message}
    if details is not None:
        body["data"] = details
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}\n' % (id_, encode(body))


def encode(value: object) -> bytes:
    """Return JSON. Raises TypeError or ValueError on what JSON cannot say: a Secret, half a surrogate pair."""
    return _ENCODER.encode(value)


def decode(line: bytes) -> Any:  # noqa: ANN401 # any JSON
    """Return what a line of JSON says; for those who read what was written here. Raises ValueError."""
    return msgspec.json.decode(line)


def _is_id(raw: bytes) -> bool:
    """Tell whether an id is one JSON-RPC knows; its syntax was checked, so that the first byte tells its type."""
    return not raw or raw == NO_ID or raw[:1] in b'"-0123456789'


def _refusal(id_: bytes, code: int, message: str, details: object = None) -> Refusal:
    return Refusal(error(id_, code, message, details) if id_ else None)


def _not_a_request(line: bytes) -> bytes:
    """Return the answer to a line that is no request: not JSON, or JSON of another shape."""
    try:
        if not line.isascii():
            line.decode()
        id_ = bytes(_SKETCH.decode(line).id)
    except msgspec.ValidationError:
        return error(NO_ID, INVALID_REQUEST, "expected one JSON-RPC request, an object, a line; a batch is not taken")
    except UnicodeDecodeError:
        return error(NO_ID, PARSE_ERROR, "not UTF-8")
    except RecursionError:
        return error(NO_ID, PARSE_ERROR, "nested too deeply")
    except ValueError:
        return error(NO_ID, PARSE_ERROR, "not JSON")
    known = id_ if id_ and _is_id(id_) else NO_ID
    return error(known, INVALID_REQUEST, 'expected "jsonrpc": "2.0" and "method": a text')
