"""A real tty (a pty) between the test and the driver; the driver opens it by a link, as udev makes them."""

import asyncio
import contextlib
import os
import select
import stat
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import SCANNERS
from drivers.base import CannotOpen, Code, DeviceGone, LostReason, ScanEvent, ScanLost, Scanner, WhyNot
from tests.drivers.conftest import Wire

CARD = Code("21168000000014", b"21168000000014")


@pytest.fixture
def scanner(wire: Wire) -> Iterator[Scanner]:
    with SCANNERS["serial"](port=str(wire.link)) as opened:
        wire.opened()
        yield opened


def read_until(scanner: Scanner, count: int) -> list[ScanEvent]:
    events: list[ScanEvent] = []
    while len(events) < count:
        assert select.select([scanner], [], [], 10)[0]
        events += scanner.read(0.0)
    return events


def test_a_code_comes_through(wire: Wire, scanner: Scanner) -> None:
    wire.send(b"21168000000014\r\n")
    assert read_until(scanner, 1) == [CARD]
    assert scanner.deadline() is None
    assert scanner.read(1.0) == []


def test_every_cut_of_two_codes(wire: Wire, scanner: Scanner) -> None:
    stream = b"21168000000014\r\n31168000000012\r\n"
    for cut in range(len(stream) + 1):
        got = []
        for part in (stream[:cut], stream[cut:]):
            if part:
                wire.send(part)
            got += scanner.read(0.0)
        assert [code.text for code in got] == ["21168000000014", "31168000000012"], cut


@pytest.mark.cell("serial", "breaks off", on="pty")
def test_half_a_code_is_given_up_at_the_deadline_and_not_before(wire: Wire, scanner: Scanner) -> None:
    wire.send(b"2116")
    assert scanner.read(100.0) == []
    assert scanner.deadline() == 101.0
    assert scanner.expire(100.9) == []
    assert scanner.expire(101.0) == [ScanLost(LostReason.TIMED_OUT)]
    assert scanner.deadline() is None


def test_a_late_caller_loses_nothing(wire: Wire, scanner: Scanner) -> None:
    wire.send(b"2116")
    scanner.read(100.0)
    wire.send(b"8000000014\r")
    assert scanner.expire(500.0) == [CARD]


@pytest.mark.cell("serial", "held by another", on="pty")
def test_nothing_else_may_open_it(wire: Wire, scanner: Scanner) -> None:
    with pytest.raises(CannotOpen) as caught:
        SCANNERS["serial"](port=str(wire.link))
    assert caught.value.why is WhyNot.BUSY


def test_it_can_be_opened_again_after_closing(wire: Wire) -> None:
    for _ in range(3):
        with SCANNERS["serial"](port=str(wire.link)) as scanner:
            wire.send(b"21168000000014\r")
            assert read_until(scanner, 1) == [CARD]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("absent", WhyNot.ABSENT),
        ("absent/folder", WhyNot.ABSENT),
        ("file", WhyNot.UNSUITABLE),
        (".", WhyNot.UNSUITABLE),
    ],
)
@pytest.mark.cell("serial", "no such device", on="files")
def test_what_cannot_be_opened_says_why(tmp_path: Path, path: str, why: WhyNot) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotOpen) as caught:
        SCANNERS["serial"](port=str(tmp_path / path))
    assert caught.value.why is why
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("settings", [{"parity": "odd-ish"}, {"flow": "dtr"}, {"terminator": "crcr"}, {"bits": 4}])
@pytest.mark.cell("serial", "bad setting", on="pty")
def test_bad_settings_are_refused(wire: Wire, settings: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (pyserial words its own)
        SCANNERS["serial"](port=str(wire.link), **settings)


def test_the_line_is_set_as_configured(wire: Wire) -> None:
    with SCANNERS["serial"](port=str(wire.link), baud=115200, bits=7, parity="even", flow="xonxoff") as scanner:
        iflag, _, cflag, lflag, speed, *_ = termios.tcgetattr(scanner.fileno())
    assert speed == termios.B115200
    assert iflag & termios.IXOFF
    assert not lflag & termios.ICANON
    # A pty's driver forces 8N1 (Linux, pty.c), so bits and parity cannot be seen here.
    assert cflag & termios.CREAD


@pytest.mark.cell("serial", "unplugged in a code", on="pty")
def test_an_unplug_in_the_middle_of_a_code(wire: Wire, scanner: Scanner) -> None:
    wire.send(b"21168000000014\r2116")
    assert read_until(scanner, 1) == [CARD]
    os.close(wire.master)
    wire.master = -1
    with pytest.raises(DeviceGone):
        scanner.read(0.0)
    with pytest.raises(DeviceGone):
        scanner.expire(10.0)
    scanner.close()
    scanner.close()


@pytest.mark.cell("serial", "goes mad", on="pty")
def test_a_device_gone_mad_does_not_keep_the_loop(wire: Wire, scanner: Scanner) -> None:
    os.set_blocking(wire.master, False)
    lost = []
    for _ in range(20):
        with contextlib.suppress(BlockingIOError):
            wire.send(b"\xff" * 4096)
        lost += scanner.read(0.0)
    assert lost == [ScanLost(LostReason.TOO_LONG)]


async def test_the_loop_wakes_for_codes_and_for_the_unplug(wire: Wire, scanner: Scanner) -> None:
    loop, seen = asyncio.get_running_loop(), asyncio.Queue[object]()

    def readable() -> None:
        try:
            for event in scanner.read(loop.time()):
                seen.put_nowait(event)
        except DeviceGone as gone:
            loop.remove_reader(scanner.fileno())
            seen.put_nowait(gone)

    loop.add_reader(scanner.fileno(), readable)
    wire.send(b"21168000000014\r")
    assert await asyncio.wait_for(seen.get(), 10) == CARD
    os.close(wire.master)
    wire.master = -1
    assert isinstance(await asyncio.wait_for(seen.get(), 10), DeviceGone)


@pytest.mark.cell("serial", "replugged again and again", on="pty")
def test_unplugging_150_times_leaks_no_descriptor(wire: Wire) -> None:
    def open_descriptors() -> list[str]:
        return sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208

    before = open_descriptors()
    for cycle in range(150):
        scanner = SCANNERS["serial"](port=str(wire.link))
        wire.opened()
        wire.send(b"%d\r211" % cycle)
        [code] = read_until(scanner, 1)
        assert code.text == str(cycle)
        wire.unplug()
        with pytest.raises(DeviceGone):
            scanner.read(0.0)
        scanner.close()
        with pytest.raises(CannotOpen):
            SCANNERS["serial"](port=str(wire.link))
        wire.plug()
    assert open_descriptors() == before


def test_a_pty_is_a_character_device() -> None:
    # What the choice of the lock stands on: majors 136 to 143 are pseudo terminals.
    master, slave = os.openpty()
    status = os.fstat(slave)
    assert stat.S_ISCHR(status.st_mode)
    assert 136 <= os.major(status.st_rdev) <= 143
    os.close(master)
    os.close(slave)


@pytest.mark.cell("serial", "two codes of one trigger", on="pty")
@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, b"21168000000014\r31168000000012\r"),
        ({"terminator": "stx_etx"}, b"\x0221168000000014\x03\x0231168000000012\x03"),
        ({"terminator": "none", "suffix": b"#"}, b"21168000000014#31168000000012#"),
    ],
)
def test_two_codes_of_one_trigger(wire: Wire, settings: dict[str, object], sent: bytes) -> None:
    with SCANNERS["serial"](port=str(wire.link), **settings) as scanner:
        wire.send(sent)
        assert [code.text for code in read_until(scanner, 2)] == ["21168000000014", "31168000000012"]


