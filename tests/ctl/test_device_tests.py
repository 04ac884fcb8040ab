"""`kioskctl devices`, `scan-test` and `print-test`, by tables and against real ttys, key events and printers' bytes."""

import asyncio
import json
import os
import select
import shlex
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from drivers.base import Code
from drivers.escpos_status import Query
from drivers.identity import Evidence, Found, Identity, KnownBy, Verdict
from drivers.scan_test import ScanTest
from drivers.serial_scanner import SerialScanner
from kioskd.ctl.devices.print_test import columns_of, said
from kioskd.ctl.devices.scan_test import Raw, Scan, Settings, extract_for, of_bytes, of_keys, settings_of, told
from kioskd.ctl.devices.sheet import SHEET, page
from kioskd.ctl.devices.tree import NOT_TAKEN, TAKEN_ELSEWHERE, UNKNOWN, tree
from kioskd.model.settings import BarcodeSettings
from tests.drivers import sequences
from tests.drivers.desk import Desk

from .conftest import Outcome, begin, kioskctl

PLAIN = BarcodeSettings()
SCANNER = Identity(0x0C2E, 0x0B61, KnownBy.SERIAL_NUMBER, "A1")
KEYBOARD = Found("evdev", "/dev/input/event5", "Scanner", Verdict.TAKE, Evidence.SAYS_SO, SCANNER)
HIDRAW = Found("hidraw", "/dev/hidraw0", "Scanner", Verdict.OTHER, Evidence.TELLS_NO_CODES, SCANNER)
TYPIST = Found("evdev", "/dev/input/event1", "Keyboard", Verdict.CANDIDATE, Evidence.LOOKS_LIKE_A_KEYBOARD, None)
READY = {"name": "front", "kind": "scanner", "driver": "evdev", "state": "ready", "identity": str(SCANNER)}
GONE = {"name": "side", "kind": "scanner", "driver": "serial", "state": "absent", "identity": "/dev/ttyACM0"}


def test_the_tree_says_what_is_used_and_why_not_the_rest() -> None:
    branches, missing = tree([TYPIST, KEYBOARD, HIDRAW], {"devices": [READY, GONE]})
    assert [(branch.name, branch.identity) for branch in branches] == [("Scanner", str(SCANNER)), ("Keyboard", None)]
    used, beside = branches[0].nodes
    assert (used.used_as, used.state) == ("front", "ready")
    assert (beside.used_as, beside.why) == (None, TAKEN_ELSEWHERE)
    assert "scan-test" in branches[1].nodes[0].why
    assert [each.name for each in missing] == ["side"]


def test_what_is_used_by_an_address_stands_there_too() -> None:
    printer = {"name": "printer", "kind": "printer", "driver": "network", "state": "ready", "identity": "10.0.0.7:9100"}
    branches, missing = tree([KEYBOARD], {"devices": [printer]})
    assert [(each.name, [node.used_as for node in each.nodes]) for each in branches] == [
        ("printer", ["printer"]),
        ("Scanner", [None]),
    ]
    assert missing == []


@pytest.mark.parametrize(("status", "why"), [({"devices": []}, NOT_TAKEN), (None, UNKNOWN)])
def test_what_could_be_used_and_is_not_says_why(status: dict[str, object] | None, why: str) -> None:
    branches, _ = tree([KEYBOARD], status)
    assert branches[0].nodes[0].why == why


def typed(name: str) -> tuple[Scan, dict[str, object], str]:
    """The first scan of a recording, the settings that it was made with, and its code without what is around it."""
    about, events = sequences.read(sequences.FOLDER / f"{name}.events")
    test = ScanTest()
    for at_s, kind, code, value in events:
        found = test.feed(code, value, at_s) if kind == sequences.EV_KEY else None
        if found is not None:
            settings = about["settings"]
            assert isinstance(settings, dict)
            return of_keys("/dev/input/event5", found, [Raw(at_s, "")]), settings, str(about["reads"]).split("\n")[0]
    raise AssertionError(name)


