"""All answers that a byte can be, to all four questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import Fault, Paper, PrinterStatus
from drivers.escpos_status import Answer, Query, Reports, read_answer, report_of, status_of

EVERY = [(query, byte) for query in Query for byte in range(256)]


def test_each_of_the_1024_answers_is_classified() -> None:
    answers = [(query, byte) for query, byte in EVERY if read_answer(query, byte) is not None]
    # Fixed: bits 0 and 7 off, bits 1 and 4 on; so 16 answers a question.
    assert len(answers) == 4 * 16
    assert all(byte & 0x93 == 0x12 for _, byte in answers)


@pytest.mark.parametrize("noise", [0x00, 0x11, 0x13, 0xFF, *range(0x10, 0x20, 4), 0x0F, 0x60])
def test_flow_control_and_automatic_status_are_no_answers(noise: int) -> None:
    assert all(read_answer(query, noise) is None for query in Query)


@pytest.mark.parametrize(
    ("query", "byte", "said"),
    [
        (Query.PRINTER, 0x12, PrinterStatus(online=True, answers=True)),
        (Query.PRINTER, 0x16, PrinterStatus(online=True, answers=True)),  # drawer pin
        (Query.PRINTER, 0x1A, PrinterStatus(online=False, answers=True)),
        (Query.OFFLINE_CAUSE, 0x12, PrinterStatus(cover_open=False, faults=frozenset(), answers=True)),
        (Query.OFFLINE_CAUSE, 0x16, PrinterStatus(cover_open=True, faults=frozenset(), answers=True)),
        (
            Query.OFFLINE_CAUSE,
            0x32,
            PrinterStatus(paper=Paper.OUT, cover_open=False, faults=frozenset(), answers=True),
        ),
        (
            Query.OFFLINE_CAUSE,
            0x52,
            PrinterStatus(cover_open=False, faults=frozenset({Fault.UNRECOVERABLE}), answers=True),
        ),
        (Query.ERROR, 0x12, PrinterStatus(faults=frozenset(), answers=True)),
        (Query.ERROR, 0x1A, PrinterStatus(faults=frozenset({Fault.CUTTER}), answers=True)),
        (Query.ERROR, 0x32, PrinterStatus(faults=frozenset({Fault.UNRECOVERABLE}), answers=True)),
        (Query.ERROR, 0x52, PrinterStatus(faults=frozenset({Fault.RECOVERABLE}), answers=True)),
        (Query.ROLL, 0x12, PrinterStatus(paper=Paper.OK, answers=True)),
        (Query.ROLL, 0x1E, PrinterStatus(paper=Paper.LOW, answers=True)),
        (Query.ROLL, 0x72, PrinterStatus(paper=Paper.OUT, answers=True)),
        (Query.ROLL, 0x7E, PrinterStatus(paper=Paper.OUT, answers=True)),
    ],
)
def test_what_one_answer_says(query: Query, byte: int, said: PrinterStatus) -> None:
    answer = read_answer(query, byte)
    assert answer is not None
    assert status_of([answer]) == said


def test_silence_is_unknown_and_never_plenty() -> None:
    assert status_of([]) == PrinterStatus(Paper.UNKNOWN, None, None, None, answers=False)
    assert PrinterStatus().ready is None


def test_ready_only_when_nothing_speaks_against_it() -> None:
    for query, byte in EVERY:
        if (answer := read_answer(query, byte)) is None:
            continue
        good = [Answer(other, 0x12) for other in Query if other != query]
        status = status_of([*good, answer])
        harmless = {
            Query.PRINTER: not byte & 0x08,
            Query.OFFLINE_CAUSE: not byte & 0x64,
            Query.ERROR: not byte & 0x6C,
            Query.ROLL: not byte & 0x60,
        }
        assert status.ready is harmless[query]


class TestReports:
    """Automatic status, four bytes a report."""

    def test_each_of_the_1024_bytes_is_classified(self) -> None:
        fine = bytes((0x10, 0, 0, 0))
        for place in range(4):
            for byte in range(256):
                report = fine[:place] + bytes((byte,)) + fine[place + 1 :]
                found = Reports().feed(report)
                whole = byte & 0x93 == 0x10 if place == 0 else byte & 0x90 == 0
                assert len(found) == whole, (place, byte)
                if not found:
                    continue
                (status,) = found
                harmless = [not byte & 0x28, not byte & 0x6C, not byte & 0x0C, True][place]
                assert status.answers
                assert status.ready is harmless, (place, byte)

    @pytest.mark.parametrize(
        ("report", "said"),
        [
            ("10000000", PrinterStatus(Paper.OK, online=True, cover_open=False, faults=frozenset(), answers=True)),
            ("1000030f", PrinterStatus(Paper.LOW, online=True, cover_open=False, faults=frozenset(), answers=True)),
            ("18000f00", PrinterStatus(Paper.OUT, online=False, cover_open=False, faults=frozenset(), answers=True)),
            ("38000000", PrinterStatus(Paper.OK, online=False, cover_open=True, faults=frozenset(), answers=True)),
            (
                "18080000",
                PrinterStatus(Paper.OK, online=False, cover_open=False, faults=frozenset({Fault.CUTTER}), answers=True),
            ),
            (
                "18600000",
                PrinterStatus(
                    Paper.OK,
                    online=False,
                    cover_open=False,
                    faults=frozenset({Fault.UNRECOVERABLE, Fault.RECOVERABLE}),
                    answers=True,
                ),
            ),
        ],
    )
    def test_what_a_report_says(self, report: str, said: PrinterStatus) -> None:
        assert report_of(bytes.fromhex(report)) == said

    @given(st.binary(max_size=60), st.integers(0, 60))
    def test_a_cut_anywhere_changes_nothing(self, stream: bytes, cut: int) -> None:
        whole, parts = Reports(), Reports()
        assert whole.feed(stream) == parts.feed(stream[:cut]) + parts.feed(stream[cut:])

    @given(st.binary(max_size=40))
    def test_noise_before_a_report_hides_none(self, noise: bytes) -> None:
        assert Reports().feed(noise + bytes.fromhex("38000300"))[-1] == report_of(bytes.fromhex("38000300"))

    def test_answers_and_flow_control_between_reports_fall_out(self) -> None:
        stream = bytes.fromhex("12 11 13 10000000 12121212 18000c00 13")
        assert [status.paper for status in Reports().feed(stream)] == [Paper.OK, Paper.OUT]
