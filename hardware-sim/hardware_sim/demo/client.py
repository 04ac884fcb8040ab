"""A client of the local socket, written from docs/PROTOCOL.md; it shares no code with kioskd."""

import itertools
import json
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

View = dict[str, Any]


class RpcError(Exception):
    """Raised when the daemon answers with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.code: int = error["code"]
        self.data: dict[str, Any] = error.get("data") or {}
        self.message: str = error.get("message", "")


class Hangup(Exception):  # noqa: N818 - it says what happened
    """Raised when the daemon ends the connection."""


class NoSuchView(Exception):  # noqa: N818 - it says what happened
    """Raised when the View that was waited for did not come."""


class Client:
    """One connection; `views` keeps every View that came, the newest last."""

    def __init__(self, path: Path, *, timeout_s: float = 20.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(_short(path))
        except OSError:
            self._socket.close()
            raise
        self._timeout_s = timeout_s
        self._numbers = itertools.count(1)
        self._buffer = b""
        self._lines: deque[dict[str, Any]] = deque()
        self.views: list[View] = []
        self.others: list[dict[str, Any]] = []

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def send(self, method: str, **params: Any) -> int:
        """Send a call and return its number."""
        number = next(self._numbers)
        self.send_raw(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
        return number

    def send_raw(self, line: bytes) -> None:
        """Send bytes as they are. Raises Hangup."""
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise Hangup(str(error)) from error

    def call(self, method: str, **params: Any) -> Any:  # noqa: ANN401 - each method has a result of its own
        """Call and wait for the result. Raises RpcError, Hangup, TimeoutError."""
        return self.answer(self.send(method, **params))

    def answer(self, number: int) -> Any:  # noqa: ANN401
        """Wait for the answer to a call that was sent."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            message = self.next(deadline)
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise RpcError(message["error"])
                return message["result"]
            self.note(message)

    def watch(self) -> View:
        """Begin to watch; return the View as it stands."""
        view: View = self.call("view.watch")
        self.views.append(view)
        return view

    def until(self, wanted: Callable[[View], bool], *, timeout_s: float | None = None, what: str = "") -> View:
        """Return the first View, beginning with the newest seen, that is as wanted. Raises NoSuchView."""
        deadline = time.monotonic() + (timeout_s or self._timeout_s)
        if self.views and wanted(self.views[-1]):
            return self.views[-1]
        while True:
            try:
                message = self.next(deadline)
            except TimeoutError:
                last = json.dumps(self.views[-1] if self.views else None, indent=1)
                raise NoSuchView(f"no such View {what}; the last one: {last}") from None
            self.note(message)
            if message.get("method") == "view" and wanted(self.views[-1]):
                return self.views[-1]

    def note(self, message: dict[str, Any]) -> None:
        """Keep a message that nobody waited for."""
        if message.get("method") == "view":
            self.views.append(message["params"])
        else:
            self.others.append(message)

    def next(self, deadline: float) -> dict[str, Any]:
        """Return the next message. Raises TimeoutError at the deadline (time.monotonic), Hangup."""
        while not self._lines:
            self._socket.settimeout(max(0.0005, deadline - time.monotonic()))
            try:
                chunk = self._socket.recv(1 << 20)
            except BlockingIOError:
                raise TimeoutError from None
            except ConnectionError as error:
                raise Hangup(str(error)) from error
            if not chunk:
                raise Hangup("the daemon ended the connection")
            *lines, self._buffer = (self._buffer + chunk).split(b"\n")
            self._lines.extend(json.loads(line) for line in lines if line)
        return self._lines.popleft()


def _short(path: Path) -> str:
    # A socket's path has 108 bytes at most; a relative one may be shorter.
    text = str(path)
    return text if len(text) < 100 else os.path.relpath(text)
