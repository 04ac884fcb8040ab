"""An event loop whose time passes at once: no socket, no thread, no waiting; the same run gives the same order."""

import asyncio
import heapq
from collections.abc import Callable
from typing import Any

WORK_S = 0.08
"""What a piece of work off the loop takes: the hash of a staff code on a Raspberry Pi."""
GRACE_S = 1e-6
"""Sums of seconds are not exact: without some grace a timer would be waited for in ever smaller steps."""
BEGINS_S = 1000.0


class _Due:
    """A call that is to come, as `asyncio.Handle`; the loop has one context, so none is copied for each."""

    __slots__ = ("_arguments", "_call", "_cancelled", "_when")

    def __init__(self, when: float, call: Callable[..., object], arguments: Any) -> None:
        self._when = when
        self._call = call
        self._arguments = arguments
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True
        # What it holds may be a whole dead process.
        self._call, self._arguments = _nothing, ()

    def cancelled(self) -> bool:
        return self._cancelled

    def when(self) -> float:
        return self._when


def _nothing(*_arguments: object) -> None:
    """Take the place of a call that was taken back."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Descriptors are numbers that simulated devices made up; `readable` says that one has something to read.

    The queue of asyncio itself compares timers in Python, which was most of its work here: it has one of its own, in
    which calls that are due at the same moment come in the order in which they were asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._now_s = BEGINS_S
        self._queue: list[tuple[float, int, Any]] = []
        self._count = 0
        self._readers: dict[int, Callable[[], object]] = {}

    def time(self) -> float:
        return self._now_s

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Any = None) -> Any:
        handle = _Due(self._now_s, callback, args)
        self._ready.append(handle)
        return handle

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Any = None) -> Any:
        handle = _Due(when, callback, args)
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, handle))
        return handle

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any, context: Any = None) -> Any:
        when = self._now_s + delay
        handle = _Due(when, callback, args)
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, handle))
        return handle

    def _run_once(self) -> None:
        """Run until the loop is stopped: what asyncio does once for each moment is done here within."""
        ready, queue, pop = self._ready, self._queue, heapq.heappop
        while not self._stopping:
            if not ready:
                while queue and queue[0][2]._cancelled:
                    pop(queue)
                if not queue:
                    raise RuntimeError("nothing will ever happen again")
                self._now_s = max(self._now_s, queue[0][0])
            until = self._now_s + GRACE_S
            while queue and queue[0][0] <= until:
                handle = pop(queue)[2]
                if not handle._cancelled:
                    ready.append(handle)
            for _ in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:
                    try:
                        handle._call(*handle._arguments)
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as error:  # noqa: BLE001 - told to the loop's hook, as asyncio does
                        self.call_exception_handler({"message": f"in {handle._call}", "exception": error})

    def add_reader(self, fd: Any, callback: Callable[..., object], *args: Any) -> None:
        self._readers[fd] = lambda: callback(*args)

    def remove_reader(self, fd: Any) -> bool:
        return self._readers.pop(fd, None) is not None

    def readable(self, fd: int) -> None:
        reader = self._readers.get(fd)
        if reader is not None:
            self.call_soon(reader)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        future = self.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                future.set_result(func(*args))
            except Exception as error:  # noqa: BLE001 - handed to whoever waits, as an executor does
                future.set_exception(error)

        self.call_later(WORK_S, work)
        return future
