"""Scanners on the kernel's own event devices: what only a real kernel does."""

import pytest

from drivers.scan_loop import READS_AT_ONCE
from hardware_sim.vm.machine import Machine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]
KINDS = ("uinput", "uhid", "usb")
PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
CARD = "20000000000014"


@pytest.mark.parametrize("kind", KINDS)
def test_each_printable_character_is_typed_and_read(machine: Machine, kind: str) -> None:
    got = machine.call("tests.vm.guest.codes:whole_codes", kind=kind)
    assert got == [CARD, PRINTABLE[:32], PRINTABLE[32:64], PRINTABLE[64:]]


@pytest.mark.cell("evdev", "held by another", on="uinput")
@pytest.mark.parametrize("kind", KINDS)
def test_nobody_else_hears_a_grabbed_scanner(machine: Machine, kind: str) -> None:
    assert machine.call("tests.vm.guest.codes:grab", kind=kind) == {
        "got": [CARD],
        "leaked": False,
        "second opener": "busy",
        "heard after closing": True,
        "grabbed by another": "busy",
    }


@pytest.mark.cell("evdev", "unplugged in a code", on="uinput")
@pytest.mark.parametrize("kind", KINDS)
def test_unplugged_in_the_middle_of_a_scan(machine: Machine, kind: str) -> None:
    told = machine.call("tests.vm.guest.codes:unplugged_mid_scan", kind=kind)
    print(told)
    assert told["half"] == []
    assert told["errno is ENODEV"]


@pytest.mark.cell("evdev", "overflow", on="uhid")
@pytest.mark.parametrize("kind", ["uhid", "usb"])
def test_a_scan_that_waits_unread_is_whole_or_lost_and_never_shorter(machine: Machine, kind: str) -> None:
    whole, lost, lengths = [], [], list(range(8, 21))
    told = machine.call("tests.vm.guest.codes:unread", kind=kind, lengths=lengths)
    for length, (first, *rest) in zip(lengths, told, strict=True):
        assert rest == [CARD], "the next scan is whole"
        if first == ["overflow"]:
            lost.append(length)
        else:
            assert first == ("1234567890" * 4)[:length]
            whole.append(length)
    print(f"{kind}: whole up to {max(whole)} characters and a suffix, lost from {min(lost)}")
    assert max(whole) < min(lost)
    assert 11 in lost


def test_the_station_hears_of_a_lost_scan(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.life:lost_is_told") == ["ScanLost", CARD]


@pytest.mark.cell("evdev", "held by another", on="uinput")
def test_a_scanner_whose_holder_was_killed_is_free(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.codes:held_by_a_killed_process") == ["busy", CARD]


@pytest.mark.cell("evdev", "not permitted", on="uhid")
def test_a_scanner_that_may_not_be_read_is_taken_when_its_rights_come(machine: Machine) -> None:
    failing, ready = machine.call("tests.vm.guest.life:rights_come_later")
    assert failing[0] == "failing"
    assert "sudo usermod -aG" in failing[2] or "udev rules" in failing[2]
    assert ready == ["ready", None, None]


@pytest.mark.cell("hidraw", "two codes of one trigger", on="uhid")
@pytest.mark.cell("hidraw", "held by another", on="uhid")
@pytest.mark.cell("hidraw", "breaks off", on="uhid")
def test_a_hid_pos_scanner_hands_over_whole_codes(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.raw:codes") == {
        "first": CARD,
        "symbology": "code_128",
        "then": ["0123456789" * 30, "1", "2"],
        "second opener": "busy",
        "broken off": [["timed_out"]],
    }


@pytest.mark.cell("hidraw", "unplugged in a code", on="uhid")
def test_a_hid_pos_scanner_that_is_pulled_out(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.raw:unplugged") == {"half": [], "after": "gone", "again": [CARD]}


@pytest.mark.cell("hidraw", "goes mad", on="uhid")
def test_a_hid_pos_scanner_gone_mad(machine: Machine) -> None:
    told = machine.call("tests.vm.guest.raw:goes_mad")
    print(told)
    assert 0 < told["most at once"] <= READS_AT_ONCE + 1, "a loss may be told beside what was read"
    assert told["codes"] > 0
    assert told["whole and in order"]
    assert told["lost"] in ([], ["overflow"])
    assert told["again"] == [CARD]