@pytest.mark.cell("serial", "two codes of one trigger", on="pty")
def test_codes_that_only_a_pause_ends(wire: Wire) -> None:
    with SCANNERS["serial"](port=str(wire.link), terminator="none", patterns=[r"\d{14}"]) as scanner:
        got = []
        for at, sent in enumerate((b"21168000000014", b"31168000000012", b"3116800000")):
            wire.send(sent)
            assert select.select([scanner], [], [], 10)[0]
            now_s = at * 0.3  # the least that two codes of one trigger are apart
            assert scanner.read(now_s) == []
            due = scanner.deadline()
            assert due is not None
            assert due < now_s + 0.3
            got += scanner.expire(due)
    assert got == [CARD, Code("31168000000012", b"31168000000012"), ScanLost(LostReason.TIMED_OUT)]


@pytest.mark.cell("serial", "two codes of one trigger", on="pty")
def test_two_such_codes_that_are_read_too_late_to_be_told_apart_are_lost(wire: Wire) -> None:
    with SCANNERS["serial"](port=str(wire.link), terminator="none", patterns=[r"\d{14}"]) as scanner:
        wire.send(b"2116800000001431168000000012")
        assert select.select([scanner], [], [], 10)[0]
        assert [*scanner.read(0.0), *scanner.expire(1.0)] == [ScanLost(LostReason.TIMED_OUT)]


@pytest.mark.cell("serial", "too long", on="pty")
def test_a_code_too_long_is_lost_whole(wire: Wire) -> None:
    with SCANNERS["serial"](port=str(wire.link), max_bytes=10) as scanner:
        wire.send(b"1" * 40 + b"\r21168\r")
        assert read_until(scanner, 2) == [ScanLost(LostReason.TOO_LONG), Code("21168", b"21168")]


@pytest.mark.cell("serial", "unreadable", on="pty")
def test_bytes_that_cannot_be_a_frame_are_lost_and_bytes_of_another_encoding_are_not(wire: Wire) -> None:
    with SCANNERS["serial"](port=str(wire.link), terminator="stx_etx") as scanner:
        wire.send(b"168\x03\x02\xff\xfe\x03")
        lost, code = read_until(scanner, 2)
        assert lost == ScanLost(LostReason.UNREADABLE)
        assert (code.raw, code.text) == (b"\xff\xfe", "\xff\xfe")


@pytest.mark.cell("serial", "refusal signalled", on="pty")
def test_accepted_and_refused_are_the_makers_commands(wire: Wire) -> None:
    with SCANNERS["serial"](port=str(wire.link), accepted=b"\x16\x07\r", refused=b"\x07\x07") as scanner:
        for accepted, command in ((True, b"\x16\x07\r"), (False, b"\x07\x07")):
            act = scanner.signal(accepted=accepted)
            assert act is not None
            act()
            assert wire.receive(len(command)) == command
        late = scanner.signal(accepted=True)
    assert late is not None
    late()  # the scanner is closed by now, and its command goes to nobody else
    assert wire.receive(3) == b"\x16\x07\r"


def test_a_scanner_without_commands_is_told_nothing(scanner: Scanner) -> None:
    assert scanner.signal(accepted=True) is None
    assert scanner.signal(accepted=False) is None
