"""Slips over a real TCP connection, a real tty, and a descriptor that behaves like usblp's."""

import os
import select
import socket
import threading
import time
import tty
from pathlib import Path

import pytest

from drivers import PRINTERS
from drivers.base import (
    CannotOpen,
    Fault,
    Paper,
    PaperOut,
    Printer,
    PrinterGone,
    PrinterStalled,
    PrinterStatus,
    WhyNot,
)
from drivers.network_printer import parse_url
from tests.drivers.conftest import FakePrinter, Wire

SLIP = b"\x1b@31168000000012\n" * 400


def network(raw_port: FakePrinter, **settings: float) -> Printer:
    return PRINTERS["network"](url=raw_port.url, **{"write_timeout_s": 5.0, "status_timeout_s": 2.0, **settings})


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("127.0.0.1:9100", ("127.0.0.1", 9100)),
        ("printer.branch.example", ("printer.branch.example", 9100)),
        ("tcp://192.168.1.40:9101/", ("192.168.1.40", 9101)),
        ("socket://p", ("p", 9100)),
        ("[fe80::1%eth0]:9100", ("fe80::1%eth0", 9100)),
        ("[::1]", ("::1", 9100)),
    ],
)
def test_addresses(url: str, address: tuple[str, int]) -> None:
    assert parse_url(url) == address


