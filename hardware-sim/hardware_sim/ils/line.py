"""One connection of a self-check station: bytes in, answers out, in order and in time."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Collection
from typing import Final

from .admission import LOGIN, Prompt, in_pieces, unheard
from .cuts import Cuts
from .logins import Caller
from .service import Service
from .wire import Answer, ChecksumError, Lines, NotSip2Error, Request, read_request

_ALIVE_WHEN_HALF_UP: Final = frozenset({"93", "97", "99"})
_HOLD_FOR_NEXT_S: Final = 0.030
_BETWEEN_PIECES_S: Final = 0.001


class Line(asyncio.Protocol):
    """A connection. It serves one request after the other, as one worker process of a server does."""

    def __init__(self, service: Service, *, joins: Callable[["Line"], None], leaves: Callable[["Line"], None]) -> None:
        self._service = service
        self._joins = joins
        self._leaves = leaves
        self._lines = Lines(service.personality.after_cr)
        self._answers: deque[bytes] = deque()
        self._answered_until = 0.0
        self._held = b""
        self._last: tuple[Answer, bool] | None = None
        self._last_line = b""
        self._last_written = b""
        self._failed_logins = 0
        self._unended = b""
        self._active_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.cuts = Cuts(service.faults)
        self._caller = Caller(0)
        self._prompt = Prompt() if service.faults.telnet_prompt else None

    # life

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a number and begin to read, unless accept_hang."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._caller = self._service.joined("{}:{}".format(*transport.get_extra_info("peername")[:2]))
        self._joins(self)
        self._active_at = self._service.loop.time()
        # A turn later: older Pythons begin to read after this call, paused or not.
        self._service.loop.call_soon(self.faults_changed)
        self._watch_idle()
        if self._prompt is not None:
            transport.write(LOGIN)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """Forget the connection and what it still had to say."""
        self._transport = None
        self._answers.clear()
        self._service.left(self._caller)
        self._leaves(self)

    def drop(self, *, reset: bool = False) -> None:
        """Close at once, without what is still to be said; `reset`: by RST, as a machine that lost its memory does."""
        transport = self._transport
        if transport is None:
            return
        sock = transport.get_extra_info("socket")
        if reset and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._answers.clear()
        self._transport = None
        transport.abort()

    def faults_changed(self) -> None:
        """Stop or begin reading, as accept_hang says."""
        if self._transport is None:
            return
        if self._service.faults.accept_hang:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _watch_idle(self) -> None:
        limit = self._service.faults.idle_close_s or self._service.personality.idle_close_s
        loop = self._service.loop
        if self._transport is None:
            return
        idle = loop.time() - self._active_at
        spared = self._service.personality.idle_close == "before_login" and self._caller.login
        if limit and idle >= limit and not spared:
            self._transport.close()
        else:
            # Looked at again after a while even without a limit: one may be set later.
            loop.call_later(max(limit - idle, 0.01) if limit else 0.5, self._watch_idle)

    def _counting(self) -> Cuts:
        return self._service.cuts if self._service.faults.drop_count == "all" else self.cuts

    # requests

    def data_received(self, data: bytes) -> None:
        """Cut the stream into lines and serve each."""
        self._active_at = self._service.loop.time()
        if self._prompt is not None:
            said, rest = self._prompt.feed(data)
            self._write(b"".join(said))
            if rest is None:
                return
            self._prompt, data = None, rest
        faults = self._service.faults
        if faults.needs_one_segment and in_pieces(data):
            self.drop()
            return
        if faults.needs_crlf:
            # What CR alone ends is not yet a message.
            data, self._unended = _ended_by_crlf(self._unended + data)
        allowed = self._counting().received(len(data))
        try:
            for line in self._lines.feed(data if allowed is None else data[:allowed]):
                if self._transport is None:
                    return
                self._serve(line, silent=allowed is not None)
        except NotSip2Error:
            self.drop()
        if allowed is not None:
            self._service.note_cut()
            self.drop()

    def _serve(self, line: bytes, *, silent: bool) -> None:
        service, faults = self._service, self._service.faults
        service.heard(self._caller.connection, line)
        half_up = faults.half_up if self._fails_when_half_up(line[:2].decode("ascii", "replace")) else ""
        if faults.hang or half_up == "hang":
            return
        if half_up == "close":
            self.drop()
            return
        try:
            request = read_request(line, service.disguise.encoding)
        except ChecksumError:
            self._say(service.disguise.ask_to_resend())
            return
        if faults.answer_96_once:
            faults.answer_96_once = False
            self._say(service.disguise.ask_to_resend())
            return
        cut = self._counting().message(request.code)
        if cut is not None:
            service.note_cut()
        if cut == "before_act" or self._dies_of(request, faults.drop_on_item) or not self._admitted(request):
            self.drop()
            return
        if request.code == "97":
            self._say_again()
            return
        if unheard(request, faults, service.desk.institution):
            return
        if service.personality.repeat_from_memory and line == self._last_line and request.sequence:
            self._say(self._last_written)
            return
        if not service.desk.knows(request):
            self._unknown()
            return
        service.others.served(request.code, request.get("AB"), "before")
        answer = self._ask(request)
        service.others.served(request.code, request.get("AB"), "after")
        if answer is None or cut == "after_act" or self._dies_of(request, faults.drop_on_item_after_act):
            self.drop()
            return
        if silent or faults.mute:
            return
        self._last_line = line
        self._answer(request, answer)

    def _fails_when_half_up(self, code: str) -> bool:
        named = self._service.faults.half_up_codes
        return code in named if named else code not in _ALIVE_WHEN_HALF_UP

    def _dies_of(self, request: Request, items: Collection[str]) -> bool:
        codes = self._service.faults.drop_codes
        return request.get("AB") in items and (not codes or request.code in codes)

    def _admitted(self, request: Request) -> bool:
        ways, faults = self._service.personality, self._service.faults
        if request.code == "93":
            return not faults.no_login
        if request.cut and not request.fixed.get("date", "x").strip() and ways.cut_request == "close":
            return False
        # 97 before log-in is answered by a worker that remembers, whoever asks.
        needs_login = ways.login_required and not faults.no_login
        return not needs_login or bool(self._caller.login) or (request.code == "97" and ways.resend == "worker")

    def _ask(self, request: Request) -> Answer | None:
        service, faults = self._service, self._service.faults
        half_up = faults.half_up == "refuse" and self._fails_when_half_up(request.code)
        if half_up or (faults.starting and request.code not in _ALIVE_WHEN_HALF_UP):
            return service.desk.system_refusal(request, self._caller)
        return service.desk.answer(request, self._caller)

    def _unknown(self) -> None:
        match self._service.faults.unknown_message or self._service.personality.unknown_message:
            case "96":
                self._say(self._service.disguise.ask_to_resend())
            case "close":
                self.drop()
            case _:
                pass

    # answers

    def _answer(self, request: Request, answer: Answer) -> None:
        service, faults = self._service, self._service.faults
        written = service.disguise.write(answer, sequence=request.sequence, checked=request.checked)
        if faults.flood_once:
            written, faults.flood_once = b"9" * faults.flood_once, 0
        stale = self._last_written if faults.stale_answer_first else b""
        self._last_written = written
        self._last = service.last = (answer, request.checked)
        self._say(stale + written)
        if answer.code == "94" and answer.fixed == "0":
            self._failed_logins += 1
            if self._failed_logins >= service.personality.login_tries:
                self._say(b"")

    def _say_again(self) -> None:
        service = self._service
        last = service.last if service.personality.resend == "worker" else self._last
        if last is None:
            self._say(service.disguise.ask_to_resend())
            return
        sequence = "0" if service.personality.resend_sequence == "zero" else ""
        self._say(service.disguise.write(last[0], sequence=sequence, checked=last[1], resend=True))

    def _say(self, written: bytes) -> None:
        """Send after the latency; the empty text closes the connection."""
        service = self._service
        delay_s = (service.latency_ms + service.faults.slow_ms) / 1000 + service.queued_s()
        if not delay_s and not self._answers:
            self._put(written)
            return
        loop = service.loop
        self._answered_until = max(loop.time(), self._answered_until) + delay_s
        self._answers.append(written)
        loop.call_at(self._answered_until, self._put_next)

    def _put_next(self) -> None:
        if self._answers:
            self._put(self._answers.popleft())

    def _put(self, written: bytes) -> None:
        if self._transport is None:
            return
        if not written:
            self._transport.close()
            return
        self._service.said(self._caller.connection, written)
        faults = self._service.faults
        if faults.two_in_one_segment and not self._held:
            self._held = written
            self._service.loop.call_later(_HOLD_FOR_NEXT_S, self._let_go)
            return
        written, self._held = self._held + written, b""
        self._send(written)

    def _let_go(self) -> None:
        held, self._held = self._held, b""
        if held:
            self._send(held)

    def _send(self, written: bytes) -> None:
        if self._transport is None:
            return
        allowed = self._counting().sending(len(written))
        if allowed is not None:
            # close, not abort: exactly these bytes must arrive.
            self._transport.write(written[:allowed])
            self._transport.close()
            self._transport = None
            self._service.note_cut()
            return
        piece = self._service.faults.split_answers
        if not piece:
            self._transport.write(written)
            return
        for n, start in enumerate(range(0, len(written), piece)):
            self._service.loop.call_later(n * _BETWEEN_PIECES_S, self._write, written[start : start + piece])

    def _write(self, piece: bytes) -> None:
        if self._transport is not None and piece:
            self._transport.write(piece)


def _ended_by_crlf(data: bytes) -> tuple[bytes, bytes]:
    """Return what CR LF ends, with CR alone for it, and the rest."""
    whole, end, rest = data.rpartition(b"\r\n")
    return (whole + end).replace(b"\r\n", b"\r"), rest
