"""Scanners that nobody configured, or of which only the name is configured: found, named, found again elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.find_serial_scanners import find_serial_scanners
from drivers.identity import Evidence, Found, Identity, KnownBy, Verdict, told_apart
from hardware_sim.scanner import PtyScanner
from kioskd.devices import scanners as room
from kioskd.devices.finding import find_attached
from kioskd.devices.scanners import SEARCH, Scanners
from kioskd.model.settings import ScannerDriver, ScannerSettings
from tests.devices.conftest import Heard, finder

CARD, ITEM = "20000000000014", "31168000000012"
Start = Callable[..., Scanners]


class Ports:
    """A folder of event devices that come and go, and what the drivers' search says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plugged: dict[str, tuple[PtyScanner, Found]] = {}
        self.looks = 0

    def plug(
        self,
        node: str,
        serial_number: str = "",
        *,
        port: str = "",
        verdict: Verdict = Verdict.TAKE,
        name: str = "Scanner",
    ) -> PtyScanner:
        known_by = KnownBy.SERIAL_NUMBER if serial_number else KnownBy.PORT if port else KnownBy.AMBIGUOUS
        identity = Identity(0x0C2E, 0x0901, known_by, serial_number or port)
        device = PtyScanner(self.folder / node)
        found = Found("evdev", str(device.link), name, verdict, Evidence.MAKER, identity)
        self.plugged[node] = device, found
        device.plug()
        return device

    def unplug(self, node: str) -> None:
        self.plugged.pop(node)[0].unplug()

    def search(self) -> tuple[Found, ...]:
        self.looks += 1
        return tuple(told_apart(found for _, found in self.plugged.values()))

    @property
    def ways(self) -> dict[str, object]:
        return {"find": finder(self.search), "found_at": [self.folder / "event*"]}


@pytest.fixture
def ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ports]:
    monkeypatch.setattr(room, "SETTLE_S", 0.02)
    (tmp_path / "input").mkdir()
    made = Ports(tmp_path / "input")
    with ExitStack() as stack:
        stack.callback(lambda: [made.unplug(node) for node in list(made.plugged)])
        yield made


def unplaced(name: str) -> ScannerSettings:
    return ScannerSettings(name, ScannerDriver.EVDEV)


async def test_found_scanners_keep_their_names_wherever_they_are_plugged_in(
    ports: Ports, heard: Heard, scanners: Start
) -> None:
    ports.plug("event3", "A1")
    ports.plug("event4", port="1-2")
    scanners(**ports.ways)
    await heard.state("0c2e:0901/A1", "ready")
    await heard.state("0c2e:0901/1-2", "ready")
    ports.unplug("event3")
    ports.unplug("event4")
    await heard.state("0c2e:0901/A1", "absent", timeout_s=1.0)
    second = ports.plug("event9", port="1-2")
    first = ports.plug("event7", "A1")
    await heard.state("0c2e:0901/A1", "ready", timeout_s=1.0)
    await heard.state("0c2e:0901/1-2", "ready", timeout_s=1.0)
    first.scan(CARD)
    second.scan(ITEM)
    await heard.until(lambda: len(heard.scans()) == 2)
    assert (heard.scans("0c2e:0901/A1"), heard.scans("0c2e:0901/1-2")) == ([CARD], [ITEM])
    assert not heard.devices(SEARCH)


async def test_two_that_nothing_tells_apart_get_numbers(ports: Ports, heard: Heard, scanners: Start) -> None:
    one = ports.plug("event3", "0001")
    scanners(**ports.ways)
    await heard.state("0c2e:0901/0001", "ready")
    two = ports.plug("event4", "0001")  # a cloned serial number
    await heard.state("0c2e:0901/0001 #2", "ready")
    one.scan(CARD)
    two.scan(ITEM)
    await heard.until(lambda: len(heard.scans()) == 2)
    assert heard.scans("0c2e:0901/0001") == [CARD]
    assert heard.states("0c2e:0901/0001") == ["opening", "ready"]


async def test_a_configured_name_takes_what_is_found(ports: Ports, heard: Heard, scanners: Start) -> None:
    scanners(unplaced("front"), **ports.ways)
    absent = await heard.state("front", "absent")
    assert absent.problem == "no scanner was found"
    device = ports.plug("event3", "A1")
    ready = await heard.state("front", "ready")
    assert ready.identity == "0c2e:0901/A1"
    device.scan(CARD)
    await heard.until(heard.scans)
    ports.unplug("event3")
    await heard.state("front", "absent")
    ports.plug("event5", "B2")  # a new scanner in the place of a broken one
    ready = await heard.state("front", "ready")
    assert ready.identity == "0c2e:0901/B2"
    ports.plug("event6", "A1").scan(ITEM)  # repaired: it has no place any more, and a name of its own
    await heard.state("0c2e:0901/A1", "ready")
    assert heard.scans("front") == [CARD]


