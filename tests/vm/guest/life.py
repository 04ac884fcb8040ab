"""The station's scanners and printer, living through plugging and unplugging; no daemon around them."""

import asyncio
import contextlib
import ctypes
import gc
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hardware_sim.kernel.gadget import UsbKeyboard, UsbPrinter, UsbSerial
from hardware_sim.kernel.hid_pos import HidPosScanner
from hardware_sim.kernel.nodes import event_device, hidraw_device
from hardware_sim.kernel.uhid import UhidKeyboard
from kioskd.devices.printer import PrinterThread
from kioskd.devices.scanners import Scanners
from kioskd.model.device import DeviceState
from kioskd.model.inputs import DeviceChanged, Input, ScanLost, Scanned
from kioskd.model.settings import PrinterDriver, PrinterSettings, ScannerDriver, ScannerSettings

CARD = "20000000000014"
M_ARENA_MAX = -8
"""malloc.h"""
PR_SET_THP_DISABLE = 41
"""linux/prctl.h"""
PATIENCE_S = 90.0
SETTLES_S = 10.0


class Heard:
    """What the station is told, in order."""

    def __init__(self) -> None:
        self.lost = 0
        self.inputs: asyncio.Queue[tuple[float, Input]] = asyncio.Queue()

    def deliver(self, told: Input) -> None:
        self.inputs.put_nowait((time.time(), told))

    async def until(self, wanted: Callable[[Input], bool]) -> tuple[float, Input]:
        seen = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    at, told = await self.inputs.get()
                    seen.append(told)
                    if wanted(told):
                        return at, told
        except TimeoutError:
            raise AssertionError(f"never came; instead: {seen}") from None

    async def state(self, state: DeviceState) -> float:
        at, _ = await self.until(lambda told: isinstance(told, DeviceChanged) and told.status.state is state)
        return at

    async def scan(self, scan: Callable[[], None]) -> str:
        """Scan as people do: again when the station says that it lost the scan, or the scanner.

        A machine that stood still loses keys. And where udev is slower than the plug, the name of the last device still
        leads to the new one, which is opened by it; then udev takes the name away and makes it anew.
        """
        while True:
            await asyncio.to_thread(scan)
            _, told = await self.until(lambda told: isinstance(told, Scanned | ScanLost) or _absent(told))
            if isinstance(told, Scanned):
                return str(told.code)
            if _absent(told):
                await self.state(DeviceState.READY)
            self.lost += 1


def _absent(told: Input) -> bool:
    return isinstance(told, DeviceChanged) and told.status.state is DeviceState.ABSENT


def now() -> str:
    return "2026-11-27T00:00:00Z"


