"""Event devices by umockdev: the driver runs unmodified in a process of its own, with evdev's ioctls and events.

Not simulated: ENODEV at unplug, the queue's overflow by reading too late (SYN_DROPPED is in the event stream here),
a grab that another program holds.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers import SCANNERS
from drivers.base import CannotOpen, WhyNot
from drivers.input_device import EVENT, read_events
from tests.drivers.hid import spelt

SCANNER_KEYS = [*range(2, 15), *range(15, 54), 54, 56, 57, 58, 69, *range(71, 84), 96, 97, 100]
USB, HOST = 3, 0x19


@dataclass
class Device:
    number: int
    name: str
    vendor: int = 0x0C2E
    product: int = 0x0901
    phys: str = "usb-0000:00:14.0-2/input0"
    uniq: str = ""
    bus: int = USB
    keys: tuple[int, ...] = tuple(SCANNER_KEYS)
    relative: bool = False
    tagged: bool = False
    down: tuple[int, ...] = ()
    caps_lit: bool = False
    lamps: tuple[int, ...] = ()
    hears: tuple[bytes, ...] = ()
    """What is to be written to it, in this order."""

    @property
    def path(self) -> str:
        return f"/dev/input/event{self.number}"

    def udev_record(self) -> str:
        where = f"/devices/pci0000:00/0000:00:14.0/usb1/1-{self.number}/input/input{self.number}/event{self.number}"
        return (
            f"P: {where}\nN: input/event{self.number}\nE: DEVNAME={self.path}\nE: SUBSYSTEM=input\n"
            f"E: MAJOR=13\nE: MINOR={64 + self.number}\nA: dev=13:{64 + self.number}\n\n"
        )

    def ioctls(self) -> str:
        def text(value: str) -> bytes:
            return value.encode().ljust(256, b"\0")

        def bits(*numbers: int, size: int) -> bytes:
            return sum(1 << number for number in numbers).to_bytes(size, "little")

        identity = b"".join(value.to_bytes(2, "little") for value in (self.bus, self.vendor, self.product, 1))
        types = bits(0, 1, 17, *([2] if self.relative else []), size=8)
        rows = [
            ("EVIOCGID", 0, identity),
            ("EVIOCGNAME(0)", len(self.name) + 1, text(self.name)),
            ("EVIOCGPHYS(0)", len(self.phys) + 1, text(self.phys)),
            ("EVIOCGUNIQ(0)", len(self.uniq) + 1, text(self.uniq)),
            ("EVIOCGBIT(0)", 8, types),
            ("EVIOCGBIT(1)", 96, bits(*self.keys, size=96)),
            ("EVIOCGKEY(0)", 96, bits(*self.down, size=96)),
            ("EVIOCGLED(0)", 8, bits(*([1] if self.caps_lit else []), size=8)),
            *([("EVIOCGBIT(17)", 8, bits(*self.lamps, size=8))] if self.lamps else []),
        ]
        lines = [f"{name} {answer} {payload.hex().upper()}" for name, answer, payload in rows]
        return f"@DEV {self.path}\n" + "\n".join(lines) + "\n"


def press(*keys: int) -> list[tuple[int, int, int]]:
    return [event for key in keys for event in ((1, key, 1), (0, 0, 0), (1, key, 0), (0, 0, 0))]


SYN_DROPPED = [(0, 3, 0)]
CARD = press(3, 2, 2, 7, 9, 11, 11, 11, 11, 2)  # 2116800001
ENTER = press(28)


def run(tmp_path: Path, devices: list[Device], events: dict[int, list[tuple[int, int, int]]], script: str) -> list:
    """Run `script` where `devices` are all that /dev/input holds; return the JSON lines that it prints."""
    (tmp_path / "devices").write_text("".join(device.udev_record() for device in devices))
    command = ["umockdev-run", "-d", str(tmp_path / "devices")]
    for device in devices:
        ioctls = tmp_path / f"{device.number}.ioctl"
        ioctls.write_text(device.ioctls())
        command += ["-i", f"{device.path}={ioctls}"]
        if device.hears:
            script_file = tmp_path / f"{device.number}.script"
            script_file.write_text("".join(f"w 0 {spelt(payload)}\n" for payload in device.hears), encoding="latin-1")
            command += ["-s", f"{device.path}={script_file}"]
        if device.number in events:
            recorded = tmp_path / f"{device.number}.events"
            # 1 ms between the reports, as USB low speed scanners type
            times = [(at, *event) for at, event in enumerate(events[device.number])]
            recorded.write_text(
                "".join(f"E: {at / 2000:.6f} {kind:04x} {code:04x} {value:04d}\n" for at, kind, code, value in times)
            )
            command += ["-e", f"{device.path}={recorded}"]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


READ = """
import json, select
from drivers import SCANNERS
from drivers.base import Code
with SCANNERS["evdev"](device={path!r}, **{settings!r}) as scanner:
    got = []
    while select.select([scanner], [], [], 0.1 if len(got) >= {count} else 10)[0]:
        got += scanner.read(0.0)
        if {broken_off} and scanner.deadline() is not None:
            while select.select([scanner], [], [], 0.3)[0]:
                got += scanner.read(0.0)
            break
    while scanner.deadline() is not None:
        got += scanner.expire(scanner.deadline())
    for event in got:
        print(json.dumps(event.text if isinstance(event, Code) else [event.reason]))
