"""The reading loop that all scanners share, on real pipes and sockets; unplugging by kernel is in tests/vm."""

import errno
import os
import socket
from collections.abc import Callable, Iterator

import pytest

from drivers.base import Code, DeviceGone, LostReason, ScanEvent, ScanLost
from drivers.line_assembler import LineAssembler
from drivers.scan_loop import READS_AT_ONCE, ScanLoop, read_some

GAP_S = 0.5
CARD = Code("21168000000014", b"21168000000014")


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Where the loop reads, and where the scanner writes."""
    reads, writes = os.pipe2(os.O_NONBLOCK)
    yield reads, writes
    for fd in (reads, writes):
        try:
            os.close(fd)
        except OSError:
            assert fd == writes, "only the scanner's end may be gone"


def loop_on(fd: int, *, most: int = 64, then: Callable[[], None] = lambda: None) -> ScanLoop:
    """A loop that takes `most` bytes at once; `then` is called after each."""
    assembler = LineAssembler()

    def take() -> list[ScanEvent]:
        scans = assembler.feed(read_some(fd, most))
        then()
        return scans

    return ScanLoop("/dev/scanner", take, assembler, gap_s=GAP_S)


def test_nothing_queued_is_nothing(ends: tuple[int, int]) -> None:
    loop = loop_on(ends[0])
    assert (loop.read(1.0), loop.deadline_s) == ([], None)


def test_half_a_code_has_a_deadline_and_is_given_up_at_it(ends: tuple[int, int]) -> None:
    loop = loop_on(ends[0])
    os.write(ends[1], b"21168")
    assert (loop.read(1.0), loop.deadline_s) == ([], 1.5)
    assert (loop.expire(1.4), loop.deadline_s) == ([], 1.5)
    assert (loop.expire(1.5), loop.deadline_s) == ([ScanLost(LostReason.TIMED_OUT)], None)


def test_what_came_before_a_late_call_still_counts(ends: tuple[int, int]) -> None:
    loop = loop_on(ends[0])
    os.write(ends[1], b"21168")
    assert loop.read(1.0) == []
    os.write(ends[1], b"000000014\r")
    assert (loop.expire(9.0), loop.deadline_s) == ([CARD], None)


def test_a_scanner_gone_mad_is_left_after_so_many_reads_and_read_on_later(ends: tuple[int, int]) -> None:
    reads: list[int] = []
    loop = loop_on(ends[0], most=1, then=lambda: reads.append(1))
    os.write(ends[1], b"21168000000014\r" * 40)
    scans = loop.read(0.0)
    assert len(reads) == READS_AT_ONCE
    while len(reads) < 600:
        scans += loop.read(0.0)
    assert scans == [CARD] * 40


def test_a_hang_up_is_told_when_all_codes_are_out(ends: tuple[int, int]) -> None:
    loop = loop_on(ends[0], most=15)
    os.write(ends[1], b"21168000000014\r" * 2)
    os.close(ends[1])
    assert loop.read(0.0) == [CARD, CARD]
    with pytest.raises(DeviceGone, match="/dev/scanner: hung up"):
        loop.read(0.0)


@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO, errno.ENOMEM])
def test_no_error_takes_a_whole_code_with_it(number: int) -> None:
    """Of a kind that is an unplug, and of one that is not: the error comes at the next read."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.send(CARD.raw + b"\r")
        chunks = [lambda: read_some(ours.fileno(), 64)]
        assembler = LineAssembler()

        def take() -> list[ScanEvent]:
            if not chunks:
                raise OSError(number, os.strerror(number))
            return assembler.feed(chunks.pop()())

        loop = ScanLoop("/dev/scanner", take, assembler, gap_s=GAP_S)
        assert loop.read(0.0) == [CARD]
        with pytest.raises(OSError if number == errno.ENOMEM else DeviceGone):
            loop.read(0.0)
