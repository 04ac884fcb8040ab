"""Views of every shape that their types allow, drawn from the types themselves: a field that is added is in them."""

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import strategies as st

from kioskd.model.calls import METHODS
from kioskd.model.view import View

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "<b>&amp;</b>" * 20, "<img src=x onerror=alert(1)>", "2026-12-18", "2026-02-30", "W" * 400, "Привет 你好"]
    ),
)
NUMBERS = st.integers(0, 2**53 - 1) | st.integers(0, 40)
NAMED: Mapping[str, st.SearchStrategy[Any]] = {
    "language": st.sampled_from(["en", "es", "vi", "ru", "zh-Hans", "tlh", "x"]),
    "choices": st.lists(st.sampled_from([*METHODS, "session.teleport"]), max_size=12, unique=True),
}
"""Fields whose type says less than the contract."""


def of(type_: Any) -> st.SearchStrategy[Any]:
    """Values of a type of the model."""
    origin = typing.get_origin(type_)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*[of(each) for each in typing.get_args(type_)])
    if origin is tuple:
        return st.lists(of(typing.get_args(type_)[0]), max_size=4).map(tuple)
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(st.sampled_from(["item", "count", "x"]), TEXTS, max_size=3)
    if dataclasses.is_dataclass(type_):
        hints = typing.get_type_hints(type_)
        fields = {field.name: NAMED.get(field.name, of(hints[field.name])) for field in dataclasses.fields(type_)}
        return st.builds(type_, **fields)
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return st.sampled_from(list(type_))
    if isinstance(type_, typing.NewType):
        return of(type_.__supertype__)
    simple = {str: TEXTS, bool: st.booleans(), int: NUMBERS, float: st.floats(0, 1e6), type(None): st.none()}
    return simple[type_]


def as_sent(view: View) -> dict[str, Any]:
    """A View as the socket writes it."""
    sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(view))
    return sent


VIEWS = of(View).map(as_sent)