"""


@pytest.mark.parametrize(
    ("device", "settings", "events", "expected"),
    [
        pytest.param(
            Device(5, "Scanner"),
            {},
            [*CARD, *ENTER, *press(4), *ENTER],
            ["2116800001", "3"],
            marks=pytest.mark.cell("evdev", "two codes of one trigger", on="umockdev"),
        ),
        pytest.param(
            Device(5, "Scanner"),
            {},
            [*CARD, *SYN_DROPPED, *press(8, 8), *ENTER, *CARD, *ENTER],
            [["overflow"], "2116800001"],
            marks=pytest.mark.cell("evdev", "overflow", on="umockdev"),
        ),
        pytest.param(
            Device(5, "Scanner"),
            {},
            CARD,
            [["timed_out"]],
            marks=pytest.mark.cell("evdev", "breaks off", on="umockdev"),
        ),
        pytest.param(
            Device(5, "Scanner"),
            {"max_characters": 8},
            [*CARD, *ENTER, *press(4), *ENTER],
            [["too_long"], "3"],
            marks=pytest.mark.cell("evdev", "too long", on="umockdev"),
        ),
        pytest.param(
            Device(5, "Scanner"),
            {},
            [*CARD, *press(59), *ENTER, *press(4), *ENTER],  # F1 has no character
            [["unreadable"], "3"],
            marks=pytest.mark.cell("evdev", "unreadable", on="umockdev"),
        ),
        pytest.param(
            Device(5, "Scanner"),
            {"terminator": "none", "patterns": [r"2\d{9}"]},
            CARD,
            ["2116800001"],
        ),
        (
            Device(5, "Scanner"),
            {"terminator": "none", "suffix": "33"},
            [*CARD, *press(4, 4, 5, 4, 4)],
            ["2116800001", "4"],
        ),
        (Device(5, "Scanner", down=(4,)), {}, [*CARD, *ENTER, *CARD, *ENTER], [["overflow"], "2116800001"]),
        (Device(5, "Scanner", down=(42,)), {}, [*CARD, *ENTER], ["2116800001"]),
        (Device(5, "Scanner", caps_lit=True), {}, [*press(30), *ENTER], ["A"]),
        (Device(5, "Scanner"), {"layout": "fr"}, [*press(16, 30), *ENTER], ["aq"]),
        (Device(5, "Scanner"), {"terminator": "tab"}, [*CARD, *press(15)], ["2116800001"]),
        (Device(5, "Scanner"), {}, [(1, 3, 1), (0, 0, 0), *[(1, 3, 2), (0, 0, 0)] * 20, *press(4), *ENTER], ["23"]),
        # More than one read's worth waiting: three 2D codes of 40 characters.
        (Device(5, "Scanner"), {}, [*CARD, *CARD, *CARD, *CARD, *ENTER] * 3, ["2116800001" * 4] * 3),
    ],
)
def test_codes(tmp_path: Path, device: Device, settings: dict[str, str], events: list, expected: list) -> None:
    script = READ.format(
        path=device.path,
        settings=settings,
        count=len(expected),
        broken_off=expected == [["timed_out"]] or "patterns" in settings,
    )
    assert run(tmp_path, [device], {device.number: events}, script) == expected


@pytest.mark.cell("evdev", "two at once", on="umockdev")
def test_two_scanners_that_type_at_once_do_not_mix(tmp_path: Path) -> None:
    script = """
import json, select
from drivers import SCANNERS
scanners = {path: SCANNERS["evdev"](device=path) for path in ("/dev/input/event5", "/dev/input/event6")}
got = {path: [] for path in scanners}
while any(not codes for codes in got.values()):
    for path, scanner in scanners.items():
        if select.select([scanner], [], [], 0.05)[0]:
            got[path] += [code.text for code in scanner.read(0.0)]
