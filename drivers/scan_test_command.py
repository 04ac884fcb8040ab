"""`python -m drivers.scan_test_command [CODE]`: scan a code, and read which device typed it and how to configure it.

Nothing is grabbed: what is typed reaches the desktop as well.
"""

import argparse
import contextlib
import os
import select
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from drivers.find_scanners import find_scanners
from drivers.identity import Found, KnownBy, Verdict
from drivers.input_device import EventType, open_input, read_timed_events
from drivers.scan_test import ScanTest, Typed

LINKS: Final = (Path("/dev/input/by-id"), Path("/dev/input/by-path"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the test; 0: a scanner was found, 1: none typed in time."""
    parser = argparse.ArgumentParser(prog="python -m drivers.scan_test_command", description=__doc__)
    parser.add_argument("code", nargs="?", help="what the barcode says, as it is printed under it")
    parser.add_argument("--wait-s", type=float, default=30.0, help="how long to wait for a scan")
    options = parser.parse_args(arguments)
    devices = [found for found in find_scanners() if found.verdict in (Verdict.TAKE, Verdict.CANDIDATE)]
    denied = [found.path for found in find_scanners() if found.verdict is Verdict.DENIED]
    if denied:
        print(f"not permitted: {', '.join(denied)} (sudo, or: sudo usermod -aG input $USER)", file=sys.stderr)
    print(f"scan a barcode now; listening to {len(devices)} devices", flush=True)
    for found, typed in listen(devices, wait_s=options.wait_s):
        return tell(found, typed, options.code)
    print("nothing typed as fast as a scanner does", file=sys.stderr)
    return 1


def listen(devices: Sequence[Found], *, wait_s: float) -> Sequence[tuple[Found, Typed]]:
    """Return the device that typed a burst first, and the burst; empty when none did in time."""
    with contextlib.ExitStack() as stack:
        open_now: dict[int, tuple[Found, ScanTest, bytearray]] = {}
        for found in devices:
            with contextlib.suppress(OSError):  # gone since it was found
                fd = open_input(found.path, grab=False)
                stack.callback(os.close, fd)
                open_now[fd] = (found, ScanTest(), bytearray())
        until_s = time.monotonic() + wait_s
        while open_now and (left_s := until_s - time.monotonic()) > 0:
            for fd in select.select(list(open_now), [], [], left_s)[0]:
                found, test, rest = open_now[fd]
                try:
                    events = read_timed_events(fd, rest)
                except BlockingIOError:
                    continue
                except OSError:
                    del open_now[fd]
                    continue
                for at_s, event in events:
                    typed = test.feed(event.code, event.value, at_s) if event.type == EventType.KEY else None
                    if typed is not None:
                        return [(found, typed)]
    return []


def tell(found: Found, typed: Typed, code: str | None) -> int:
    """Print what was found and the lines that configure it."""
    print(f"{found.path} ({found.name}) typed {typed.presses} keys, {typed.slowest_s * 1000:.0f} ms apart at most")
    known: Callable[[str], bool] = (lambda text: code in text) if code else (lambda _: True)
    layouts = typed.layouts(known)
    if code and not layouts:
        print(f"by no layout does it read {code}; by each: {dict(typed.readings)}", file=sys.stderr)
    layout = layouts[0] if layouts else "us"
    print(f'\n[[scanner]]\ndriver = "evdev"\ndevice = "{link_to(found)}"')
    if layout != "us":
        print(f'layout = "{layout}"')
    print(f'terminator = "{typed.terminator}"')
    if code and layouts and (around := typed.readings[layout].split(code, 1)) != ["", ""]:
        print(f"# it types {around[0]!r} before the code and {around[1]!r} after it: see prefix and suffix")
    return 0


def link_to(found: Found) -> str:
    """Return the name that stays: by serial number where there is one, else by port."""
    by_number = found.identity is not None and found.identity.known_by is KnownBy.SERIAL_NUMBER
    for folder in LINKS if by_number else reversed(LINKS):
        for link in sorted(folder.glob("*")):
            if link.resolve() == Path(found.path).resolve():
                return str(link)
    return found.path


if __name__ == "__main__":
    sys.exit(main())
