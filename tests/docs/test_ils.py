"""docs/ILS.md knows every question and every profile."""

import re
from typing import get_args

from kioskd.config.profiles import PROFILES
from kioskd.model.ils import Question
from kioskd.sip2.codes import Code
from tests.docs.pages import first_names, names, page, rows, section

PAGE = page("docs/ILS.md")


def test_every_question_has_its_row_and_a_message_that_exists() -> None:
    sent = rows(section(PAGE, "## What is sent"))
    assert {name for cells in sent for name in names(cells[1])} == {each.__name__ for each in get_args(Question)}
    assert {cells[0] for cells in sent} <= {code.value for code in Code}


def test_every_profile_has_its_row_with_what_it_sets() -> None:
    profiles = {cells[0].strip("`"): cells[3] for cells in rows(section(PAGE, "## Profiles"))}
    assert set(profiles) == set(PROFILES)
    for name, profile in PROFILES.items():
        for key, value in profile.defaults.items():
            told = str(value).lower() if isinstance(value, bool) else value
            assert {f"ils.{key}", told} <= names(profiles[name])


def test_the_live_words_are_the_codes() -> None:
    code = page("kioskd/rules/lending.py")
    live = re.search(r'outcome = \("(\w+)" if .* else "(\w+)"\) if answer.ok else "(\w+)"', code)
    assert live is not None
    told = section(PAGE, "## The way back").partition("What a patron hears live")[2].partition("\n\n")[0]
    assert names(told) == set(live.groups())


def test_the_first_table_is_not_empty() -> None:
    assert len(first_names(section(PAGE, "## Profiles"))) == len(PROFILES)
