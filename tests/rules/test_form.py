"""The registration form: each field, what it takes and what it says otherwise."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.model.calls import PatronRegister
from kioskd.model.settings import RegistrationSettings, Secret
from kioskd.rules.form import Form, Wrong, age, filled, twin

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
    assert form(settings, **{field: "THREE"}) == Wrong(field, "one of ONE, TWO")
    assert isinstance(form(settings, **{field: "TWO"}), Form)


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
