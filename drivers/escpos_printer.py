"""A printer that speaks ESC/POS, over whatever carries its bytes: whole writes within a time, status, cancel."""

import contextlib
import errno
import select
import time
from collections.abc import Callable
from typing import Final, NoReturn, Protocol, Self

from drivers.base import DeviceGone, Paper, PaperOut, PrinterGone, PrinterStalled, PrinterStatus
from drivers.escpos_status import Answer, Query, read_answer, status_of


class Channel(Protocol):
    """What carries a printer's bytes, both ways, never waiting."""

    name: str
    """The path or address, for messages."""

    def fileno(self) -> int:
        """Return the descriptor to wait on."""

    def freshen(self) -> None:
        """Make the line usable before something new is sent. Raises DeviceGone when it cannot be."""

    def send(self, payload: bytes) -> int:
        """Hand over what fits now and return how much; BlockingIOError when nothing does. Raises DeviceGone."""

    def receive(self) -> bytes:
        """Return what has come, empty when nothing has. Raises DeviceGone."""

    def unsent(self) -> int:
        """Return how many bytes that `send` took have certainly not left for the printer."""

    def settled(self) -> bool:
        """Whether the printer's side has taken every byte that `send` took."""

    def abandon(self) -> None:
        """Drop the bytes that have not left; `freshen` makes the line usable again."""

    def close(self) -> None:
        """Give the line back; a second call does nothing."""


RESET: Final = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08" + b"\x18" + b"\x1b@"
"""`DLE DC4` 8 (clear the buffers, in real time), `CAN`, `ESC @`: each printer obeys what it knows of them."""
CANCEL_PADDING: Final = bytes(4096)
"""Fills up a picture that broke off, which would swallow RESET as dots; NUL prints nothing. Longer than any strip
that `drivers.escpos_encode` makes."""
CHUNK_BYTES: Final = 4096
SETTLE_POLL_S: Final = 0.01
"""No kernel interface announces that a TCP or tty queue has emptied; looked at only while a slip is being sent."""
NOISE_LIMIT_BYTES: Final = 4096
"""Of what a babbling printer says, read at most that much for one question."""


class EscposPrinter:
    """A printer on a channel. `monotonic` is the clock for its deadlines."""

    def __init__(
        self,
        channel: Channel,
        *,
        write_timeout_s: float,
        status_timeout_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._write_timeout_s = write_timeout_s
        self._status_timeout_s = status_timeout_s
        self._monotonic = monotonic
        self._speaks: dict[Query, bool] = {}
        self._broken_off = False

    def write(self, slip: bytes) -> None:
        """Hand over one whole slip; see `drivers.base.Printer.write`."""
        self._freshen()
        if self._broken_off:
            self.cancel()
        self._send(slip)

    def cancel(self) -> None:
        """Empty the printer's buffers and reset it; see `drivers.base.Printer.cancel`."""
        self._freshen()
        self._send(CANCEL_PADDING + RESET if self._broken_off else RESET)
        self._broken_off = False

    def status(self) -> PrinterStatus:
        """Ask all that the printer is known or not yet known to answer; see `drivers.base.Printer.status`."""
        if self._silent():
            return PrinterStatus()
        try:
            self._channel.freshen()
            answers = []
            for query in Query:
                if self._speaks.get(query, True):
                    answer = self._ask(query)
                    if answer is None and self._speaks.get(query):
                        raise PrinterStalled(f"{self._channel.name}: no longer answers", sent=0)
                    self._speaks[query] = answer is not None
                    answers += [answer] if answer else []
                if self._silent():
                    break
        except DeviceGone as error:
            raise PrinterGone(str(error), sent=0) from error
        return status_of(answers)

    def close(self) -> None:
        """Give the printer back."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _silent(self) -> bool:
        # Two questions suffice: a printer that answers neither 1 nor 2 answers none, and each costs a time-out.
        return self._speaks.get(Query.PRINTER) is False and self._speaks.get(Query.OFFLINE_CAUSE) is False

    def _freshen(self) -> None:
        try:
            self._channel.freshen()
        except DeviceGone as error:
            raise PrinterGone(str(error), sent=0) from error

    def _send(self, payload: bytes) -> None:
        deadline_s = self._monotonic() + self._write_timeout_s
        handed = 0
        try:
            while handed < len(payload):
                if not self._wait(select.POLLOUT, deadline_s):
                    self._stalled(handed)
                try:
                    handed += self._channel.send(payload[handed : handed + CHUNK_BYTES])
                except BlockingIOError:
                    self._pause(deadline_s)
            while not self._channel.settled():
                if self._monotonic() >= deadline_s:
                    self._stalled(handed)
                self._wait(0, min(deadline_s, self._monotonic() + SETTLE_POLL_S))
        except DeviceGone as error:
            self._broken_off = self._broken_off or handed > 0
            raise PrinterGone(str(error), sent=handed) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self._broken_off = self._broken_off or handed > 0
            raise PaperOut(f"{self._channel.name}: {error.strerror}", sent=handed) from error  # usblp's own word

    def _stalled(self, handed: int) -> NoReturn:
        sent = handed - self._channel.unsent()
        self._broken_off = self._broken_off or sent > 0
        self._channel.abandon()
        roll = None
        if self._speaks.get(Query.ROLL):
            with contextlib.suppress(DeviceGone):  # it stalled, and now it does not even take a call: still stalled
                self._channel.freshen()
                roll = self._ask(Query.ROLL)
        if roll is not None and status_of([roll]).paper is Paper.OUT:
            raise PaperOut(f"{self._channel.name}: stopped at the paper's end", sent=sent)
        raise PrinterStalled(f"{self._channel.name}: takes no more bytes", sent=sent)

    def _ask(self, query: Query) -> Answer | None:
        deadline_s = self._monotonic() + self._status_timeout_s
        self._hear(NOISE_LIMIT_BYTES)  # an answer to an earlier question that came too late
        asked = 0
        while asked < len(query.request):
            if not self._wait(select.POLLOUT, deadline_s):
                return None
            try:
                asked += self._channel.send(query.request[asked:])
            except BlockingIOError:
                self._pause(deadline_s)
        heard = 0
        while heard < NOISE_LIMIT_BYTES and self._wait(select.POLLIN, deadline_s):
            chunk = self._channel.receive()
            heard += len(chunk)
            for byte in chunk:
                if answer := read_answer(query, byte):
                    return answer
            if not chunk:
                self._pause(deadline_s)  # usblp says readable after an empty packet
        return None

    def _hear(self, limit: int) -> None:
        while limit > 0 and (chunk := self._channel.receive()):
            limit -= len(chunk)

    def _wait(self, events: int, deadline_s: float) -> bool:
        """Wait until the channel is ready for `events`, or failed (the next call says how); False at the deadline."""
        poll = select.poll()
        poll.register(self._channel.fileno(), events)
        return bool(poll.poll(max(0.0, deadline_s - self._monotonic()) * 1000))

    def _pause(self, deadline_s: float) -> None:
        select.select([], [], [], max(0.0, min(SETTLE_POLL_S, deadline_s - self._monotonic())))
