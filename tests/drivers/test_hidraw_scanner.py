"""HID-POS scanners by umockdev: the driver runs unmodified in a process of its own, with hidraw's ioctls and reports.

Not simulated: EIO at unplug and the kernel's queue, which drops what comes too late (both in tests/vm).
"""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers import SCANNERS
from drivers.base import CannotOpen, WhyNot
from tests.drivers import hid
from tests.drivers.hid import HidDevice, reports


def run(tmp_path: Path, devices: list[HidDevice], script: str) -> list:
    """Run `script` where `devices` are all hidraw nodes; return the JSON lines that it prints."""
    (tmp_path / "devices").write_text("".join(device.udev_record() for device in devices))
    command = ["umockdev-run", "-d", str(tmp_path / "devices")]
    for device in devices:
        (tmp_path / f"{device.number}.ioctl").write_text(device.ioctls())
        command += ["-i", f"{device.path}={tmp_path / f'{device.number}.ioctl'}"]
        if device.talk:
            (tmp_path / f"{device.number}.script").write_text(device.script(), encoding="latin-1")
            command += ["-s", f"{device.path}={tmp_path / f'{device.number}.script'}"]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


READ = """
import json, os, select
from drivers import SCANNERS
from drivers.base import Code
with SCANNERS["hidraw"](device={path!r}, **{settings!r}) as scanner:
    got = []
    for _ in range({sends}):
        os.write(scanner.fileno(), b"?")  # each report is asked for: the stand-in node keeps no boundaries between them
        assert select.select([scanner], [], [], 10)[0]
        got += scanner.read(0.0)
    while scanner.deadline() is not None:
        got += scanner.expire(scanner.deadline())
    for event in got:
        print(json.dumps([event.text, event.symbology] if isinstance(event, Code) else [event.reason]))
"""


def asked(*sent: bytes) -> list[tuple[str, bytes]]:
    return [step for report in sent for step in (("w", b"?"), ("r", report))]


FIRST, SECOND = reports(b"1" * 60, b"]Q1")


@pytest.mark.parametrize(
    ("settings", "sent", "expected"),
    [
        pytest.param(
            {},
            [*reports(b"21168000000014", b"]F0"), *reports(b"31168000000012")],
            [["21168000000014", "codabar"], ["31168000000012", "code_128"]],
            marks=pytest.mark.cell("hidraw", "two codes of one trigger", on="umockdev"),
        ),
        ({}, [FIRST, SECOND], [["1" * 60, "qr"]]),
        ({"prefix": b"<", "suffix": b">"}, reports(b"<21168>\r\n"), [["21168", "code_128"]]),
        pytest.param(
            {}, [FIRST], [["timed_out"]], marks=pytest.mark.cell("hidraw", "breaks off", on="umockdev")
        ),
        pytest.param(
            {"max_bytes": 50},
            [FIRST, SECOND, *reports(b"21168")],
            [["too_long"], ["21168", "code_128"]],
            marks=pytest.mark.cell("hidraw", "too long", on="umockdev"),
        ),
        pytest.param(
            {},
            [b"\x02\x39" + reports(b"21168")[0][2:], *reports(b"21168")],
            [["unreadable"], ["21168", "code_128"]],
            marks=pytest.mark.cell("hidraw", "unreadable", on="umockdev"),
        ),
    ],
)  # fmt: skip
def test_codes(tmp_path: Path, settings: dict[str, object], sent: list[bytes], expected: list) -> None:
    device = HidDevice(talk=asked(*sent))
    script = READ.format(path=device.path, settings=settings, sends=len(sent))
    assert run(tmp_path, [device], script) == expected


@pytest.mark.cell("hidraw", "two at once", on="umockdev")
def test_two_scanners_that_send_at_once_do_not_mix(tmp_path: Path) -> None:
    script = """
import json, os, select
from drivers import SCANNERS
scanners = [SCANNERS["hidraw"](device=f"/dev/hidraw{n}") for n in (0, 1)]
got = [[], []]
for _ in range(2):
    for scanner in scanners:
        os.write(scanner.fileno(), b"?")
    for n, scanner in enumerate(scanners):
        assert select.select([scanner], [], [], 10)[0]
        got[n] += [code.text for code in scanner.read(0.0)]
print(json.dumps(got))
"""
    devices = [HidDevice(0, talk=asked(FIRST, SECOND)), HidDevice(1, talk=asked(*reports(b"2" * 60, b"]Q1")))]
    assert run(tmp_path, devices, script) == [[["1" * 60], ["2" * 60]]]


