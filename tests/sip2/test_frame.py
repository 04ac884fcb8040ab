"""Bytes → lines → frames: however the stream is cut, ended or damaged."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.sip2.errors import BadChecksum, BadFrame
from kioskd.sip2.frame import MAX_LINE, Frame, LineBuffer, checksum, seal, split

STREAMS = st.lists(
    st.sampled_from([b"941", b"96AZFEF6", b"\r", b"\n", b"\r\n", b" ", b"\0", b"AFx|", b"\xff\xc3", b"98YYYYNY999999"]),
    max_size=30,
).map(b"".join)


@given(STREAMS, st.integers(0, 300))
def test_a_cut_anywhere_changes_nothing(stream: bytes, cut: int) -> None:
    whole, parts = LineBuffer(), LineBuffer()
    assert whole.feed(stream) == parts.feed(stream[:cut]) + parts.feed(stream[cut:])


@given(st.binary(max_size=300))
def test_byte_by_byte_is_as_good_as_at_once(stream: bytes) -> None:
    whole, single = LineBuffer(), LineBuffer()
    assert whole.feed(stream) == [line for byte in stream for line in single.feed(bytes([byte]))]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n", b"\r\0", b"\r\n   "])
def test_every_terminator_ends_a_line_and_none_is_waited_for(end: bytes) -> None:
    lines = LineBuffer()
    assert lines.feed(b"941AY1AZFDFC" + end + b"96AZFEF6" + end) == [b"941AY1AZFDFC", b"96AZFEF6"]
    assert lines.feed(b"941\r") == [b"941"]


def test_blanks_within_and_after_a_line_stay() -> None:
    assert LineBuffer().feed(b"  \0\r64  Y |AF a \r") == [b"64  Y |AF a "]


def test_a_megabyte_without_an_end_breaks_the_line_and_fills_no_memory() -> None:
    lines = LineBuffer()
    chunk = b"x" * 4096
    refusals = 0
    tracemalloc.start()
    for _ in range(256):
        try:
            assert lines.feed(chunk) == []
        except BadFrame:
            refusals += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusals == 256 - MAX_LINE // 4096
    assert peak < 8 * MAX_LINE


def test_lines_before_the_flood_come_out_and_none_after_it() -> None:
    lines = LineBuffer(max_line=10)
    assert lines.feed(b"941\r" + b"x" * 11) == [b"941"]
    with pytest.raises(BadFrame, match="no end of line within 10 bytes"):
        lines.feed(b"\r941\r")


def test_a_line_that_is_too_long_breaks_the_stream_even_if_it_ends() -> None:
    with pytest.raises(BadFrame):
        LineBuffer(max_line=10).feed(b"x" * 11 + b"\r941\r")
    assert LineBuffer(max_line=10).feed(b"x" * 10 + b"\r") == [b"x" * 10]


@pytest.mark.parametrize(
    ("body", "digits"),
    [(b"97AZ", b"FEF5"), (b"96AZ", b"FEF6"), (b"941AY1AZ", b"FDFC"), (b"940AY0AZ", b"FDFE")],
)
def test_checksums_of_the_document_and_of_the_wire(body: bytes, digits: bytes) -> None:
    assert checksum(body) == digits


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        (b"941AY1AZFDFC", Frame("94", b"1", 1, sealed=True)),
        (b"941AY1AZfdfc", Frame("94", b"1", 1, sealed=True)),
        (b"  941AY1AZFDFC \0 ", Frame("94", b"1", 1, sealed=True)),
        (b"96AZFEF6", Frame("96", b"", None, sealed=True)),
        (b"96", Frame("96", b"", None, sealed=False)),
        (b"941", Frame("94", b"1", None, sealed=False)),
        (b"941AFAZFDFC is no trailer|", Frame("94", b"1AFAZFDFC is no trailer|", None, sealed=False)),
    ],
)
def test_the_trailer_is_taken_off(line: bytes, frame: Frame) -> None:
    assert split(line, verify=True) == frame


@given(st.binary(max_size=200).map(lambda tail: b"12" + tail.strip(b" \t\0")), st.none() | st.integers(0, 9))
def test_what_is_sealed_splits_into_the_same(body: bytes, sequence: int | None) -> None:
    frame = split(seal(body, sequence), verify=True)
    assert frame.body == body[2:]
    assert frame.sequence == sequence
    assert frame.sealed


@given(st.integers(0, 10), st.integers(1, 255))
def test_one_changed_byte_is_noticed(at: int, change: int) -> None:
    line = bytearray(seal(b"941AFhi|", 3))
    line[at % len(b"941AFhi|")] ^= change
    try:
        frame = split(bytes(line), verify=True)
    except BadFrame:
        return
    # Only a message code or a trailer that is no more recognised as one may pass, and then not as sealed.
    assert not frame.sealed


@pytest.mark.parametrize(
    ("line", "zeros"), [(b"941AY1AZ0000", True), (b"941AY1AZFDFD", False), (b"941AY2AZFDFC", False)]
)
def test_a_wrong_checksum_is_refused_unless_nobody_looks(line: bytes, zeros: bool) -> None:
    with pytest.raises(BadChecksum) as caught:
        split(line, verify=True)
    assert caught.value.zeros is zeros
    assert split(line, verify=False).body == b"1"


@pytest.mark.parametrize(
    "line", [b"", b"9", b"login:", b"password:", b"HTTP/1.1 400", b"\xff\xfb\x01", b"\xc2\xb2\xc2\xb2"]
)
def test_what_is_no_message_is_said_to_be_none(line: bytes) -> None:
    with pytest.raises(BadFrame):
        split(line, verify=False)
