"""The tables between marks are the code's."""

import pytest

from kioskd.model.commands import COMMANDS
from kioskd.rules.outcome import Outcome
from tests.docs.drawn import DRAWN, HOW_FOUND
from tests.docs.pages import between, page, renewed

PRINTED = {
    "01": "yes",
    "02": "no",
    "03": "finish",
    "04": "finish_receipt",
    "05": "finish_bookmark",
    "06": "finish_both",
    "07": "cancel",
    "08": "more_time",
    "09": "next_patron",
    "10": "checkout",
    "11": "renew",
    "12": "items",
    "13": "help",
    "14": "withdraw_last",
    "15": "loans",
    "16": "renew_all",
    "20": "en",
    "21": "es",
    "22": "vi",
    "23": "ru",
    "24": "zh-Hans",
    "40": "go_offline",
    "41": "go_auto",
    "42": "lock",
    "43": "due_7",
    "44": "due_14",
    "45": "due_21",
    "46": "due_28",
    "47": "due_none",
    **{f"5{digit}": f"digit_{digit}" for digit in range(10)},
    "60": "enter",
    "61": "erase",
    "62": "staff_code",
}
"""What stands on cards that libraries have printed. Rows are added here, never changed or taken away."""


@pytest.mark.parametrize(("name", "mark"), DRAWN, ids=lambda text: text.replace("docs/", ""))
def test_the_table_is_the_codes(name: str, mark: str) -> None:
    assert between(page(name), mark) == DRAWN[name, mark](), "draw it anew with `python -m tests.docs`"


def test_a_printed_number_keeps_its_meaning() -> None:
    assert {number: row.command.value for number, row in COMMANDS.items()} == PRINTED


def test_every_outcome_says_how_it_is_found() -> None:
    assert set(HOW_FOUND) == set(Outcome)


def test_a_table_is_put_between_its_marks_and_nowhere_else() -> None:
    old = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n<!-- y -->\nold\n<!-- end of y -->\n"
    new = "a\n<!-- x -->\nnew\n<!-- end of x -->\nb\n<!-- y -->\nold\n<!-- end of y -->\n"
    assert renewed(old, "x", "new") == new
    with pytest.raises(AssertionError, match="no mark"):
        renewed(old, "z", "new")
