"""The printer over real TCP and a real pseudo-terminal."""

import os
import select
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Start = Callable[..., Any]


def connect(printer: Any) -> socket.socket:
    host, port = printer.ready["tcp"].rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


def test_a_slip_over_tcp(start: Start) -> None:
    printer = start("printer", "--listen", "127.0.0.1:0")
    with connect(printer) as line:
        line.sendall(b"\x1b@hello\n\x10\x04\x04")
        assert line.recv(10) == b"\x12"
        line.sendall(b"\x1dV\x00")
        (slip,) = printer.good("/slips?wait_s=10")["slips"]
    assert (slip["text"], slip["ended"], slip["raw_hex"]) == (
        "hello",
        "cut",
        b"\x1b@hello\n\x10\x04\x04\x1dV\x00".hex(),
    )
    assert printer.good("/bytes") == b"\x1b@hello\n\x10\x04\x04\x1dV\x00"
    assert printer.good("/slips?after=1")["slips"] == []


def test_power_fails_in_the_middle_of_a_byte_stream(start: Start) -> None:
    printer = start("printer", "--fault", "power_off_after_bytes=10")
    with connect(printer) as line:
        line.sendall(b"one\ntwo\nthree\nfour\n")
        assert line.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(printer)
    assert [slip["text"] for slip in printer.good("/slips")["slips"]] == ["one\ntwo"]
    printer.good("/fault", {"power_off": False})
    with connect(printer) as line:
        line.sendall(b"\x10\x04\x01")
        assert line.recv(1) == b"\x12"
    assert printer.good("/slips")["open"]["lines"] == []


def test_a_stalled_printer_stops_the_sender(start: Start) -> None:
    printer = start("printer", "--fault", "stall")
    with connect(printer) as line:
        line.settimeout(0.05)
        with pytest.raises(TimeoutError):
            line.sendall(b"x" * 20_000_000)
    assert printer.good("/state")["received_bytes"] == 0


def test_its_switches(start: Start) -> None:
    printer = start("printer")
    assert printer.good("/fault", {"paper": "low", "cover_open": True})["paper"] == "low"
    assert printer.good("/state")["offline"]
    assert printer.good("/fault", method="DELETE")["faults"] == {}
    assert printer.good("/fault", {"paper_lines": 0})["paper"] == "out"
    assert printer.good("/fault", {"paper": "ok"})["paper"] == "ok", "a new roll"
    for wrong in ({"paper": "blue"}, {"papper": "ok"}, [], {"line_ms": -1}):
        status, answer = printer.ask("/fault", wrong)
        assert (status, "error" in answer) == (400, True)
    assert printer.ask("/tear", {}) == (409, {"error": "no paper hangs out"})


def test_over_a_pseudo_terminal(start: Start, tmp_path: Path) -> None:
    link = tmp_path / "printer"
    printer = start("printer", "--pty", link)
    assert printer.ready == {"ready": True, "pty": str(link), "control": printer.ready["control"]}
    for n in (1, 2):
        fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(fd, b"slip %d\n\x10\x04\x01\x1dV\x00" % n)
            assert select.select([fd], [], [], 10)[0]
            assert os.read(fd, 10) == b"\x12"
            assert printer.good(f"/slips?after={n - 1}&wait_s=10")["slips"][0]["text"] == f"slip {n}"
        finally:
            os.close(fd)
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
    try:
        printer.good("/fault", {"power_off": True})
        assert select.select([fd], [], [], 10)[0]
    finally:
        os.close(fd)
    assert not link.is_symlink()
