"""The simulated USB adapter of a serial printer, as ftdi_sio talks to it; the kernel's driver itself is in tests/vm."""

import struct

import pytest

from hardware_sim.printer.usb_serial import BY_RTS_CTS, BY_XON_XOFF, CTS, DTR, RTS, Handshake, UsbSerial

RTSCTS, XONXOFF = Handshake.RTSCTS, Handshake.XONXOFF


def ask(chip: UsbSerial, kind: int, request: int, value: int = 0, index: int = 0, length: int = 0) -> bytes | None:
    return chip.control(struct.pack("<BBHHH", kind, request, value, index, length))


def set_flow(chip: UsbSerial, flow: int) -> None:
    assert ask(chip, 0x40, 2, 0x1311, flow << 8) == b""


def test_it_is_the_chip_that_it_says_it_is() -> None:
    chip = UsbSerial(RTSCTS)
    descriptor = ask(chip, 0x80, 6, 0x0100, 0, 18)
    assert descriptor is not None
    assert struct.unpack("<BBHBBBBHHH", descriptor[:14])[7:] == (0x0403, 0x6001, 0x0600)
    assert ask(chip, 0xC0, 10, length=1) == b"\x10"
    assert ask(chip, 0xC0, 77, length=1) is None


def test_the_computers_lines_are_set_one_by_one() -> None:
    chip = UsbSerial(RTSCTS)
    seen = []
    for value in (0x0303, 0x0100, 0x0200, 0x0101):
        ask(chip, 0x40, 1, value)
        seen.append(chip.lines)
    assert seen == [DTR | RTS, RTS, 0, DTR]
    chip.unplugged()
    assert chip.lines == 0


@pytest.mark.parametrize(
    ("handshake", "flow", "waits"),
    [
        (RTSCTS, BY_RTS_CTS, True),
        (RTSCTS, BY_XON_XOFF, False),
        (RTSCTS, 0, False),
        (XONXOFF, BY_XON_XOFF, True),
        (XONXOFF, BY_RTS_CTS, False),
        (XONXOFF, 0, False),
    ],
)
def test_it_waits_for_the_printer_where_both_ends_keep_the_same_handshake(
    handshake: Handshake, flow: int, *, waits: bool
) -> None:
    chip = UsbSerial(handshake)
    set_flow(chip, flow)
    assert chip.takes(printer_takes=True)
    assert chip.takes(printer_takes=False) is not waits
    assert chip.out(b"slip", printer_takes=False) == b""
    assert chip.lost == 4
    assert chip.takes(printer_takes=True)
    assert chip.out(b"slip", printer_takes=True) == b"slip"


def test_packets_into_the_computer_begin_with_the_lines_from_the_printer() -> None:
    chip = UsbSerial(RTSCTS)
    said = bytearray(range(100))
    packets = chip.into(said, 512)
    assert packets is not None
    assert (len(packets), len(said)) == (64 + 40, 0)
    assert packets[2:64] + packets[66:] == bytes(range(100))
    assert packets[0] & packets[64] & CTS
    assert chip.into(said, 512) is None, "nothing new within its latency"
    chip.takes(printer_takes=False)
    told = chip.into(said, 512)
    assert told is not None
    assert len(told) == 2
    assert not told[0] & CTS
    assert ask(chip, 0xC0, 5, length=2) == told


@pytest.mark.parametrize(("flow", "heard"), [(BY_XON_XOFF, b""), (0, b"\x13\x11")])
def test_the_printers_characters_reach_a_computer_that_did_not_ask_the_chip_to_heed_them(
    flow: int, heard: bytes
) -> None:
    chip = UsbSerial(XONXOFF)
    set_flow(chip, flow)
    chip.takes(printer_takes=False)
    chip.takes(printer_takes=True)
    packets = chip.into(bytearray(), 512)
    assert packets is not None
    assert packets[2:] == heard
