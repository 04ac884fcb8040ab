"""From a method's `params` to its typed call: checked once, by msgspec, with words for what is wrong.

A call of `kioskd.model.calls` says its fields' types; the tables here add what JSON needs: names that Python reserves,
secrets (on the wire plain strings), limits of numbers and lengths, and an offset with every time.
"""

import datetime as dt
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, NewType, get_args, get_origin, get_type_hints

import msgspec

from kioskd.front.protocol import MAX_LIST_LIMIT, PROTOCOL
from kioskd.model.calls import METHODS, Call
from kioskd.model.entry import Seq
from kioskd.model.settings import Secret
from kioskd.model.written_late import dataclass

MAX_TEXT: Final = 4096
"""Characters in one string; a 2D code holds about 3,000."""
MAX_LIST: Final = 1000
"""Entries in one list."""
MAX_WHOLE: Final = 2**53 - 1
"""The greatest whole number that every JSON reader keeps exact."""


@dataclass(frozen=True, slots=True)
class Hello:
    """`hello`: who calls, and the role it wants to be held to; None: all that its credentials allow."""

    client: str = ""
    protocol: int = PROTOCOL
    role: str | None = None


@dataclass(frozen=True, slots=True)
class ViewWatch:
    """`view.watch`."""


@dataclass(frozen=True, slots=True)
class DiagnosticsWatch:
    """`diagnostics.watch`."""


OwnCall = Hello | ViewWatch | DiagnosticsWatch

OWN_METHODS: Final[Mapping[str, type[OwnCall]]] = {
    "hello": Hello,
    "view.watch": ViewWatch,
    "diagnostics.watch": DiagnosticsWatch,
}
"""What the connection answers itself."""


class BadParams(Exception):  # noqa: N818 # named for what happened, as all of the house's
    """Raised when `params` are not what the method takes; `field` is None where no single one is to blame."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Param:
    """One field of `params` as the socket names it, and what is expected there, in words."""

    name: str
    expected: str
    required: bool


@dataclass(frozen=True, slots=True)
class Method:
    """How one method's `params` become its call."""

    name: str
    call: type[Call | OwnCall]
    params: tuple[Param, ...]
    decode: Callable[[bytes], Call | OwnCall]

    def parse(self, raw: bytes) -> Call | OwnCall:
        """Return the typed call; empty: no `params` were sent. Raises BadParams."""
        try:
            return self.decode(raw or b"{}")
        except (ValueError, RecursionError) as problem:
            raise self._explained(raw, problem) from None

    def _explained(self, raw: bytes, problem: Exception) -> BadParams:
        # By position is JSON-RPC's other form; the contract names every parameter.
        if raw and not raw.startswith(b"{"):
            return BadParams("params: expected an object with named fields")
        named = _PLACE.search(str(problem))
        name = named and (named["missing"] or named["path"])
        for param in self.params:
            if param.name == name:
                return BadParams(f"{name}: expected {param.expected}", name)
        return BadParams("params: expected an object with named fields, of numbers, texts and lists within bounds")


_PLACE: Final = re.compile(r"missing required field `(?P<missing>\w+)`|at `\$\.(?P<path>\w+)")


def _wire(annotation: object, name: str) -> tuple[Any, str]:
    """Return the type that msgspec checks for a call's field, and what it is in words."""
    text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
    if get_origin(annotation) is types.UnionType:
        inner, words = _wire(get_args(annotation)[0], name)
        return inner | None, f"{words}, or null"
    if get_origin(annotation) is tuple:
        inner, words = _wire(get_args(annotation)[0], name)
        items: Any = list.__class_getitem__(inner)
        return Annotated[items, msgspec.Meta(max_length=MAX_LIST)], f"a list, each {words}"
    if annotation is int and name == "limit":
        limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIST_LIMIT)]
        return limit, f"a whole number from 1 to {MAX_LIST_LIMIT}"
    if annotation is Seq:
        return Annotated[int, msgspec.Meta(ge=1, le=MAX_WHOLE)], "an entry's number, from 1"
    if annotation is int:
        return Annotated[int, msgspec.Meta(ge=0, le=MAX_WHOLE)], "a whole number from 0"
    if annotation is bool:
        return bool, "true or false"
    if annotation is dt.date:
        return dt.date, "a date, YYYY-MM-DD"
    if annotation is dt.datetime:
        return Annotated[dt.datetime, msgspec.Meta(tz=True)], "a time with its offset, RFC 3339"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return annotation, "one of " + ", ".join(f"`{member}`" for member in annotation)
    if is_dataclass(annotation):
        # msgspec makes it as it stands; a line's own limit bounds its texts.
        return annotation, "an entry as `journal.list` gives it, its card number whole"
    if annotation in (str, Secret) or isinstance(annotation, NewType):
        return text, f"a text of at most {MAX_TEXT} characters"
    if annotation == Mapping[str, Secret]:
        return Annotated[dict[str, text], msgspec.Meta(max_length=MAX_LIST)], "an object of texts"
    raise TypeError(f"{name}: no rule for {annotation!r}")


def _constructor(annotation: object) -> Callable[[Any], Any] | None:
    if annotation is Secret:
        return Secret
    if annotation == Mapping[str, Secret]:
        return lambda named: {name: Secret(value) for name, value in named.items()}
    return tuple if get_origin(annotation) is tuple else None


def method(name: str, call: type[Call | OwnCall]) -> Method:
    """Return how `params` become `call`; read from the call's own types, once, at start."""
    hints = get_type_hints(call)
    columns: list[tuple[str, Any, Any]] = []
    params: list[Param] = []
    makers: list[tuple[str, Callable[[Any], Any] | None]] = []
    for field in fields(call):
        shown = field.name.rstrip("_")
        type_, words = _wire(hints[field.name], shown)
        required = field.default is MISSING
        columns.append((field.name, type_, msgspec.NODEFAULT if required else field.default))
        params.append(Param(shown, words, required))
        makers.append((field.name, _constructor(hints[field.name])))
    renamed = {field.name: field.name.rstrip("_") for field in fields(call)}
    wire = msgspec.defstruct(call.__name__, columns, rename=renamed, frozen=True, gc=False)
    decoder = msgspec.json.Decoder(wire)

    def decode(raw: bytes) -> Call | OwnCall:
        checked = decoder.decode(raw)
        values = (getattr(checked, name) if make is None else make(getattr(checked, name)) for name, make in makers)
        return call(*values)

    return Method(name, call, tuple(params), decode)


ALL_METHODS: Final[Mapping[str, Method]] = {
    name: method(name, call) for name, call in {**OWN_METHODS, **METHODS}.items()
}
"""Every method of the socket."""
