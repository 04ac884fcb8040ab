"""What waits for a person: every class has its words, its actions and its place."""

from typing import Any

import pytest

from kioskd.model.choices import ResolveAction
from kioskd.model.entry import EntryState
from kioskd.rules import worklist
from kioskd.rules.outcome import STATE, Outcome
from kioskd.texts import MODULES, table


@pytest.mark.parametrize("outcome", [each for each in Outcome if STATE[each] is EntryState.EXCEPTION])
def test_every_class_has_words_and_actions(outcome: Outcome) -> None:
    for language in MODULES:
        (found,) = worklist.classes(language, [{"class": outcome.value, "seq": 1}])
        assert found["text"] == table(language)[f"class_{outcome}"]
    actions = worklist.actions_of(outcome.value)
    assert len(set(actions)) == len(actions)
    assert ResolveAction.DROP in actions


def test_registrations_come_first_and_what_nobody_knows_last() -> None:
    exceptions: list[dict[str, Any]] = [
        {"class": name, "seq": seq}
        for seq, name in enumerate(["of another version", "unsure", "register_by_hand", "unsure"], 1)
    ]
    found = worklist.classes("en", exceptions)
    assert [(each["class"], [entry["seq"] for entry in each["entries"]]) for each in found] == [
        ("register_by_hand", [3]),
        ("unsure", [2, 4]),
        ("of another version", [1]),
    ]
    assert found[-1]["text"] == "It was refused. Look at the account first."
    assert found[-1]["actions"]


def test_each_action_is_offered_somewhere() -> None:
    assert {action for actions in worklist.ACTIONS.values() for action in actions} == set(ResolveAction)
