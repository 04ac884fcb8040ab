"""The front: accepts clients, passes their calls on under a number, takes results back, and shows the View to all.

The daemon is the other side of the constructor: it gets `submit` calls, and answers each by `reply` or `fail`.
"""

import asyncio
import itertools
import logging
import os
import resource
import sys
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from kioskd.front import greeting, rpc
from kioskd.front.connection import Connection
from kioskd.front.current_view import CurrentView
from kioskd.front.greeting import HelloInfo
from kioskd.front.limits import Limits
from kioskd.front.listening import BACKLOG, Listener, open_listener
from kioskd.front.peers import Peer, Rights, user_name
from kioskd.front.protocol import TOO_MANY_CONNECTIONS
from kioskd.front.slot import Slot
from kioskd.model.calls import Call, RequestId, Role
from kioskd.model.errors import CODES, CallError, ErrorKind
from kioskd.model.settings import SocketSettings
from kioskd.model.view import View

log = logging.getLogger(__name__)

_KEEP_FILE: Final[dict[str, Any]] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
"""From Python 3.13 on asyncio would remove the file of systemd's socket."""

Submit = Callable[[RequestId, Role, Call], None]
"""How a call reaches the rules; it may be answered at once, from within, or later."""

ACCEPTED_A_TURN: Final = 16
"""New clients before the loop turns to scans."""
PROMPT_WATCHERS: Final = 8
"""The longest-standing watchers, front screens as a rule, have a View at once; others may wait for a turn."""
PUSHED_A_TURN: Final = 16
"""Views written to further watchers before the loop turns to scans."""
KEPT_FOR_TECHNICIANS: Final = 16
"""Places that only technicians get, so that a mad screen does not lock out who comes to repair it."""
SPARE_FILES: Final = 128
"""Open files for all else that the daemon does."""
_NO_RESULT: Final[Mapping[str, object]] = {}


