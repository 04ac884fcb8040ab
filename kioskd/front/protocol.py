"""What both ends of the local socket must agree on (docs/PROTOCOL.md): numbers and names, no behaviour.

Kept free of libraries: `kioskctl` and the front screen's bridge import it and start fast.
"""

from typing import Final

PROTOCOL: Final = 1
"""The protocol of a connection that sends no `hello`."""

SUPPORTED: Final = (1,)
"""The protocols that `hello` may ask for."""

MAX_REQUEST_BYTES: Final = 64 * 1024
"""The longest request, its line feed not counted."""

MAX_LIST_LIMIT: Final = 200
"""The most entries that one `journal.list` or `exceptions.list` answers."""

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
TOO_MANY_CONNECTIONS: Final = -32000
"""Of the range that JSON-RPC leaves to the server: every place is taken; the connection is closed."""

VIEW: Final = "view"
"""The notification whose `params` is a View."""

DIAGNOSTICS: Final = "diagnostics"
"""The notification whose `params` is one event: its `kind` and that kind's fields."""
