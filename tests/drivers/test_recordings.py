"""Recordings of key events in tests/data/scanners: each reads what it says, in the assembler and through the driver.

A branch's capture needs no more than a file there. The ones that stand there are built, not captured.
"""

from pathlib import Path

import pytest

from drivers.base import Code, ScanEvent
from drivers.key_assembler import KeyAssembler
from drivers.scan_test import ScanTest
from drivers.whole import believed
from tests.drivers import sequences
from tests.drivers.test_evdev_scanner import READ, Device, run

FILES = sorted(sequences.FOLDER.glob("*.events"))
PLAYED = ("alt-codes", "fr-caps", "gs1-control", "prefix-suffix")
"""Through the driver in the default run; all of them in the long one."""


def codes(path: Path) -> list[str]:
    said, _ = sequences.read(path)
    return str(said["reads"]).split("\n")


def test_what_is_called_built_is_built() -> None:
    built = {f"{each.name}.events": sequences.text(each) for each in sequences.RECORDINGS}
    found = {path.name: path.read_text() for path in FILES if sequences.BUILT in path.read_text()}
    assert found == built, "write them anew with `python -m tests.drivers.sequences`"
    assert len(built) >= 6


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_reads_what_it_says(path: Path) -> None:
    said, events = sequences.read(path)
    assert {"origin", "settings", "reads"} <= said.keys()
    assembler = KeyAssembler(**said["settings"])  # type: ignore[arg-type]
    scans: list[ScanEvent] = []
    for _, kind, code, value in events:
        if kind == sequences.EV_KEY:
            scans += assembler.feed(code, value)
    assert [scan.text for scan in scans if isinstance(scan, Code)] == codes(path)
    assert len(scans) == len(codes(path)), "nothing is lost"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_scan_test_tells_a_scanner_and_its_layout_from_each(path: Path) -> None:
    said, events = sequences.read(path)
    test = ScanTest()
    found = [
        typed
        for at_s, kind, code, value in events
        if kind == sequences.EV_KEY and (typed := test.feed(code, value, at_s)) is not None
    ]
    assert len(found) == len(codes(path))
    settings = said["settings"]
    assert isinstance(settings, dict)
    layout, bare = (
        settings.get("layout", "us"),
        settings.get("prefix", "") + codes(path)[0] + settings.get("suffix", ""),
    )
    assert layout in found[0].layouts(lambda text: text == bare)
    assert found[0].slowest_s < 0.03


def test_a_person_is_no_scanner() -> None:
    test = ScanTest()
    keys = [3, 2, 2, 7, 9, 11, 11, 28]
    assert [test.feed(key, value, at * 0.031) for at, key in enumerate(keys) for value in (1, 0)] == [None] * 16
    assert [test.feed(key, 1, at * 0.001) for at, key in enumerate([3, 2, 28])] == [None] * 3, "too few"


def test_a_quick_end_after_slow_keys_counts_only_what_was_quick() -> None:
    test = ScanTest()
    for at, key in enumerate([3, 2, 2, 7]):
        assert test.feed(key, 1, float(at)) is None
    typed = None
    for at, key in enumerate([3, 4, 5, 6, 7, 8, 28]):
        typed = test.feed(key, 1, 10 + at * 0.002)
    assert typed is not None
    assert (typed.presses, typed.readings["us"]) == (6, "234567")


def test_layouts_are_chosen_by_the_patterns_that_are_known() -> None:
    test = ScanTest()
    keys = [(42, 1), *((key, value) for key in (3, 2, 2, 7, 9, 11) for value in (1, 0)), (42, 0), (28, 1)]
    (typed,) = [found for at, (key, value) in enumerate(keys) if (found := test.feed(key, value, at * 0.001))]
    assert typed.layouts(believed([r"2\d{5}"])) == ["fr"]
    assert typed.readings["us"] == "@!!^*)"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.stem in PLAYED else [pytest.mark.long], id=path.stem)
        for path in FILES
    ],
)  # fmt: skip
def test_a_recording_through_the_driver(path: Path, tmp_path: Path) -> None:
    said, events = sequences.read(path)
    device = Device(5, "Scanner")
    expected = codes(path)
    script = READ.format(path=device.path, settings=said["settings"], count=len(expected), broken_off=False)
    assert run(tmp_path, [device], {5: [event[1:] for event in events]}, script) == expected
