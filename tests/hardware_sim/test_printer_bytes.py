"""The printer's reading of ESC/POS, without cables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_sim.printer.commands import Blob, Plain, Text, take
from hardware_sim.printer.faults import Faults
from hardware_sim.printer.mechanism import Mechanism
from hardware_sim.printer.realtime import ClearBuffers, RealTimeEye, StatusWanted

CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"


class Desk:
    """A printer whose answers are kept."""

    def __init__(self, **faults: Any) -> None:
        self.answers = b""
        self.later: list[Any] = []
        self.mechanism = Mechanism(later=lambda _, call: self.later.append(call), on_change=lambda: None)
        self.set(**faults)

    def set(self, **faults: Any) -> None:
        self.mechanism.faults = Faults(**faults)
        self.mechanism.faults_changed()

    def send(self, chunk: bytes) -> bytes:
        self.answers = b""
        self.mechanism.receive(chunk, self._keep)
        return self.answers

    def _keep(self, answer: bytes) -> None:
        self.answers += answer

    def slips(self) -> list[str]:
        return ["\n".join(line.text for line in slip.lines) for slip in self.mechanism.roll.slips]

    def hanging(self) -> list[str]:
        return [line.text for line in self.mechanism.roll.open.lines]


@pytest.mark.parametrize(
    ("stream", "command", "length"),
    [
        (b"abc\n", Text(b"abc"), 3),
        (b"\n", Plain("LF"), 1),
        (b"\x1b@x", Plain("ESC @"), 2),
        (b"\x1bt\x13", Plain("ESC t", b"\x13"), 3),
        (b"\x1dV\x42\x03x", Plain("GS V", b"\x42\x03"), 4),
        (b"\x1dV\x00x", Plain("GS V", b"\x00"), 3),
        (b"\x1dv0\x00\x01\x00\x02\x00\xaa\x55x", Blob("raster", b"\xaa\x55", 8, 2), 10),
        (b"\x1b*\x21\x01\x00\x01\x02\x03x", Blob("image", b"\x01\x02\x03", 1, 24), 8),
        (b"\x1dkI\x04{B12x", Blob("barcode", b"{B12"), 8),
        (b"\x1dk\x04123\x00x", Blob("barcode", b"123"), 7),
        (b"\x1d(k\x05\x001P0hix", Plain("QR store", b"hi"), 10),
        (b"\x1d(k\x03\x001Q0x", Plain("QR print"), 8),
        (b"\x10\x04\x01x", Plain("DLE", b"\x01"), 3),
        (CLEAR + b"x", Plain("DLE", CLEAR[2:]), 10),
        (b"\x1bD\x08\x10\x00x", Plain("ESC D", b"\x08\x10"), 5),
        (b"\x00", Plain("?", b"\x00"), 1),
        (b"\x1b\xff", Plain("?", b"\x1b"), 1),
    ],
)
def test_commands_and_their_lengths(stream: bytes, command: object, length: int) -> None:
    assert take(stream) == (command, length)
    if stream[:1] < b" ":
        for cut in range(1, length):
            assert take(stream[:cut]) is None, "an unfinished command waits for its rest"


@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_split_anywhere_print_the_same(stream: bytes, cut: int) -> None:
    whole, parts = Desk(), Desk()
    answers = whole.send(stream)
    assert parts.send(stream[:cut]) + parts.send(stream[cut:]) == answers
    assert (parts.slips(), parts.hanging()) == (whole.slips(), whole.hanging())
    assert parts.mechanism.waiting == whole.mechanism.waiting


@given(st.binary(max_size=60), st.integers(0, 10))
def test_real_time_commands_are_seen_over_any_split(before: bytes, cut: int) -> None:
    before = before.replace(b"\x10", b"")
    eye = RealTimeEye()
    stream = before + b"\x10\x04\x04" + CLEAR
    at = min(len(before) + cut, len(stream))
    found = [command for _, command in eye.look(stream[:at]) + eye.look(stream[at:])]
    assert found == [StatusWanted(4), ClearBuffers()]


def test_a_slip_ends_at_the_cut() -> None:
    desk = Desk()
    desk.send(b"\x1b@\x1bt\x13Price: 5 \xd5\n\x1ba\x01\x1bE\x01CENTRAL\n\x1bE\x00\x1ba\x00\x1bd\x02\x1dV\x42\x00rest")
    assert desk.slips() == ["Price: 5 €\nCENTRAL"]
    lines = desk.mechanism.roll.slips[0].lines
    assert [(line.align, line.bold) for line in lines] == [("left", False), ("center", True)]
    assert desk.hanging() == []
    assert desk.mechanism.tear_off() is False
    desk.send(b"\n")
    assert desk.mechanism.tear_off() is True
    assert desk.slips()[1] == "rest"


@pytest.mark.parametrize(
    ("number", "raw", "text"), [(19, b"\x82", "é"), (17, b"\x8c\xa8\xe0", "Мир"), (16, b"\x80", "€"), (0, b"\x9b", "¢")]
)
def test_code_pages(number: int, raw: bytes, text: str) -> None:
    desk = Desk()
    desk.send(b"\x1bt" + bytes([number]) + raw + b"\n")
    assert desk.hanging() == [text]


def test_pictures_and_codes_are_kept_as_what_they_are() -> None:
    desk = Desk()
    desk.send(
        b"\x1dv0\x00\x02\x00\x03\x00" + bytes(6) + b"\x1dkI\x06{B1234\x1d(k\x05\x001P0hi\x1d(k\x03\x001Q0\x1dV\x00"
    )
    lines = desk.mechanism.roll.slips[0].lines
    assert [(line.kind, line.text, line.width, line.height) for line in lines] == [
        ("raster", "", 16, 3),
        ("barcode", "1234", 240, 162),
        ("qr", "hi", 64, 63),
    ]


# faults, and the answers to DLE EOT 1 to 4
STATES = [
    ({}, "12121212"),
    ({"paper": "low"}, "1212121e"),
    ({"paper": "out"}, "1a32127e"),
    ({"cover_open": True}, "1a161212"),
    ({"unrecoverable": True}, "1a523212"),
]


@pytest.mark.parametrize(("faults", "answers"), STATES)
def test_status(faults: dict[str, object], answers: str) -> None:
    desk = Desk(**faults)
    got = b"".join(desk.send(b"\x10\x04" + bytes([n])) for n in (1, 2, 3, 4))
    assert got.hex() == answers
    assert all(byte & 0b10010011 == 0b00010010 for byte in got), "the fixed bits"


def test_status_in_the_middle_of_a_line_and_of_a_picture() -> None:
    desk = Desk()
    assert desk.send(b"half a li\x10\x04\x01ne\n") == b"\x12"
    assert desk.hanging() == ["half a line"]
    assert desk.send(b"\x1dv0\x00\x01\x00\x40\x00\x01\x02\x10\x04\x04") == b"\x12"


def test_status_is_answered_while_the_buffer_waits() -> None:
    desk = Desk(cover_open=True)
    assert desk.send(b"one\ntwo\n\x10\x04\x02three\n") == b"\x16"
    assert desk.hanging() == []
    desk.set()
    assert desk.hanging() == ["one", "two", "three"]


def test_automatic_status_and_asked_for() -> None:
    desk = Desk()
    assert desk.send(b"\x1da\x0f") == bytes.fromhex("10000000")
    desk.answers = b""
    desk.set(paper="low")
    assert desk.answers == bytes.fromhex("10000300")
    desk.set(cover_open=True)
    assert desk.answers.endswith(bytes.fromhex("38000000"))
    desk.set()
    assert desk.send(b"\x1dr\x01") == b"\x00"
    assert desk.send(b"\x1dI\x42") == b"_KIOSK-SIM\x00"


def test_a_silent_printer_prints() -> None:
    desk = Desk(silent=True)
    assert desk.send(b"\x10\x04\x01\x1da\x0fslip\n") == b""
    assert desk.hanging() == ["slip"]


def test_paper_that_ends_in_a_slip_is_followed_by_the_rest_on_the_next_roll() -> None:
    desk = Desk(paper_lines=2)
    desk.send(b"one\ntwo\nthree\n\x1dV\x00")
    assert desk.hanging() == ["one", "two"]
    assert desk.send(b"\x10\x04\x04") == b"\x7e"
    desk.set()
    assert desk.slips() == ["one\ntwo", "three"]
    assert [slip.ended for slip in desk.mechanism.roll.slips] == ["torn", "cut"]


@pytest.mark.parametrize("stop", [{"paper": "out"}, {"cover_open": True}])
def test_what_waits_is_thrown_away_by_a_cancel(stop: dict[str, object]) -> None:
    desk = Desk(**stop)
    desk.send(b"somebody's books\n\x1dV\x00")
    desk.send(CLEAR + b"\x18\x1b@")
    desk.set()
    assert (desk.slips(), desk.hanging()) == ([], [])


def test_can_and_initialise_alone_stand_behind_what_waits() -> None:
    desk = Desk(paper="out")
    desk.send(b"somebody's books\n\x18\x1b@")
    desk.set()
    assert desk.hanging() == ["somebody's books"]
    desk.send(b"unfinished\x18\n")
    assert desk.hanging()[-1] == ""


def test_a_cheap_printer_knows_no_cancel() -> None:
    desk = Desk(cover_open=True, cancel_ignored=True)
    desk.send(b"a\n" + CLEAR + b"b\n")
    desk.set(cancel_ignored=True)
    assert desk.hanging() == ["a", "b"]


def test_a_jam_stops_it_until_it_is_gone() -> None:
    desk = Desk(cutter_jam=True)
    desk.send(b"one\n\x1dV\x00two\n")
    assert desk.hanging() == ["one"]
    assert desk.send(b"\x10\x04\x03") == b"\x1a"
    desk.set()
    assert desk.hanging() == ["one", "two"]


def test_a_line_takes_its_time() -> None:
    desk = Desk(line_ms=50)
    desk.send(b"one\ntwo\n")
    assert desk.hanging() == ["one"]
    desk.later.pop()()
    assert desk.hanging() == ["one", "two"]
