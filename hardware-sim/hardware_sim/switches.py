"""Fault switches of any simulator: a msgspec Struct whose fields carry their meaning, read from words or JSON."""

import difflib
import sys
from collections.abc import Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from .errors import UsageError

S = TypeVar("S", bound=msgspec.Struct)


def merged(now: S, document: object) -> S:
    """Return `now` with the document's switches; null puts one back. Raises msgspec.ValidationError."""
    if not isinstance(document, dict):
        raise msgspec.ValidationError("an object of switches is expected")
    both: dict[str, object] = msgspec.to_builtins(now)
    both.update(document)
    usual = msgspec.to_builtins(type(now)())
    chosen = {name: usual.get(name) if value is None else value for name, value in both.items()}
    return msgspec.convert(chosen, type(now))


def standing(switches: msgspec.Struct) -> dict[str, Any]:
    """Return the switches that are not at their default."""
    usual = msgspec.to_builtins(type(switches)())
    return {name: value for name, value in msgspec.to_builtins(switches).items() if value != usual[name]}


def from_words(kind: type[S], words: Sequence[str]) -> S:
    """Read `NAME` or `NAME=VALUE` words; lists are comma-separated or JSON, a bare name is true, 1 or the first
    value that is not the default.

    Raises UsageError.
    """
    plain = _plain_kinds(kind)
    usual = msgspec.to_builtins(kind())
    document: dict[str, object] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if name not in plain:
            near = difflib.get_close_matches(name, plain, n=3) or ["--list-faults shows them all"]
            raise UsageError(f"--fault {word}: there is no such switch; near it: {', '.join(near)}")
        document[name] = _value(word, text, plain[name]) if equals else _bare(plain[name], usual[name])
    try:
        return msgspec.convert(document, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise UsageError(f"--fault: {wrong}; --list-faults shows them all") from wrong


def _value(word: str, text: str, kind: Any) -> object:  # noqa: ANN401  # a type, as typing has it
    if text.startswith(("[", "{")):
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as wrong:
            raise UsageError(f"--fault {word}: {wrong}") from wrong
    return text.split(",") if get_origin(kind) is list else text


def _bare(kind: Any, usual: object) -> object:  # noqa: ANN401  # a type, as typing has it
    if get_origin(kind) is Literal:
        return next(value for value in get_args(kind) if value not in {"", usual})
    return True if kind is bool else 1


def _plain_kinds(kind: type[msgspec.Struct]) -> dict[str, Any]:
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    return {names[name]: hint for name, hint in get_type_hints(kind).items()}


def table(kind: type[msgspec.Struct]) -> list[tuple[str, str, str]]:
    """Return name, values and meaning of every switch, for help and documentation."""
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    rows = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        plain, meta = get_args(hint)[:2]
        rows.append((names[name], _values(plain), str(meta.description)))
    return rows


def _values(kind: Any) -> str:  # noqa: ANN401  # a type, as typing has it
    if get_origin(kind) is Literal:
        return ", ".join(str(value) for value in get_args(kind) if value)
    if get_origin(kind) is list:
        return "list of texts" if get_args(kind)[0] is str else "list of objects"
    return {bool: "true, false", str: "text"}.get(kind, "number")


def print_table(kind: type[msgspec.Struct]) -> None:
    """Print the table of switches on stdout."""
    for name, values, meaning in table(kind):
        sys.stdout.write(f"{name:<26}{meaning} [{values}]\n")
