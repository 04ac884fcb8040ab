"""The evdev driver on the kernel's own event devices."""

import fcntl
import multiprocessing
import os
import select
import time
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.synchronize import Event
from pathlib import Path

from drivers import SCANNERS
from drivers.base import CannotOpen, Code, DeviceGone, ScanEvent, Scanner
from drivers.input_device import EVIOCGRAB, read_events
from hardware_sim.kernel.gadget import UsbKeyboard
from hardware_sim.kernel.nodes import await_truth
from hardware_sim.kernel.uhid import UhidKeyboard
from hardware_sim.kernel.uinput import UinputKeyboard

Keyboard = UinputKeyboard | UhidKeyboard | UsbKeyboard
KEYBOARDS: dict[str, Callable[[], Keyboard]] = {"uinput": UinputKeyboard, "uhid": UhidKeyboard, "usb": UsbKeyboard}
CARD = "20000000000014"
PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
DIGITS = "1234567890" * 4
QUIET_S = 1.0


def path_of(keyboard: Keyboard) -> str:
    return os.path.realpath(keyboard.by_id) if isinstance(keyboard, UsbKeyboard) else keyboard.path


def plugged(kind: str, stack: ExitStack) -> Keyboard:
    keyboard = stack.enter_context(KEYBOARDS[kind]())
    if isinstance(keyboard, UsbKeyboard):
        await_truth(lambda: Path(keyboard.by_id).exists(), keyboard.by_id)
    return keyboard


def plain(event: ScanEvent) -> str | list[str]:
    return event.text if isinstance(event, Code) else [event.reason]


def listen(scanner: Scanner, *, enough: int, timeout_s: float = 60.0) -> list[str | list[str]]:
    """Read as the loop does, until there are so many events, and then as long as anything comes."""
    got: list[str | list[str]] = []
    until_s = time.monotonic() + timeout_s
    while time.monotonic() < until_s:
        wait_s = QUIET_S if len(got) >= enough else until_s - time.monotonic()
        deadline_s = scanner.deadline()
        if deadline_s is not None:
            wait_s = min(wait_s, max(0.0, deadline_s - time.monotonic()))
        if select.select([scanner], [], [], wait_s)[0]:
            got += map(plain, scanner.read(time.monotonic()))
        elif deadline_s is not None:
            got += map(plain, scanner.expire(time.monotonic()))
        elif len(got) >= enough:
            break
    return got


def typed(keyboard: Keyboard, scanner: Scanner, text: str) -> list[str | list[str]]:
    """Type and read in turn, so that a machine that stands still for a while loses nothing by it."""
    got: list[str | list[str]] = []
    for character in text:
        keyboard.type_text(character)
        got += map(plain, scanner.read(time.monotonic()))
    return got + listen(scanner, enough=1 - len(got))


def whole_codes(kind: str) -> list:
    """Type every printable character and a card; return what the driver read."""
    with ExitStack() as stack:
        keyboard = plugged(kind, stack)
        scanner = stack.enter_context(SCANNERS["evdev"](device=path_of(keyboard)))
        got = []
        for text in (CARD, PRINTABLE[:32], PRINTABLE[32:64], PRINTABLE[64:]):
            got += typed(keyboard, scanner, text + "\r")
        return got


def grab(kind: str) -> dict[str, object]:
    """While the driver holds the device nobody else hears a key; a second opener is told that it is held."""
    with ExitStack() as stack:
        keyboard = plugged(kind, stack)
        path = path_of(keyboard)
        desktop = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        stack.callback(os.close, desktop)
        with SCANNERS["evdev"](device=path) as scanner:
            got = typed(keyboard, scanner, CARD + "\r")
            leaked = bool(select.select([desktop], [], [], 0.2)[0])
            try:
                SCANNERS["evdev"](device=path)
                refused = ""
            except CannotOpen as error:
                refused = error.why.value
        keyboard.type_text("1")
        heard_after = bool(select.select([desktop], [], [], 5)[0]) and bool(read_events(desktop, bytearray()))
        fcntl.ioctl(desktop, EVIOCGRAB, 1)
        try:
            SCANNERS["evdev"](device=path)
            grabbed_before = ""
        except CannotOpen as error:
            grabbed_before = error.why.value
    return {
        "got": got,
        "leaked": leaked,
        "second opener": refused,
        "heard after closing": heard_after,
        "grabbed by another": grabbed_before,
    }


def unplugged_mid_scan(kind: str) -> dict[str, object]:
    """Pull the plug after half a code."""
    with ExitStack() as stack:
        keyboard = plugged(kind, stack)
        scanner = stack.enter_context(SCANNERS["evdev"](device=path_of(keyboard)))
        keyboard.type_text(CARD[:7])
        time.sleep(0.05)
        half = scanner.read(time.monotonic())
        at = time.monotonic()
        keyboard.unplug()
        try:
            while True:
                select.select([scanner], [], [], 5)
                after = scanner.read(time.monotonic())
                assert after == [], after
        except DeviceGone as gone:
            said = str(gone)
        return {
            "half": half,
            "said": said,
            "errno is ENODEV": os.strerror(19) in said,
            "ms": (time.monotonic() - at) * 1e3,
        }


def unread(kind: str, lengths: list[int]) -> list[list[str | list[str]]]:
    """For each length: let a scan of so many characters wait in the kernel's queue, read it, and one more scan."""
    with ExitStack() as stack:
        keyboard = plugged(kind, stack)
        scanner = stack.enter_context(SCANNERS["evdev"](device=path_of(keyboard)))
        results = []
        for length in lengths:
            keyboard.type_text(DIGITS[:length] + "\r")
            time.sleep(0.1)
            got = listen(scanner, enough=1)
            results.append(got + typed(keyboard, scanner, "\r" + CARD + "\r"))
        return results


def _hold_grabbed(path: str, ready: Event, told: Event) -> None:
    with SCANNERS["evdev"](device=path):
        ready.set()
        told.wait(30)


def held_by_a_killed_process() -> list[str]:
    """A process that held the scanner is killed: the next one gets it."""
    with UhidKeyboard() as keyboard:
        ready, told = multiprocessing.Event(), multiprocessing.Event()
        holder = multiprocessing.Process(target=_hold_grabbed, args=(keyboard.path, ready, told))
        holder.start()
        assert ready.wait(20)
        said = []
        try:
            SCANNERS["evdev"](device=keyboard.path)
        except CannotOpen as error:
            said.append(error.why.value)
        holder.kill()
        holder.join()
        with SCANNERS["evdev"](device=keyboard.path) as scanner:
            return [*said, *typed(keyboard, scanner, CARD + "\r")]