def open_files() -> list[str]:
    """What this process has open, without the numbers by which two of a kind differ."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(link.readlink()).partition(":[")[0])
    return sorted(found)


def _is_device(path: str) -> bool:
    return path.startswith(("/dev/input/", "/dev/hidraw", "/dev/tty", "/dev/usb/"))


def resident_kib() -> int:
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss_Anon"):
            return int(line.split()[1])
    raise AssertionError("no Pss_Anon")


class Cycles:
    """What a hundred cycles cost."""

    def __init__(self) -> None:
        self.noticed_ms: list[float] = []
        self.whole_ms: list[float] = []
        self.gone_ms: list[float] = []
        self.resident_kib: list[int] = []
        self.files: list[list[str]] = []

    def cycle(self, *, pulled: float, absent: float, plugged: float, node: float, ready: float) -> None:
        self.gone_ms.append((absent - pulled) * 1e3)
        self.whole_ms.append((ready - plugged) * 1e3)
        self.noticed_ms.append((ready - node) * 1e3)

    @staticmethod
    def due(number: int, cycles: int) -> bool:
        """Stock is taken ten times, the last time at the end."""
        return (number + 1) % (cycles // 10) == 0

    async def take_stock(self) -> None:
        """Count once the device is open and all is as it was at first; what leaked never is.

        Where udev is slower than the plug, the device is opened, closed and opened again.
        """
        until_s = time.monotonic() + SETTLES_S
        while True:
            files = open_files()
            settled = files == self.files[0] if self.files else any(map(_is_device, files))
            if settled or time.monotonic() > until_s:
                break
            await asyncio.sleep(0.05)
        gc.collect()
        self.files.append(files)
        self.resident_kib.append(resident_kib())

    def document(self, scanned_again: int = 0) -> dict[str, object]:
        def figures(times: list[float]) -> dict[str, float]:
            return {"median": statistics.median(times), "max": max(times)}

        return {
            "cycles": len(self.noticed_ms),
            "scanned_again": scanned_again,
            "gone_ms": figures(self.gone_ms),
            "noticed_ms": figures(self.noticed_ms),
            "plug_to_ready_ms": figures(self.whole_ms),
            "resident_kib": self.resident_kib,
            "files": [self.files[0], self.files[-1]],
            "most_files": max(map(len, self.files)),
        }


async def plugged_in(heard: Heard, node: Callable[[], str]) -> tuple[float, float]:
    """Return when the device was ready, and when the kernel had made its node.

    The kernel may take a USB device away once more while it is being set up: then the next time counts.
    """
    while True:
        ready = await heard.state(DeviceState.READY)
        with contextlib.suppress(FileNotFoundError):
            return ready, made_at(node())


def made_at(path: str) -> float:
    """When the kernel made the node behind this path. Raises FileNotFoundError, for an empty path as well."""
    return os.stat(path).st_ctime  # noqa: PTH116 - Path("") is the folder that one is in


def one_heap() -> None:
    """Let all threads allocate from one heap, of small pages.

    An arena more for each of the pool's threads would look like growth, and so does a page of 2 MiB into which the
    kernel gathers small ones whenever it has time.
    """
    library = ctypes.CDLL(None)
    assert library.mallopt(M_ARENA_MAX, 1)
    assert library.prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0


Device = UsbKeyboard | UhidKeyboard | HidPosScanner
DEVICES: dict[str, Callable[[str], Device]] = {"usb": UsbKeyboard, "uhid": UhidKeyboard, "hid_pos": HidPosScanner}


def begin_scan(device: Device) -> None:
    """Scan a card, but for its end."""
    if isinstance(device, HidPosScanner):
        device.begin(CARD.encode())
    else:
        device.type_text(CARD[:5], gap_s=0.002)


def scan(device: Device) -> None:
    """Scan a card."""
    if isinstance(device, HidPosScanner):
        device.scan(CARD.encode())
    else:
        device.type_text(CARD + "\r", gap_s=0.002)


def scanner_cycles(kind: str, configured: bool, cycles: int, within_a_code: bool = True) -> dict[str, object]:
    """Unplug in the middle of a scan, or at rest, and plug in again, so many times; each time a scan comes whole."""
    return asyncio.run(_scanner_cycles(kind, configured, cycles, within_a_code))


async def _scanner_cycles(kind: str, configured: bool, cycles: int, within_a_code: bool) -> dict[str, object]:
    device = DEVICES[kind]("CYCLE")
    by_id = device.by_id if isinstance(device, UsbKeyboard) else ""
    settings = [ScannerSettings("front", ScannerDriver.EVDEV, device=by_id)] if configured else []
    # The node itself: its link may come later, when the device was found without.
    find = hidraw_device if isinstance(device, HidPosScanner) else event_device
    one_heap()
    heard, result = Heard(), Cycles()
    scanners = Scanners(settings, heard.deliver, now)
    scanners.start()
    try:
        await asyncio.to_thread(device.plug)
        await heard.state(DeviceState.READY)
        for number in range(cycles):
            if within_a_code:
                await asyncio.to_thread(begin_scan, device)
            pulled = time.time()
            await asyncio.to_thread(device.unplug)
            absent = await heard.state(DeviceState.ABSENT)
            plugged = time.time()
            await asyncio.to_thread(device.plug)
            ready, node = await plugged_in(heard, partial(find, "CYCLE"))
            result.cycle(pulled=pulled, absent=absent, plugged=plugged, node=node, ready=ready)
            assert await heard.scan(partial(scan, device)) == CARD
            if result.due(number, cycles):
                await result.take_stock()
    finally:
        scanners.close()
        await asyncio.to_thread(device.remove if isinstance(device, UsbKeyboard) else device.unplug)
    return result.document(heard.lost)


def serial_cycles(cycles: int) -> dict[str, object]:
    """The same with a USB-CDC scanner on cdc_acm."""
    return asyncio.run(_serial_cycles(cycles))


async def _serial_cycles(cycles: int) -> dict[str, object]:
    device = UsbSerial("CYCLE")
    one_heap()
    heard, result = Heard(), Cycles()
    scanners = Scanners([ScannerSettings("front", ScannerDriver.SERIAL, port=device.by_id)], heard.deliver, now)
    scanners.start()
    try:
        await asyncio.to_thread(device.plug)
        await heard.state(DeviceState.READY)
        for number in range(cycles):
            end = device.open()
            await asyncio.to_thread(_write_all, end, CARD[:5].encode())
            os.close(end)
            pulled = time.time()
            await asyncio.to_thread(device.unplug)
            absent = await heard.state(DeviceState.ABSENT)
            plugged = time.time()
            await asyncio.to_thread(device.plug)
            ready, node = await plugged_in(heard, _tty)
            result.cycle(pulled=pulled, absent=absent, plugged=plugged, node=node, ready=ready)
            end = device.open()
            assert await heard.scan(partial(_write_all, end, f"{CARD}\r\n".encode())) == CARD
            os.close(end)
            if result.due(number, cycles):
                await result.take_stock()
    finally:
        scanners.close()
        await asyncio.to_thread(device.remove)
    return result.document(heard.lost)


def _tty() -> str:
    """Return the node itself, empty when there is none: its link may be made anew at this moment."""
    return next(map(str, Path("/dev").glob("ttyACM*")), "")


def _write_all(fd: int, payload: bytes) -> None:
    until_s = time.monotonic() + 10
    while payload and time.monotonic() < until_s:
        try:
            payload = payload[os.write(fd, payload) :]
        except OSError:  # the host has not set the line up yet
            time.sleep(0.01)
    assert not payload


def printer_cycles(cycles: int) -> dict[str, object]:
    """The same with a printer on usblp; nobody reads at its end, so it is silent."""
    return asyncio.run(_printer_cycles(cycles))


async def _printer_cycles(cycles: int) -> dict[str, object]:
    device = UsbPrinter("CYCLE")
    one_heap()
    heard, result = Heard(), Cycles()
    printer = PrinterThread(PrinterSettings(PrinterDriver.USBLP, device="/dev/usb/lp0"), heard.deliver, now)
    printer.start()
    try:
        await asyncio.to_thread(device.plug)
        await heard.state(DeviceState.READY)
        for number in range(cycles):
            pulled = time.time()
            await asyncio.to_thread(device.unplug)
            absent = await heard.state(DeviceState.ABSENT)
            plugged = time.time()
            await asyncio.to_thread(device.plug)
            ready, node = await plugged_in(heard, lambda: "/dev/usb/lp0")
            result.cycle(pulled=pulled, absent=absent, plugged=plugged, node=node, ready=ready)
            if result.due(number, cycles):
                await result.take_stock()
    finally:
        printer.close()
        await asyncio.to_thread(device.remove)
    return result.document()


def set_mode(path: str, mode: int) -> None:
    Path(path).chmod(mode)


def rights_come_later() -> list[list[str | None]]:
    """The station's user may not read the scanner; then udev's word on its rights comes: return what was told."""
    return asyncio.run(_rights_come_later())


async def _rights_come_later() -> list[list[str | None]]:
    with UhidKeyboard("RIGHTS") as device:
        path = device.path
        set_mode(path, 0o600)
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:  # keeps root for the one thing that udev does
            os.read(reads, 1)
            set_mode(path, 0o644)
            os._exit(0)
        os.setegid(65534)
        os.seteuid(65534)
        heard = Heard()
        scanners = Scanners([ScannerSettings("front", ScannerDriver.EVDEV, device=path)], heard.deliver, now)
        scanners.start()
        told = []
        _, failing = await heard.until(lambda told: isinstance(told, DeviceChanged) and told.status.problem is not None)
        told.append([failing.status.state, failing.status.problem, failing.status.advice])
        os.write(writes, b"!")
        _, ready = await heard.until(
            lambda told: isinstance(told, DeviceChanged) and told.status.state is DeviceState.READY
        )
        told.append([ready.status.state, ready.status.problem, ready.status.advice])
        scanners.close()
        os.seteuid(0)
        os.setegid(0)
        await asyncio.to_thread(os.waitpid, child, 0)
        return told


def lost_is_told() -> list[str]:
    """The loop stands still while 20 characters come: the station hears that a scan was lost, and then the next."""
    return asyncio.run(_lost_is_told())


async def _lost_is_told() -> list[str]:
    with UhidKeyboard("LOST") as device:
        heard = Heard()
        scanners = Scanners([ScannerSettings("front", ScannerDriver.EVDEV, device=device.path)], heard.deliver, now)
        scanners.start()
        await heard.state(DeviceState.READY)
        device.type_text("12345678901234567890\r")  # in the loop: nobody reads meanwhile
        told = []
        _, lost = await heard.until(lambda told: isinstance(told, Scanned | ScanLost))
        told.append(type(lost).__name__)
        told.append(await heard.scan(partial(device.type_text, "\r" + CARD + "\r", gap_s=0.002)))
        scanners.close()
        return told
