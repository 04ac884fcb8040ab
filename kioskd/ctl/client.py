"""The daemon's socket as a script sees it: one call after the other, each with a deadline; notifications in between."""

import json
import socket
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from kioskd.ctl.errors import CtlError, NoAnswer, Refused, WrongUsage
from kioskd.front.protocol import PROTOCOL

GREETING_S: Final = 0.7
"""The front answers `hello` by itself and from memory; who has not answered by then does not answer."""
CALL_S: Final = 10.0
"""The longest answer waits for a slow disk, or for `timeout_s` of the library system (8 s)."""


class Client:
    """One connection to the daemon. Use it as a context."""

    def __init__(self, sock: socket.socket, path: Path) -> None:
        self._sock = sock
        self._path = path
        self._incoming = b""
        self._last_id = 0
        self._notifications: deque[dict[str, Any]] = deque()
        self.greeting: dict[str, Any] = {}
        """The result of `hello`."""

    @classmethod
    def connect(cls, path: Path, role: str | None = None) -> Self:
        """Connect and greet, both within `GREETING_S`. Raises NoAnswer, CtlError."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client = cls(sock, path)
        try:
            until_s = time.monotonic() + GREETING_S
            client._open(until_s)
            hello = {"client": "kioskctl", "protocol": PROTOCOL} | ({"role": role} if role else {})
            client.greeting = client.call("hello", hello, timeout_s=until_s - time.monotonic())
        except BaseException:
            sock.close()
            raise
        return client

    def call(self, method: str, params: dict[str, Any] | None = None, *, timeout_s: float = CALL_S) -> Any:  # noqa: ANN401 # any JSON
        """Return a call's result. Raises Refused, NoAnswer."""
        until_s = time.monotonic() + timeout_s
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params or {}}
        try:
            self._sock.settimeout(max(timeout_s, 0.001))
            self._sock.sendall(json.dumps(request).encode() + b"\n")
        except TimeoutError:
            raise self._no_answer("does not read") from None
        except OSError as problem:
            if not isinstance(problem, BrokenPipeError):
                raise self._no_answer(problem.strerror or str(problem)) from None
            # It closed: the line that says why may still be there to read.
        while True:
            message = self._next(until_s)
            if "id" not in message:
                self._notifications.append(message)
            elif "error" in message:
                raise Refused(method, message["error"])
            else:
                return message.get("result")

    def notification(self, timeout_s: float | None = None) -> dict[str, Any]:
        """Return the next notification; None: wait for ever. Raises NoAnswer when the daemon is gone, TimeoutError."""
        if self._notifications:
            return self._notifications.popleft()
        until_s = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            message = self._next(until_s, waiting=True)
            if "id" not in message:
                return message

    def close(self) -> None:
        """End the connection."""
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, until_s: float) -> None:
        self._sock.settimeout(until_s - time.monotonic())
        try:
            self._sock.connect(str(self._path))
        except (FileNotFoundError, NotADirectoryError):
            raise self._no_answer("there is no such socket") from None
        except ConnectionRefusedError:
            raise self._no_answer("nobody listens there") from None
        except (TimeoutError, BlockingIOError):
            raise self._no_answer("too busy to take a connection") from None
        except PermissionError:
            why = "you may not open it; run this as root, or as a member of the socket's group"
            raise CtlError(f"{self._path}: {why}") from None
        except OSError as problem:
            raise WrongUsage(f"{self._path}: {problem.strerror or problem}; is --socket right?") from None

    def _next(self, until_s: float | None, *, waiting: bool = False) -> dict[str, Any]:
        while b"\n" not in self._incoming:
            left_s = None if until_s is None else until_s - time.monotonic()
            try:
                if left_s is not None and left_s <= 0:
                    raise TimeoutError
                self._sock.settimeout(left_s)
                chunk = self._sock.recv(1 << 18)
            except TimeoutError:
                if waiting:
                    raise
                raise self._no_answer("no answer in time") from None
            except OSError as problem:
                raise self._no_answer(problem.strerror or str(problem)) from None
            if not chunk:
                raise self._no_answer("it closed the connection")
            self._incoming += chunk
        line, self._incoming = self._incoming.split(b"\n", 1)
        try:
            message = json.loads(line)
        except ValueError:
            raise self._no_answer("what answers there does not speak JSON-RPC") from None
        if not isinstance(message, dict):
            raise self._no_answer("what answers there does not speak JSON-RPC")
        return message

    def _no_answer(self, why: str) -> NoAnswer:
        advice = "is kioskd running (systemctl status kioskd), and is this its socket (--socket)?"
        return NoAnswer(f"the daemon does not answer at {self._path}: {why}; {advice}")
