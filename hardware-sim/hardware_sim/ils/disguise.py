"""How an answer is written: this server's ways, and the faults of writing."""

import random
from collections.abc import Sequence
from typing import Final

from .faults import Faults
from .personality import Personality
from .wire import Answer, checksum

_BARS: Final = {"blank": " ", "entity": "&#124;"}
_TERMINATORS: Final = {"cr": b"\r", "crlf": b"\r\n", "lf": b"\n"}
_FOREIGN: Final[Sequence[tuple[str, str]]] = (
    ("PA", "20501231"),
    ("PB", "19640925"),
    ("PI", "Y"),
    ("XI", "djf"),
    ("ZZ", ""),
    ("CR", "QA76.73"),
)
# Positions of Y/N flags in the fixed part, for lowercase_flags; 94, 12, 30 and 10 start with a digit.
_FLAGS: Final = {"98": 6, "12": 4, "30": 4, "10": 4, "24": 14, "26": 14, "64": 14, "36": 1, "38": 1}
_LANGUAGE_AT: Final = {"24": 14, "26": 14, "64": 14}
_NAMED: Final = frozenset({"12", "18", "24", "30", "64"})


class Disguise:
    """Writes answers. Switches that hold once are put back here."""

    def __init__(self, personality: Personality, *, seed: int = 1) -> None:
        self.personality = personality
        self.faults = Faults()
        self._random = random.Random(seed)

    @property
    def encoding(self) -> str:
        """The encoding of this connection, both ways."""
        return self.personality.encoding

    def end(self, *, resend: bool = False) -> bytes:
        """Return the terminator; `resend`: of 96 and of a repeated answer."""
        chosen = self.faults.terminator
        if chosen:
            return _TERMINATORS[chosen]
        return self.personality.resend_terminator if resend else self.personality.terminator

    def ask_to_resend(self) -> bytes:
        """Return the whole 96 line: no AY."""
        return b"96AZ" + checksum(b"96AZ") + self.end(resend=True)

    def write(self, answer: Answer, *, sequence: str, checked: bool, resend: bool = False) -> bytes:
        """Return the whole line. `sequence` empty: no AY; `checked` False: no AZ; `resend`: an answer to 97."""
        if answer.code == "96":
            return self.ask_to_resend()
        faults = self.faults
        fixed, fields = answer.fixed, self._order(answer.code, self._fields(answer))
        if faults.language and answer.code in _LANGUAGE_AT:
            at = _LANGUAGE_AT[answer.code]
            fixed = fixed[:at] + faults.language + fixed[at + 3 :]
        if faults.blank_counts and answer.code == "64":
            fixed = fixed[:35] + " " * 24
        if faults.lowercase_flags:
            flags = _FLAGS.get(answer.code, 0)
            fixed = fixed[:flags].lower() + fixed[flags:]
        text = f"{answer.code}{fixed}" + "".join([f"{name}{self._clean(value)}|" for name, value in fields])
        if faults.missing_last_bar and fields:
            text = text[:-1]
        if faults.trailing_blanks:
            text += " " * 160
        body = text.encode(self.encoding, "replace")
        return body + self._error_detection(body, sequence, checked=checked) + self.end(resend=resend)

    def _fields(self, answer: Answer) -> list[tuple[str, str]]:
        fields, faults = list(answer.fields), self.faults
        if answer.code == "94":
            return fields
        if faults.answers_other_once and answer.code in _NAMED:
            faults.answers_other_once = False
            other = {"AA": "29999999999990", "AB": "39999999999998"}
            fields = [(name, other.get(name, value)) for name, value in fields]
        if not faults.missing_in or answer.code in faults.missing_in:
            emptied = [(name, "" if name in faults.empty_fields else value) for name, value in fields]
            fields = [(name, value) for name, value in emptied if name not in faults.missing_fields]
        if faults.af_repeated:
            if "AF" not in dict(fields):
                fields.append(("AF", "Thank you"))
            text = dict(fields)["AF"]
            fields += [("AF", "Central Library"), ("AG", text), ("AG", "Central Library")]
        if faults.unknown_fields:
            fields[1:1] = _FOREIGN
        return fields

    def _order(self, code: str, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
        if self.faults.field_order == "shuffled":
            self._random.shuffle(fields)
        elif self.faults.field_order == "reversed":
            fields.reverse()
        elif code in self.personality.fields_last:
            fields.sort(key=lambda pair: pair[0] == "AO")
        return fields

    def _clean(self, value: str) -> str:
        if "|" in value or "\r" in value:
            return value.replace("|", _BARS[self.personality.bar_in_value]).replace("\r", " ")
        return value

    def _error_detection(self, body: bytes, sequence: str, *, checked: bool) -> bytes:
        faults = self.faults
        if faults.no_ed or not (sequence or checked):
            return b""
        if faults.echo_wrong_sequence_once and sequence:
            faults.echo_wrong_sequence_once = False
            sequence = str((int(sequence) + 5) % 10)
        tail = b"AY" + sequence.encode() if sequence else b""
        if not checked or faults.checksum == "off":
            return tail
        tail += b"AZ"
        digits = checksum(body + tail)
        if faults.checksum == "zero":
            digits = b"0000"
        elif faults.checksum in {"wrong", "wrong_once"}:
            digits = checksum(body + tail + b"\x01")
            if faults.checksum == "wrong_once":
                faults.checksum = "good"
        return tail + digits
