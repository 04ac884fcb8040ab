"""The ring of inputs: nobody's number is in it, and what is in it is recognised as what it stands for."""

import dataclasses
import datetime as dt
import json
import typing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.model import calls as c
from kioskd.model import ils
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import Entry, EntryState, How, Kind, ModeName, NewEntry, Seq
from kioskd.model.inputs import Answered, Asked, EntriesRead, Event, Fetched, Input, Scanned, Sealed
from kioskd.model.settings import (
    BarcodeSettings,
    IlsSettings,
    PrinterDriver,
    PrinterSettings,
    ScannerDriver,
    ScannerSettings,
    Secret,
    Settings,
    StationSettings,
)
from kioskd.model.time import ClockTrust, Instant
from kioskd.model.view import View
from kioskd.rules.recognise import IsCard, IsNothing, recognise
from kioskd.rules.state import State
from kioskd.trace.file import read
from kioskd.trace.hiding import treatment
from kioskd.trace.ring import Ring
from kioskd.trace.stand_in import stand_in
from kioskd.trace.written import NotReadable, document, value_of

CARD, ITEM = "21168045918653", "31168012345672"
PLAIN = BarcodeSettings()
COUNTY = BarcodeSettings(patron=(r"^21168\d{9}$", r"^\d{6}$"), item=(r"^31168\d{9}$",))
PHONES = BarcodeSettings(extract=(r"ID:(\d{14})",))
LETTERS = BarcodeSettings(patron=(r"^[A-Z]{5}\d{4}$",))
NOW = Instant(1.0, 2.0, 3.0)
ENTRY = Entry(
    Seq(1),
    NewEntry(
        id="x",
        kind=Kind.CHECKOUT,
        how=How.SCANNED,
        patron=PatronBarcode(CARD),
        item=ItemBarcode(ITEM),
        at_wall_s=0,
        at_boot_s=0,
        boot_id="b",
        clock=ClockTrust.TRUSTED,
        mode=ModeName.OFFLINE,
        station="S",
        session="s",
    ),
    EntryState.EXCEPTION,
    answer={"AF": "Lent to Jane Doe"},
    reason="Jane Doe called",
)


