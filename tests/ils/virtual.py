"""An event loop whose time passes at once, and a library system on a line of memory, written from the wire format."""

import asyncio
import selectors
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kioskd.ils.line import Line

DATE = "20261123    222122"
LATENCY_S = 0.001


class _Selector(selectors.SelectSelector):
    """Waits for nothing: what a loop would sleep is added to the time.

    `patience_s`: so long, really, it looks whether anything comes, where the kernel carries what is said.
    """

    def __init__(self, patience_s: float) -> None:
        super().__init__()
        self.now_s = 1000.0
        self._patience_s = patience_s

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if not events and self._patience_s and timeout != 0:
            events = super().select(self._patience_s)
        if not events:
            assert timeout is not None, "nothing will ever happen again"
            self.now_s += timeout
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, patience_s: float = 0.0) -> None:
        self._clock = _Selector(patience_s)
        super().__init__(self._clock)
        # Sums of seconds are not exact: without some grace a timer would be waited for in ever smaller steps.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._clock.now_s

    def stall(self, for_s: float) -> None:
        """Let time pass as if the loop were kept busy."""
        self._clock.now_s += for_s


@dataclass(frozen=True)
class Does:
    """What the library system does with one request (or, as `what` of an opening, with a connection)."""

    what: str = "answer"
    after_s: float = 0.0
    cut: float = 0.5
    """Where a line is cut, as a share of its length."""


@dataclass
class Heard:
    """A request as it was written: when, on which connection, what."""

    at_s: float
    connection: int
    code: str
    line: str

    def value(self, name: str) -> str:
        parts = self.line.split("|")
        # The first variable field stands right behind the fixed ones.
        return next((part[2:] for part in parts if part.startswith(name)), "")


@dataclass
class Library:
    """It does with each connection, and with each request after the greeting, what the plans say; then all is well."""

    connections: Iterator[Does]
    plan: Iterator[Does]
    on_request: Callable[[Heard], None] = lambda heard: None
    heard: list[Heard] = field(default_factory=list)
    opened: int = 0
    refuses: str = "nobody"
    """The one login that is not let in."""
    wires: list["Wire"] = field(default_factory=list)

    async def open_line(self, make: Callable[[], Line], host: str, port: int) -> None:
        does = next(self.connections, Does())
        await asyncio.sleep(LATENCY_S + does.after_s)
        if does.what == "refuse":
            raise ConnectionRefusedError(111, "Connection refused")
        if does.what == "hang":
            await asyncio.sleep(1000)
        self.opened += 1
        line = make()
        wire = Wire(self, self.opened, line, greeting=does if does.what in Wire.GREETINGS else Does())
        self.wires.append(wire)
        line.connection_made(wire)
        if does.what == "close":
            asyncio.get_running_loop().call_later(LATENCY_S, wire.hang_up)


class Wire(asyncio.Transport):
    """The station's end of a connection; the other end is the library system itself."""

    GREETINGS = ("answer and close", "silence", "cut", "babble", "damaged")
    """What may go wrong with the first 93, or with the first 99 if there is none."""

    def __init__(self, library: Library, number: int, line: Line, *, greeting: Does) -> None:
        super().__init__()
        self._library = library
        self._number = number
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._closing = False
        self._last = b""
        self._greeting: Does | None = greeting

    def is_closing(self) -> bool:
        return self._closing

    def abort(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._line.connection_lost, None)

    def hang_up(self) -> None:
        if not self._closing:
            self._line.eof_received()

    def write(self, data: Any) -> None:
        assert not self._closing, "written to a line that is closed"
        text = bytes(data)
        assert text.endswith(b"\r")
        assert text.count(b"\r") == 1, "one message, one write"
        line = text.decode().rstrip("\r")
        heard = Heard(self._loop.time(), self._number, line[:2], line)
        self._library.heard.append(heard)
        self._library.on_request(heard)
        if self._greeting is None:
            does = next(self._library.plan, Does())
        else:
            does = self._greeting
            self._greeting = None if heard.code == "99" else Does()
        self._loop.call_later(LATENCY_S + does.after_s, self._serve, heard, does)

    def _serve(self, heard: Heard, does: Does) -> None:
        refused = heard.code == "93" and f"CN{self._library.refuses}|" in heard.line
        answer = "940" if refused else _answer(heard)
        whole, last = _sealed(answer, heard), self._last
        match does.what:
            case "answer":
                self._send(whole)
            case "pieces":
                for n in range(0, len(whole), 7):
                    self._loop.call_later(n * 0.0001, self._send, whole[n : n + 7])
            case "twice":
                self._send(whole + whole)
            case "stale":
                self._send(last + whole)
            case "answer and close":
                self._send(whole)
                self.hang_up()
            case "cut":
                self._send(whole[: int(len(whole) * does.cut)])
                self.hang_up()
            case "close":
                self.hang_up()
            case "silence":
                return
            case "half and silence":
                self._send(whole[: int(len(whole) * does.cut)])
            case "another":
                self._send(_sealed(answer.replace("|AB", "|AB9").replace("|AA", "|AA9"), heard))
            case "96":
                self._send(b"96AZFEF6\r")
            case "damaged":
                self._send(whole[:-5] + b"0001\r")
            case "another kind":
                self._send(_sealed(f"36Y{DATE}AO|AA|" if heard.code != "35" else "941", heard))
            case "flood":
                for _ in range(3):
                    self._send(b"9" * 40_000)
            case "babble":
                self._send(b"hello\n" * 50)
            case "close later":
                self._send(whole)
                self._loop.call_later(does.after_s, self.hang_up)
            case other:
                raise AssertionError(other)
        self._last = whole

    def _send(self, data: bytes) -> None:
        if not self._closing:
            self._line.data_received(data)


def _answer(heard: Heard) -> str:
    item, patron = heard.value("AB"), heard.line.partition("|AA")[2].partition("|")[0] or heard.value("AA")
    names = f"AO|AA{patron}|AB{item}|AJTitle|AH20261214    235900|"
    return {
        "93": "941",
        "99": f"98YYYYYY600003{DATE}2.00AO|BXYYYYYYYYYYYYYYYY|",
        "63": f"64{' ' * 14}001{DATE}{'0000' * 6}AO|AA{patron}|AEName|BLY|",
        "17": f"18030101{DATE}AO|AB{item}|AJTitle|",
        "11": f"121NUY{DATE}{names}",
        "29": f"301YUY{DATE}{names}",
        "09": f"101YNN{DATE}AO|AB{item}|AQHere|",
        "35": f"36Y{DATE}AO|AA{patron}|",
        "97": f"98YYYYYY600003{DATE}2.00AO|",
    }[heard.code]


def _sealed(text: str, heard: Heard) -> bytes:
    tail = heard.line.rpartition("AY")[2]
    body = f"{text}AY{tail[:1]}AZ".encode() if "AY" in heard.line else f"{text}AZ".encode()
    return body + b"%04X\r" % (-sum(body) & 0xFFFF)
