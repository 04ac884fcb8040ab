"""Key events in, codes out. Sequences are built from key codes and makers' manuals, not captured from scanners."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.aim import Symbology
from drivers.base import Code, LostReason, ScanEvent, ScanLost
from drivers.key_assembler import KeyAssembler
from drivers.layouts import LAYOUTS

# Linux, input-event-codes.h
KEY = {
    "1": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10, "0": 11, "MINUS": 12, "TAB": 15,
    "Q": 16, "W": 17, "E": 18, "R": 19, "T": 20, "Y": 21, "U": 22, "I": 23, "O": 24, "P": 25, "LEFTBRACE": 26,
    "RIGHTBRACE": 27, "ENTER": 28, "CTRL": 29, "A": 30, "S": 31, "D": 32, "F": 33, "G": 34, "H": 35, "J": 36, "K": 37,
    "L": 38, "SHIFT": 42, "Z": 44, "X": 45, "C": 46, "V": 47, "B": 48, "N": 49, "M": 50, "SLASH": 53, "RIGHTSHIFT": 54,
    "ALT": 56, "SPACE": 57, "CAPS": 58, "NUMLOCK": 69, "KP7": 71, "KP8": 72, "KP9": 73, "KP4": 75, "KP5": 76, "KP6": 77,
    "KP1": 79, "KP2": 80, "KP3": 81, "KP0": 82, "KPENTER": 96, "ALTGR": 100, "F5": 63, "EQUAL": 13,
}  # fmt: skip

Events = list[tuple[int, int]]


def keys(*presses: str) -> Events:
    """Make events of presses such as `A`, `SHIFT+A`, `CTRL+RIGHTBRACE`, `2*` (held down so long that it repeats)."""
    events: Events = []
    for press in presses:
        *held, last = press.rstrip("*").split("+")
        events += [(KEY[name], 1) for name in held]
        events += [(KEY[last], 1), *([(KEY[last], 2)] * 3 if press.endswith("*") else []), (KEY[last], 0)]
        events += [(KEY[name], 0) for name in reversed(held)]
    return events


def alt(*codes: str) -> Events:
    """Make events of Alt codes: Alt down, the digits on the keypad, Alt up."""
    events: Events = []
    for code in codes:
        events += [(KEY["ALT"], 1), *keys(*(f"KP{digit}" for digit in code)), (KEY["ALT"], 0)]
    return events


def type_into(assembler: KeyAssembler, events: Events) -> list[ScanEvent]:
    return [scan for key, value in events for scan in assembler.feed(key, value)]


def texts(events: list[ScanEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Code)]


SETTINGS = {
    "us, digits, Enter": ({}, keys(*"21168000000014", "ENTER"), "21168000000014"),
    "keypad digits, keypad Enter": (
        {},
        keys("NUMLOCK", *(f"KP{digit}" for digit in "1234567890"), "KPENTER", "NUMLOCK"),
        "1234567890",
    ),
    "AIM prefix": ({}, keys("RIGHTBRACE", "SHIFT+C", "0", *"31168", "ENTER"), "]C031168"),
    "Codabar with its frame, Tab": (
        {"terminator": "tab"},
        keys("SHIFT+A", *"21168", "RIGHTSHIFT+B", "TAB"),
        "A21168B",
    ),
    "caps lock around the letters": ({}, keys("CAPS", "A", "SHIFT+B", "1", "CAPS", "C", "ENTER"), "Ab1c"),
    "caps lock was on": ({"caps_lock": True}, keys("A", "SHIFT+B", "1", "ENTER"), "Ab1"),
    "Alt codes": ({}, alt("065", "0050", "49", "0252", "013"), "A21ü"),
    "Alt codes of DOS": ({}, alt("129") + keys("ENTER"), "ü"),
    "GS as Ctrl+]": ({}, keys(*"01", "CTRL+RIGHTBRACE", *"21", "CTRL+M"), "01\x1d21"),
    "RS as Ctrl+6, US as Ctrl+minus": ({}, keys("CTRL+6", "CTRL+MINUS", "A", "ENTER"), "\x1e\x1fa"),
    "prefix taken off": ({"prefix": "~"}, keys("SHIFT+1", *"12", "ENTER"), "!12"),
    "prefix of a letter": ({"prefix": "X"}, keys("SHIFT+X", *"12", "ENTER"), "12"),
    "keys held too long": ({}, keys("2*", "1", "1*", "6", "8", "ENTER"), "21168"),
    "de: y and z, hyphen": ({"layout": "de"}, keys("SHIFT+Z", "SHIFT+Y", "SLASH", "1", "ENTER"), "YZ-1"),
    "de: AIM prefix by AltGr": ({"layout": "de"}, keys("ALTGR+9", "SHIFT+C", "0", "1", "ENTER"), "]C01"),
    "de: AltGr as Ctrl+Alt": ({"layout": "de"}, keys("CTRL+ALT+9", "ENTER"), "]"),
    "de: dead circumflex": ({"layout": "de"}, [(41, 1), (41, 0), *keys("SPACE", "A", "ENTER")], "^a"),
    "de: GS by the key's place": ({"layout": "de"}, keys("1", "CTRL+RIGHTBRACE", "2", "ENTER"), "1\x1d2"),
    "fr: digits by shift": (
        {"layout": "fr"},
        keys("SHIFT+2", "SHIFT+1", "SHIFT+1", "SHIFT+6", "Q", "ENTER"),
        "2116a",
    ),
    "fr: digits by caps lock": ({"layout": "fr"}, keys("CAPS", *"2116", "CAPS", "ENTER"), "2116"),
    "fr: dead circumflex joins": ({"layout": "fr"}, keys("LEFTBRACE", "E", "ENTER"), "ê"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_typical_scanner_settings(name: str) -> None:
    settings, events, text = SETTINGS[name]
    assert type_into(KeyAssembler(**settings), events) == [
        Code(text, text.encode(), Symbology.CODE_128 if text.startswith("]C") else None)
    ]


def test_a_shift_that_repeats_stays_down() -> None:
    shift = KEY["SHIFT"]
    events = [(shift, 1), (shift, 2), (shift, 2), *keys("A"), (shift, 0), *keys("ENTER")]
    assert texts(type_into(KeyAssembler(), events)) == ["A"]


def test_suffix_is_what_is_configured_only() -> None:
    assert texts(type_into(KeyAssembler(terminator="enter"), keys("1", "TAB", "2", "ENTER"))) == []
    assert texts(type_into(KeyAssembler(terminator="tab"), keys("1", "2", "TAB"))) == ["12"]


@pytest.mark.parametrize("press", ["F5", "ALT+A", "ALTGR+A"])
def test_a_key_without_a_character_makes_the_whole_code_unreadable(press: str) -> None:
    assembler = KeyAssembler()
    assert type_into(assembler, keys("1", "2", press, "3", "ENTER")) == [ScanLost(LostReason.UNREADABLE)]
    assert texts(type_into(assembler, keys("4", "ENTER"))) == ["4"]


@pytest.mark.parametrize("settings", [{"layout": "xx"}, {"terminator": "cr"}])
def test_bad_settings_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="one of"):
        KeyAssembler(**settings)


def test_two_codes_of_one_trigger_stay_two() -> None:
    assert texts(type_into(KeyAssembler(), keys(*"978", "ENTER", *"31168", "ENTER"))) == ["978", "31168"]


def test_overflow_is_told_once_and_its_tail_is_no_code() -> None:
    assembler = KeyAssembler()
    type_into(assembler, keys(*"2116"))
    assert assembler.overflow() == [ScanLost(LostReason.OVERFLOW)]
    assert type_into(assembler, keys(*"0014", "ENTER")) == []
    assert texts(type_into(assembler, keys(*"31168", "ENTER"))) == ["31168"]


def test_overflow_that_took_the_suffix_costs_the_next_scan_and_says_so() -> None:
    assembler = KeyAssembler()
    assembler.overflow()
    assert assembler.pending
    assembler.break_off()
    assert type_into(assembler, keys(*"31168", "ENTER")) == [ScanLost(LostReason.OVERFLOW)]
    assert texts(type_into(assembler, keys(*"31168", "ENTER"))) == ["31168"]


def test_a_shift_whose_release_was_lost_does_not_stick() -> None:
    assembler = KeyAssembler()
    assembler.feed(KEY["SHIFT"], 1)
    assembler.overflow()
    assert texts(type_into(assembler, keys("ENTER", "1", "ENTER"))) == ["1"]


def test_opened_inside_a_scan() -> None:
    assembler = KeyAssembler()
    assembler.begin_inside()
    assert type_into(assembler, keys(*"0014", "ENTER")) == [ScanLost(LostReason.OVERFLOW)]
    assert texts(type_into(assembler, keys(*"2116", "ENTER"))) == ["2116"]


def test_too_long() -> None:
    assembler = KeyAssembler(max_characters=10)
    assert type_into(assembler, keys(*"1" * 100, "ENTER")) == [ScanLost(LostReason.TOO_LONG)]
    assert texts(type_into(assembler, keys(*"1234567890", "ENTER"))) == ["1234567890"]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_can_type_every_character_of_a_library_barcode(layout: object) -> None:
    plain, shift, alt_gr = layout.plain, layout.shift, layout.alt_gr  # type: ignore[attr-defined]
    assert set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.$/+%:]* ") <= {
        *plain.values(),
        *shift.values(),
        *alt_gr.values(),
    }


SCAN = st.tuples(
    st.text("0123456789ABCXYZ", min_size=2, max_size=30),
    st.sampled_from(["whole", "whole", "silence", "overflow", "suffix lost", "overflow takes the suffix"]),
    st.integers(0, 400),
    st.booleans(),
)


@given(st.lists(SCAN, max_size=20))
def test_no_code_but_one_that_was_scanned_whole(scans: list[tuple[str, str, int, bool]]) -> None:
    assembler, got, expected = KeyAssembler(), list[ScanEvent](), list[str]()
    broken, losses = False, 0
    for text, fate, at, held in scans:
        presses = [char if char.isdigit() else f"SHIFT+{char}" for char in text]
        events = keys(*(press + "*" if held else press for press in presses))
        cut = 1 + at % (len(events) - 1)
        begun = any(value == 1 and key != KEY["SHIFT"] for key, value in events[:cut])
        if fate == "whole" or (fate == "silence" and not begun):  # a shift alone is nothing to lose
            got += type_into(assembler, events[:cut])
            got += assembler.break_off() if fate == "silence" and not broken else []
            got += type_into(assembler, events[cut:] + keys("ENTER"))
            expected += [] if broken else [text]
            broken = False
            continue
        losses += 1
        if fate == "silence":
            got += type_into(assembler, events[:cut])
            got += assembler.break_off()
            got += type_into(assembler, events[cut:] + keys("ENTER"))
            broken = False
        elif fate == "overflow":
            got += type_into(assembler, events[: cut // 2])
            got += assembler.overflow()
            got += type_into(assembler, events[cut:] + keys("ENTER"))
            broken = False
        else:
            got += type_into(assembler, events)
            got += assembler.overflow() if fate.startswith("overflow") else []
            got += assembler.break_off()
            broken = True
    assert texts(got) == expected
    assert sum(isinstance(event, ScanLost) for event in got) >= losses


@given(st.lists(st.tuples(st.integers(0, 0x2FF), st.integers(0, 2)), max_size=300), st.sampled_from(sorted(LAYOUTS)))
def test_any_events_at_all_make_no_code_longer_than_its_presses(events: Events, layout: str) -> None:
    assembler, presses = KeyAssembler(layout=layout), 0
    for key, value in events:
        presses += value == 1
        for scan in assembler.feed(key, value):
            if isinstance(scan, Code):
                assert 0 < len(scan.text) <= presses
            presses = 0
