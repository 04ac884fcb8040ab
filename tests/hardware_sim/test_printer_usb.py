"""The simulated USB printer: USB/IP's bytes, its descriptors, and pyusb as a foreign client."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator

import pytest
import usb.core
import usb.util
from hypothesis import given
from hypothesis import strategies as st
from usbip_backend import backend as client

from hardware_sim import usbip
from hardware_sim.addresses import Address
from hardware_sim.printer.server import PrinterCables
from hardware_sim.printer.usb_function import Sensors, UsbFunction, UsbIdentity

SETUP = bytes.fromhex("8006000100001200")  # GET_DESCRIPTOR, device, 18 bytes


def submit(number: int, endpoint: int, *, into: int = 0, out: bytes = b"", setup: bytes = bytes(8)) -> bytes:
    """USBIP_CMD_SUBMIT as Documentation/usb/usbip_protocol.rst lays it out."""
    length = into or len(out)
    head = struct.pack("!IIIII", 1, number, 0x00010002, int(bool(into)), endpoint)
    return head + struct.pack("!IiIII8s", 0, length, 0, 0xFFFFFFFF, 0, setup) + out


def unlink(number: int, which: int) -> bytes:
    return struct.pack("!IIIIII24x", 2, number, 0x00010002, 0, 0, which)


OPERATIONS = struct.pack("!HHI", 0x0111, 0x8005, 0) + struct.pack("!HHI32s", 0x0111, 0x8003, 0, b"1-1")
TRANSFERS = submit(1, 0, into=18, setup=SETUP) + submit(2, 1, out=b"hello") + unlink(3, 2) + submit(4, 2, into=64)


def parse(*chunks: bytes) -> list[usbip.Request]:
    wire, found = usbip.Wire(), []
    for chunk in chunks:
        fresh = wire.feed(chunk)
        while fresh:
            found += fresh
            wire.imported = wire.imported or isinstance(fresh[-1], usbip.Import)
            fresh = wire.feed(b"")
    return found


def test_what_a_client_asks() -> None:
    assert parse(OPERATIONS + TRANSFERS) == [
        usbip.ListDevices(),
        usbip.Import("1-1"),
        usbip.Submit(1, 0, into_host=True, length=18, setup=SETUP, payload=b""),
        usbip.Submit(2, 1, into_host=False, length=5, setup=bytes(8), payload=b"hello"),
        usbip.Unlink(3, 2),
        usbip.Submit(4, 2, into_host=True, length=64, setup=bytes(8), payload=b""),
    ]


@given(st.integers(0, len(OPERATIONS + TRANSFERS)))
def test_a_cut_anywhere_changes_nothing(cut: int) -> None:
    stream = OPERATIONS + TRANSFERS
    assert parse(stream[:cut], stream[cut:]) == parse(stream)


@pytest.mark.parametrize("wrong", [b"GET / HTTP/1.1\r\n", struct.pack("!HHI", 0x0111, 0x8001, 0)])
def test_another_protocol_is_refused(wrong: bytes) -> None:
    with pytest.raises(usbip.NotUsbipError):
        usbip.Wire().feed(wrong)


def test_what_endpoint_0_answers() -> None:
    resets = []
    function = UsbFunction(
        UsbIdentity(), sensors=lambda: Sensors(paper_out=True, error=False), soft_reset=lambda: resets.append(1)
    )
    assert function.control(SETUP) == bytes.fromhex("12010002000000 40 b804030e0001 010203 01".replace(" ", ""))
    assert function.control(bytes.fromhex("8006000100000800")) == bytes.fromhex("1201000200000040")
    whole = function.control(bytes.fromhex("800600020000ff00"))
    assert whole is not None
    assert len(whole) == int.from_bytes(whole[2:4], "little") == 32
    about = b"MFG:EPSON;CMD:ESC/POS;MDL:TM-T20;CLS:PRINTER;"
    assert function.control(bytes.fromhex("a10000000000ff03")) == bytes((0, len(about) + 2)) + about
    assert function.control(bytes.fromhex("a101000000000100")) == b"\x38"
    assert function.control(bytes.fromhex("2102000000000000")) == b""
    assert resets == [1]
    assert function.control(bytes.fromhex("c0ff000000000100")) is None
    assert function.control(bytes.fromhex("8006000600000a00")) is None  # no qualifier: a full-speed device


@pytest.fixture
async def cables() -> AsyncIterator[PrinterCables]:
    made = PrinterCables()
    await made.open(None, None, usb=Address("127.0.0.1", 0), nak_ms=20)
    yield made
    await made.close()
    for _ in range(5):  # connections end a turn after they were told to
        await asyncio.sleep(0)


def backend(cables: PrinterCables) -> client.USBIPBackend:
    assert cables.usb is not None
    assert cables.usb.address is not None
    return client.get_backend("127.0.0.1", cables.usb.address.port, timeout=1.0)


async def test_pyusb_prints_and_asks(cables: PrinterCables) -> None:
    ways = backend(cables)

    def use() -> bytes:
        device = usb.core.find(idVendor=0x04B8, backend=ways)
        device.set_configuration()
        assert usb.util.get_string(device, 1) == "EPSON"
        assert usb.util.get_string(device, 3) == "SIM0000001"
        assert device.write(1, b"\x1b@hello\n\x1dVB\0\x10\x04\x01") == 15
        return bytes(device.read(0x82, 64, 1000))

    assert await asyncio.to_thread(use) == b"\x12"
    assert [slip.lines[0].text for slip in cables.mechanism.roll.slips] == ["hello"]
    for connection in ways._conns.values():
        connection.close()


class Raw:
    """A client of its own, that can leave transfers open as the kernel does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, cables: PrinterCables) -> "Raw":
        assert cables.usb is not None
        assert cables.usb.address is not None
        return cls(*await asyncio.open_connection("127.0.0.1", cables.usb.address.port))

    async def take(self) -> bool:
        self.writer.write(struct.pack("!HHI32s", 0x0111, 0x8003, 0, b"1-1"))
        version, code, status = struct.unpack("!HHI", await self.reader.readexactly(8))
        assert (version, code) == (0x0111, 0x0003)
        if status == 0:
            await self.reader.readexactly(312)
        return status == 0

    async def answer(self) -> tuple[int, int, int, int]:
        """Command, number, status, length."""
        head = await asyncio.wait_for(self.reader.readexactly(48), 5)
        command, number, _, _, _, status, length = struct.unpack_from("!IIIIIii", head)
        return command, number, status, length

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def test_transfers_wait_are_given_up_and_end_as_the_kernel_wants(cables: PrinterCables) -> None:
    assert cables.usb is not None
    cables.usb.nak_s = 0
    host = await Raw.connect(cables)
    assert await host.take()
    other = await Raw.connect(cables)
    assert not await other.take()  # one host has it
    await other.close()
    host.writer.write(submit(1, 2, into=64) + submit(2, 2, into=64))
    host.writer.write(unlink(3, 1))
    assert await host.answer() == (4, 3, -104, 0)
    host.writer.write(submit(4, 1, out=b"\x10\x04\x04"))
    assert await host.answer() == (3, 4, 0, 3)
    assert await host.answer() == (3, 2, 0, 1)
    assert await host.reader.readexactly(1) == b"\x12"
    host.writer.write(unlink(5, 2))
    assert await host.answer() == (4, 5, 0, 0)  # it had ended
    await cables.set_faults({"stall": True})
    host.writer.write(submit(6, 1, out=b"x" * 100) + unlink(7, 6))
    assert await host.answer() == (4, 7, -104, 0)
    await cables.set_faults({"power_off": True})
    with contextlib.suppress(ConnectionResetError):
        assert await host.reader.read(1) == b""
    await host.close()
    late = await Raw.connect(cables)
    assert not await late.take()
    await late.close()