@pytest.mark.parametrize("name", ["us-enter", "de", "fr", "fr-caps", "prefix-suffix", "us-aim-prefix"])
def test_a_scanner_s_settings_are_found_by_a_known_code(name: str) -> None:
    scan, settings, code = typed(name)
    bare = code.removeprefix("]C0")
    found = settings_of(scan, ["never scanned", bare])
    assert found is not None
    assert (found.prefix, found.suffix) == (settings.get("prefix", ""), settings.get("suffix", ""))
    assert found.layout == settings.get("layout", "us") or f"layout {settings['layout']}" in " ".join(found.doubts)


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        (b"20000000000014\r", []),
        (b"20000000000014\r\n", []),
        (b"]C020000000000014\r", []),
        (b"20000000000014\t", ['terminator = "tab"']),
        (b"\x0220000000000014\x03", ['terminator = "stx_etx"']),
        (b"~20000000000014#\r", ['prefix = "~"', 'suffix = "#"']),
        (b"20000000000014", ['terminator = "none"']),
    ],
)
def test_a_serial_scanner_s_settings_are_found(sent: bytes, lines: list[str]) -> None:
    found = settings_of(of_bytes("/dev/ttyACM0", sent, ()), [each.text for each in SHEET])
    assert found is not None
    head = ["[[scanner]]", 'name = "front"', 'driver = "serial"', 'port = "/dev/ttyACM0"']
    assert found.lines() == [*head, *lines]
    assert bool(found.doubts) == (sent == b"20000000000014")


def test_a_scan_of_something_else_tells_no_settings() -> None:
    assert settings_of(of_bytes("/dev/ttyACM0", b"9780306406157\r", ()), [each.text for each in SHEET]) is None
    assert Settings("serial", "/dev/x", prefix="\x02").lines()[-1] == 'prefix = "\\u0002"'


@pytest.mark.parametrize(
    ("code", "kind", "rule"),
    [
        ("21168045918653", "card", r"barcodes.patron ^2\d{13}$, check digit good"),
        ("]C031168012345672", "item", "']C0…' taken off"),
        ("KIOSK01", "command", "yes"),
        ("9780306406157", "nothing", "shop_barcode"),
        ("ID:21168045918653", "card", "barcodes.extract"),
    ],
)
def test_which_rule_recognised_a_code_is_said(code: str, kind: str, rule: str) -> None:
    how = told(code, BarcodeSettings(extract=(r"^ID:(\d{14})$",)))
    assert how.kind == kind
    assert rule in how.rule


@pytest.mark.parametrize(
    "shown",
    ["ID:21168045918653", "https://lib.example/c/21168045918653?x=1", "21168045918653;Jane", "WALLET 21168045918653"],
)
def test_a_card_on_a_phone_gets_a_pattern_that_finds_it(shown: str) -> None:
    pattern = extract_for(shown, PLAIN)
    assert pattern is not None
    how = told(shown, BarcodeSettings(extract=(pattern,)))
    assert (how.kind, how.number) == ("card", "21168045918653")
    assert told(shown.replace("21168045918653", "21168057203143"), BarcodeSettings(extract=(pattern,))).kind == "card"


def test_a_phone_s_text_without_a_card_gets_none() -> None:
    assert extract_for("https://lib.example/about", PLAIN) is None


def test_status_bytes_are_told_bit_by_bit() -> None:
    paper_out = said(Query.ROLL, 0b0111_1110)
    assert [bit.meaning for bit in paper_out.bits if bit.trouble][-2:] == [
        "paper is out",
        "paper is out (second sensor)",
    ]
    assert not any(bit.trouble for bit in said(Query.PRINTER, 0b0001_0110).bits), "the drawer's pin is no fault"
    assert said(Query.ERROR, None).bits == ()
    assert [columns_of(text) for text in ("42", "15", "65", "x", "")] == [42, None, None, None, None]


# ---- against real devices


