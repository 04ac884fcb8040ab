"""What a code is: one row a sentence of the rule, then what must hold for any text at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.model.commands import COMMANDS, Command
from kioskd.model.settings import BarcodeSettings, CheckDigit
from kioskd.rules.recognise import (
    CheckDigitState,
    IsCard,
    IsCommand,
    IsEither,
    IsItem,
    IsNothing,
    Recognised,
    Why,
    luhn,
    recognise,
)
from tests.rules.station import ANNA, BOOK

PLAIN = BarcodeSettings()
COUNTY = BarcodeSettings(patron=(r"^21168\d{9}$", r"^\d{6}$"), item=(r"^31168\d{9}$",))
"""A county's cards start with 21168; student cards have six digits."""
PHONES = BarcodeSettings(extract=(r"card=(\d+)", r"^LIB:(\w+);"))
BOTH = BarcodeSettings(patron=(r"^\d{8}$",), item=(r"^\d{8}$", r"^[A-Z]\d{7}$"))
LICENCE = "@\n\x1e\rANSI 636014040002DL00410278ZC03190024DLDAQD1234562\nDCSDOE\nDACJANE\nDAG12 ELM ST\nDBB01311980\n"


@pytest.mark.parametrize(
    ("code", "is_what", "number"),
    [
        (ANNA, IsCard, ANNA),
        (BOOK, IsItem, BOOK),
        ("]C0" + ANNA, IsCard, ANNA),
        ("]A0" + BOOK, IsItem, BOOK),
        ("]F1" + f"A{BOOK}B", IsItem, BOOK),
        (f"a{ANNA}b", IsCard, ANNA),
        (f"D{ANNA}d", IsCard, ANNA),
        (f"  {BOOK}\r\n", IsItem, BOOK),
        ("KIOSK01", IsCommand, None),
        ("]C1KIOSK24", IsCommand, None),
        ("kiosk07", IsCommand, None),
    ],
)
def test_what_stands_around_a_number_is_taken_off(code: str, is_what: type[Recognised], number: str | None) -> None:
    found = recognise(code, PLAIN, typed=False)
    assert isinstance(found, is_what)
    if isinstance(found, IsCard):
        assert found.card == number
    elif isinstance(found, IsItem):
        assert found.item == number


def test_a_codabar_pair_stays_where_the_rest_is_no_number_of_ours() -> None:
    lettered = BarcodeSettings(patron=(r"^A\d{7}B$",), item=(r"^\d{7}$",))
    assert recognise("A1234567B", lettered, typed=False) == IsCard("A1234567B", CheckDigitState.NONE)
    assert recognise("A1234567C", lettered, typed=False) == IsItem("1234567", CheckDigitState.NONE)


def test_blanks_and_hyphens_are_taken_off_typed_codes_only() -> None:
    spaced = f"{ANNA[:1]} {ANNA[1:5]}-{ANNA[5:10]} {ANNA[10:]}"
    assert recognise(spaced, PLAIN, typed=True) == IsCard(ANNA, CheckDigitState.GOOD)
    assert isinstance(recognise(spaced, PLAIN, typed=False), IsNothing)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"https://my.library.example/?card={ANNA}&name=Jane", IsCard(ANNA, CheckDigitState.GOOD)),
        (f"LIB:{BOOK};", IsItem(BOOK, CheckDigitState.GOOD)),
        ("https://my.library.example/?card=12", IsNothing(Why.UNKNOWN, 35, "text")),
    ],
)
def test_what_phones_hold(code: str, expected: Recognised) -> None:
    assert recognise(code, PHONES, typed=False) == expected


def test_a_pattern_whose_group_found_nothing_finds_nothing() -> None:
    optional = BarcodeSettings(extract=(r"X(\d{14})?Y",))
    assert recognise("XY", optional, typed=False) == IsNothing(Why.UNKNOWN, 2, "letters_and_digits")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (ANNA[:-1], Why.INCOMPLETE),
        (ANNA[:6], Why.INCOMPLETE),
        (BOOK[1:], Why.INCOMPLETE),
        (BOOK[4:], Why.INCOMPLETE),
        (BOOK + "7", Why.TOO_LONG),
        (BOOK + BOOK, Why.TOO_LONG),
        ("9780306406157", Why.SHOP),
        ("9791234567896", Why.SHOP),
        ("978030640615751995", Why.SHOP),
        ("978030640615704", Why.SHOP),
        ("036000291452", Why.SHOP),
        ("4006381333931", Why.SHOP),
        ("KIOSK99", Why.UNKNOWN_COMMAND),
        ("HELLO", Why.UNKNOWN),
        ("", Why.EMPTY),
        ("   ", Why.EMPTY),
        (LICENCE, Why.UNKNOWN),
        ("\x00\x1b[A", Why.UNKNOWN),
    ],
)
def test_why_a_code_is_none_of_ours(code: str, why: Why) -> None:
    found = recognise(code, PLAIN, typed=False)
    assert isinstance(found, IsNothing)
    assert found.why is why


