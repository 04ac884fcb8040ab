"""A printer that speaks ESC/POS, over whatever carries its bytes: whole writes within a time, status, cancel."""

import contextlib
import errno
import select
import time
from collections.abc import Callable
from typing import Final, NoReturn, Protocol, Self

from drivers.base import DeviceGone, Paper, PaperOut, PrinterGone, PrinterStalled, PrinterStatus
from drivers.escpos_status import ASK_REPORTS, Answer, Query, Reports, StatusWay, read_answer, status_of


class GoneInTransfer(DeviceGone):
    """Raised by a channel's `send` when the device went while it was handed bytes: it may have had any of them."""


class Channel(Protocol):
    """What carries a printer's bytes, both ways, waiting only in `wait` and for moments."""

    name: str
    """The path or address, for messages."""

    def wait(self, events: int, timeout_s: float) -> bool:
        """Wait until it is ready for `events` of `select.poll`, or has failed (the next call says how).

        False: the time is over. Raises DeviceGone.
        """

    def freshen(self) -> None:
        """Make the line usable before something new is sent. Raises DeviceGone when it cannot be."""

    def send(self, payload: bytes) -> int:
        """Hand over what fits now and return how much; BlockingIOError when nothing does.

        Raises GoneInTransfer; DeviceGone where certainly nothing of it has left.
        """

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
MOMENT_S: Final = 0.001
NOISE_LIMIT_BYTES: Final = 4096
"""Of what a babbling printer says, read at most that much for one question."""


def wait_on(fd: int, events: int, timeout_s: float) -> bool:
    """Wait on a descriptor, as `Channel.wait` wants it."""
    poll = select.poll()
    poll.register(fd, events)
    return bool(poll.poll(timeout_s * 1000))


class EscposPrinter:
    """A printer on a channel. `monotonic` is the clock for its deadlines."""

    def __init__(
        self,
        channel: Channel,
        *,
        write_timeout_s: float,
        status_timeout_s: float,
        status: str = StatusWay.REALTIME,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._write_timeout_s = write_timeout_s
        self._status_timeout_s = status_timeout_s
        self._monotonic = monotonic
        self._way = StatusWay(status)
        self._speaks: dict[Query, bool] = {}
        self._reports = Reports()
        self._reported: PrinterStatus | None = None
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
        if self._way is StatusWay.AUTOMATIC:
            return self._last_report()
        if self._way is StatusWay.NONE or self._silent():
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

    def answers(self) -> dict[Query, int | None]:
        """Ask all four questions and return the bytes as they came; None: no answer. Raises PrinterGone."""
        try:
            self._channel.freshen()
            heard = {query: self._ask(query) for query in Query}
        except DeviceGone as error:
            raise PrinterGone(str(error), sent=0) from error
        return {query: answer.byte if answer is not None else None for query, answer in heard.items()}

    def close(self) -> None:
        """Give the printer back."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _last_report(self) -> PrinterStatus:
        """Return the newest report. One that was well is asked for anew: only so is a printer missed that has gone."""
        try:
            self._channel.freshen()
            self._hear_reports(0.0)
            if self._reported is None or self._reported.ready:
                before, self._reported = self._reported, None
                self._tell(ASK_REPORTS, self._monotonic() + self._status_timeout_s)
                heard = self._hear_reports(self._status_timeout_s)
                if not heard and before is not None:
                    self._reported = before
                    raise PrinterStalled(f"{self._channel.name}: no longer reports", sent=0)
        except DeviceGone as error:
            self._reported = None
            raise PrinterGone(str(error), sent=0) from error
        return self._reported or PrinterStatus()

    def _hear_reports(self, timeout_s: float) -> bool:
        """Take the reports that have come; with a time, wait so long for a first one. Return whether there was one."""
        deadline_s, heard, found = self._monotonic() + timeout_s, 0, False
        while heard < NOISE_LIMIT_BYTES:
            chunk = self._channel.receive()
            heard += len(chunk)
            if reports := self._reports.feed(chunk):
                self._reported, deadline_s, found = reports[-1], self._monotonic(), True
            elif not chunk:
                if not self._wait(select.POLLIN, deadline_s) or self._monotonic() >= deadline_s:
                    break
                self._pause(min(deadline_s, self._monotonic() + MOMENT_S))  # usblp says readable after an empty packet
        return found

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
                chunk = payload[handed : handed + CHUNK_BYTES]
                try:
                    handed += self._channel.send(chunk)
                except BlockingIOError:
                    if self._monotonic() >= deadline_s:
                        self._stalled(handed)
                    self._pause(deadline_s)
                except GoneInTransfer:
                    handed += len(chunk)
                    raise
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
        # Who let the first question pass is most likely silent: known so within a second of being plugged in.
        doubted = query is not Query.PRINTER and self._speaks.get(Query.PRINTER) is False
        deadline_s = self._monotonic() + self._status_timeout_s / (2 if doubted else 1)
        self._hear(NOISE_LIMIT_BYTES)  # an answer to an earlier question that came too late
        if not self._tell(query.request, deadline_s):
            return None
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

    def _tell(self, request: bytes, deadline_s: float) -> bool:
        told = 0
        while told < len(request):
            if not self._wait(select.POLLOUT, deadline_s):
                return False
            try:
                told += self._channel.send(request[told:])
            except BlockingIOError:
                if self._monotonic() >= deadline_s:
                    return False
                self._pause(deadline_s)
        return True

    def _hear(self, limit: int) -> None:
        while limit > 0 and (chunk := self._channel.receive()):
            limit -= len(chunk)

    def _wait(self, events: int, deadline_s: float) -> bool:
        return self._channel.wait(events, max(0.0, deadline_s - self._monotonic()))

    def _pause(self, deadline_s: float) -> None:
        select.select([], [], [], max(0.0, min(SETTLE_POLL_S, deadline_s - self._monotonic())))