class Line:
    """The device's end of a pty."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self.master)
        self.name = os.ttyname(self._slave)

    def close(self) -> None:
        for fd in (self.master, self._slave):
            os.close(fd)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


async def listening(*arguments: str | Path) -> asyncio.subprocess.Process:
    """A scan-test that listens."""
    process = await begin("scan-test", *arguments)
    assert process.stdout is not None
    while b"listening to 1 " not in (told := await process.stdout.readline()):
        assert told, "it ended"
    return process


async def ended(process: asyncio.subprocess.Process) -> Outcome:
    out, err = await process.communicate()
    assert process.returncode is not None
    return Outcome(process.returncode, out.decode(), err.decode())


async def test_a_serial_scan_is_shown_recorded_and_played_into_the_driver(line: Line, folder: Path) -> None:
    record = folder / "scan.txt"
    process = await listening("--device", line.name, "--count", "1", "--record", record)
    for byte in b"~20000000000014\r":
        os.write(line.master, bytes((byte,)))
        await asyncio.sleep(0.002)
    done = await ended(process)
    assert (done.status, done.err) == (0, "")
    assert all(len(row) <= 80 for row in done.out.splitlines() if "kiosk-sim" not in row), done.out
    for shown in ("7e '~'", "gaps: ", "recognised as card", 'prefix = "~"', f'port = "{line.name}"'):
        assert shown in done.out

    assert played_into_the_driver(record, folder / "tty") == ["20000000000014"]


def played_into_the_driver(record: Path, link: Path) -> list[str]:
    """What the serial driver reads of a recording that `kiosk-sim` plays."""
    sim = subprocess.Popen(
        [sys.executable, "-m", "hardware_sim", "scanner", "--link", str(link), "--play", str(record)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert sim.stdout is not None
        assert json.loads(sim.stdout.readline())["ready"]
        with SerialScanner.open(port=str(link), prefix=b"~") as scanner:
            scans: list[object] = []
            until_s = time.monotonic() + 20
            while not scans and time.monotonic() < until_s:
                select.select([scanner.fileno()], [], [], 1)
                scans += scanner.read(time.monotonic())
        assert json.loads(sim.stdout.readline()) == {"ready": True, "played": "true"}
        return [scan.text for scan in scans if isinstance(scan, Code)]
    finally:
        sim.terminate()
        sim.communicate()


def test_a_keyboard_s_scan_is_read_and_a_recording_of_it_played_into_the_driver(tmp_path: Path) -> None:
    record = sequences.FOLDER / "de.events"
    about, _ = sequences.read(record)
    code = str(about["reads"]).split("\n")[0]
    command = [sys.executable, "-m", "hardware_sim", "scanner", "--record", str(tmp_path), "--play", str(record)]
    before = shlex.split(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    test = [sys.executable, "-m", "kioskd.ctl", "scan-test", "--device", "/dev/input/event5", "--count", "1", "--json"]
    done = subprocess.run([*before, *test, "--code", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["lines"][:3] == ["[[scanner]]", 'name = "front"', 'driver = "evdev"']
    assert 'layout = "de"' in found["lines"]
    assert found["scans"][0]["code"] == code
    assert found["scans"][0]["gaps_ms"][2] < 30


async def test_nothing_scanned_is_a_failure_and_says_what_to_do(line: Line) -> None:
    done = await kioskctl("scan-test", "--device", line.name, "--wait", "0.2", "--json")
    assert done.status == 1
    assert done.document == {"scans": [], "deaf": [], "lines": []}
    assert "kioskctl devices" in done.err


async def test_the_sheet_is_a_page_with_its_codes(folder: Path) -> None:
    done = await kioskctl("scan-test", "--sheet", "--json", "--out", folder / "sheet.html")
    assert done.document["codes"] == [each.text for each in SHEET]
    assert (folder / "sheet.html").read_text() == page()
    assert page().count("<svg") == len(SHEET)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk("network", tmp_path) as desk:
        yield desk


async def test_the_printer_s_test_prints_all_it_says(desk: Desk, folder: Path) -> None:
    config = folder / "kioskd.toml"
    config.write_text(f'[ils]\nhost = "x"\n[printer]\ndriver = "network"\nurl = "{desk.sim.address}"\ncolumns = 48\n')
    asked = await kioskctl("--config", config, "print-test", "--status", "--json")
    assert (asked.status, asked.document["printed"]) == (0, False)
    assert [each["query"] for each in asked.document["status"]] == [1, 2, 3, 4]
    assert not [bit for each in asked.document["status"] for bit in each["bits"] if bit["trouble"]]
    assert desk.text().strip() == ""

    done = await kioskctl("--config", config, "print-test", "--columns", "42")
    assert done.status == 0, done.err
    assert done.out.splitlines()[-2:] == ["[printer]", "columns = 42"]
    desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)
    text = desk.text()
    for printed in ("....5...10...15", "cp858", "cp866", "kioskd print test", "profile generic", "bold"):
        assert printed in text

    desk.fault(cover_open=True)
    opened = await kioskctl("--config", config, "print-test", "--status")
    assert "cover is open" in opened.out
    assert "off line" in opened.out


async def test_a_printer_that_is_not_there_is_said(folder: Path) -> None:
    config = folder / "kioskd.toml"
    config.write_text('[ils]\nhost = "x"\n[printer]\ndriver = "network"\nurl = "127.0.0.1:1"\n')
    away = await kioskctl("--config", config, "print-test")
    assert (away.status, away.out) == (1, "")
    config.write_text('[ils]\nhost = "x"\n[printer]\ndriver = "none"\n')
    none = await kioskctl("--config", config, "print-test")
    assert none.status == 1
    assert "no printer" in none.err


def plug_printer(root: Path) -> None:
    """What the kernel shows of a receipt printer on USB."""
    interface = root / "sys/bus/usb/devices/1-1:1.0"
    interface.mkdir(parents=True)
    (interface / "ieee1284_id").write_text("MFG:EPSON;MDL:TM-T20;CMD:ESC/POS;\n")
    place = root / "sys/class/usbmisc/lp0"
    place.mkdir(parents=True)
    (place / "device").symlink_to(interface)
    (root / "dev/usb").mkdir(parents=True, exist_ok=True)
    (root / "dev/usb/lp0").touch()


async def test_devices_are_told_without_a_daemon_and_as_they_are_plugged(folder: Path) -> None:
    (folder / "dev").mkdir()
    process = await begin("devices", "watch", "--count", "1", "--root", folder, "--socket", folder / "none")
    assert process.stdout is not None
    while b"plug something in" not in (row := await process.stdout.readline()):
        assert row, "it ended"
    plug_printer(folder)
    done = await ended(process)
    assert done.status == 0, done.err
    assert f"appeared  {folder}/dev/usb/lp0  EPSON TM-T20" in done.out

    seen = await kioskctl("devices", "--json", "--root", folder, "--socket", folder / "none")
    assert seen.status == 0
    (device,) = seen.document["devices"]
    assert device["nodes"][0]["driver"] == "usblp"
    assert device["nodes"][0]["why"] == UNKNOWN
    assert "does not answer" in seen.document["daemon"]


async def test_a_label_is_printed_or_written(desk: Desk, folder: Path) -> None:
    config = folder / "kioskd.toml"
    config.write_text(
        f'[ils]\nhost = "127.0.0.1"\n[station]\nid = "CENTRAL-3"\nlibrary = "Central"\n[helpdesk]\nphone = "555-0100"\n'
        f'[printer]\ndriver = "network"\nurl = "{desk.sim.address}"\n'
    )
    done = await kioskctl("--config", config, "label", "print", "--json")
    assert done.document["lines"][0] == "CENTRAL-3"
    assert "127.0.0.1" in done.document["lines"]
    desk.until(lambda sim: len(sim.mechanism.roll.slips) == 1)
    assert "Helpdesk: 555-0100" in desk.text()
    await kioskctl("--config", config, "label", "print", "--out", folder / "label.html")
    assert "<h1>CENTRAL-3</h1>" in (folder / "label.html").read_text()


def read_back(folder: Path, lines: list[str]) -> str:
    """What a reader makes of a QR code that was drawn in half blocks, each module four dots wide."""
    pixels = {"\u2588": (255, 255), "\u2580": (255, 0), "\u2584": (0, 255), " ": (0, 0)}
    rows = [[pixels[character][half] for character in line] for line in lines for half in (0, 1)]
    picture = Image.new("L", (len(rows[0]), len(rows)))
    picture.putdata([pixel for row in rows for pixel in row])
    (found,) = zxingcpp.read_barcodes(picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST))
    return str(found.text)


async def test_the_doctor_s_line_is_read_off_its_qr_code(folder: Path) -> None:
    away = ("--socket", folder / "none", "--state-dir", folder / "none", "doctor", "--root", folder)
    short = await kioskctl(*away, "--short")
    line = short.out.strip()
    assert short.status == 1
    assert line.startswith("kioskd ")
    assert ", silent, " in line
    assert "DMN-01" in line
    drawn = await kioskctl(*away, "--qr", "--svg", folder / "qr.svg")
    *code, told = drawn.out.rstrip("\n").split("\n")
    assert told == line
    assert read_back(folder, code) == line
    assert (folder / "qr.svg").read_text().startswith("<svg")