@pytest.mark.parametrize("url", ["", "a b", "host:", "host:0", "host:65536", "::1", "http://x/", "host:9100/path"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        parse_url(url)


class TestNetwork:
    def test_slips_arrive_whole_and_in_order(self, raw_port: FakePrinter) -> None:
        with network(raw_port) as printer:
            printer.write(SLIP)
            printer.write(b"second\n")
            raw_port.wait(lambda port: len(port.slips) == len(SLIP) + 7)
        assert raw_port.slips == SLIP + b"second\n"
        assert raw_port.connections == 1

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(CannotOpen) as caught:
            PRINTERS["network"](url=f"127.0.0.1:{port}")
        assert caught.value.why is WhyNot.ABSENT

    def test_status(self, raw_port: FakePrinter) -> None:
        with network(raw_port) as printer:
            assert printer.status() == PrinterStatus(
                Paper.OK, online=True, cover_open=False, faults=frozenset(), answers=True
            )
            raw_port.answers |= {1: 0x1A, 2: 0x16, 3: 0x1A, 4: 0x1E}
            assert printer.status() == PrinterStatus(
                Paper.LOW, online=False, cover_open=True, faults=frozenset({Fault.CUTTER}), answers=True
            )
        assert raw_port.asked == [1, 2, 3, 4] * 2

    def test_a_silent_printer_is_asked_once_and_prints(self, raw_port: FakePrinter) -> None:
        raw_port.answers = {}
        with network(raw_port, status_timeout_s=0.05) as printer:
            for _ in range(3):
                assert printer.status() == PrinterStatus(Paper.UNKNOWN, answers=False)
            printer.write(SLIP)
            raw_port.wait(lambda port: len(port.slips) == len(SLIP))
        assert raw_port.asked == [1, 2]

    def test_a_printer_that_answers_only_some_questions(self, raw_port: FakePrinter) -> None:
        raw_port.answers = {4: 0x72, 1: 0x12}
        with network(raw_port, status_timeout_s=0.2) as printer:
            for _ in range(2):
                assert printer.status() == PrinterStatus(Paper.OUT, online=True, answers=True)
        assert raw_port.asked == [1, 2, 3, 4, 1, 4]

    def test_a_babbling_printer_is_understood(self, raw_port: FakePrinter) -> None:
        raw_port.babble = b"\x10\x00\x00\x0f" * 20 + b"\x11\x13\xff\x00"
        raw_port.answers[4] = 0x72
        with network(raw_port) as printer:
            assert printer.status().paper is Paper.OUT
            assert printer.status().online is True

    def test_endless_noise_is_no_answer(self, raw_port: FakePrinter) -> None:
        raw_port.babble = bytes(20_000)
        with network(raw_port) as printer:
            assert printer.status() == PrinterStatus()

    def test_one_that_stops_answering_is_stalled_and_not_silent(self, raw_port: FakePrinter) -> None:
        with network(raw_port, status_timeout_s=0.2) as printer:
            assert printer.status().ready is True
            raw_port.answers = {}
            with pytest.raises(PrinterStalled):
                printer.status()
            raw_port.answers = dict.fromkeys((1, 2, 3, 4), 18)
            assert printer.status().ready is True

    def test_a_connection_that_the_printer_ended_is_made_anew(self, raw_port: FakePrinter) -> None:
        with network(raw_port) as printer:
            printer.write(b"first\n")
            raw_port.wait(lambda port: port.slips == b"first\n")
            raw_port.hang_up()
            poll = select.poll()
            poll.register(printer._channel.fileno(), select.POLLIN)  # type: ignore[attr-defined]
            assert poll.poll(5000)
            printer.write(b"second\n")
            raw_port.wait(lambda port: port.slips == b"first\nsecond\n")
        assert raw_port.connections == 2

    @pytest.mark.parametrize("reset", [True, False])
    def test_a_connection_that_ended_after_a_slip_is_no_confirmation(self, raw_port: FakePrinter, reset: bool) -> None:
        with network(raw_port) as printer:
            assert printer.status().ready is True
            printer.write(b"first\n")
            raw_port.wait(lambda port: port.slips == b"first\n")
            raw_port.hang_up(reset=reset)
            poll = select.poll()
            poll.register(printer._channel.fileno(), select.POLLIN)  # type: ignore[attr-defined]
            assert poll.poll(5000)
            with pytest.raises(PrinterGone):
                printer.status()
            assert printer.status().ready is True
        assert raw_port.connections == 2

    def test_a_printer_that_takes_no_more_is_stalled_in_time(self, raw_port: FakePrinter) -> None:
        raw_port.takes = 1000
        payload = b"x" * 20_000_000
        with network(raw_port, write_timeout_s=0.5) as printer:
            began = time.monotonic()
            with pytest.raises(PrinterStalled) as caught:
                printer.write(payload)
            assert time.monotonic() - began < 3
        assert len(raw_port.slips) <= caught.value.sent < len(payload)

    def test_what_the_kernel_holds_is_not_at_the_printer(self, raw_port: FakePrinter) -> None:
        raw_port.takes = 0
        with network(raw_port, write_timeout_s=0.3) as printer, pytest.raises(PrinterStalled) as caught:
            printer.write(b"x" * 40_000)  # fits into this machine's queue, but not into the printer's
        assert caught.value.sent < 40_000
        assert raw_port.slips == b""

    def test_paper_that_ended_under_a_slip_is_called_so(self, raw_port: FakePrinter) -> None:
        with network(raw_port, write_timeout_s=0.5) as printer:
            assert printer.status().paper is Paper.OK
            raw_port.takes, raw_port.answers[4] = 1000, 0x72
            with pytest.raises(PaperOut) as caught:
                printer.write(b"x" * 20_000_000)
        assert caught.value.sent >= 1000

    def test_after_a_broken_slip_the_buffers_are_cleared_before_the_next(self, raw_port: FakePrinter) -> None:
        raw_port.takes = 1000
        with network(raw_port, write_timeout_s=0.5) as printer:
            with pytest.raises(PrinterStalled):
                printer.write(b"x" * 20_000_000)
            raw_port.takes = None
            kept = raw_port.slips
            printer.write(b"next\n")
            raw_port.wait(lambda port: port.slips.endswith(b"next\n"))
        between = raw_port.slips[len(kept) : -5].lstrip(b"x")
        assert between.lstrip(b"\0") == b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08\x18\x1b@"
        assert between.startswith(bytes(2160))  # fills up a picture that broke off

    def test_power_off_within_a_slip(self, raw_port: FakePrinter) -> None:
        raw_port.takes = 1000
        with network(raw_port, write_timeout_s=20.0) as printer:
            raw_port.wait(lambda port: port.link is not None)
            threading.Thread(
                target=lambda: (raw_port.wait(lambda port: len(port.slips) >= 1000), raw_port.hang_up(reset=True))
            ).start()
            with pytest.raises(PrinterGone) as caught:
                printer.write(b"x" * 20_000_000)
        assert caught.value.sent >= 1000

    def test_switched_off_between_slips(self, raw_port: FakePrinter) -> None:
        with network(raw_port) as printer:
            printer.write(b"first\n")
            raw_port.wait(lambda port: port.slips == b"first\n")
            raw_port.power_off()
            for attempt in (lambda: printer.write(b"second\n"), printer.status, printer.cancel):
                with pytest.raises(PrinterGone) as caught:
                    attempt()
                assert caught.value.sent == 0

    def test_cancel(self, raw_port: FakePrinter) -> None:
        with network(raw_port) as printer:
            printer.cancel()
            raw_port.wait(lambda port: port.slips.endswith(b"\x1b@"))
        assert raw_port.slips == b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08\x18\x1b@"

    def test_opening_and_closing_leaks_nothing(self, raw_port: FakePrinter) -> None:
        def cycle() -> None:
            seen = raw_port.connections
            with network(raw_port) as printer:
                printer.status()
            raw_port.wait(lambda port: port.connections == seen + 1)

        cycle()
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        for _ in range(50):
            cycle()
        assert len(os.listdir("/proc/self/fd")) <= before + 1  # noqa: PTH208 (the port's end of the last connection)


def answer(wire: Wire, replies: dict[int, int], count: int) -> threading.Thread:
    """Answer `count` questions at the device's end of a tty."""

    def talk() -> None:
        for _ in range(count):
            question = wire.receive(3)
            if question[2] in replies:
                wire.send(bytes((replies[question[2]],)))

    thread = threading.Thread(target=talk)
    thread.start()
    return thread


@pytest.fixture(params=["usblp", "serial"])
def by_descriptor(request: pytest.FixtureRequest, wire: Wire) -> tuple[str, dict[str, object]]:
    # A pty stands in for /dev/usb/lp0: reads and writes without waiting, EAGAIN when full. Not shown here: ENOSPC,
    # and ENODEV at unplug (a pty says EIO).
    tty.setraw(wire.master)
    key = {"usblp": "device", "serial": "port"}[request.param]
    settings = {"flow": "none"} if request.param == "serial" else {}
    return request.param, {key: str(wire.link), "write_timeout_s": 0.5, "status_timeout_s": 0.5, **settings}


class TestByDescriptor:
    def test_a_slip_arrives_whole(self, wire: Wire, by_descriptor: tuple[str, dict[str, object]]) -> None:
        driver, settings = by_descriptor
        with PRINTERS[driver](**{**settings, "write_timeout_s": 10.0}) as printer:
            writer = threading.Thread(target=printer.write, args=(SLIP,))
            writer.start()
            assert wire.receive(len(SLIP)) == SLIP
            writer.join()

    def test_status(self, wire: Wire, by_descriptor: tuple[str, dict[str, object]]) -> None:
        driver, settings = by_descriptor
        with PRINTERS[driver](**settings) as printer:
            thread = answer(wire, {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x7E}, 4)
            assert printer.status().paper is Paper.OUT
            thread.join()

    def test_silence(self, wire: Wire, by_descriptor: tuple[str, dict[str, object]]) -> None:
        driver, settings = by_descriptor
        with PRINTERS[driver](**{**settings, "status_timeout_s": 0.05}) as printer:
            assert printer.status() == printer.status() == PrinterStatus()
        assert wire.receive(6) == b"\x10\x04\x01\x10\x04\x02"

    def test_stalled(self, wire: Wire, by_descriptor: tuple[str, dict[str, object]]) -> None:
        driver, settings = by_descriptor
        payload = b"x" * 200_000
        with PRINTERS[driver](**settings) as printer:
            wire.opened()
            with pytest.raises(PrinterStalled) as caught:
                printer.write(payload)
        assert 0 < caught.value.sent < len(payload)

    def test_unplugged(self, wire: Wire, by_descriptor: tuple[str, dict[str, object]]) -> None:
        driver, settings = by_descriptor
        with PRINTERS[driver](**settings) as printer:
            wire.opened()
            wire.unplug()
            with pytest.raises(PrinterGone):
                printer.write(SLIP)
            with pytest.raises(PrinterGone):
                printer.status()

    def test_unplugged_while_it_waits(self, wire: Wire, by_descriptor: tuple[str, dict[str, object]]) -> None:
        driver, settings = by_descriptor
        with PRINTERS[driver](**{**settings, "write_timeout_s": 20.0}) as printer:
            wire.opened()
            wire.receive(0)
            unplugging = threading.Thread(target=lambda: (wire.receive(1), wire.unplug()))
            unplugging.start()
            with pytest.raises(PrinterGone) as caught:
                printer.write(b"x" * 200_000)
            unplugging.join()
        assert caught.value.sent > 0

    def test_absent(self, tmp_path: Path, by_descriptor: tuple[str, dict[str, object]]) -> None:
        driver, settings = by_descriptor
        settings = {
            key: str(tmp_path / "lp0") if key in ("device", "port") else value for key, value in settings.items()
        }
        with pytest.raises(CannotOpen) as caught:
            PRINTERS[driver](**settings)
        assert caught.value.why is WhyNot.ABSENT


def test_without_a_printer_no_slip_counts_as_printed() -> None:
    with PRINTERS["none"]() as printer:
        assert printer.status().paper is Paper.UNKNOWN
        printer.cancel()
        with pytest.raises(PrinterGone):
            printer.write(b"slip")
