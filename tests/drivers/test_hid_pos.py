"""Reports in, codes out. Descriptors and reports are built (`tests.drivers.hid`), not captured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.aim import Symbology
from drivers.base import Code, LostReason, ScanEvent, ScanLost
from drivers.hid_descriptor import ReportKind
from drivers.hid_pos import NoScanner, ReportAssembler, Signal, is_scanner, layout
from tests.drivers import hid
from tests.drivers.hid import items, reports


def texts(events: list[ScanEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Code)]


def losses(events: list[ScanEvent]) -> list[LostReason]:
    return [event.reason for event in events if isinstance(event, ScanLost)]


def feed(assembler: ReportAssembler, *sent: bytes) -> list[ScanEvent]:
    return [event for report in sent for event in assembler.feed(report)]


def scanner(**settings: object) -> ReportAssembler:
    return ReportAssembler(layout(hid.SCANNER), **settings)  # type: ignore[arg-type]


def test_what_is_a_scanner_and_what_is_not() -> None:
    assert is_scanner(hid.SCANNER)
    assert is_scanner(hid.PLAIN)
    assert not is_scanner(hid.KEYBOARD)
    assert not is_scanner(hid.KEYBOARD[:-1])
    with pytest.raises(NoScanner):
        layout(items((hid.PAGE, 0x8C), (hid.USAGE, 2), (hid.COLLECTION, 1), (hid.END, 0)))


def test_a_code_with_its_symbology() -> None:
    assert feed(scanner(), *reports(b"21168000000014", b"]F0")) == [
        Code("21168000000014", b"21168000000014", Symbology.CODABAR)
    ]


def test_the_manuals_example_of_60_bytes_in_two_reports() -> None:
    first, second = reports(b"M1GATHERGOOD/MICHAEL YABCDEF LHRDURAK 3542 052Y003D23  012345", b"]Q0")
    assert (first[:5], first[63], second[63]) == (b"\x02\x38]Q0", 1, 0)
    (code,) = feed(scanner(), first, second)
    assert (len(code.text), code.symbology) == (61, Symbology.QR)


def test_any_bytes_are_passed_whole() -> None:
    every = bytes(range(256)) * 4
    (code,) = feed(scanner(terminator="none"), *reports(every, b"]Q1"))
    assert code.raw == every


def test_what_the_scanner_is_set_to_add_is_taken_off_once() -> None:
    for terminator, sent, text in (
        ("any", b"12\r\n", "12"),
        ("any", b"12\r\r", "12\r"),
        ("none", b"12\r", "12\r"),
        ("tab", b"12\t", "12"),
        ("crlf", b"12\r", "12\r"),
    ):
        assert texts(feed(scanner(terminator=terminator), *reports(sent))) == [text]
    assert texts(feed(scanner(prefix=b"<", suffix=b">"), *reports(b"<12>\r"))) == ["12"]


def test_without_ids_and_length_the_zeros_at_the_end_are_no_data() -> None:
    assembler = ReportAssembler(layout(hid.PLAIN))
    assert feed(assembler, b"21168".ljust(32, b"\0")) == [Code("21168", b"21168")]


def test_other_reports_are_nothing() -> None:
    assembler = scanner()
    assert feed(assembler, b"\x09" + bytes(63), b"") == []
    assert not assembler.pending


def test_two_codes_of_one_trigger_stay_two() -> None:
    assert texts(feed(scanner(), *reports(b"21168"), *reports(b"31168", b"]E0"))) == ["21168", "31168"]


def test_a_code_whose_rest_never_comes_is_lost_and_so_is_a_late_rest() -> None:
    first, second = reports(b"x" * 60)
    assembler = scanner()
    assert feed(assembler, first) == []
    assert assembler.pending
    assert losses(assembler.break_off()) == [LostReason.TIMED_OUT]
    assert (texts(got := feed(assembler, second)), losses(got)) == ([], [LostReason.TIMED_OUT])
    assert texts(feed(assembler, *reports(b"21168"))) == ["21168"]


def test_a_code_of_another_kind_in_the_middle_of_one() -> None:
    first, _ = reports(b"x" * 60, b"]Q1")
    events = feed(scanner(), first, *reports(b"21168", b"]C0"))
    assert (texts(events), losses(events)) == (["21168"], [LostReason.UNREADABLE])


@pytest.mark.parametrize("bad", [b"\x02\x39]C0" + bytes(59), b"\x02\x05]C021168", b"\x02"])
def test_a_report_that_cannot_be_is_lost_whole(bad: bytes) -> None:
    events = feed(scanner(), bad, *reports(b"21168"))
    assert (texts(events), losses(events)) == (["21168"], [LostReason.UNREADABLE])


def test_a_bad_report_in_the_middle_takes_the_whole_code() -> None:
    first, second, third = reports(b"x" * 150)
    second = second[:1] + b"\xff" + second[2:]
    events = feed(scanner(), first, second, third)
    assert (texts(events), losses(events)) == ([], [LostReason.UNREADABLE])


def test_too_long() -> None:
    assembler = scanner(max_bytes=100)
    events = feed(assembler, *reports(b"x" * 300), *reports(b"21168"))
    assert (texts(events), losses(events)) == (["21168"], [LostReason.TOO_LONG])


def test_after_an_overflow_nothing_counts_until_there_is_quiet() -> None:
    assembler = scanner()
    first, second = reports(b"x" * 60)
    feed(assembler, first)
    assert losses(assembler.overflow()) == [LostReason.OVERFLOW]
    assert feed(assembler, second, *reports(b"21168")) == []
    assert assembler.pending
    assert assembler.break_off() == []
    assert texts(feed(assembler, *reports(b"21168"))) == ["21168"]


def test_signals_that_the_descriptor_offers() -> None:
    assert layout(hid.SCANNER).signals == {
        "error_beep": Signal(ReportKind.OUTPUT, b"\x04\x04"),
        "good_beep": Signal(ReportKind.OUTPUT, b"\x04\x08"),
    }
    assert layout(hid.PLAIN).signals == {}


def test_a_beep_beside_a_volume_is_left_alone() -> None:
    beside = items(
        (hid.PAGE, 0x8C), (hid.USAGE, 2), (hid.COLLECTION, 1), (hid.SIZE, 8), (hid.USAGE, 0xFE), (hid.COUNT, 8),
        (hid.INPUT, hid.BUFFERED), (hid.USAGE, 0x80), (hid.COUNT, 1), (hid.OUTPUT, 2), (hid.SIZE, 1), (hid.COUNT, 8),
        (hid.USAGE, 0x85), (hid.OUTPUT, 2), (hid.END, 0),
    )  # fmt: skip
    assert layout(beside).signals == {}


SCAN = st.tuples(
    st.binary(min_size=1, max_size=200),
    st.sampled_from(["whole", "whole", "a report lost", "overflow"]),
    st.integers(0, 9),
    st.sampled_from([b"]C0", b"]Q1"]),
)


@given(st.lists(SCAN, max_size=20))
def test_no_code_but_one_that_was_scanned_whole(scans: list[tuple[bytes, str, int, bytes]]) -> None:
    assembler, events, whole = scanner(terminator="none", encoding="latin-1"), list[ScanEvent](), list[bytes]()
    for code, fate, at, symbology in scans:
        sent = list(reports(code, symbology))
        if fate == "whole":
            events += feed(assembler, *sent)
        elif fate == "a report lost":
            # The driver knows of it by the full queue.
            events += feed(assembler, *sent[: at % len(sent)])
            events += assembler.overflow()
            events += feed(assembler, *sent[at % len(sent) + 1 :])
            events += assembler.break_off()
            continue
        else:
            events += feed(assembler, *sent[: at % len(sent)]) + assembler.overflow() + feed(assembler, *sent)
            events += assembler.break_off()
            continue
        whole.append(code)
    assert [event.raw for event in events if isinstance(event, Code)] == whole


@given(st.lists(st.binary(max_size=80), max_size=30))
def test_any_reports_at_all_make_no_code_longer_than_their_data(sent: list[bytes]) -> None:
    assembler, held = scanner(), 0
    for report in sent:
        held += 56
        for event in assembler.feed(report):
            if isinstance(event, Code):
                assert 0 < len(event.raw) <= held