@pytest.mark.cell("hidraw", "refusal signalled", on="umockdev")
@pytest.mark.parametrize(
    ("descriptor", "settings", "expected"),
    [
        (hid.SCANNER, {}, [None, "04 04"]),
        (hid.SCANNER, {"accepted": "good_beep"}, ["04 08", "04 04"]),
        (hid.SCANNER, {"accepted": "good_lamp", "refused": ""}, [None, None]),
        (hid.PLAIN, {"accepted": "good_beep"}, [None, None]),
    ],
)
def test_the_beeps_that_it_has(
    tmp_path: Path, descriptor: bytes, settings: dict[str, str], expected: list[str | None]
) -> None:
    script = f"""
import json
from drivers import SCANNERS
with SCANNERS["hidraw"](device="/dev/hidraw0", **{settings!r}) as scanner:
    sent = []
    for accepted in (True, False):
        act = scanner.signal(accepted=accepted)
        if act is not None:
            act()  # umockdev ends the process with an error if other bytes are written than the script waits for
        sent.append(act is not None)
print(json.dumps(sent))
"""
    talk = [("w", bytes.fromhex(report)) for report in expected if report]
    device = HidDevice(descriptor=descriptor, talk=talk)
    assert run(tmp_path, [device], script) == [[report is not None for report in expected]]


FIND = """
import json
from drivers.find_hidraw_scanners import find_hidraw_scanners
for found in find_hidraw_scanners():
    identity = found.identity
    print(json.dumps([found.path, found.name, found.verdict, found.evidence, identity.known_by, str(identity)]))
"""


@pytest.mark.cell("hidraw", "not a scanner", on="umockdev")
@pytest.mark.cell("hidraw", "two alike", on="umockdev")
def test_what_is_found_and_what_is_left_alone(tmp_path: Path) -> None:
    devices = [
        HidDevice(0, descriptor=hid.KEYBOARD, name="Keyboard"),
        HidDevice(1, uniq="S1", phys="usb-0000:00:14.0-4/input0"),
        HidDevice(2, descriptor=hid.PLAIN, vendor=0x1234, name="Nameless", phys="usb-0000:00:14.0-5/input1"),
        HidDevice(3, descriptor=hid.PLAIN, vendor=0x1234, name="Nameless", phys="usb-0000:00:14.0-6/input1"),
        HidDevice(4, descriptor=b"\x05", name="Broken"),
        HidDevice(5, uniq="S9", name="Twin", phys=""),
        HidDevice(6, uniq="S9", name="Twin", phys=""),
    ]
    found = run(tmp_path, devices, FIND)
    assert [tuple(one[2:]) for one in found] == [
        ("other", "tells_no_codes", "port", "0c2e:0b81/usb-0000:00:14.0-3"),
        ("take", "says_so", "serial_number", "0c2e:0b81/S1"),
        ("take", "says_so", "port", "1234:0b81/usb-0000:00:14.0-5"),
        ("take", "says_so", "port", "1234:0b81/usb-0000:00:14.0-6"),
        ("other", "tells_no_codes", "port", "0c2e:0b81/usb-0000:00:14.0-3"),
        ("take", "says_so", "ambiguous", "0c2e:0b81/S9"),
        ("take", "says_so", "ambiguous", "0c2e:0b81/S9"),
    ]


@pytest.mark.cell("hidraw", "no such device", on="umockdev")
def test_a_hid_device_that_is_no_scanner(tmp_path: Path) -> None:
    script = """
import json
from drivers import SCANNERS
from drivers.base import CannotOpen
try:
    SCANNERS["hidraw"](device="/dev/hidraw0")
except CannotOpen as error:
    print(json.dumps([error.why, error.detail]))
"""
    assert run(tmp_path, [HidDevice(descriptor=hid.KEYBOARD)], script) == [
        ["unsuitable", "its reports hold no decoded barcode data"]
    ]


@pytest.mark.cell("hidraw", "held by another", on="umockdev")
def test_one_that_another_program_holds(tmp_path: Path) -> None:
    script = """
import json
from drivers import SCANNERS
from drivers.base import CannotOpen
with SCANNERS["hidraw"](device="/dev/hidraw0"):
    try:
        SCANNERS["hidraw"](device="/dev/hidraw0")
    except CannotOpen as error:
        print(json.dumps(error.why))
SCANNERS["hidraw"](device="/dev/hidraw0").close()
"""
    assert run(tmp_path, [HidDevice()], script) == ["busy"]


@pytest.mark.cell("hidraw", "absent", on="files")
@pytest.mark.cell("hidraw", "no such device", on="files")
def test_what_is_no_hidraw_node_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, why in (("file", WhyNot.UNSUITABLE), ("absent", WhyNot.ABSENT)):
        with pytest.raises(CannotOpen) as caught:
            SCANNERS["hidraw"](device=str(tmp_path / name))
        assert caught.value.why is why
    held = os.open(tmp_path / "file", os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(CannotOpen) as caught:
        SCANNERS["hidraw"](device=str(tmp_path / "file"))
    assert caught.value.why is WhyNot.BUSY
    os.close(held)


@pytest.mark.cell("hidraw", "bad setting", on="files")
@pytest.mark.parametrize("settings", [{"terminator": "crcr"}, {"accepted": "trumpet"}, {"refused": "bell"}])
def test_a_bad_setting_is_said_before_the_device_is_touched(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="one of"):
        SCANNERS["hidraw"](device="/dev/hidraw0", **settings)
