"""Every language says all that English says, fills in the same values, fits the paper and knows its own dates."""

import datetime as dt
import re
from collections.abc import Mapping
from string import Formatter

import pytest

from drivers.escpos_encode import cells, wrap
from kioskd.texts import MODULES, long_date, say, table

OTHERS = [language for language in MODULES if language != "en"]
ENGLISH = table("en")
NARROW_COLUMNS = 32
"""58 mm paper in font A."""
LETTERS = {"es": "áéíóúñ¿¡", "ru": "абвгде", "vi": "ạảấầẩẫậắằẳẵặẹẻẽếềểễệ", "zh-Hans": "的请您"}


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def filled(key: str, language: str) -> str:
    """The text with values as long as they come: item numbers, card endings, counts of three digits."""
    longest = {
        "item": "31234000000017",
        "code": "31234000000017",
        "card": "21234000000019",
        "blocks": "x, y",
        "other": "4567",
    }
    return say(language, key, **{name: longest.get(name, "128") for name in fields(ENGLISH[key])})


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_all_that_english_says_and_nothing_else(language: str) -> None:
    assert list(table(language)) == list(ENGLISH), "same keys, in the same order"
    assert all(text == text.strip() and text for text in table(language).values())


@pytest.mark.parametrize("language", MODULES)
def test_a_text_fills_in_the_values_that_english_has(language: str) -> None:
    for key, text in table(language).items():
        if key == "date_long":
            assert fields(text) == ["day", "month", "weekday", "year"]
        else:
            assert fields(text) == fields(ENGLISH[key]), key
            assert "{" not in filled(key, language), key


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_was_left_in_english(language: str) -> None:
    texts = table(language)
    assert {key for key, text in texts.items() if text == ENGLISH[key]} == set()
    english_words = re.compile(r"\b(the|card|please|item|library|desk|scan|staff|your)\b", re.IGNORECASE)
    for key, text in texts.items():
        assert not english_words.search(re.sub(r"\{\w+\}|staff\.codes_file", "", text)), key
    # An alphabet of its own: a table under the wrong name is noticed.
    assert sum(any(letter in text for letter in LETTERS[language]) for text in texts.values()) > len(texts) / 4


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_has_the_english_marks(language: str) -> None:
    """A question stays a question; a label without a full stop stays one."""
    for key, text in table(language).items():
        if key.startswith(("date_", "month_", "weekday_", "slip_")):
            continue
        asks = ENGLISH[key].endswith("?")
        assert text.endswith(("?", "？")) == asks, key
        if ENGLISH[key].endswith(".") and not ENGLISH[key].startswith("Is "):
            assert text.endswith((".", "。")), key
        if key.startswith("line_"):
            assert not text.endswith((".", "。")), key


@pytest.mark.parametrize("language", MODULES)
def test_what_the_screen_says_is_short(language: str) -> None:
    """What a front screen of 800 by 480 shows in letters for old eyes; Chinese characters count twice."""
    for key in table(language):
        if key.startswith("line_"):
            assert cells(filled(key, language)) <= 56, key
        elif not key.startswith(FOR_STAFF) and key not in REFUSALS:
            assert cells(filled(key, language)) <= 125, key


FOR_STAFF = ("slip_", "advice_", "board_", "class_", "mail_", "read_out")
"""On paper, on the downtime board, and in what is read out or sent."""
REFUSALS = {"checkin_needs_ils", "keep_in_crate", "rfid_needs_ils"}
"""Read by staff, in a sheet of their own."""


@pytest.mark.parametrize("language", MODULES)
def test_a_slip_fits_the_narrowest_paper(language: str) -> None:
    for key in (key for key in ENGLISH if key.startswith("slip_")):
        text = filled(key, language)
        assert all(cells(word) <= NARROW_COLUMNS for word in text.split()), key
        assert len(list(wrap(text, NARROW_COLUMNS))) <= 3, key


@pytest.mark.parametrize("language", MODULES)
def test_a_date_in_large_letters_breaks_between_its_words(language: str) -> None:
    large = NARROW_COLUMNS // 2
    for number in range(366):
        text = long_date(language, dt.date(2028, 1, 1) + dt.timedelta(days=number))
        lines = list(wrap(text, large))
        assert " ".join(lines) == text
        assert len(lines) <= 3


DATES: Mapping[str, tuple[str, str]] = {
    "en": ("Monday, December 14, 2026", "Sunday, May 2, 2027"),
    "es": ("lunes 14 de diciembre de 2026", "domingo 2 de mayo de 2027"),
    "ru": ("понедельник, 14 декабря 2026 г.", "воскресенье, 2 мая 2027 г."),
    "vi": ("Thứ Hai, ngày 14 tháng 12 năm 2026", "Chủ Nhật, ngày 2 tháng 5 năm 2027"),
    "zh-Hans": ("2026年12月14日 星期一", "2027年5月2日 星期日"),
}


@pytest.mark.parametrize("language", MODULES)
def test_a_date_is_written_as_people_write_it(language: str) -> None:
    monday, sunday = DATES[language]
    assert long_date(language, dt.date(2026, 12, 14)) == monday
    assert long_date(language, dt.date(2027, 5, 2)) == sunday


@pytest.mark.parametrize("language", MODULES)
def test_each_day_of_a_year_has_a_name_of_its_own(language: str) -> None:
    days = {long_date(language, dt.date(2027, 1, 1) + dt.timedelta(days=number)) for number in range(365)}
    assert len(days) == 365


def test_an_unknown_language_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        say("xx", "done", count="1")
