"""The printer without its cables: a receive buffer, a head, a cutter, and paper that ends.

Bytes wait in the receive buffer while the printer cannot print, and are printed when it can again, for whoever stands
there then, unless they were cancelled.
"""

from collections.abc import Callable
from typing import Final

import segno

from . import code128, status
from .codepages import CODE_PAGES
from .commands import Blob, Plain, Text, take
from .faults import Faults
from .paper import PaperRoll, PrintedLine, picture
from .realtime import ClearBuffers, RealTimeEye, Recover, StatusWanted

Answer = Callable[[bytes], None]
DOTS_A_LINE: Final = 24
NOISE: Final = b"\x11\x13\x00\xff\x0f\x80\x60\x03"
FLOOD_BYTES: Final = 20_000
NEAR_END_LINES: Final = 30
_QR_LEVELS: Final = {48: "l", 49: "m", 50: "q", 51: "h"}
_ALIGN: Final = {0: "left", 1: "center", 2: "right", 48: "left", 49: "center", 50: "right"}


class Mechanism:
    """One printer. `later` calls a function after a number of seconds: the time that a line takes."""

    def __init__(self, *, later: Callable[[float, Callable[[], None]], object], on_change: Callable[[], None]) -> None:
        self.faults = Faults()
        self.roll = PaperRoll()
        self.received = bytearray()
        self.waiting = bytearray()
        self.automatic = False
        self._later = later
        self._on_change = on_change
        self._eye = RealTimeEye()
        self._answer: Answer = lambda _: None
        self._line = b""
        self._code_page = CODE_PAGES[0]
        self._align = "left"
        self._bold = False
        self._size = (1, 1)
        self._bars = (162, 3)
        """Height of a barcode and width of its modules, in dots."""
        self._qr = b""
        self._qr_look = (3, "l")
        """Width of a QR code's modules in dots, and its level."""
        self._busy = False
        self._jammed = False
        self._was_out = False
        self._last_automatic = b""

    # state

    @property
    def condition(self) -> status.Condition:
        """What the sensors see now."""
        faults = self.faults
        left = faults.paper_lines
        return status.Condition(
            paper_low=faults.paper == "low" or (left is not None and left <= NEAR_END_LINES),
            paper_out=faults.paper == "out" or left == 0,
            cover_open=faults.cover_open,
            cutter_error=self._jammed,
            unrecoverable=faults.unrecoverable,
        )

    def faults_changed(self) -> None:
        """Take note of new switches: print what waited, if that is possible now."""
        if not self.faults.cutter_jam:
            self._jammed = False
        out = self.condition.paper_out
        if self._was_out and not out:
            # What was printed so far hung on the old roll.
            self.roll.end("torn")
        self._was_out = out
        self._tell_change()
        self.print_waiting()

    def lose_power(self) -> None:
        """Forget everything that is not on paper."""
        self.waiting.clear()
        self._reset()
        self.automatic = False
        self._jammed = False
        self._eye = RealTimeEye()
        self.roll.end("power")
        self._on_change()

    def _reset(self) -> None:
        self._line, self._qr = b"", b""
        self._code_page, self._align, self._bold = CODE_PAGES[0], "left", False
        self._size, self._bars, self._qr_look = (1, 1), (162, 3), (3, "l")

    # bytes

    def receive(self, chunk: bytes, answer: Answer) -> None:
        """Take bytes from the host; answers go to `answer`."""
        self._answer = answer
        self.received += chunk
        start = 0
        for end, command in self._eye.look(chunk):
            self.waiting += chunk[start:end]
            start = end
            match command:
                case StatusWanted(n):
                    self._say(status.real_time(n, self.condition))
                case ClearBuffers():
                    if not self.faults.cancel_ignored:
                        self._clear()
                case Recover(n):
                    self._recover(n)
        self.waiting += chunk[start:]
        self.print_waiting()

    def _clear(self) -> None:
        self.waiting.clear()
        self._line = b""

    def clear_buffers(self) -> None:
        """Throw away what was received and not yet printed: USB's SOFT_RESET."""
        self._clear()
        self._on_change()

    def _recover(self, n: int) -> None:
        if n == 2:
            self._clear()
        if not self.faults.cutter_jam:
            self._jammed = False

    def _say(self, answer: bytes) -> None:
        if self.faults.silent:
            return
        match self.faults.wrong_answers:
            case "bits":
                answer = bytes(byte ^ 0xFF for byte in answer)
            case "noise":
                answer = NOISE + answer
            case "flood":
                answer = NOISE * (FLOOD_BYTES // len(NOISE))
            case "no":
                pass
        to = self._answer
        if self.faults.status_delay_ms:
            self._later(self.faults.status_delay_ms / 1000, lambda: to(answer))
        else:
            to(answer)

    def _tell_change(self) -> None:
        now = status.automatic(self.condition)
        if self.automatic and now != self._last_automatic:
            self._say(now)
        self._last_automatic = now
        self._on_change()

    # printing

    def print_waiting(self) -> None:
        """Carry out what waits, until the buffer is empty or the printer cannot go on."""
        while not self._busy and not self.condition.offline and not self.faults.power_off:
            taken = take(bytes(self.waiting[:65_536])) or (take(bytes(self.waiting)) if self.waiting else None)
            if taken is None:
                break
            command, length = taken
            raw = bytes(self.waiting[:length])
            del self.waiting[:length]
            self.roll.carried_out(raw)
            self._carry_out(command)
        self._on_change()

    def _carry_out(self, command: Text | Plain | Blob) -> None:
        match command:
            case Text(raw):
                self._line += raw
            case Plain(name, parameters):
                self._obey(name, parameters)
            case Blob(kind, content, width, height):
                self._flush()
                if kind == "barcode":
                    self._barcode(content)
                else:
                    self._out(picture(kind, content, width, height, self._align), lines=-(-height // DOTS_A_LINE))

    def _obey(self, name: str, parameters: bytes) -> None:
        n = parameters[0] if parameters else 0
        match name:
            case "LF":
                self._out_line()
            case "FF" | "CR" | "DLE" | "?":
                pass
            case "HT":
                self._line += b" " * (8 - len(self._line) % 8)
            case "CAN":
                if not self.faults.cancel_ignored:
                    self._line = b""
            case "ESC @":
                self._reset()
            case "ESC t":
                self._code_page = CODE_PAGES.get(n, "ascii")
            case "ESC a":
                self._align = _ALIGN.get(n, self._align)
            case "ESC E" | "ESC G":
                self._bold = bool(n & 1)
            case "ESC !":
                self._bold = bool(n & 8)
                self._size = (1 + bool(n & 32), 1 + bool(n & 16))
            case "GS !":
                self._size = (1 + (n >> 4 & 7), 1 + (n & 7))
            case "ESC d" | "ESC e":
                self._flush()
                for _ in range(n):
                    self._out_line()
            case "ESC J":
                self._flush()
                self._out(PrintedLine(kind="feed", height=n), lines=n // DOTS_A_LINE)
            case "GS V" | "ESC i" | "ESC m":
                self._cut()
            case "GS a":
                self.automatic = bool(n)
                if n:
                    self._last_automatic = status.automatic(self.condition)
                    self._say(self._last_automatic)
            case "GS r":
                self._say(status.transmit(n, self.condition))
            case "GS I":
                self._say(status.identity(n))
            case _:
                self._obey_about_codes(name, parameters)

    def _obey_about_codes(self, name: str, parameters: bytes) -> None:
        n = parameters[0] if parameters else 0
        match name:
            case "GS h":
                self._bars = (max(1, n), self._bars[1])
            case "GS w":
                self._bars = (self._bars[0], n if 2 <= n <= 6 else self._bars[1])
            case "QR size":
                self._qr_look = (n if 1 <= n <= 16 else self._qr_look[0], self._qr_look[1])
            case "QR level":
                self._qr_look = (self._qr_look[0], _QR_LEVELS.get(n, self._qr_look[1]))
            case "QR store":
                self._qr = parameters
            case "QR print":
                self._flush()
                self._print_qr()
            case _:
                pass

    def _flush(self) -> None:
        if self._line:
            self._out_line()

    def _out_line(self) -> None:
        text, self._line = self._line.decode(self._code_page, "replace"), b""
        wide, tall = self._size
        self._out(PrintedLine(text=text, align=self._align, bold=self._bold, wide=wide, tall=tall), lines=tall)

    def _barcode(self, content: bytes) -> None:
        try:
            text, symbols = code128.read(content)
        except code128.WrongDataError:
            return  # as a printer does: nothing
        height, width = self._bars
        row = "".join(module * width for module in code128.bars(symbols))
        self._code("barcode", text, [row] * height)

    def _print_qr(self) -> None:
        if not self._qr:
            return
        dots, level = self._qr_look
        code = segno.make(self._qr, error=level, mode="byte", micro=False, boost_error=False)
        rows = ["".join(str(module & 1) * dots for module in row) for row in code.matrix for _ in range(dots)]
        self._code("qr", self._qr.decode("utf-8", "replace"), rows)

    def _code(self, kind: str, text: str, rows: list[str]) -> None:
        width = -(-len(rows[0]) // 8) * 8
        bits = b"".join(int(row.ljust(width, "0"), 2).to_bytes(width // 8, "big") for row in rows)
        line = picture(kind, bits, width, len(rows), self._align)
        line.text = text
        self._out(line, lines=-(-len(rows) // DOTS_A_LINE))

    def _out(self, line: PrintedLine, *, lines: int) -> None:
        self.roll.print_line(line)
        left = self.faults.paper_lines
        if left is not None:
            before = self.condition
            self.faults.paper_lines = max(0, left - lines)
            self._was_out = self.condition.paper_out
            if self.condition != before:
                self._tell_change()
        if self.faults.line_ms:
            self._busy = True
            self._later(lines * self.faults.line_ms / 1000, self._go_on)

    def _go_on(self) -> None:
        self._busy = False
        self.print_waiting()

    def _cut(self) -> None:
        self._flush()
        if self.faults.cutter_jam:
            self._jammed = True
            self._tell_change()
            return
        self.roll.end("cut")
        self._on_change()

    def tear_off(self) -> bool:
        """Tear the hanging paper off by hand; False if there is none."""
        torn = self.roll.end("torn")
        self._on_change()
        return torn
