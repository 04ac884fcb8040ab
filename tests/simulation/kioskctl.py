"""`kioskctl` itself beside a loop that may not wait: its verbs run in a thread that takes turns with the loop.

Only one of the two runs at any moment, so a life stays the same life. What is typed can be cut off at any of its
flushes and calls, as by Ctrl-C or a stick that is pulled out: then nothing that comes after happens.
"""

import asyncio
import io
import json
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from kioskd.ctl import rescuing
from kioskd.ctl.__main__ import parser
from kioskd.ctl.arguments import Asked, Where
from kioskd.ctl.errors import CtlError, NoAnswer, Refused
from kioskd.front import rpc
from kioskd.front.params import ALL_METHODS
from kioskd.model import calls as c
from kioskd.model.errors import CallError
from tests.simulation.machine import Machine
from tests.simulation.plan import ZONE

PATIENCE, LOOK_S = 80, 0.25
PART_ENTRIES = 3
"""Archives of a simulated station are small: theirs go in parts all the same."""


class Cut(BaseException):
    """Raised where what was typed is cut off."""


class _Gone(BaseException):
    """Raised in the thread when the life is over."""


async def answer(machine: Machine, call: c.Call, role: c.Role = c.Role.STAFF) -> Any:
    """Call and wait; None: the station died, or did not answer."""
    request = machine.call(call, role)
    if request is None:
        return None
    for _ in range(PATIENCE):
        if request in machine.answers:
            break
        await asyncio.sleep(LOOK_S)
    return machine.answers.pop(request, None)


_typing = threading.local()


class _Out(io.TextIOBase):
    """What each command prints, to itself; and what anybody else does, to where it was."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, text: str) -> int:
        command: Kioskctl | None = getattr(_typing, "command", None)
        (self._out if command is None else command.printed).write(text)
        return len(text)

    def flush(self) -> None:
        self._out.flush()


@contextmanager
def typed() -> Iterator[None]:
    """Let commands be typed: no flush of a real file takes time, and what is typed counts them."""
    true, entries, out = os.fsync, rescuing.PART_ENTRIES, sys.stdout

    def fsync(_fd: int) -> None:
        command: Kioskctl | None = getattr(_typing, "command", None)
        if command is not None:
            command.step()

    os.fsync, rescuing.PART_ENTRIES, sys.stdout = fsync, PART_ENTRIES, _Out(out)  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        os.fsync, rescuing.PART_ENTRIES, sys.stdout = true, entries, out  # type: ignore[misc]


@cache
def kioskctl_parser() -> Any:
    return parser(("rescue", "journal", "station", "export"))


class Kioskctl:
    """One command at one machine; its daemon need not run. `cut_at`: the step before which it is cut off."""

    def __init__(self, machine: Machine, *, cut_at: int | None = None) -> None:
        self.machine = machine
        self.greeting = {"station": machine.name}
        self.printed = io.StringIO()
        self._left = cut_at
        self._said: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    async def type(self, *arguments: object) -> dict[str, Any]:
        """Return the JSON document that it prints. Raises CtlError, Cut."""
        thread = threading.Thread(target=self._run, args=([str(each) for each in arguments],), daemon=True)
        thread.start()
        try:
            while True:
                what, said = self._said.get()
                if what == "done":
                    return said
                if what == "failed":
                    raise said
                self._answers.put(await self._carried(*said))
        finally:
            self._answers.put(_Gone())
            thread.join()

    def _run(self, arguments: list[str]) -> None:
        _typing.command = self
        try:
            options = kioskctl_parser().parse_args([*arguments, "--json"])
            where = Where({"KIOSKD_STATION__TIMEZONE": ZONE.key}, None, None, getattr(options, "state_dir", None))
            options.run(Asked(options, True, where, lambda: self))  # type: ignore[arg-type, return-value]
            self._said.put(("done", json.loads(self.printed.getvalue())))
        except BaseException as end:  # noqa: BLE001 - handed to whoever waits
            self._said.put(("failed", end))

    def step(self) -> None:
        """Count a step. Raises Cut where it is the one."""
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Cut

    # As the client of the daemon's socket.

    def __enter__(self) -> "Kioskctl":
        if self.machine.process is None:
            raise NoAnswer("nobody listens there")
        return self

    def __exit__(self, *_told: object) -> None:
        return

    def call(self, method: str, params: dict[str, Any] | None = None, *, timeout_s: float = 10.0) -> Any:
        """Return a call's result. Raises Refused, NoAnswer."""
        self.step()
        self._said.put(("call", (method, params or {}, timeout_s)))
        result = self._answers.get()
        if isinstance(result, BaseException):
            raise result
        return result

    async def _carried(self, method: str, params: dict[str, Any], timeout_s: float) -> Any:
        """Return a call's result as it comes off the wire, or what the client raises."""
        call = ALL_METHODS[method].parse(json.dumps(params).encode())
        request = self.machine.call(call, c.Role.TECHNICIAN)  # type: ignore[arg-type]
        until_s = self.machine.loop.time() + timeout_s
        while request is not None and request not in self.machine.answers:
            if self.machine.loop.time() >= until_s:
                break
            await asyncio.sleep(LOOK_S)
        if request is None or request not in self.machine.answers:
            return NoAnswer("no answer in time")
        result = self.machine.answers.pop(request)
        if isinstance(result, CallError):
            return Refused(method, json.loads(rpc.failure(b"1", result))["error"])
        return json.loads(rpc.encode(result))


__all__ = ["CtlError", "Cut", "Kioskctl", "answer", "typed"]
