"""Dataclasses whose methods are written when they are first called: writing them all was half of a start.

Python's own decorator compiles six methods for each class, of which most are never called: 270 classes took a third of
a second on a small machine. Here `__init__` is compiled for the first value of a kind, comparing, hashing and showing
when something does that. Types, fields and behaviour are those of `@dataclasses.dataclass(frozen=True, slots=True)`;
whatever else is asked for goes to that one. For the type checker it is the same decorator.
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

FROZEN: Final = {"frozen": True, "slots": True}


class _Given:
    """Stands in a signature for what a factory makes."""

    def __repr__(self) -> str:
        return "<factory>"


_GIVEN: Final = _Given()


def _init(kind: type) -> Callable[..., None]:
    """Write `__init__`: each field is put into its slot, past `__setattr__`."""
    known: dict[str, Any] = {"given": _GIVEN}
    positional, by_name, body = ["self"], list[str](), list[str]()
    for field in dataclasses.fields(kind):
        name, made = field.name, field.default_factory is not dataclasses.MISSING
        # A slot's own descriptor: `object.__setattr__` would look it up again for each value.
        known[f"put_{name}"] = kind.__dict__[name].__set__
        value = name
        if made:
            known[f"make_{name}"] = field.default_factory
            value = f"make_{name}() if {name} is given else {name}" if field.init else f"make_{name}()"
        elif field.default is not dataclasses.MISSING:
            known[f"default_{name}"] = field.default
            value = name if field.init else f"default_{name}"
        if field.init:
            default = "=given" if made else f"=default_{name}" if f"default_{name}" in known else ""
            (by_name if field.kw_only else positional).append(name + default)
        body.append(f"put_{name}(self, {value})")
    if hasattr(kind, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join([*positional, *(["*", *by_name] if by_name else [])])
    exec(f"def __init__({parameters}):\n " + "\n ".join(body or ["pass"]), known)  # noqa: S102 - fields' names
    written: Callable[..., None] = known["__init__"]
    written.__annotations__ = {f.name: f.type for f in dataclasses.fields(kind) if f.init} | {"return": None}
    return written


def _of_a_twin(name: str, kind: type) -> Callable[..., Any]:
    """Return a method as Python's own decorator writes it: for a class of the same fields."""
    same = [
        (
            field.name,
            field.type,
            dataclasses.field(default=None, repr=field.repr, hash=field.hash, compare=field.compare),
        )
        for field in dataclasses.fields(kind)
    ]
    twin = dataclasses.make_dataclass(
        kind.__name__, same, init=False, repr=name == "__repr__", eq=name != "__repr__", unsafe_hash=name == "__hash__"
    )
    written: Callable[..., Any] = twin.__dict__[name]
    return written


WRITERS: Final[dict[str, Callable[[type], Callable[..., Any]]]] = {
    "__init__": _init,
    "__repr__": partial(_of_a_twin, "__repr__"),
    "__eq__": partial(_of_a_twin, "__eq__"),
    "__hash__": partial(_of_a_twin, "__hash__"),
}


def _late(kind: type, name: str) -> Callable[..., Any]:
    """Return what stands in a method's place until it is called."""

    def method(self: Any, *values: Any, **named: Any) -> Any:  # noqa: ANN401 - any method of any class
        if kind.__dict__[name] is method:
            written = WRITERS[name](kind)
            written.__qualname__ = f"{kind.__qualname__}.{name}"
            written.__module__ = kind.__module__
            setattr(kind, name, written)
        return kind.__dict__[name](self, *values, **named)

    return method


def _refuse_set(self: object, name: str, value: object) -> None:  # noqa: ARG001 - as Python calls it
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:  # noqa: ARG001 - as Python calls it
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:  # noqa: ANN401 - any of these classes
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:  # noqa: ANN401 - any of these classes
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


SHARED: Final = {
    "__setattr__": _refuse_set,
    "__delattr__": _refuse_delete,
    "__getstate__": _state,
    "__setstate__": _set_state,
}

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, **options):  # noqa: ANN001, ANN003, ANN201, D103 - as the original, for the type checker
        if cls is None:
            return partial(dataclass, **options)
        if options != FROZEN or len(cls.__mro__) > 2 or not {*WRITERS, *SHARED}.isdisjoint(cls.__dict__):
            return dataclasses.dataclass(cls, **options)
        kind = dataclasses.dataclass(cls, init=False, repr=False, eq=False, slots=True)
        for name in WRITERS:
            setattr(kind, name, _late(kind, name))
        for name, method in SHARED.items():
            setattr(kind, name, method)
        return kind


__all__ = ["dataclass"]
