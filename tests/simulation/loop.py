"""An event loop whose time passes at once: no socket, no thread, no waiting; the same run gives the same order."""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

WORK_S = 0.08
"""What a piece of work off the loop takes: the hash of a staff code on a Raspberry Pi."""


class _Still(selectors.SelectSelector):
    """Waits for nothing: what the loop would sleep is added to the time."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("nothing will ever happen again")
        if timeout > 0:
            self.now_s += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Descriptors are numbers that simulated devices made up; `readable` says that one has something to read."""

    def __init__(self) -> None:
        self._still = _Still()
        super().__init__(self._still)
        # Sums of seconds are not exact: without some grace a timer would be waited for in ever smaller steps.
        self._clock_resolution = 1e-6
        self._readers: dict[int, Callable[[], object]] = {}

    def time(self) -> float:
        return self._still.now_s

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
