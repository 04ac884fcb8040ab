"""The registration form: each field, what it takes and what it says otherwise."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.model.calls import PatronRegister
from kioskd.model.settings import CATEGORIES_NOT_OFFERED, RegistrationSettings, Secret
from kioskd.rules.form import LONGEST, OLDEST_YEARS, TICKS, Form, age, choices, filled, twin
from kioskd.rules.wrong import Wrong
from kioskd.texts import MODULES, label

TODAY = dt.date(2026, 11, 27)
SETTINGS = RegistrationSettings(ticks=("paper_form_kept", "guardian_signed"))
GOOD: dict[str, Any] = {
    "card": Secret("21168045918653"),
    "first": Secret("Zoë"),
    "last": Secret("Čapek"),
    "birth_date": Secret("02/29/1996"),
    "language": "English",
    "ticks": ("paper_form_kept",),
}


def form(settings: RegistrationSettings = SETTINGS, **changes: Any) -> Form | Wrong:
    return filled(PatronRegister(**{**GOOD, **changes}), settings, TODAY)


def test_a_form_keeps_what_was_typed_by_name() -> None:
    found = form(
        middle=" de  la ",
        alt_first="Maria",
        alt_last="Novak",
        address="1 Main St\n\n Portland, OR",
        email="zoe@example.org",
        phone="503-555-0100",
        categories=("1=ADULT", "LOC=WEST"),
    )
    assert found == Form(
        {
            "first": "Zoë",
            "middle": "de la",
            "last": "Čapek",
            "language": "English",
            "birth_date": "1996-02-29",
            "category 1": "ADULT",
            "category LOC": "WEST",
            "address": "1 Main St\nPortland, OR",
            "email": "zoe@example.org",
            "phone": "503-555-0100",
            "ticks": "paper_form_kept",
            "ALT_NAMES": "Maria Novak",
        }
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"last": "  "}, "last"),
        ({"first": "a\x07b"}, "first"),
        ({"middle": "x" * 201}, "middle"),
        ({"language": ""}, "language"),
        ({"birth_date": "02/29/2001"}, "birth_date"),
        ({"birth_date": "11/28/2026"}, "birth_date"),
        ({"birth_date": "29.02.1996"}, "birth_date"),
        ({"birth_date": "01/01/1890"}, "birth_date"),
        ({"birth_date": ""}, "birth_date"),
        ({"categories": ("9=X",)}, "categories"),
        ({"categories": ("los=X",)}, "categories"),
        ({"categories": ("ADULT",)}, "categories"),
        ({"categories": ("1=ADULT", "1=CHILD")}, "categories"),
        ({"address": "\n".join("1234567")}, "address"),
        ({"email": "nobody"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"ticks": ()}, "ticks"),
        ({"ticks": ("paper_form_kept", "other")}, "ticks"),
        ({"birth_date": "11/28/2008"}, "ticks"),
    ],
    ids=str,
)
def test_what_cannot_stay_names_its_field(changes: dict[str, Any], field: str) -> None:
    wrong = form(**changes)
    assert isinstance(wrong, Wrong)
    assert wrong.field == field
    assert wrong.expected


@pytest.mark.parametrize("field", ["library", "profile", "language"])
def test_a_configured_list_is_all_that_is_offered(field: str) -> None:
    settings = RegistrationSettings(**{f"{field[:-1]}ies" if field == "library" else f"{field}s": ("ONE", "TWO")})
    assert form(settings, **{field: "THREE"}) == Wrong(field, "form_one_of", {"allowed": "ONE, TWO"})
    assert isinstance(form(settings, **{field: "TWO"}), Form)


def test_categories_are_those_that_are_configured_and_each_is_a_field_of_the_form() -> None:
    settings = RegistrationSettings(categories=("1=ADULT", "1=CHILD", "LOC=WEST"), ticks=())
    assert choices(settings)["categories"] == ["1=ADULT", "1=CHILD", "LOC=WEST"]
    found = form(settings, categories=("1 = CHILD",))
    assert isinstance(found, Form)
    assert found.content["category 1"] == "CHILD"
    assert form(settings, categories=("1=TEEN",)) == Wrong(
        "categories", "form_one_of", {"allowed": "1=ADULT, 1=CHILD, LOC=WEST"}
    )
    assert form(settings, categories=("2=ADULT",)) == form(settings, categories=("1=TEEN",))


@pytest.mark.parametrize("language", MODULES)
def test_what_is_expected_is_told_in_the_language_of_the_page(language: str) -> None:
    """The tick is called as the page calls it."""
    wrong = form(ticks=())
    assert isinstance(wrong, Wrong)
    assert label(language, "tick_paper_form_kept") in wrong.words(language)
    assert wrong.expected == wrong.words("en")


def test_a_guardian_signs_until_the_birthday() -> None:
    assert isinstance(form(birth_date="11/27/2008"), Form)
    assert isinstance(form(birth_date="11/28/2008", ticks=("paper_form_kept", "guardian_signed")), Form)


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (dt.date(2008, 2, 29), dt.date(2026, 2, 28), 17),
        (dt.date(2008, 2, 29), dt.date(2026, 3, 1), 18),
        (dt.date(2026, 11, 27), dt.date(2026, 11, 27), 0),
    ],
)
def test_whole_years(born: dt.date, today: dt.date, years: int) -> None:
    assert age(born, today) == years


def test_twins_are_told_by_name_and_birth_date_alone() -> None:
    one, other = form(first="ZOË", email="a@example.org"), form(middle="X")
    assert isinstance(one, Form)
    assert isinstance(other, Form)
    assert twin(one) == twin(other)


TEXT = st.text(max_size=30)


@given(
    st.fixed_dictionaries(
        {"first": TEXT, "last": TEXT, "address": TEXT, "email": TEXT, "phone": TEXT, "language": TEXT},
        optional={
            "birth_date": TEXT | st.dates().map(lambda day: f"{day:%m/%d/%Y}"),
            "categories": st.lists(TEXT, max_size=3).map(tuple),
            "ticks": st.lists(TEXT | st.just("id_seen"), max_size=3).map(tuple),
        },
    )
)
def test_any_form_is_taken_or_names_a_field_of_it(changes: dict[str, Any]) -> None:
    found = form(**changes)
    if isinstance(found, Wrong):
        assert found.field in PatronRegister.__slots__
    else:
        assert all(text and text.replace("\n", "").isprintable() for text in found.content.values())
        assert dt.date.fromisoformat(found.content["birth_date"]) <= TODAY


# Each field by itself: whatever is typed there is kept as it was typed but for blanks, or the field is named.

FEW = settings(max_examples=25)
NAMES = ("first", "middle", "last", "alt_first", "alt_middle", "alt_last", "library", "profile", "language")
ANY = st.text(st.characters(), max_size=LONGEST + 20)


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("field", NAMES)
@FEW
@given(text=ANY)
def test_any_name_is_kept_or_named(field: str, text: str) -> None:
    found = form(**{field: text})
    may_stay = plain(text).isprintable() and len(plain(text)) <= LONGEST
    if field in ("last", "language"):
        may_stay = may_stay and bool(plain(text))
    if not may_stay:
        assert isinstance(found, Wrong)
        assert (found.field, bool(found.expected)) == (field, True)
        return
    assert isinstance(found, Form)
    kept = found.content.get("ALT_NAMES" if field.startswith("alt_") else field, "")
    assert kept == plain(text)


@FEW
@given(born=st.dates(dt.date(1800, 1, 1), dt.date(2200, 1, 1)), style=st.sampled_from(["%m/%d/%Y", "%Y-%m-%d"]))
def test_any_day_is_kept_or_named(born: dt.date, style: str) -> None:
    found = form(birth_date=f"{born:{style}}", ticks=TICKS)
    if born <= TODAY and age(born, TODAY) <= OLDEST_YEARS:
        assert isinstance(found, Form)
        assert found.content["birth_date"] == born.isoformat()
    else:
        assert isinstance(found, Wrong)
        assert found.field == "birth_date"


@FEW
@given(text=st.text(st.sampled_from("0123456789/-. ab"), max_size=12))
def test_what_is_no_day_is_named_and_told_how_to_write_one(text: str) -> None:
    found = form(birth_date=text, ticks=TICKS)
    if isinstance(found, Wrong):
        assert found.field == "birth_date"
        assert found.expected.startswith("a day")
    else:
        assert f"{dt.date.fromisoformat(found.content['birth_date']):%Y}" in text


@FEW
@given(lines=st.lists(ANY, max_size=8))
def test_any_address_is_kept_line_by_line_or_named(lines: list[str]) -> None:
    found = form(address="\n".join(lines))
    kept = [plain(line) for line in "\n".join(lines).splitlines() if line.strip()]
    if len(kept) <= 6 and all(line.isprintable() and len(line) <= LONGEST for line in kept):
        assert isinstance(found, Form)
        assert found.content.get("address", "") == "\n".join(kept)
    else:
        assert isinstance(found, Wrong)
        assert found.field == "address"


@FEW
@given(text=st.text(st.sampled_from("ab.@ \t-+é"), max_size=20))
def test_any_mail_address_is_kept_or_named(text: str) -> None:
    found = form(email=text)
    if isinstance(found, Wrong):
        assert found.field == "email"
    else:
        kept = found.content.get("email", "")
        assert kept == text.strip()
        assert not kept or (kept.count("@") == 1 and "." in kept.partition("@")[2])


@FEW
@given(text=st.text(st.sampled_from("0123456789+()-. xab\n"), max_size=45))
def test_any_telephone_is_kept_or_named(text: str) -> None:
    found = form(phone=text)
    if isinstance(found, Wrong):
        assert found.field == "phone"
    else:
        kept = found.content.get("phone", "")
        assert kept == text.strip()
        assert not kept or any(sign.isdigit() or sign == "+" for sign in kept)


@FEW
@given(listed=st.lists(st.text(st.sampled_from("91LOS=aZ \x07"), max_size=8), max_size=4))
def test_any_categories_are_kept_or_named_and_those_that_stay_empty_stay_so(listed: list[str]) -> None:
    found = form(categories=tuple(listed))
    if isinstance(found, Wrong):
        assert found.field == "categories"
    else:
        names = {name.removeprefix("category ").upper() for name in found.content if name.startswith("category ")}
        assert not names & CATEGORIES_NOT_OFFERED


@FEW
@given(ticks=st.lists(st.sampled_from([*TICKS, "other"]), max_size=4), years=st.integers(0, 60))
def test_any_ticks_are_kept_or_named(ticks: list[str], years: int) -> None:
    born = TODAY.replace(year=TODAY.year - years)
    found = form(birth_date=f"{born:%m/%d/%Y}", ticks=tuple(ticks))
    wanted = {"paper_form_kept"} | ({"guardian_signed"} if years < 18 else set())
    if set(ticks) <= set(TICKS) and wanted <= set(ticks):
        assert isinstance(found, Form)
        assert set(found.content["ticks"].split()) == set(ticks)
    else:
        assert isinstance(found, Wrong)
        assert found.field == "ticks"