class Front:
    """The local socket, from `start` to `close`; made within the loop. A View may be published before `start`."""

    def __init__(
        self,
        settings: SocketSettings,
        submit: Submit,
        hello: HelloInfo,
        *,
        environ: Mapping[str, str] = os.environ,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.view = CurrentView()
        self._settings = settings
        self._submit = submit
        self._environ = environ
        self._rights = Rights(settings)
        self._hello = {role: rpc.encode(greeting.result(hello, role)) for role in Role}
        self._numbers = itertools.count(1)
        self._asked: dict[RequestId, tuple[Connection, Slot]] = {}
        self._requests: dict[Slot, RequestId] = {}
        self._connections: set[Connection] = set()
        self._admitted: set[Connection] = set()
        self._watchers: dict[Connection, None] = {}
        self._technicians: dict[Connection, None] = {}
        self._unpushed: dict[Connection, None] = {}
        self._push_scheduled = False
        self._places = self.limits.connections
        self._listener: Listener | None = None
        self._server: asyncio.Server | None = None
        self._loop = asyncio.get_running_loop()

    async def start(self) -> None:
        """Open the socket and accept clients. Raises SocketTrouble."""
        self._places = min(self.limits.connections, _open_files(self.limits.connections + SPARE_FILES) - SPARE_FILES)
        self._listener = open_listener(self._settings.path, self._environ)
        # asyncio accepts as many clients in one turn as it was told for the kernel's queue, so they are told apart.
        self._server = await self._loop.create_unix_server(
            lambda: Connection(self, self._loop), sock=self._listener.sock, backlog=ACCEPTED_A_TURN, **_KEEP_FILE
        )
        self._listener.sock.listen(BACKLOG)

    async def close(self) -> None:
        """Accept nobody any more, let what was written be sent, remove the socket file."""
        if self._server is None or self._listener is None:
            return
        self._listener.remove_file()
        self._server.close()
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)  # a transport that has nothing to send is gone after one turn
        for connection in list(self._connections):
            connection.drop("the daemon ends")
        await self._server.wait_closed()
        self._server = None

    # What the daemon calls.

    @property
    def diagnosed(self) -> bool:
        """Whether anybody watches the diagnostics; if not, there is no need to make them."""
        return bool(self._technicians)

    def reply(self, request: RequestId, result: object = None) -> None:
        """Answer a call: a dataclass or a mapping; None: the View as it now stands. A client that left is forgotten."""
        asked = self._asked.pop(request, None)
        if asked is None:
            return
        connection, slot = asked
        del self._requests[slot]
        if result is None:
            connection.reply_view(slot)
        else:
            connection.reply(slot, self._answer(slot, result))

    def fail(self, request: RequestId, error: CallError) -> None:
        """Refuse a call."""
        asked = self._asked.pop(request, None)
        if asked is None:
            return
        connection, slot = asked
        del self._requests[slot]
        connection.reply(slot, rpc.failure(slot.id or rpc.NO_ID, error))

    def publish(self, view: View) -> None:
        """Show a View to all who watch; encoded once, and the newest only to those who are slow."""
        first = not self.view.known
        self.view.publish(view, self._loop.time())
        if first:
            for connection in list(self._connections):
                connection.view_known()
            return
        watchers = list(self._watchers)
        for connection in watchers[:PROMPT_WATCHERS]:
            connection.push_view()
        if len(watchers) > PROMPT_WATCHERS:
            self._unpushed |= dict.fromkeys(watchers[PROMPT_WATCHERS:])
            self._push_more()

    def diagnose(self, kind: str, fields: Mapping[str, object] = _NO_RESULT) -> None:
        """Tell technicians who watch of an event; card numbers and PINs are masked by who noticed it."""
        for connection in list(self._technicians):
            connection.push_diagnostics({"kind": kind, **fields})

    # What connections call.

    def admit(self, connection: Connection, peer: Peer) -> Role | bytes:
        """Return the peer's role, or the error line it gets before it is closed."""
        self._connections.add(connection)
        role = self._rights.role(peer.uid)
        if role is None:
            name = user_name(peer.uid)
            log.warning("client refused: pid %d, uid %d", peer.pid, peer.uid)
            why = f"user {name or 'without a name'} ({peer.uid}) may not use this socket; see [socket] *_users"
            return rpc.error(rpc.NO_ID, CODES[ErrorKind.NOT_ALLOWED], why, {"kind": ErrorKind.NOT_ALLOWED})
        places = self._places if role is Role.TECHNICIAN else self._places - KEPT_FOR_TECHNICIANS
        if len(self._admitted) >= places:
            return rpc.error(rpc.NO_ID, TOO_MANY_CONNECTIONS, f"all {places} connections are taken; close some")
        self._admitted.add(connection)
        return role

    @property
    def crowded(self) -> bool:
        """Whether those who were not admitted are so many that they must go at once."""
        return len(self._connections) > self._places + SPARE_FILES // 2

    def call(self, connection: Connection, slot: Slot, role: Role, call: Call) -> None:
        """Pass a call on under a number of our own."""
        request = RequestId(next(self._numbers))
        self._asked[request] = connection, slot
        self._requests[slot] = request
        self._submit(request, role, call)

    def hello(self, role: Role) -> bytes:
        """Return the result of `hello`, JSON."""
        return self._hello[role]

    def watch(self, connection: Connection) -> None:
        """Let this connection have the View with every change."""
        self._watchers[connection] = None

    def watch_diagnostics(self, connection: Connection) -> None:
        """Let this connection have the diagnostics."""
        self._technicians[connection] = None

    def left(self, connection: Connection, slots: deque[Slot]) -> None:
        """Forget a connection; nothing waits for the answers of `slots`."""
        self._connections.discard(connection)
        self._admitted.discard(connection)
        for watching in (self._watchers, self._technicians, self._unpushed):
            watching.pop(connection, None)
        for slot in slots:
            request = self._requests.pop(slot, None)
            if request is not None:
                del self._asked[request]

    def _answer(self, slot: Slot, result: object) -> bytes:
        id_ = slot.id or rpc.NO_ID
        try:
            return rpc.answer(id_, rpc.encode(result))
        except UnicodeEncodeError:
            # Half a surrogate pair, out of a file of another encoding: one answer is lost, not the daemon.
            log.exception("a result cannot be written as UTF-8")
            return rpc.failure(id_, CallError(ErrorKind.INTERNAL, "the result cannot be written as UTF-8"))

    def _push_more(self) -> None:
        if self._push_scheduled:
            return
        for connection in list(itertools.islice(self._unpushed, PUSHED_A_TURN)):
            self._unpushed.pop(connection, None)
            connection.push_view()
        if self._unpushed:
            self._push_scheduled = True
            self._loop.call_soon(self._push_on)

    def _push_on(self) -> None:
        self._push_scheduled = False
        self._push_more()


def _open_files(wanted: int) -> int:
    """Let this process open `wanted` files if it may, and return how many it can; many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    best = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < best:
        resource.setrlimit(resource.RLIMIT_NOFILE, (best, hard))
    return max(soft, best)
