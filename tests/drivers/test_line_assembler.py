"""Bytes in, codes out: every cut, every suffix, and never the rest of a broken scan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.aim import Symbology
from drivers.base import Code, LostReason, ScanEvent, ScanLost
from drivers.line_assembler import TERMINATORS, LineAssembler


def texts(events: list[ScanEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Code)]


def losses(events: list[ScanEvent]) -> list[LostReason]:
    return [event.reason for event in events if isinstance(event, ScanLost)]


@pytest.mark.parametrize(
    ("suffix", "stream", "codes"),
    [
        ("any", b"21168000000014\r", ["21168000000014"]),
        ("any", b"21168000000014\n", ["21168000000014"]),
        ("any", b"21168000000014\r\n31168000000012\r\n", ["21168000000014", "31168000000012"]),
        ("any", b"\r\n\r\n", []),
        ("any", b"1\r2\n3\r\n4", ["1", "2", "3"]),
        ("cr", b"line one\nline two\r", ["line one\nline two"]),
        ("crlf", b"a\rb\nc\r\nd", ["a\rb\nc"]),
        ("lf", b"a\rb\n", ["a\rb"]),
        ("tab", b"123\t456\r\t", ["123", "456\r"]),
        ("etx", b"123\x03", ["123"]),
        ("any", b"]C10131168\x1d21X\r", ["]C10131168\x1d21X"]),
    ],
)
def test_suffixes(suffix: str, stream: bytes, codes: list[str]) -> None:
    events = LineAssembler(terminator=suffix).feed(stream)
    assert texts(events) == codes
    assert losses(events) == []


def test_a_frame_of_stx_and_etx_is_whole_or_lost() -> None:
    assembler = LineAssembler(terminator="stx_etx")
    events = assembler.feed(b"\x02123\x03\x5f\x02456\x03")  # a check byte between the frames
    assert (texts(events), losses(events)) == (["123", "456"], [])
    events = assembler.feed(b"89\x03\x02123\x02456\x03\x02\x03")  # no beginning; no end; nothing in it
    assert (texts(events), losses(events)) == (["456"], [LostReason.UNREADABLE] * 2)
    assert assembler.feed(b"\x02789") == []
    assert losses(assembler.break_off()) == [LostReason.TIMED_OUT]
    assert texts(assembler.feed(b"\x02789\x03")) == ["789"]  # a frame begins for certain, so nothing more is lost
    assert assembler.feed(b"\x5f") == []
    assert assembler.break_off() == []


def test_a_suffix_alone_ends_a_code() -> None:
    assembler = LineAssembler(terminator="none", suffix=b"##")
    assert texts(assembler.feed(b"12#3##45##\r")) == ["12#3", "45"]
    assert not assembler.ends_by_pause


def test_a_suffix_before_the_terminator_is_taken_off() -> None:
    assert texts(LineAssembler(suffix=b"#").feed(b"123#\r45\r")) == ["123", "45"]


def test_where_only_a_pause_ends_a_code_it_must_be_one_of_the_patterns() -> None:
    assembler = LineAssembler(terminator="none", patterns=[r"^2\d{3}$", r"[A-Z]{2}"], max_bytes=8)
    assert assembler.ends_by_pause
    said = []
    for part in (b"2116", b"]C12116", b"211", b"21162117", b"AB", b"2116\r", b"211621172118", b"6", b"2117"):
        events = assembler.feed(part) + assembler.break_off()
        said += [texts(events) or losses(events)]
        assert not assembler.pending
    lost = [LostReason.TIMED_OUT]
    too_long = [LostReason.TOO_LONG]
    assert said == [["2116"], ["]C12116"], lost, lost, ["AB"], lost, too_long, lost, ["2117"]]


def test_prefix_is_taken_off_where_it_stands() -> None:
    events = LineAssembler(prefix=b"\x02", terminator="etx").feed(b"\x02123\x03456\x03\x02\x02789\x03")
    assert texts(events) == ["123", "456", "\x02789"]


def test_raw_bytes_and_symbology_come_with_the_text() -> None:
    [code] = LineAssembler().feed("]Q1Müller\r".encode())
    assert code == Code("]Q1Müller", "]Q1Müller".encode(), Symbology.QR)


def test_bytes_that_are_not_utf8_are_passed_whole() -> None:
    [code] = LineAssembler().feed(bytes(range(0x80, 0x100)) + b"\r")
    assert isinstance(code, Code)
    assert code.raw == bytes(range(0x80, 0x100))
    assert code.text == code.raw.decode("latin-1")


def test_a_code_is_not_whole_in_a_log() -> None:
    assert "2116800" not in repr(Code("21168000000014", b"21168000000014"))
    assert "short" not in repr(Code("short", b"short"))


@pytest.mark.parametrize("settings", [{"terminator": "cr/lf"}, {"encoding": "latin-99"}])
def test_bad_settings_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises((ValueError, LookupError)):
        LineAssembler(**settings)


def test_a_code_too_long_is_lost_whole() -> None:
    assembler = LineAssembler(max_bytes=10)
    events = assembler.feed(b"x" * 500 + b"\r" + b"123\r")
    assert events == [ScanLost(LostReason.TOO_LONG), Code("123", b"123")]
    assert texts(assembler.feed(b"0123456789\r")) == ["0123456789"]


def test_after_a_silence_the_tail_is_no_code_and_is_told() -> None:
    assembler = LineAssembler()
    assert assembler.feed(b"2116") == []
    assert assembler.break_off() == [ScanLost(LostReason.TIMED_OUT)]
    assert assembler.feed(b"8000000014\r") == [ScanLost(LostReason.TIMED_OUT)]
    assert texts(assembler.feed(b"31168000000012\r")) == ["31168000000012"]


def test_a_late_suffix_alone_is_not_told_again() -> None:
    assembler = LineAssembler()
    assembler.feed(b"2116")
    assembler.break_off()
    assert assembler.feed(b"\r") == []
    assert texts(assembler.feed(b"311\r")) == ["311"]


@given(st.binary(max_size=200), st.sampled_from(sorted(TERMINATORS)), st.lists(st.integers(0, 200), max_size=6))
def test_a_cut_anywhere_changes_nothing(stream: bytes, terminator: str, cuts: list[int]) -> None:
    for byte, often in ((b"\x07", b"\r"), (b"\x08", b"\r\n"), (b"\x09", b"\x02"), (b"\x0b", b"\x03")):
        stream = stream.replace(byte, often)
    parts = LineAssembler(terminator=terminator, patterns=["[0-9]+"], max_bytes=20)
    whole = LineAssembler(terminator=terminator, patterns=["[0-9]+"], max_bytes=20).feed(stream)
    at, events = 0, list[ScanEvent]()
    for cut in [*sorted(cuts), len(stream)]:
        events += parts.feed(stream[at:cut])
        at = max(at, cut)
    assert events == whole


SCAN = st.tuples(
    st.text("0123456789ABCDab-]", min_size=2, max_size=30).map(str.encode),
    st.sampled_from(["whole", "whole", "silence inside", "suffix lost"]),
    st.integers(1, 29),
)


@given(st.lists(SCAN, max_size=20), st.sampled_from([b"\r", b"\n", b"\r\n"]))
def test_no_code_but_one_that_was_scanned_whole(scans: list[tuple[bytes, str, int]], suffix: bytes) -> None:
    assembler, events, expected, broken = LineAssembler(), list[ScanEvent](), [], False
    told_at_least = 0
    for body, fate, wanted_at in scans:
        at = min(wanted_at, len(body) - 1)
        if fate == "silence inside":
            events += assembler.feed(body[:at]) + assembler.break_off() + assembler.feed(body[at:] + suffix)
            told_at_least, broken = told_at_least + 1, False
        elif fate == "suffix lost":
            events += assembler.feed(body) + assembler.break_off()
            told_at_least, broken = told_at_least + 1, True
        else:
            events += assembler.feed(body + suffix)
            if not broken:
                expected.append(body.decode())
            broken = False
    assert texts(events) == expected
    assert len(losses(events)) >= told_at_least
