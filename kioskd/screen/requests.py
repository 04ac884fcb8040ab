"""What a page may ask of the daemon: the allow list, and the one line that each request becomes.

A request is written anew from its checked parts, so that nothing the page sends reaches the socket as it came: no
second line, no second key, no other field.
"""

import json
from typing import Final

from kioskd.front.protocol import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR

ALLOWED: Final = frozenset(
    {
        "view.get",
        "status.get",
        "session.show",
        "session.start",
        "session.input",
        "session.confirm",
        "session.withdraw",
        "session.finish",
        "session.cancel",
        "session.more_time",
        "session.next_patron",
        "session.language",
        "session.due_date",
        "session.loans",
        "session.renew_all",
        "staff.unlock",
        "staff.lock",
        "mode.set",
        # Staff's: the downtime procedure.
        "patron.register",
        "sheet.add",
        "draft.keep",
        "draft.get",
        "draft.drop",
        "form.choices",
        "form.scan",
        "downtime.review",
        "downtime.tick",
        "crate.count",
        "worklist.get",
        "exceptions.resolve",
        "registrations.list",
        "registration.tick",
        "slip.print",
    }
)
"""The methods that the page uses, by their names on the socket (docs/PROTOCOL.md). The daemon decides on rights."""

HOST: Final = "bridge.host"
"""The one question that the bridge answers itself: this machine's name and address."""

MAX_PAGE_MESSAGE_BYTES: Final = 16 * 1024
"""The longest message a page may send; the socket itself takes 64 KiB."""

DAEMON_AWAY: Final = -32001
"""The daemon does not answer. Of the range that JSON-RPC leaves to the server; `data.kind` is `bridge_down`."""


class BadRequestError(Exception):
    """Raised when a page's message is no request that it may make; `answer` is the JSON-RPC error for it."""

    def __init__(self, request_id: int | None, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = error(request_id, code, message)
        self.request_id = request_id


def request(text: str) -> tuple[int, str | None]:
    """Return the id and the line for the daemon's socket, without its line feed, that a page's message asks for.

    None instead of a line: the page asks HOST, which the bridge knows itself.

    The id must be a whole number: the bridge's own requests have words. Raises BadRequestError.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequestError(None, PARSE_ERROR, "Not JSON") from None
    if not isinstance(message, dict):
        raise BadRequestError(None, INVALID_REQUEST, "Not a JSON-RPC request")
    request_id = message.get("id")
    if type(request_id) is not int or not 0 <= request_id < 2**53:
        raise BadRequestError(None, INVALID_REQUEST, "The id must be a whole number")
    method, params = message.get("method"), message.get("params", {})
    if not isinstance(method, str) or method not in ALLOWED | {HOST}:
        raise BadRequestError(request_id, METHOD_NOT_FOUND, "Not a method for a screen")
    if not isinstance(params, dict):
        raise BadRequestError(request_id, INVALID_PARAMS, "params must be an object")
    return request_id, None if method == HOST else call(request_id, method, params)


def call(request_id: int | str, method: str, params: dict[str, object]) -> str:
    """Return one JSON-RPC 2.0 request; as JSON escapes them, no line feed can stand in it."""
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}, separators=(",", ":"))


def result(request_id: int, value: object) -> str:
    """Return one JSON-RPC 2.0 answer."""
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "result": value}, separators=(",", ":"))


def error(request_id: int | None, code: int, message: str, kind: str | None = None) -> str:
    """Return one JSON-RPC 2.0 error answer."""
    body: dict[str, object] = {"code": code, "message": message}
    if kind is not None:
        body["data"] = {"kind": kind}
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "error": body}, separators=(",", ":"))