async def test_several_names_are_given_once_each_and_kept(ports: Ports, heard: Heard, scanners: Start) -> None:
    ports.plug("event3", "A1")
    ports.plug("event4", "B2")
    scanners(unplaced("left"), unplaced("right"), **ports.ways)
    await heard.state("left", "ready")
    await heard.state("right", "ready")
    ports.unplug("event3")
    ports.unplug("event4")
    await heard.state("right", "absent")
    ports.plug("event3", "B2").scan("x")
    await heard.state("right", "ready")
    assert heard.states("left")[-1] == "absent"
    assert [status.identity for status in heard.devices("right")][-1] == "0c2e:0901/B2"


async def test_what_is_configured_by_its_path_is_not_found_a_second_time(
    ports: Ports, heard: Heard, scanners: Start, tmp_path: Path
) -> None:
    ports.plug("event3", "A1")
    link = tmp_path / "by-id"
    link.symlink_to(ports.folder / "event3")
    scanners(ScannerSettings("desk", ScannerDriver.EVDEV, device=str(link)), unplaced("front"), **ports.ways)
    await heard.state("desk", "ready")
    await heard.state("front", "absent")
    ports.plug("event4", "B2")
    await heard.state("front", "ready")
    assert heard.states("desk") == ["opening", "ready"]
    assert {what.status.name for what in heard.all if hasattr(what, "status")} == {"desk", "front"}


async def test_with_configured_paths_nobody_looks_for_others(
    ports: Ports, heard: Heard, scanners: Start, tmp_path: Path
) -> None:
    ports.plug("event3", "A1")
    scanners(ScannerSettings("desk", ScannerDriver.SERIAL, port=str(tmp_path / "no")), **ports.ways)
    await heard.state("desk", "absent")
    assert ports.looks == 0


async def test_a_station_without_any_scanner_says_why(ports: Ports, heard: Heard, scanners: Start) -> None:
    scanners(**ports.ways)
    told = await heard.state(SEARCH, "absent")
    assert told.problem == "no scanner was found"
    ports.plug("event1", verdict=Verdict.CANDIDATE, name="Cherry Keyboard")
    await heard.until(lambda: "Cherry Keyboard" in str(heard.devices(SEARCH)[-1].problem))
    assert "event1" in str(heard.devices(SEARCH)[-1].problem)
    ports.plug("event2", verdict=Verdict.DENIED)
    await heard.until(lambda: "may not be looked at" in str(heard.devices(SEARCH)[-1].problem))
    assert "usermod" in str(heard.devices(SEARCH)[-1].advice)
    ports.plug("event3", "A1")
    await heard.state(SEARCH, "ready")
    assert not any(device.heard for node, (device, _) in ports.plugged.items() if node != "event3")


async def test_a_serial_scanner_is_found_by_its_link_and_sysfs(
    tmp_path: Path, heard: Heard, scanners: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SETTLE_S", 0.02)
    links, classes = tmp_path / "by-id", tmp_path / "class"

    def search() -> tuple[Found, ...]:
        return tuple(find_serial_scanners(link_folder=links, class_folder=classes, udev_folder=tmp_path))

    scanners(find=finder(search), found_at=[links / "*"])
    await heard.state(SEARCH, "absent")
    links.mkdir()
    with PtyScanner(links / "usb-Datalogic_Gryphon-if00") as device:
        usb = tmp_path / "devices" / "1-1"
        usb.mkdir(parents=True)
        for name, text in (("idVendor", "05f9"), ("idProduct", "4204"), ("product", "Gryphon"), ("serial", "G1")):
            (usb / name).write_text(text)
        node = classes / Path(device.port).name
        node.mkdir(parents=True)
        (node / "device").symlink_to(usb)
        await heard.state("05f9:4204/G1", "ready")
        device.scan(CARD)
        await heard.until(heard.scans)
    await heard.state("05f9:4204/G1", "absent")
    assert heard.scans() == [CARD]


async def test_the_real_search_of_this_machine_ends_and_opens_nothing() -> None:
    assert all(found.path.startswith("/dev/") for found in await find_attached())