print(json.dumps(got))
"""
    devices = [Device(5, "Left"), Device(6, "Right")]
    assert run(tmp_path, devices, {5: [*CARD, *ENTER], 6: [*press(*[10] * 12), *ENTER]}, script) == [
        {"/dev/input/event5": ["2116800001"], "/dev/input/event6": ["9" * 12]}
    ]


FIND = """
import json, pathlib
from drivers.find_scanners import find_scanners
for found in find_scanners(udev_folder=pathlib.Path({udev!r})):
    identity = found.identity
    print(json.dumps([found.path, found.name, found.verdict, found.evidence, identity.known_by, str(identity)]))
"""


@pytest.mark.cell("evdev", "not a scanner", on="umockdev")
@pytest.mark.cell("evdev", "two alike", on="umockdev")
def test_what_is_found_and_what_is_left_alone(tmp_path: Path) -> None:
    udev = tmp_path / "udev"
    udev.mkdir()
    (udev / "c13:74").write_text("S:input/by-id/x\nE:ID_INPUT=1\nE:KIOSKD_SCANNER=1\nG:seat\n")
    devices = [
        Device(0, "Power Button", bus=HOST, vendor=0, product=1, keys=(116,), phys="PNP0C0C/button/input0"),
        Device(1, "AT Translated Set 2 keyboard", bus=0x11, vendor=1, product=1, phys="isa0060/serio0/input0"),
        Device(2, "Logitech USB Keyboard", vendor=0x046D, product=0xC31C, phys="usb-0000:00:14.0-3/input0"),
        Device(3, "Honeywell Voyager", uniq="18122B0A3C", phys="usb-0000:00:14.0-4/input0"),
        Device(4, "Symbol Bar Code Scanner", vendor=0x05E0, product=0x1200, phys="usb-0000:00:14.0-5/input0"),
        Device(5, "Symbol Bar Code Scanner", vendor=0x05E0, product=0x1200, phys="usb-0000:00:14.0-6/input0"),
        Device(6, "Twin", vendor=0x05F9, product=0x2206, uniq="S/N 1", phys="usb-0000:00:14.0-7/input0"),
        Device(7, "Twin", vendor=0x05F9, product=0x2206, uniq="S/N 1", phys="usb-0000:00:14.0-8/input0"),
        Device(8, "Barcode reader's own trackpad", vendor=0x1234, relative=True, phys="usb-0000:00:14.0-9/input0"),
        Device(9, "Scanner with a fault", keys=(2, 3, 28)),
        Device(10, "Nameless wedge", vendor=0x1234, product=0x5678, phys=""),
        # The second node of number 4, for its own keys, does not make it ambiguous.
        Device(
            11, "Symbol Bar Code Scanner", vendor=0x05E0, product=0x1200, keys=(113,), phys="usb-0000:00:14.0-5/input1"
        ),
    ]
    found = run(tmp_path, devices, {}, FIND.format(udev=str(udev)))
    assert [(path.removeprefix("/dev/input/event"), *rest[:3]) for path, _, *rest in found] == [
        ("0", "other", "cannot_type_a_code", "port"),
        ("1", "other", "built_in", "port"),
        ("2", "candidate", "looks_like_a_keyboard", "port"),
        ("3", "take", "maker", "serial_number"),
        ("4", "take", "says_so", "port"),
        ("5", "take", "says_so", "port"),
        ("6", "take", "maker", "ambiguous"),
        ("7", "take", "maker", "ambiguous"),
        ("8", "candidate", "looks_like_a_keyboard", "port"),
        ("9", "other", "cannot_type_a_code", "port"),
        ("10", "take", "tagged", "ambiguous"),
        ("11", "other", "cannot_type_a_code", "port"),
    ]
    assert found[3][-1] == "0c2e:0901/18122B0A3C"
    assert found[4][-1] == "05e0:1200/usb-0000:00:14.0-5"


@pytest.mark.cell("evdev", "absent", on="files")
@pytest.mark.cell("evdev", "no such device", on="files")
def test_what_is_no_event_device_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, why in (("file", WhyNot.UNSUITABLE), ("absent", WhyNot.ABSENT)):
        with pytest.raises(CannotOpen) as caught:
            SCANNERS["evdev"](device=str(tmp_path / name))
        assert caught.value.why is why


@pytest.mark.cell("evdev", "bad setting", on="files")
def test_a_bad_setting_is_said_before_the_device_is_touched() -> None:
    with pytest.raises(ValueError, match="layout"):
        SCANNERS["evdev"](device="/dev/input/event0", layout="dvorak")


def test_an_event_stream_cut_anywhere_stays_in_step() -> None:
    stream = b"".join(EVENT.pack(0, 0, *event) for event in press(2, 3, 28))
    for cut in range(len(stream) + 1):
        reader, writer = os.pipe()
        got, rest = [], bytearray()
        for part in (stream[:cut], stream[cut:]):
            if part:
                os.write(writer, part)
                got += read_events(reader, rest)
        assert [tuple(event) for event in got] == press(2, 3, 28)
        os.close(reader)
        os.close(writer)


def flash(lamp: int) -> tuple[bytes, bytes]:
    """What the kernel is told to switch a lamp on and off again."""
    report = EVENT.pack(0, 0, 0, 0, 0)
    return EVENT.pack(0, 0, 0x11, lamp, 1) + report, EVENT.pack(0, 0, 0x11, lamp, 0) + report


@pytest.mark.cell("evdev", "refusal signalled", on="umockdev")
@pytest.mark.parametrize(
    ("lamps", "settings", "told"),
    [
        ((0, 1, 2), {"accepted": "scroll_lamp", "refused": "scroll_lamp"}, flash(2) * 4),
        ((0, 1, 2), {"refused": "num_lamp"}, flash(0) * 3),
        ((), {"accepted": "scroll_lamp", "refused": "bell"}, ()),
    ],
)
def test_a_lamp_flashes_once_for_accepted_and_three_times_for_refused(
    tmp_path: Path, lamps: tuple[int, ...], settings: dict[str, str], told: tuple[bytes, ...]
) -> None:
    script = f"""
