"""Values of the rules as JSON and back: each dataclass and enum with its name, so that a file explains itself.

`{"$": "Scanned", …}` is a dataclass without the fields that have their defaults, `{"$": "Stage", "is": "card"}` an
enum; `set`, `map`, `date`, `time`, `moment`, `path`, `zone`, `bytes` and `secret` are what JSON has no form for.
"""

import datetime as dt
import typing
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

from kioskd.model.inputs import Event
from kioskd.model.settings import Secret
from kioskd.rules.state import State

KIND: Final = "$"


class NotReadable(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when a document is none of ours, or one of another version; the text says where."""


@cache
def _known() -> Mapping[str, type]:
    """Return every class that an input or a state can hold, by its name."""
    found: dict[str, type] = {}
    for kind in _classes(Event, found):
        found[kind.__name__] = kind
    for kind in _classes(State, found):
        found[kind.__name__] = kind
    return found


def _classes(annotation: Any, found: dict[str, type]) -> Iterator[type]:  # noqa: ANN401
    for inner in typing.get_args(annotation):
        yield from _classes(inner, found)
    if not isinstance(annotation, type) or annotation.__name__ in found:
        return
    if issubclass(annotation, Enum):
        yield annotation
    elif is_dataclass(annotation):
        found[annotation.__name__] = annotation
        for hint in typing.get_type_hints(annotation).values():
            yield from _classes(hint, found)


def document(value: Any) -> Any:  # noqa: ANN401 # a row a kind of value
    """Return a value as what `json` writes."""
    if isinstance(value, Enum):
        # A driver's name is a text, its own or another package's: the enum of the own ones stands in no field.
        return {KIND: type(value).__name__, "is": value.value} if type(value).__name__ in _known() else value.value
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, tuple | list):
        return [document(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        given = {each.name: getattr(value, each.name) for each in fields(value)}
        told = {each.name: given[each.name] for each in fields(value) if not _is_default(each, given[each.name])}
        return {KIND: type(value).__name__} | {name: document(each) for name, each in told.items()}
    if isinstance(value, Mapping):
        return {KIND: "map", "of": [[document(key), document(each)] for key, each in value.items()]}
    if isinstance(value, frozenset | set):
        return {KIND: "set", "of": sorted((document(each) for each in value), key=str)}
    for name, (kind, write, _) in OTHERS.items():
        if isinstance(value, kind):
            return {KIND: name, "is": write(value)}
    raise TypeError(type(value).__name__)


def _is_default(each: "Field[Any]", value: object) -> bool:
    if each.default is not MISSING:
        return bool(value == each.default) and type(value) is type(each.default)
    return each.default_factory is not MISSING and bool(value == each.default_factory())


def value_of(read: Any) -> Any:  # noqa: ANN401
    """Return the value that was written. Raises NotReadable."""
    if isinstance(read, list):
        return tuple(value_of(each) for each in read)
    if not isinstance(read, dict):
        return read
    name = str(read.get(KIND))
    try:
        if name == "map":
            return {value_of(key): value_of(each) for key, each in read["of"]}
        if name == "set":
            return frozenset(value_of(each) for each in read["of"])
        if name in OTHERS:
            return OTHERS[name][2](read["is"])
        kind = _known()[name]
        if issubclass(kind, Enum):
            return kind(read["is"])
        return kind(**{field: value_of(each) for field, each in read.items() if field != KIND})
    except NotReadable:
        raise
    except (KeyError, ValueError, TypeError) as problem:
        raise NotReadable(f"{name}: this version knows no such thing ({problem})") from None


OTHERS: Final[Mapping[str, tuple[type, Any, Any]]] = {
    "secret": (Secret, str.__str__, Secret),
    "moment": (dt.datetime, dt.datetime.isoformat, dt.datetime.fromisoformat),
    "date": (dt.date, dt.date.isoformat, dt.date.fromisoformat),
    "time": (dt.time, dt.time.isoformat, dt.time.fromisoformat),
    "zone": (zoneinfo.ZoneInfo, lambda zone: zone.key, zoneinfo.ZoneInfo),
    "path": (Path, str, Path),
    "bytes": (bytes, bytes.hex, bytes.fromhex),
}
"""Name → type, how it is written, how it is read; a moment is a date too, so it stands before."""