def texts(value: Any) -> str:
    """Every text inside, also what a repr hides."""
    if isinstance(value, str):
        return str.__str__(value) + "\n"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return "".join(texts(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, dict):
        return "".join(texts(key) + texts(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return "".join(texts(each) for each in value)
    return f"{value}\n"


def asked(call: c.Call) -> Asked:
    return Asked(c.RequestId(1), c.Role.SCREEN, call)


def answered(answer: ils.Answer) -> Answered:
    return Answered(ils.AskId(1), answer, 0.1)


@pytest.mark.parametrize(
    "what",
    [
        Scanned("front", Secret(CARD)),
        Scanned("front", Secret(f"A{CARD}B")),
        Scanned("front", Secret("@\nANSI 6360DOE\nJane Doe 4711")),
        asked(c.SessionInput(Secret(CARD))),
        asked(c.SessionInput(Secret("4711"))),
        asked(c.ScanInject(Secret(ITEM))),
        asked(c.StaffUnlock(Secret("4711"))),
        asked(c.StaffLock(Secret("4711"))),
        asked(c.ItemCheckin(ItemBarcode(ITEM))),
        asked(c.SheetAdd(dt.datetime(2026, 11, 24, tzinfo=dt.UTC), "C", Secret(ITEM), Secret(CARD))),
        asked(c.PatronRegister(Secret(CARD), Secret("DOE"), Secret("4711"), "Jane", first=Secret("Jane"))),
        Sealed(c.RequestId(1), "DOE", "Jane"),
        answered(ils.PatronAnswer(PatronBarcode(CARD), valid=True, charged=(ItemBarcode(ITEM),), message="Jane Doe")),
        answered(ils.ItemAnswer(ItemBarcode(ITEM), ils.Circulation.CHARGED, known=True, message="Jane Doe")),
        answered(ils.LoanAnswer(ok=True, renewal=False, item=ITEM, patron=CARD, message="Jane Doe")),
        answered(ils.CheckinAnswer(ok=True, item=ITEM, alert=True, message="Jane Doe")),
        Fetched((ENTRY,)),
        EntriesRead(c.RequestId(1), (ENTRY,)),
    ],
)
def test_no_number_pin_or_name_stays(what: Input) -> None:
    ring = Ring(PLAIN)
    ring.add(Event(NOW, what))
    (kept,) = ring.kept()
    assert type(kept.input) is type(what)
    assert not [secret for secret in (CARD, ITEM, "4711", "Jane", "DOE") if secret in texts(kept)]


def test_what_a_code_was_stands_beside_it() -> None:
    ring = Ring(PLAIN)
    for code in (CARD, ITEM, "hello", "KIOSK01"):
        ring.add(Event(NOW, Scanned("front", Secret(code))))
    assert [each.recognised for each in ring.kept()] == ["IsCard", "IsItem", "IsNothing", "IsCommand"]


def test_the_ring_forgets_the_oldest() -> None:
    ring = Ring(PLAIN, kept=3)
    for n in range(5):
        ring.add(Event(dataclasses.replace(NOW, mono_s=n), asked(c.ViewGet())))
    assert [each.at.mono_s for each in ring.kept()] == [2, 3, 4]


def test_what_needs_no_hiding_is_kept_as_it_was() -> None:
    call = asked(c.SessionDueDate(dt.date(2027, 1, 5)))
    ring = Ring(PLAIN)
    ring.add(Event(NOW, call))
    assert ring.kept()[0].input == call


DIGITS = "0123456789"
NUMBERS = st.builds(lambda first, rest: first + rest, st.sampled_from("23"), st.text(DIGITS, min_size=13, max_size=13))


@settings(max_examples=200, deadline=None)
@given(NUMBERS)
def test_a_stand_in_is_recognised_as_what_it_stands_for(code: str) -> None:
    other = stand_in(code, PLAIN)
    assert other != code
    assert len(other) == len(code)
    one, two = (recognise(each, PLAIN, typed=False) for each in (code, other))
    assert (type(one), one.check_digit) == (type(two), two.check_digit)
    assert stand_in(code, PLAIN) == other


@settings(max_examples=100, deadline=None)
@given(st.text(DIGITS, min_size=9, max_size=9))
def test_also_where_a_pattern_wants_five_digits_first(rest: str) -> None:
    code = "31168" + rest
    other = stand_in(code, COUNTY)
    assert not isinstance(recognise(other, COUNTY, typed=False), IsNothing)
    assert other[5:] != rest


def test_letters_that_may_be_a_name_go_too() -> None:
    other = stand_in("SMITH1234", LETTERS)
    assert not isinstance(recognise(other, LETTERS, typed=False), IsNothing)
    assert "SMITH"[1:] not in other


def test_of_what_a_phone_holds_only_the_number_gets_a_stand_in() -> None:
    other = stand_in(f"N:Jane Doe;ID:{CARD}", PHONES)
    assert "Jane" not in other
    assert type(recognise(other, PHONES, typed=False)) is type(recognise(CARD, PHONES, typed=False))


def classes(annotation: Any, found: dict[str, type]) -> dict[str, type]:
    for inner in typing.get_args(annotation):
        classes(inner, found)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation) and annotation.__name__ not in found:
        found[annotation.__name__] = annotation
        for hint in typing.get_type_hints(annotation).values():
            classes(hint, found)
    return found


def test_somebody_has_decided_about_every_text_that_a_trace_can_hold() -> None:
    held = classes(State, classes(Event, {}))
    drawn = classes(View, {})  # drawn anew from what is hidden
    undecided = [
        (name, field.name)
        for name, kind in held.items()
        if name not in drawn
        for field in dataclasses.fields(kind)
        if treatment(name, field.name, typing.get_type_hints(kind)[field.name]) is None
    ]
    assert len(held) > 100
    assert undecided == []


def test_digits_keyed_by_scanner_are_nobodys_number_and_no_code() -> None:
    for keys in (CARD, f"X{CARD}"):
        ring = Ring(PLAIN)
        codes = ["KIOSK62" if key == "X" else f"KIOSK5{key}" for key in keys]
        for n, code in enumerate([*codes, "KIOSK60"]):
            ring.add(Event(dataclasses.replace(NOW, mono_s=2.0 * n), Scanned("front", Secret(code))))
        pressed = "".join(str(each.input.code)[-1] for each in ring.kept() if isinstance(each.input, Scanned))[:-1]
        assert CARD not in pressed
        assert isinstance(recognise(pressed, PLAIN, typed=True), IsCard) == (keys == CARD)


def test_what_was_written_is_read_again() -> None:
    ring = Ring(PLAIN)
    for code in (CARD, "KIOSK01"):
        ring.add(Event(NOW, Scanned("front", Secret(code))))
    for each in ring.kept():
        assert value_of(json.loads(json.dumps(document(each.input)))) == each.input


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kioskd_trace": 2}', '{"kioskd_trace": 1, "state": {"$": "Gone"}}'])
def test_a_file_that_is_no_trace_is_told_by_its_line(text: str) -> None:
    with pytest.raises(NotReadable, match=r"line 1|no such thing"):
        read(text)


def test_a_station_whose_devices_are_configured_is_written_and_read() -> None:
    made = Settings(
        station=StationSettings("S"),
        ils=IlsSettings("ils.example"),
        scanners=(ScannerSettings("front", ScannerDriver.SERIAL, port="/dev/ttyACM0"),),
        printer=PrinterSettings(PrinterDriver.NETWORK, url="127.0.0.1:9100"),
    )
    assert value_of(json.loads(json.dumps(document(made)))) == made