def test_of_a_code_that_is_none_of_ours_only_length_and_class_are_kept() -> None:
    found = recognise(LICENCE, PLAIN, typed=False)
    assert found == IsNothing(Why.UNKNOWN, len(LICENCE.strip()), "binary")
    assert not any(word in repr(found) for word in ("DOE", "JANE", "D1234562", "ELM"))


def test_a_short_card_is_no_truncated_one_where_a_pattern_knows_it() -> None:
    assert recognise("123456", COUNTY, typed=False) == IsCard("123456", CheckDigitState.NONE)
    assert isinstance(recognise("2116812", COUNTY, typed=False), IsNothing)


def test_what_fits_both_patterns_is_asked_about() -> None:
    assert recognise("12345678", BOTH, typed=False) == IsEither("12345678")
    assert recognise("B2345678", BOTH, typed=False) == IsItem("B2345678", CheckDigitState.NONE)


@pytest.mark.parametrize(
    ("setting", "digit", "expected"),
    [
        (CheckDigit.OFF, "bad", IsCard),
        (CheckDigit.WARN, "bad", IsCard),
        (CheckDigit.REQUIRE, "bad", IsNothing),
        (CheckDigit.REQUIRE, "good", IsCard),
    ],
)
def test_the_check_digit(setting: CheckDigit, digit: str, expected: type[Recognised]) -> None:
    card = ANNA if digit == "good" else ANNA[:-1] + str((int(ANNA[-1]) + 1) % 10)
    found = recognise(card, BarcodeSettings(check_digit=setting), typed=False)
    assert isinstance(found, expected)
    if isinstance(found, IsCard):
        assert found.check_digit is (CheckDigitState.GOOD if digit == "good" else CheckDigitState.BAD)
    elif isinstance(found, IsNothing):
        assert found.why is Why.CHECK_DIGIT


def test_only_fourteen_digits_have_a_check_digit() -> None:
    require = BarcodeSettings(patron=(r"^\d{6}$",), check_digit=CheckDigit.REQUIRE)
    assert recognise("123456", require, typed=False) == IsCard("123456", CheckDigitState.NONE)


def test_digits_of_other_scripts_are_no_digits() -> None:
    assert isinstance(recognise("2" + "٣" * 13, PLAIN, typed=True), IsNothing)


@pytest.mark.parametrize(("digits", "good"), [("79927398713", True), ("79927398710", False), ("0", True)])
def test_luhn_by_the_book(digits: str, good: bool) -> None:
    assert luhn(digits) is good


def test_one_wrong_digit_or_two_neighbours_swapped_are_seen() -> None:
    for place, digit in enumerate(ANNA):
        for other in "0123456789":
            if other != digit:
                assert not luhn(ANNA[:place] + other + ANNA[place + 1 :])
    for place in range(13):
        one, two = ANNA[place], ANNA[place + 1]
        if one != two and {one, two} != {"0", "9"}:
            assert not luhn(ANNA[:place] + two + one + ANNA[place + 2 :])


def test_every_command_has_its_own_number() -> None:
    assert len({row.command for row in COMMANDS.values()}) == len(COMMANDS) == len(Command)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.from_regex(r"[\]A-D0-9 -]{0,40}"), st.booleans())
def test_any_text_is_something(code: str, typed: bool) -> None:
    for patterns in (PLAIN, COUNTY, PHONES, BOTH):
        found = recognise(code, patterns, typed=typed)
        if isinstance(found, IsNothing):
            assert found.length <= len(code)
            assert found.kind in ("digits", "letters_and_digits", "text", "binary", "command")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from("23"), st.text("0123456789", min_size=13, max_size=13), st.integers(4, 13))
def test_a_cut_number_is_never_taken_for_another(first: str, rest: str, length: int) -> None:
    code = first + rest
    for cut in (code[:length], code[-length:]):
        assert not isinstance(recognise(cut, PLAIN, typed=False), IsCard | IsItem)
