"""The hidraw driver on a HID-POS scanner in the kernel."""

import contextlib
import itertools
import multiprocessing
import select
import time

from drivers import SCANNERS
from drivers.base import CannotOpen, Code, DeviceGone
from hardware_sim.kernel.hid_pos import HidPosScanner
from tests.vm.guest.codes import listen, plain

CARD = "20000000000014"
LONG = "0123456789" * 30


def codes() -> dict[str, object]:
    """A card, a long code in several reports, and two of one trigger; a second opener; a scan that breaks off."""
    with HidPosScanner() as device, SCANNERS["hidraw"](device=device.path) as scanner:
        device.scan(CARD.encode())
        select.select([scanner], [], [], 10)
        (first,) = scanner.read(time.monotonic())
        assert isinstance(first, Code)
        device.scan(LONG.encode())
        device.scan(b"1")
        device.scan(b"2")
        got = listen(scanner, enough=3)
        try:
            SCANNERS["hidraw"](device=device.path)
            second = ""
        except CannotOpen as error:
            second = error.why.value
        device.begin(b"9" * 56)
        broken_off = listen(scanner, enough=1)
        return {
            "first": first.text,
            "symbology": str(first.symbology),
            "then": got,
            "second opener": second,
            "broken off": broken_off,
        }


def unplugged() -> dict[str, object]:
    """Pull the plug after the first of two reports."""
    with HidPosScanner() as device, contextlib.ExitStack() as stack:
        path = device.path
        scanner = stack.enter_context(SCANNERS["hidraw"](device=path))
        device.begin(b"9" * 56)
        select.select([scanner], [], [], 10)
        half = scanner.read(time.monotonic())
        device.unplug()
        select.select([scanner], [], [], 10)
        try:
            after: object = scanner.read(time.monotonic())
        except DeviceGone:
            after = "gone"
        scanner.close()
        device.plug()
        with SCANNERS["hidraw"](device=device.path) as again:
            device.scan(CARD.encode())
            return {"half": half, "after": after, "again": listen(again, enough=1)}


def _flood(device: HidPosScanner) -> None:
    for number in itertools.count():
        device.scan(f"2{number:013}".encode())


def goes_mad() -> dict[str, object]:
    """Reports without end: what one turn of the loop takes of them, and whether the scanner is of use afterwards."""
    with HidPosScanner() as device, SCANNERS["hidraw"](device=device.path) as scanner:
        mad = multiprocessing.Process(target=_flood, args=(device,))
        mad.start()
        turns = []
        for _ in range(100):
            select.select([scanner], [], [], 10)
            turns.append([*map(plain, scanner.read(time.monotonic()))])
        mad.kill()
        mad.join()
        left = listen(scanner, enough=0)
        device.scan(CARD.encode())
        events = [event for turn in [*turns, left] for event in turn]
        codes = [event for event in events if isinstance(event, str)]
        return {
            "most at once": max(map(len, turns)),
            "codes": len(codes),
            "whole and in order": codes == sorted(set(codes)) and {len(code) for code in codes} == {14},
            "lost": sorted({reason for event in events if isinstance(event, list) for reason in event}),
            "again": listen(scanner, enough=1),
        }
