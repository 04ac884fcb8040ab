"""Dataclasses whose methods are written late do all that Python's own do; each of ours is compared with its twin."""

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kioskd
from kioskd.model import written_late

Decorator = Callable[..., Any]


def kinds(decorator: Decorator) -> dict[str, Any]:
    """The same classes, by one decorator or the other."""

    @decorator(frozen=True, slots=True)
    class Plain:
        a: int
        b: str = "b"

    @decorator(frozen=True, slots=True)
    class Made:
        rows: list[int] = dataclasses.field(default_factory=list)
        hidden: str = dataclasses.field(default="secret", repr=False)
        aside: int = dataclasses.field(default=0, compare=False)
        fixed: int = dataclasses.field(default=7, init=False)

    @decorator(frozen=True, slots=True)
    class Checks:
        a: int

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError("below zero")

    @decorator(frozen=True, slots=True)
    class ByName:
        a: int
        _: dataclasses.KW_ONLY
        b: int = 2
        c: tuple[int, ...] = ()

    @decorator(frozen=True, slots=True)
    class Empty:
        pass

    @decorator(frozen=True, slots=True)
    class Own:
        a: int

        def __repr__(self) -> str:
            return "own"

    found = {"Plain": Plain, "Made": Made, "Checks": Checks, "ByName": ByName, "Empty": Empty, "Own": Own}
    for name, kind in found.items():
        kind.__qualname__ = name
    return found


LATE, PYTHONS = kinds(written_late.dataclass), kinds(dataclasses.dataclass)


def told(work: Callable[[], object]) -> object:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever one raises the other is to raise
        return type(error)


VALUES = st.sampled_from([(), (1,), (-1,), (1, "x"), (2, "b"), ([3],), (1, 2, 3), (None,)])
NAMED = st.sampled_from([{}, {"b": 5}, {"c": (1,)}, {"rows": [1]}, {"aside": 4}, {"fixed": 1}, {"nobody": 0}])


@given(st.sampled_from(sorted(LATE)), VALUES, NAMED, VALUES, NAMED)
def test_they_do_the_same(name: str, one: Any, one_named: Any, two: Any, two_named: Any) -> None:
    seen = []
    for kind in (LATE[name], PYTHONS[name]):
        first = told(lambda kind=kind: kind(*one, **one_named))
        second = told(lambda kind=kind: kind(*two, **two_named))
        if isinstance(first, type) or isinstance(second, type):
            seen.append((first if isinstance(first, type) else repr(first), isinstance(second, type)))
            continue
        same = told(lambda first=first, second=second: hash(first) == hash(second))
        seen.append(
            (repr(first), repr(second), first == second, first != second, same, first == 5, dataclasses.asdict(first))
        )
        assert copy.deepcopy(first) == first
        assert dataclasses.replace(first) == first if name != "Made" else True
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", LATE)
def test_they_are_frozen_and_slotted(name: str) -> None:
    kind = LATE[name]
    value = kind(*([1] if name not in ("Made", "Empty") else []))
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.a = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.a
    assert not hasattr(value, "__dict__")
    assert kind.__match_args__ == PYTHONS[name].__match_args__


def test_what_a_factory_makes_is_new_each_time() -> None:
    assert LATE["Made"]().rows is not LATE["Made"]().rows


def test_what_is_not_asked_for_is_not_written() -> None:
    kind = kinds(written_late.dataclass)["Plain"]
    waiting = {name: kind.__dict__[name] for name in written_late.WRITERS}
    value = kind(1)
    assert {name for name in waiting if kind.__dict__[name] is not waiting[name]} == {"__init__"}
    assert value == kind(1)
    assert kind.__dict__["__eq__"] is not waiting["__eq__"]
    assert kind.__dict__["__hash__"] is waiting["__hash__"]


def test_other_options_are_pythons_own() -> None:
    @written_late.dataclass(order=True)
    class Ordered:
        a: int

    assert Ordered(1) < Ordered(2)
    kind = Ordered(1)
    kind.a = 3
    assert kind.a == 3


def ours() -> list[type]:
    """Every class of the station's that is written late."""
    found = {}
    rooms = {"model", "rules", "front", "journal", "trace", "staff", "daemon", "ils"}
    for module in pkgutil.walk_packages(kioskd.__path__, "kioskd."):
        if module.name.split(".")[1] not in rooms:
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            late = isinstance(kind, type) and kind.__dict__.get("__setattr__") is written_late.SHARED["__setattr__"]
            if late and dataclasses.is_dataclass(kind):
                found[kind] = None
    return list(found)


def test_each_of_ours_takes_what_its_twin_takes() -> None:
    mine = ours()
    assert len(mine) > 200
    for kind in mine:
        twin = dataclasses.make_dataclass(
            kind.__name__,
            [
                (
                    each.name,
                    each.type,
                    dataclasses.field(default=each.default, init=each.init, kw_only=each.kw_only)
                    if each.default_factory is dataclasses.MISSING
                    else dataclasses.field(default_factory=each.default_factory, init=each.init, kw_only=each.kw_only),
                )
                for each in dataclasses.fields(kind)
            ],
            frozen=True,
            slots=True,
        )
        wanted = inspect.signature(twin).parameters.values()
        written = list(inspect.signature(written_late.WRITERS["__init__"](kind)).parameters.values())[1:]
        empty = inspect.Parameter.empty
        assert [(each.name, each.kind, each.default is empty) for each in written] == [
            (each.name, each.kind, each.default is empty) for each in wanted
        ], kind


def test_they_go_through_a_pipe() -> None:
    """The configuration is read in a child process."""
    from kioskd.model.settings import IlsSettings

    settings = IlsSettings(host="ils", port=6001)
    assert pickle.loads(pickle.dumps(settings)) == settings
