"""The quick copy is what `dataclasses.replace` gives, for everything that a step copies so."""

from dataclasses import dataclass, fields, replace

import pytest

from kioskd.rules.changed import changed
from kioskd.rules.link import Link
from kioskd.rules.session import Line, Session
from kioskd.rules.state import State
from tests.rules.station import ANNA, BOOK, town


def values() -> list[object]:
    station = town()
    station.scan(ANNA)
    station.scan(BOOK)
    state = station.state
    assert state.session is not None
    return [state, state.link, state.session, state.session.lines[0]]


@pytest.mark.parametrize("at", range(4))
def test_a_copy_is_as_the_library_makes_it(at: int) -> None:
    value = values()[at]
    assert isinstance(value, State | Link | Session | Line)
    assert changed(value) == value
    assert changed(value) is not value
    for field in fields(value):
        was = getattr(value, field.name)
        other = changed(value, **{field.name: "something else"})
        assert getattr(other, field.name) == "something else"
        assert getattr(value, field.name) is was
        assert changed(other, **{field.name: was}) == value == replace(other, **{field.name: was})


def test_what_is_no_field_is_refused() -> None:
    with pytest.raises(KeyError):
        changed(Link(), mises=1)


@dataclass(frozen=True, slots=True)
class Checked:
    number: int

    def __post_init__(self) -> None:
        assert self.number > 0


def test_a_value_that_checks_itself_is_refused() -> None:
    with pytest.raises(AssertionError, match="use replace"):
        changed(Checked(1), number=0)