import json
from drivers import SCANNERS
with SCANNERS["evdev"](device="/dev/input/event5", **{settings!r}) as scanner:
    acts = [scanner.signal(accepted=accepted) for accepted in (True, False)]
    for act in acts:
        if act is not None:
            act()  # umockdev ends the process with an error where other bytes are written than it waits for
print(json.dumps([act is not None for act in acts]))
"""
    device = Device(5, "Scanner", lamps=lamps, hears=told)
    assert run(tmp_path, [device], {}, script) == [[bool(told) and "accepted" in settings, bool(told)]]


@pytest.mark.cell("evdev", "goes mad", on="umockdev")
def test_endless_keys_do_not_keep_the_loop(tmp_path: Path) -> None:
    # One event a read, so that more stands in the queue than a turn may take. What is left is read to its end: the
    # recorder cannot write on into a device that nobody reads, and would wait for ever.
    script = """
import json, select
from drivers import SCANNERS
import drivers.evdev_scanner as driver
from drivers import scan_loop
calls, real = [], driver.read_events
driver.read_events = lambda fd, rest: calls.append(1) or real(fd, rest, 1)
with SCANNERS["evdev"](device="/dev/input/event5") as scanner:
    most = 0
    while select.select([scanner], [], [], 0.5 if most else 10)[0]:
        calls.clear()
        scanner.read(0.0)
        most = max(most, len(calls))
print(json.dumps(most == scan_loop.READS_AT_ONCE))
"""
    assert run(tmp_path, [Device(5, "Scanner")], {5: press(*[4] * 500)}, script) == [True]


@pytest.mark.cell("evdev", "not a scanner", on="umockdev")
def test_a_keyboard_that_types_a_barcode_as_fast_as_a_scanner_is_the_stations_scanner(tmp_path: Path) -> None:
    script = """
import asyncio, json
from pathlib import Path
from kioskd.devices.scanners import Scanners
from kioskd.model import inputs

async def main():
    told, ready = [], asyncio.Event()
    def deliver(what):
        if isinstance(what, inputs.Scanned):
            told.append([what.scanner, str(what.code)])
            ready.set()
        elif what.status.state == "ready":
            told.append([what.status.name, what.status.driver])
    scanners = Scanners([], deliver, lambda: "now", patterns=[r"2\\d{9}"])
    scanners.start()
    await asyncio.wait_for(ready.wait(), 20)
    scanners.close()
    print(json.dumps(told))

asyncio.run(main())
"""
    name = "1234:5678/usb-0000:00:14.0-2"
    keyboards = [
        Device(4, "A person's keyboard", vendor=0x046D, phys="usb-0000:00:14.0-1/input0"),
        Device(5, "Nameless", vendor=0x1234, product=0x5678),
    ]
    typed = {5: [*press(*[9] * 10), *ENTER, *CARD, *ENTER]}  # fast as well, but no barcode of this library
    assert run(tmp_path, keyboards, typed, script) == [
        [[name, "evdev"], ["scanner search", "evdev"], [name, "2116800001"]]
    ]
